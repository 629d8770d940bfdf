"""Sign-ins as people see them: where they are signed in, and how to end that."""

from __future__ import annotations

from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.errors import NotFound
from mercat.core.page import Page
from mercat.core.unit import ReadUnit, Runtime, WriteUnit
from mercat.domain.access.auditing import audit_user
from mercat.domain.access.closing import close_sessions
from mercat.domain.access.credential_repository import SessionRepository
from mercat.domain.access.models import User, UserSession
from mercat.domain.access.people import user_for
from mercat.domain.access.remembering import memory_of
from mercat.domain.access.schemas import SessionView
from mercat.domain.access.user_repository import UserRepository


def list_sessions(
    unit: ReadUnit, *, user_id: UUID | None = None, with_over: bool = False, page: int = 1, per_page: int = 50
) -> Page[SessionView]:
    """Sessions of a user, or of everybody; those that are over only where they are asked for."""
    refuse_others(unit.actor, user_id)
    found = SessionRepository(unit.session).listed(
        user_id=user_id, open_at=None if with_over else unit.now, page=page, per_page=per_page
    )
    return Page([_view(each, each.user) for each in found], found.total, page, per_page)


def revoke_session(runtime: Runtime, actor: Actor, reference: str | UUID, *, owner: UUID | None = None) -> SessionView:
    """End a session: one's own, or anybody's for whoever may; by its id or the end of it.

    ``owner``: only if it is theirs. Raises ``NotFound``.
    """

    def work(unit: WriteUnit) -> SessionView:
        session = SessionRepository(unit.session).by_reference(str(reference))
        if session is None or owner not in {None, session.user_id} or not may_touch(actor, session.user_id):
            message = f"there is no session {str(reference)[:40]}"
            raise NotFound(message)
        user = UserRepository(unit.session).get(session.user_id)
        if session.revoked_at is None:
            session.revoked_at, session.revoked_reason = unit.now, "revoked"
            audit_user(unit, "session.revoked", user, session=str(session.id))
        return _view(session, user)

    view = runtime.attempt(work, actor)
    memory_of(runtime).forget()
    return view


def revoke_sessions(runtime: Runtime, actor: Actor, reference: str | UUID, *, but: UUID | None = None) -> int:
    """End all sessions of a user, but this one; how many. Raises ``NotFound``."""

    def work(unit: WriteUnit) -> int:
        user = user_for(unit, reference, others=OTHERS)
        ended = close_sessions(unit, user.id, "revoked", but=but)
        audit_user(unit, "session.all_revoked", user, sessions_ended=ended)
        return ended

    ended = runtime.attempt(work, actor)
    memory_of(runtime).forget()
    return ended


# Everybody their own keys and sessions; whoever holds this, everybody's.
OTHERS = "access.keys"


def refuse_others(actor: Actor, user_id: UUID | None) -> None:
    """Raises ``Forbidden`` where these are neither one's own nor one's to see."""
    actor.require("access.own" if user_id is not None and user_id == actor.id else OTHERS)


def may_touch(actor: Actor, user_id: UUID) -> bool:
    """The same as a question."""
    return actor.may("access.own" if user_id == actor.id else OTHERS)


def _view(session: UserSession, user: User) -> SessionView:
    return SessionView(
        id=session.id,
        user_id=session.user_id,
        username=user.username,
        ip=session.ip,
        user_agent=session.user_agent,
        created_at=session.created_at,
        last_used_at=session.last_used_at,
        expires_at=session.expires_at,
        revoked_at=session.revoked_at,
    )

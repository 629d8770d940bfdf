"""One-time links, and what they lead to: a first password, or a new one.

Mercat sends no mail yet. An administrator gets the link when it is made, once, and passes it on; whoever has forgotten their
password asks for a new one, and administrators see that they did.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.errors import Conflict, Invalid, NotFound
from mercat.core.unit import ReadUnit, Runtime, WriteUnit
from mercat.domain.access import hashing, passwords
from mercat.domain.access.auditing import audit_user
from mercat.domain.access.closing import close_sessions
from mercat.domain.access.credential_repository import LinkRepository
from mercat.domain.access.models import OneTimeLink, User
from mercat.domain.access.names import folded
from mercat.domain.access.people import (
    create_in,
    locked,
    refuse_above,
    unlock,
    user_for,
    view_of,
)
from mercat.domain.access.permissions import ROLES, checked_role, refuse_beyond
from mercat.domain.access.remembering import memory_of
from mercat.domain.access.schemas import NewLink, Tokens, UserDraft, UserView
from mercat.domain.access.signing_in import actor_for, open_session, take_turn, verify_again
from mercat.domain.access.tokens import LINK, digest, fresh
from mercat.domain.access.user_repository import UserRepository

INVITATION, RESET = "invitation", "password_reset"
_GOOD_FOR = {INVITATION: dt.timedelta(days=7), RESET: dt.timedelta(hours=1)}


def invite(runtime: Runtime, actor: Actor, draft: UserDraft) -> NewLink:
    """Make a user without a password, and a link by which they choose one. A second invitation ends the first.

    Raises ``Invalid``, ``Conflict`` for a name that is taken by somebody who has accepted, ``Forbidden``.
    """
    actor.require("access.users")
    refuse_beyond(actor, ROLES[checked_role(draft.role)])
    if draft.password or draft.password_hash:
        message = "who is invited chooses their password themselves"
        raise Invalid(message, field="password")

    def work(unit: WriteUnit) -> NewLink:
        waiting = UserRepository(unit.session).named(folded(draft.email))
        is_again = waiting is not None and waiting.password_hash is None and waiting.is_active
        if waiting is None or not is_again:
            waiting = create_in(unit, draft, role=draft.role, kept=None)
        refuse_above(actor, waiting)
        audit_user(unit, "user.invited", waiting, role=waiting.role, again=is_again)
        return _make(unit, waiting, INVITATION)

    return runtime.attempt(work, actor)


def accept_invitation(
    runtime: Runtime, token: str, password: str, *, address: str = "", user_agent: str = ""
) -> Tokens:
    """Choose the first password, and be in. Raises ``NotFound`` for a link that is not good (any more), ``Invalid``."""
    return _take(runtime, token, password, INVITATION, address=address, user_agent=user_agent)


def request_password_reset(runtime: Runtime, name: str, *, address: str = "") -> None:
    """Somebody forgot a password: administrators see it at the user. The same for a name that nobody has, in every way.

    Counted as a failure to sign in is. Raises ``TooManyTries``.
    """
    take_turn(runtime, f"reset:{folded(name)}", address)
    runtime.attempt(lambda unit: UserRepository(unit.session).note_reset_request(folded(name), unit.now))


def make_reset_link(runtime: Runtime, actor: Actor, reference: str | UUID) -> NewLink:
    """A link by which a user chooses a new password; it ends any earlier one. Raises ``NotFound``, ``Forbidden``."""
    actor.require("access.users")

    def work(unit: WriteUnit) -> NewLink:
        user = locked(unit, user_for(unit, reference))
        refuse_above(actor, user)
        if not user.is_active:
            message = f"the account of {user.username} is closed: open it first"
            raise Conflict(message)
        user.reset_requested_at = None
        audit_user(unit, "user.reset_link_made", user)
        return _make(unit, user, RESET)

    return runtime.attempt(work, actor)


def reset_password(runtime: Runtime, token: str, password: str, *, address: str = "", user_agent: str = "") -> Tokens:
    """Choose a new password by a link, and be in; all other sessions end. Raises ``NotFound``, ``Invalid``."""
    return _take(runtime, token, password, RESET, address=address, user_agent=user_agent)


def set_password(runtime: Runtime, actor: Actor, reference: str | UUID, password: str) -> UserView:
    """An administrator gives a user a password; all their sessions end. Raises ``Invalid``, ``Forbidden``."""
    actor.require("access.users")
    with runtime.read(actor) as unit:
        user = user_for(unit, reference)
        own = (user.username, user.email)
    kept = hashing.hashed(passwords.checked(password, *own))

    def work(unit: WriteUnit) -> UserView:
        user = locked(unit, user_for(unit, reference))
        refuse_above(actor, user)
        ended = _put_password(unit, user, kept)
        audit_user(unit, "user.password_set", user, sessions_ended=ended)
        return view_of(unit, user)

    view = runtime.attempt(work, actor)
    memory_of(runtime).forget()
    return view


def change_password(runtime: Runtime, actor: Actor, old: str, new: str, *, session_id: UUID | None = None) -> UserView:
    """Change one's own password, knowing the old one; all other sessions end. A wrong old one counts as a failure.

    Raises ``Invalid``, ``TooManyTries``.
    """
    actor.require("access.own")
    with runtime.read(actor) as unit:
        user = user_for(unit, _id_of(actor))
        name, own = user.username_folded, (user.username, user.email)
    kept = verify_again(runtime, name, old, address=actor.address)
    fresh_hash = hashing.hashed(passwords.checked(new, *own))

    def work(unit: WriteUnit) -> UserView:
        user = locked(unit, user_for(unit, _id_of(actor)))
        if user.password_hash != kept:
            message = "the password was changed meanwhile: sign in again"
            raise Conflict(message)
        ended = _put_password(unit, user, fresh_hash, but=session_id)
        audit_user(unit, "user.password_changed", user, sessions_ended=ended)
        return view_of(unit, user)

    view = runtime.attempt(work, actor)
    memory_of(runtime).forget()
    return view


def _make(unit: WriteUnit, user: User, purpose: str) -> NewLink:
    LinkRepository(unit.session).drop_unused(user.id)
    token = fresh(LINK)
    expires_at = unit.now + _GOOD_FOR[purpose]
    unit.add(OneTimeLink(user_id=user.id, purpose=purpose, token_hash=digest(token), expires_at=expires_at))
    return NewLink(view_of(unit, user), token, expires_at)


def _take(runtime: Runtime, token: str, password: str, purpose: str, *, address: str, user_agent: str) -> Tokens:
    with runtime.read() as unit:
        # Before the password is judged and hashed: a stranger gets no work out of us.
        user = _user_of(unit, _good(unit, LinkRepository(unit.session).find_by(token_hash=digest(token)), purpose))
        actor = actor_for(user, via=purpose.replace("_", " "), address=address)
        own = (user.username, user.email)
    kept = hashing.hashed(passwords.checked(password, *own))

    def work(unit: WriteUnit) -> Tokens:
        link = _good(unit, LinkRepository(unit.session).locked_by_hash(digest(token)), purpose)
        user = locked(unit, _user_of(unit, link))
        link.used_at = unit.now
        user.is_verified, user.reset_requested_at = True, None
        ended = _put_password(unit, user, kept)
        audit_user(unit, "user.password_chosen", user, by=purpose, sessions_ended=ended)
        return open_session(runtime, unit, user, address=address, user_agent=user_agent)

    tokens = runtime.attempt(work, actor)
    memory_of(runtime).forget()
    return tokens


def _good(unit: ReadUnit, link: OneTimeLink | None, purpose: str) -> OneTimeLink:
    if link is None or link.purpose != purpose or link.used_at is not None or link.expires_at <= unit.now:
        message = "this link is not good, or not any more: ask for another one"
        raise NotFound(message)
    return link


def _user_of(unit: ReadUnit, link: OneTimeLink) -> User:
    user = UserRepository(unit.session).get(link.user_id)
    if not user.is_active:
        message = "this account is closed: ask an administrator"
        raise Conflict(message)
    return user


def _put_password(unit: WriteUnit, user: User, kept: str, *, but: UUID | None = None) -> int:
    user.password_hash, user.password_changed_at = kept, unit.now
    unlock(unit, user)
    LinkRepository(unit.session).drop_unused(user.id)
    return close_sessions(unit, user.id, "the password was changed", but=but)


def _id_of(actor: Actor) -> UUID:
    if actor.id is None:
        message = "a password belongs to a user: sign in"
        raise Invalid(message)
    return actor.id

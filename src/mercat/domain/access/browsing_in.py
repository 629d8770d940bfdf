"""Signing in with a browser: one secret in a cookie for the whole session, which no script reads and no program trades.

It is no refresh token: a browser asks for many things at once, and a secret that changes with each would be lost between them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from uuid import UUID

from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.access.authenticating import aside, principal_of, seen_from, stands
from mercat.domain.access.credential_repository import SessionRepository
from mercat.domain.access.models import User
from mercat.domain.access.remembering import KEPT_S, memory_of
from mercat.domain.access.schemas import Principal
from mercat.domain.access.signing_in import IDLE, LONGEST_SESSION, admit, begin_session
from mercat.domain.access.tokens import BROWSER, digest, fresh

_USE_NOTED_EVERY = dt.timedelta(minutes=1)
_LONGEST = 100


@dataclass(frozen=True)
class BrowserSession:
    """A sign-in with a browser. ``secret`` goes into a cookie; it is good for ``lasts_s`` seconds at most."""

    secret: str = field(repr=False)
    session_id: UUID
    user_id: UUID
    lasts_s: int


def sign_in_browser(
    runtime: Runtime, name: str, password: str, *, address: str = "", user_agent: str = ""
) -> BrowserSession:
    """By user name or e-mail address. Raises as ``sign_in`` does, and counts tries together with it."""

    def enter(unit: WriteUnit, user: User) -> BrowserSession:
        secret = fresh(BROWSER)
        session = begin_session(unit, user, secret, address=address, user_agent=user_agent)
        return BrowserSession(secret, session.id, user.id, int(LONGEST_SESSION.total_seconds()))

    return admit(runtime, name, password, address=address, enter=enter)


def browser_actor(runtime: Runtime, secret: str, *, address: str = "") -> Principal | None:
    """Whoever this cookie belongs to; ``None`` where it is none of ours, or no longer."""
    known = known_browser(runtime, secret, address=address)
    if known is not None or not secret.startswith(BROWSER) or len(secret) > _LONGEST:
        return known
    memory = memory_of(runtime)
    mark = memory.mark()
    with runtime.read() as unit:
        row = SessionRepository(unit.session).standing_by_hash(digest(secret))
        if row is None or not stands(row[0], row[1], unit.now):
            return None
        session, user, settings = row
        principal = principal_of(session, user, settings)
        session_id, now, last = session.id, unit.now, session.last_used_at
    memory.keep(_known_as(secret), principal, mark=mark, most_s=KEPT_S)
    if last < now - _USE_NOTED_EVERY:
        aside(runtime, lambda unit: _note_use(unit, session_id, now))
    return seen_from(principal, address)


def known_browser(runtime: Runtime, secret: str, *, address: str = "") -> Principal | None:
    """As ``browser_actor`` from memory alone: it never waits for anything."""
    principal = memory_of(runtime).find(_known_as(secret)) if len(secret) <= _LONGEST else None
    return None if principal is None else seen_from(principal, address)


def sign_out_browser(runtime: Runtime, secret: str) -> None:
    """End the session of a cookie. One that is no longer good has nothing to end, and that is as well."""

    def work(unit: WriteUnit) -> None:
        session = SessionRepository(unit.session).locked_by_hash(digest(secret))
        if session is not None and session.revoked_at is None:
            session.revoked_at, session.revoked_reason = unit.now, "signed out"

    runtime.attempt(work)
    memory_of(runtime).forget()


def _note_use(unit: WriteUnit, session_id: UUID, now: dt.datetime) -> None:
    """It is used, so it lives on."""
    session = SessionRepository(unit.session).get(session_id)
    session.last_used_at = now
    session.expires_at = min(now + IDLE, session.created_at + LONGEST_SESSION)


def _known_as(secret: str) -> str:
    # Not the digest alone: what a browser shows as a cookie opens nothing as the bearer of a program.
    return f"browser {digest(secret)}"

"""Signing in, staying in, signing out."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar
from uuid import UUID

from mercat.core.actor import SYSTEM, Actor
from mercat.core.errors import Invalid, TooManyTries, Unauthenticated
from mercat.core.log import get_logger
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.access import hashing
from mercat.domain.access.auditing import audit_user
from mercat.domain.access.backing_off import ACCOUNT, ADDRESS, Count, Patience, counted, taken_back
from mercat.domain.access.credential_repository import SessionRepository
from mercat.domain.access.failure_repository import FailureRepository
from mercat.domain.access.models import ADDRESS_LENGTH, AGENT_LENGTH, SignInFailure, SpentToken, User, UserSession
from mercat.domain.access.names import folded
from mercat.domain.access.passwords import LONGEST, normal
from mercat.domain.access.people import unlock
from mercat.domain.access.permissions import ROLES
from mercat.domain.access.remembering import memory_of
from mercat.domain.access.schemas import Tokens
from mercat.domain.access.signing import sign
from mercat.domain.access.tokens import LIFETIME, REFRESH, digest, fresh
from mercat.domain.access.user_repository import UserRepository

log = get_logger(__name__)
Admitted = TypeVar("Admitted")
# A session lives on while it is used, and is over in any case after a season.
IDLE = dt.timedelta(days=14)
LONGEST_SESSION = dt.timedelta(days=90)
_KEPT_AFTER = dt.timedelta(days=30)
# Two tabs that wake up together, or an answer that got lost on the way: no token is handed out for a spent one, ever, but
# within these seconds its family is not ended for it either.
_GRACE = dt.timedelta(seconds=10)


@dataclass(frozen=True)
class _Turn:
    """What a sign-in knows of the user before it looks at the password; ``kept`` is the hash."""

    user_id: UUID | None = None
    kept: str | None = None
    is_active: bool = False


def sign_in(runtime: Runtime, name: str, password: str, *, address: str = "", user_agent: str = "") -> Tokens:
    """By user name or e-mail address. Raises ``Unauthenticated`` with one message whatever is wrong, ``TooManyTries``.

    A try is counted before the password is looked at: of a thousand that come at once only the free ones are answered.
    """

    def enter(unit: WriteUnit, user: User) -> Tokens:
        return open_session(runtime, unit, user, address=address, user_agent=user_agent)

    return admit(runtime, name, password, address=address, enter=enter)


def admit(
    runtime: Runtime, name: str, password: str, *, address: str, enter: Callable[[WriteUnit, User], Admitted]
) -> Admitted:
    """What ``enter`` makes of the user whom this name and password let in. Raises as ``sign_in`` does."""
    turn = take_turn(runtime, folded(name), address)
    try:
        is_right = _is_right(turn.kept, password)
    except TooManyTries:
        # Nobody looked at the password: a flood of strangers is not to lock out who comes in between.
        runtime.attempt(lambda unit: _give_back(unit, "name", digest(folded(name)), ACCOUNT))
        raise
    user_id = turn.user_id
    if user_id is None or not is_right or not turn.is_active:
        log.info("sign_in_refused", address=address)
        raise _wrong()
    anew = hashing.hashed(normal(password)) if hashing.is_outdated(turn.kept or "") else None

    def work(unit: WriteUnit) -> Admitted:
        user = UserRepository(unit.session).locked(user_id)
        # Looked at once more: it was not locked while the password was hashed.
        if user is None or not user.is_active or user.password_hash != turn.kept:
            raise _wrong()
        user.password_hash = anew or user.password_hash
        _count_back(unit, user, address)
        return enter(unit, user)

    return runtime.attempt(work)


def refresh(runtime: Runtime, token: str, *, address: str = "", user_agent: str = "") -> Tokens:
    """Trade a refresh token for the next pair. One that was traded before ends its whole session: there is a copy of it.

    Raises ``Unauthenticated``.
    """
    if not _is_known(runtime, token):
        raise _over()

    def work(unit: WriteUnit) -> Tokens | None:
        sessions = SessionRepository(unit.session)
        session = sessions.locked_by_hash(digest(token))
        if session is None:
            _mistrust(unit, digest(token))
            return None
        user = UserRepository(unit.session).get(session.user_id)
        if session.revoked_at is not None or session.expires_at <= unit.now or not user.is_active:
            return None
        unit.add(SpentToken(session_id=session.id, token_hash=session.token_hash, spent_at=unit.now))
        session.ip, session.user_agent = address[:ADDRESS_LENGTH] or None, _agent(user_agent) or session.user_agent
        return _tokens(runtime, unit, session)

    tokens = runtime.attempt(work, replace(SYSTEM, via="refresh", address=address))
    if tokens is None:
        # A session may have ended just now: what this process remembers of it goes.
        memory_of(runtime).forget()
        raise _over()
    return tokens


def sign_out(runtime: Runtime, token: str) -> None:
    """End the session of a refresh token. One that is no longer good has nothing to end, and that is as well."""
    if not _is_known(runtime, token):
        return

    def work(unit: WriteUnit) -> None:
        sessions = SessionRepository(unit.session)
        session = sessions.locked_by_hash(digest(token))
        if session is None:
            spent = sessions.spent(digest(token))
            session = sessions.find(spent.session_id) if spent is not None else None
        if session is not None and session.revoked_at is None:
            session.revoked_at, session.revoked_reason = unit.now, "signed out"

    runtime.attempt(work)
    memory_of(runtime).forget()


def open_session(runtime: Runtime, unit: WriteUnit, user: User, *, address: str, user_agent: str) -> Tokens:
    """The user is in, with tokens for a program."""
    return _tokens(runtime, unit, begin_session(unit, user, fresh(REFRESH), address=address, user_agent=user_agent))


def begin_session(unit: WriteUnit, user: User, secret: str, *, address: str, user_agent: str) -> UserSession:
    """A session begins that this secret belongs to, and those that ended long ago are forgotten."""
    user.last_login_at, user.last_login_ip = unit.now, address[:ADDRESS_LENGTH] or None
    SessionRepository(unit.session).forget_over(user.id, unit.now - _KEPT_AFTER)
    session = UserSession(
        user_id=user.id,
        token_hash=digest(secret),
        expires_at=unit.now + IDLE,
        ip=user.last_login_ip,
        user_agent=_agent(user_agent),
        last_used_at=unit.now,
    )
    unit.add(session)
    log.info("signed_in", user_id=str(user.id), address=address)
    return session


def take_turn(runtime: Runtime, name: str, address: str) -> _Turn:
    """Count a try for the name, whether anybody has it or not, and for the address. Raises ``TooManyTries``."""
    subjects = [("name", digest(name), ACCOUNT), *([("address", _network(address), ADDRESS)] if address else [])]
    # Looked at before it is written: who waits and comes all the same is not to keep writers waiting.
    with runtime.read() as unit:
        failures = FailureRepository(unit.session)
        _refuse_waiting([failures.find_by(kind=kind, subject_hash=subject) for kind, subject, _ in subjects], unit.now)

    def work(unit: WriteUnit) -> _Turn:
        failures = FailureRepository(unit.session)
        failures.forget(unit.now - ACCOUNT.forgotten_after)
        rows = [(failures.locked(kind, subject), patience) for kind, subject, patience in subjects]
        _refuse_waiting([row for row, _ in rows], unit.now)
        for row, patience in rows:
            _put(row, counted(_count(row), patience, unit.now))
        user = UserRepository(unit.session).named(name)
        return _Turn() if user is None else _Turn(user.id, user.password_hash, is_active=user.is_active)

    return runtime.attempt(work)


def verify_again(runtime: Runtime, name: str, password: str, *, address: str) -> str:
    """Somebody who is in proves that it is them; the hash that their password fits. Counted as a sign-in is.

    Raises ``Invalid`` where it is not, ``TooManyTries``.
    """
    turn = take_turn(runtime, name, address)
    user_id, kept = turn.user_id, turn.kept
    if not _is_right(kept, password) or user_id is None or kept is None:
        message = "the old password is wrong"
        raise Invalid(message, field="old_password")

    def work(unit: WriteUnit) -> None:
        _count_back(unit, UserRepository(unit.session).get(user_id), address)

    runtime.attempt(work)
    return kept


def _refuse_waiting(rows: Sequence[SignInFailure | None], now: dt.datetime) -> None:
    wait_s = max((_count(row).wait_s(now) for row in rows if row is not None), default=0.0)
    if wait_s > 0:
        message = f"too many failures: wait {int(wait_s) + 1} seconds, then try again"
        raise TooManyTries(message, after_s=wait_s)


def _is_known(runtime: Runtime, token: str) -> bool:
    """Whether we ever gave this refresh token: a stranger's nonsense is not to keep writers waiting."""
    if not token.startswith(REFRESH):
        return False
    with runtime.read() as unit:
        sessions = SessionRepository(unit.session)
        return sessions.find_by(token_hash=digest(token)) is not None or sessions.spent(digest(token)) is not None


def _over() -> Unauthenticated:
    return Unauthenticated("this session is over: sign in again")


def _is_right(kept: str | None, password: str) -> bool:
    # Too long is wrong, and takes as long.
    text = normal(password[:LONGEST])
    return hashing.verified(kept, text) and len(password) <= LONGEST


def _count_back(unit: WriteUnit, user: User, address: str) -> None:
    """It was no failure. The address gets back this one try only: who has one account may guess at others from there."""
    unlock(unit, user)
    if address:
        _give_back(unit, "address", _network(address), ADDRESS)


def _give_back(unit: WriteUnit, kind: str, subject: str, patience: Patience) -> None:
    row = FailureRepository(unit.session).locked(kind, subject)
    _put(row, taken_back(_count(row), patience))


def _count(row: SignInFailure) -> Count:
    return Count(row.failed_login_attempts, row.last_failed_at, row.locked_until)


def _put(row: SignInFailure, count: Count) -> None:
    row.failed_login_attempts, row.last_failed_at, row.locked_until = count.failures, count.last_at, count.locked_until


def _tokens(runtime: Runtime, unit: WriteUnit, session: UserSession) -> Tokens:
    secret = fresh(REFRESH)
    session.token_hash, session.last_used_at = digest(secret), unit.now
    session.expires_at = min(unit.now + IDLE, session.created_at + LONGEST_SESSION)
    unit.save()
    access = sign(runtime, unit, user_id=session.user_id, session_id=session.id)
    return Tokens(access, secret, int(LIFETIME.total_seconds()), session.id, session.user_id)


def _mistrust(unit: WriteUnit, token_hash: str) -> None:
    """Whether this token was traded before, and what follows from that."""
    sessions = SessionRepository(unit.session)
    spent = sessions.spent(token_hash)
    if spent is None or unit.now - spent.spent_at <= _GRACE:
        return
    session = sessions.get(spent.session_id)
    if session.revoked_at is not None:
        return
    session.revoked_at, session.revoked_reason = unit.now, "a spent token came again"
    user = UserRepository(unit.session).get(session.user_id)
    audit_user(unit, "session.reused", user, session=str(session.id))
    log.warning("refresh_token_reused", user_id=str(user.id), session_id=str(session.id), address=unit.actor.address)


def actor_for(user: User, *, via: str, address: str) -> Actor:
    """The user themselves, by another way in than a token."""
    return Actor("user", user.username, ROLES[user.role], id=user.id, via=via, address=address)


def _network(address: str) -> str:
    """An address as it is counted: of IPv6 the network of 64 bits that one customer usually has."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return digest(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        parsed = parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False).network_address
    return digest(str(parsed))


def _agent(user_agent: str) -> str | None:
    text = user_agent.encode("utf-8", "replace").decode()
    return "".join(char for char in text if char.isprintable())[:AGENT_LENGTH] or None


def _wrong() -> Unauthenticated:
    return Unauthenticated("the name or the password is wrong, or the account is closed")

"""Who comes with this key or token: asked at every request, so mostly answered from memory."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import replace
from weakref import WeakKeyDictionary

from mercat.core.actor import Actor
from mercat.core.log import get_logger
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.access.credential_repository import KeyRepository, SessionRepository
from mercat.domain.access.models import ApiKey, User, UserSession, UserSettings
from mercat.domain.access.permissions import ROLES
from mercat.domain.access.preferences import settings_view
from mercat.domain.access.remembering import KEPT_S, memory_of
from mercat.domain.access.schemas import Principal
from mercat.domain.access.signing import key_for
from mercat.domain.access.tokens import KEY, claims_of, digest, key_id_of, refused

log = get_logger(__name__)
_USE_NOTED_EVERY = dt.timedelta(minutes=1)
_LONGEST = 4096


def actor_of(runtime: Runtime, bearer: str, *, address: str = "") -> Principal:
    """Whoever this API key (``mk_…``) or access token belongs to. Raises ``Unauthenticated``.

    What another process took away may be good for ``KEPT_S`` seconds yet; what this one did is so no longer.
    """
    if not bearer or len(bearer) > _LONGEST:
        raise refused()
    memory = memory_of(runtime)
    known_as = digest(bearer)
    principal = memory.find(known_as)
    if principal is None:
        mark = memory.mark()
        look = _by_key if bearer.startswith(KEY) else _by_token
        principal, left_s = look(runtime, bearer, known_as)
        memory.keep(known_as, principal, mark=mark, most_s=left_s)
    return seen_from(principal, address)


def known_actor(runtime: Runtime, bearer: str, *, address: str = "") -> Principal | None:
    """As ``actor_of`` from memory alone: ``None`` where that would ask the database. It never waits for anything."""
    principal = memory_of(runtime).find(digest(bearer)) if len(bearer) <= _LONGEST else None
    return None if principal is None else seen_from(principal, address)


def seen_from(principal: Principal, address: str) -> Principal:
    """The same from this address."""
    if principal.actor.address == address:
        return principal
    return replace(principal, actor=replace(principal.actor, address=address))


def _by_token(runtime: Runtime, bearer: str, _digest: str) -> tuple[Principal, float]:
    """By an access token: its signature, its time, and whether its session and user still stand."""
    claims = claims_of(bearer, key_for(runtime, key_id_of(bearer)))
    with runtime.read() as unit:
        left_s = (claims.expires_at - unit.now).total_seconds()
        row = SessionRepository(unit.session).standing(claims.session_id) if left_s > 0 else None
        if row is None or not stands(row[0], row[1], unit.now) or row[1].id != claims.user_id:
            raise refused()
        return principal_of(*row), left_s


def principal_of(session: UserSession, user: User, settings: UserSettings | None) -> Principal:
    """The user of a session, who may whatever their role holds."""
    actor = _actor(user, ROLES[user.role], via="session")
    return Principal(actor, user.id, session_id=session.id, settings=settings_view(settings))


def _by_key(runtime: Runtime, _bearer: str, known_as: str) -> tuple[Principal, float]:
    """By an API key, which may what its scopes and its owner's role both allow."""
    with runtime.read() as unit:
        row = KeyRepository(unit.session).standing(known_as)
        if row is None or not stands(row[0], row[1], unit.now):
            raise refused()
        key, user, settings = row
        left_s = KEPT_S if key.expires_at is None else (key.expires_at - unit.now).total_seconds()
        key_id, last, now = key.id, key.last_used_at, unit.now
        principal = Principal(
            _actor(user, ROLES[user.role] & set(key.scopes), via=f"key {key.prefix}"),
            user.id,
            key_id=key_id,
            rate_limit_per_minute=key.rate_limit_per_minute,
            settings=settings_view(settings),
        )
    before = now - _USE_NOTED_EVERY
    if last is None or last < before:
        aside(runtime, lambda unit: KeyRepository(unit.session).note_use(key_id, now, unless_since=before))
    return principal, left_s


def stands(credential: UserSession | ApiKey, user: User, now: dt.datetime) -> bool:
    """Whether this lets its user in now."""
    is_over = credential.expires_at is not None and credential.expires_at <= now
    return credential.revoked_at is None and not is_over and user.is_active


def _actor(user: User, permissions: frozenset[str], *, via: str) -> Actor:
    return Actor("user", user.username, permissions, id=user.id, via=via)


_threads: WeakKeyDictionary[Runtime, threading.Thread] = WeakKeyDictionary()
_starting = threading.Lock()


def aside(runtime: Runtime, work: Callable[[WriteUnit], None]) -> None:
    """Write something of little weight in a thread of its own, one at a time: a writer may have to wait for an import.

    While one waits, others are left out: the same key comes again.
    """

    def write() -> None:
        try:
            runtime.attempt(work)
        except Exception as failed:  # noqa: BLE001  # nobody waits for it, and nothing depends on it
            log.warning("key_use_not_noted", reason=type(failed).__name__)

    with _starting:
        before = _threads.get(runtime)
        if before is not None and before.is_alive():
            return
        thread = threading.Thread(target=write, name="mercat-key-use", daemon=True)
        _threads[runtime] = thread
        thread.start()


def settle(runtime: Runtime) -> None:
    """Wait until what is written aside is written: before a runtime is closed."""
    thread = _threads.get(runtime)
    if thread is not None:
        thread.join()

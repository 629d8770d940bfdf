"""API keys: what lets programs in."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.errors import Conflict, Invalid, NotFound
from mercat.core.page import Page
from mercat.core.unit import ReadUnit, Runtime, WriteUnit
from mercat.domain.access.auditing import audit
from mercat.domain.access.credential_repository import KeyRepository
from mercat.domain.access.models import ApiKey, User
from mercat.domain.access.people import user_for
from mercat.domain.access.permissions import ROLES, expanded, refuse_beyond
from mercat.domain.access.remembering import memory_of
from mercat.domain.access.schemas import KeyDraft, KeyView, NewKey
from mercat.domain.access.sessions import OTHERS, may_touch, refuse_others
from mercat.domain.access.tokens import KEY, digest, fresh, shown
from mercat.domain.access.user_repository import UserRepository

_LONGEST_NAME = 100
_MOST_PER_MINUTE = 1_000_000


def create_key(runtime: Runtime, actor: Actor, draft: KeyDraft, *, owner: str | UUID | None = None) -> NewKey:
    """Make a key for oneself, or for ``owner``. Its secret is seen here and never again.

    A key holds no scope that its maker lacks, and opens nothing that its owner's role does not. Raises ``Invalid``,
    ``Forbidden``, ``NotFound``, ``Conflict`` for a closed account.
    """
    scopes = expanded(draft.scopes)
    refuse_beyond(actor, scopes)
    name = _checked_name(draft.name)
    if draft.rate_limit_per_minute is not None and not 1 <= draft.rate_limit_per_minute <= _MOST_PER_MINUTE:
        message = f"a rate limit goes from 1 to {_MOST_PER_MINUTE} requests per minute"
        raise Invalid(message, field="rate_limit_per_minute")
    secret = fresh(KEY)

    def work(unit: WriteUnit) -> NewKey:
        user = _owner(unit, owner)
        if draft.expires_at is not None and draft.expires_at <= unit.now:
            message = "the key would be over before it begins: give a later time"
            raise Invalid(message, field="expires_at")
        _refuse_idle(scopes, user)
        key = ApiKey(user_id=user.id, name=name, prefix=shown(secret), key_hash=digest(secret), scopes=scopes)
        key.expires_at, key.rate_limit_per_minute = draft.expires_at, draft.rate_limit_per_minute
        unit.add(key)
        audit(unit, "key.created", subject=("key", key.id, f"{key.prefix} {name}"), owner=user.username, scopes=scopes)
        return NewKey(_view(key, user), secret)

    return runtime.attempt(work, actor)


def list_keys(unit: ReadUnit, *, user_id: UUID | None = None, page: int = 1, per_page: int = 50) -> Page[KeyView]:
    """Keys of a user, or of everybody, the newest first; those that were revoked too."""
    refuse_others(unit.actor, user_id)
    found = KeyRepository(unit.session).listed(user_id=user_id, page=page, per_page=per_page)
    return Page([_view(each, each.user) for each in found], found.total, page, per_page)


def list_expiring_keys(unit: ReadUnit, since: dt.datetime, until: dt.datetime) -> list[KeyView]:
    """Keys that open still and run out between then and then, soonest first."""
    return [_view(each, each.user) for each in KeyRepository(unit.session).expiring(since, until)]


def revoke_key(runtime: Runtime, actor: Actor, reference: str | UUID, *, owner: UUID | None = None) -> KeyView:
    """End a key, named by its id or by the beginning that is shown. ``owner``: only if it is theirs.

    Raises ``NotFound``, ``Conflict`` for several.
    """

    def work(unit: WriteUnit) -> KeyView:
        key = _found(unit, str(reference), owner)
        if key.revoked_at is None:
            key.revoked_at = unit.now
            subject = ("key", key.id, f"{key.prefix} {key.name}")
            audit(unit, "key.revoked", subject=subject, owner=key.user.username)
        unit.save()
        return _view(key, key.user)

    view = runtime.attempt(work, actor)
    memory_of(runtime).forget()
    return view


def _found(unit: WriteUnit, reference: str, owner: UUID | None) -> ApiKey:
    fitting = [
        each
        for each in KeyRepository(unit.session).whole(reference)
        if may_touch(unit.actor, each.user_id) and owner in {None, each.user_id}
    ]
    if len(fitting) > 1:
        message = f"several keys begin with {reference}: name one by its id"
        raise Conflict(message)
    if not fitting:
        message = f"there is no key {reference[:40]}: `mercat key list` shows them"
        raise NotFound(message)
    return fitting[0]


def _owner(unit: WriteUnit, owner: str | UUID | None) -> User:
    actor = unit.actor
    if owner is None and actor.id is None:
        message = "a key belongs to a user: say whose it will be"
        raise Invalid(message, field="user")
    user = (
        user_for(unit, owner, others=OTHERS)
        if owner is not None
        else UserRepository(unit.session).get(actor.id or UUID(int=0))
    )
    if not user.is_active:
        message = f"the account of {user.username} is closed"
        raise Conflict(message)
    return user


def _refuse_idle(scopes: list[str], user: User) -> None:
    """A key that opens nothing, because its owner may none of it, is a mistake."""
    beyond = sorted(set(scopes) - ROLES[user.role])
    if beyond:
        message = f"{user.username} is {user.role}, who may not {', '.join(beyond)}: neither may a key of theirs"
        raise Invalid(message, field="scopes")


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
        message = f"a key's name says what it is for, in 1 to {_LONGEST_NAME} characters"
        raise Invalid(message, field="name")
    return name


def _view(key: ApiKey, user: User) -> KeyView:
    return KeyView(
        id=key.id,
        user_id=key.user_id,
        username=user.username,
        name=key.name,
        prefix=key.prefix,
        scopes=list(key.scopes),
        rate_limit_per_minute=key.rate_limit_per_minute,
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
    )

"""Users: making and changing them, and the rules that no change may break."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import partial
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.database.bulk import chunks
from mercat.core.database.locks import named_lock
from mercat.core.errors import Conflict, Forbidden, Invalid, NotFound
from mercat.core.page import Page
from mercat.core.unit import ReadUnit, Runtime, WriteUnit
from mercat.domain.access import hashing, passwords
from mercat.domain.access.auditing import audit_user
from mercat.domain.access.closing import close_sessions
from mercat.domain.access.failure_repository import FailureRepository
from mercat.domain.access.models import User
from mercat.domain.access.names import checked_email, checked_name, checked_username, folded
from mercat.domain.access.permissions import ADMIN, ROLES, checked_role, refuse_beyond
from mercat.domain.access.remembering import memory_of
from mercat.domain.access.schemas import UserDraft, UserPatch, UserView
from mercat.domain.access.tokens import digest
from mercat.domain.access.user_repository import UserRepository

_AT_ONCE = 500


def is_set_up(unit: ReadUnit) -> bool:
    """Whether there is any user: until then, whoever comes first makes the administrator."""
    return not UserRepository(unit.session).is_empty()


def set_up(runtime: Runtime, draft: UserDraft, *, address: str = "") -> UserView:
    """Make the first user, an administrator. Raises ``Conflict`` once there is one, and ``Invalid``."""
    actor = Actor("user", draft.username, ROLES[ADMIN], via="set-up", address=address)
    checked_username(draft.username)
    # Asked before the password is hashed: afterwards a stranger would get work out of us for nothing.
    with runtime.read(actor) as unit:
        _refuse_set_up(unit)
    if not draft.password:
        message = "the administrator needs a password"
        raise Invalid(message, field="password")
    kept = _hash_of(draft)
    with named_lock(runtime.engine, "access.set_up"), runtime.write(actor) as unit:
        _refuse_set_up(unit)
        user = create_in(unit, draft, role=ADMIN, kept=kept)
        audit_user(unit, "user.set_up", user)
        return view_of(unit, user)


def create_user(runtime: Runtime, actor: Actor, draft: UserDraft) -> UserView:
    """Make a user. Raises ``Invalid``, ``Conflict`` for a name that is taken, ``Forbidden`` for a role beyond one's own."""
    actor.require("access.users")
    refuse_beyond(actor, ROLES[checked_role(draft.role)])
    kept = _hash_of(draft)

    def work(unit: WriteUnit) -> UserView:
        user = create_in(unit, draft, role=draft.role, kept=kept)
        audit_user(unit, "user.created", user, role=user.role)
        return view_of(unit, user)

    return runtime.attempt(work, actor)


def create_users(runtime: Runtime, actor: Actor, drafts: Iterable[UserDraft]) -> int:
    """Make many, some hundred in a transaction, and leave alone those whose user name there is; how many were made.

    None of them has a password. Raises as ``create_user`` does; those of earlier transactions stay.
    """
    actor.require("access.users")

    def work(unit: WriteUnit, some: Sequence[UserDraft]) -> int:
        repository, made = UserRepository(unit.session), 0
        for draft in some:
            refuse_beyond(actor, ROLES[checked_role(draft.role)])
            if repository.named(folded(draft.username)) is None:
                user = create_in(unit, draft, role=draft.role, kept=None)
                audit_user(unit, "user.created", user, role=user.role)
                made += 1
        return made

    return sum(runtime.attempt(partial(work, some=some), actor) for some in chunks(drafts, _AT_ONCE))


def list_users(
    unit: ReadUnit, *, role: str | None = None, is_active: bool | None = None, page: int = 1, per_page: int = 50
) -> Page[UserView]:
    """Users by name."""
    unit.actor.require("access.users")
    found = UserRepository(unit.session).listed(role=role, is_active=is_active, page=page, per_page=per_page)
    return Page(views_of(unit, found.data), found.total, page, per_page)


def get_user(unit: ReadUnit, reference: str | UUID) -> UserView:
    """A user by id, user name or e-mail address; everybody may see themselves. Raises ``NotFound``."""
    return view_of(unit, user_for(unit, reference))


def update_user(runtime: Runtime, actor: Actor, reference: str | UUID, patch: UserPatch) -> UserView:
    """Change what a user is called. A new e-mail address is not verified yet. Raises ``Invalid``, ``Conflict``."""

    def work(unit: WriteUnit) -> UserView:
        user = locked(unit, user_for(unit, reference))
        refuse_above(unit.actor, user)
        before = {name: getattr(user, name) for name in ("username", "email", "first_name", "last_name")}
        _rename(unit, user, patch)
        if patch.first_name is not None:
            user.first_name = checked_name(patch.first_name, "first_name")
        if patch.last_name is not None:
            user.last_name = checked_name(patch.last_name, "last_name")
        changed = {name: [old, getattr(user, name)] for name, old in before.items() if old != getattr(user, name)}
        if changed:
            audit_user(unit, "user.changed", user, **changed)
        unit.save()
        return view_of(unit, user)

    view = runtime.attempt(work, actor)
    memory_of(runtime).forget()
    return view


def set_role(runtime: Runtime, actor: Actor, reference: str | UUID, role: str) -> UserView:
    """Give a user another role. Raises ``Conflict`` for the last administrator, ``Forbidden`` for a role beyond one's own."""
    actor.require("access.users")
    refuse_beyond(actor, ROLES[checked_role(role)])

    def work(unit: WriteUnit) -> UserView:
        user = user_for(unit, reference)
        if role != ADMIN:
            _refuse_last_admin(unit, user)
        user = locked(unit, user)
        refuse_above(actor, user)
        before, user.role = user.role, role
        if before != role:
            audit_user(unit, "user.role_set", user, role=[before, role])
        unit.save()
        return view_of(unit, user)

    view = runtime.attempt(work, actor)
    memory_of(runtime).forget()
    return view


def disable(runtime: Runtime, actor: Actor, reference: str | UUID) -> UserView:
    """Close an account: its sessions end, its keys open nothing. Raises ``Conflict`` for the last administrator."""
    actor.require("access.users")

    def work(unit: WriteUnit) -> UserView:
        user = user_for(unit, reference)
        _refuse_last_admin(unit, user)
        user = locked(unit, user)
        refuse_above(actor, user)
        if user.is_active:
            user.is_active = False
            ended = close_sessions(unit, user.id, "the account was closed")
            audit_user(unit, "user.disabled", user, sessions_ended=ended)
        unit.save()
        return view_of(unit, user)

    view = runtime.attempt(work, actor)
    memory_of(runtime).forget()
    return view


def enable(runtime: Runtime, actor: Actor, reference: str | UUID) -> UserView:
    """Open an account again, and end any wait after failures."""
    actor.require("access.users")

    def work(unit: WriteUnit) -> UserView:
        user = locked(unit, user_for(unit, reference))
        # An account with a role beyond one's own is not one's own to open either.
        refuse_above(actor, user)
        audit_user(unit, "user.enabled", user, was_active=user.is_active)
        user.is_active = True
        unlock(unit, user)
        unit.save()
        return view_of(unit, user)

    view = runtime.attempt(work, actor)
    memory_of(runtime).forget()
    return view


def user_for(unit: ReadUnit, reference: str | UUID, *, others: str = "access.users") -> User:
    """The user, for whoever may: everybody themselves, holders of the permission ``others`` everybody.

    Raises ``NotFound``, ``Forbidden``.
    """
    found = find_user(unit, reference)
    unit.actor.require("access.own" if found is not None and found.id == unit.actor.id else others)
    if found is None:
        message = f"there is no user {reference}: `mercat user list` shows them"
        raise NotFound(message, user=str(reference))
    return found


def find_user(unit: ReadUnit, reference: str | UUID) -> User | None:
    """By id, user name or e-mail address."""
    repository = UserRepository(unit.session)
    if isinstance(reference, UUID):
        return repository.find(reference)
    try:
        return repository.find(UUID(reference))
    except ValueError:
        return repository.named(folded(reference))


def locked(unit: WriteUnit, user: User) -> User:
    """The user as they are now, to be changed by nobody else until this transaction ends."""
    found = UserRepository(unit.session).locked(user.id)
    if found is None:
        message = f"there is no user {user.username} any more"
        raise NotFound(message)
    return found


def unlock(unit: WriteUnit, user: User) -> None:
    """Whatever wait there was after failures is over, under both of the user's names."""
    FailureRepository(unit.session).clear(_names_hashed(user))


def view_of(unit: ReadUnit, user: User) -> UserView:
    """A user as they are shown."""
    [view] = views_of(unit, [user])
    return view


def views_of(unit: ReadUnit, users: Sequence[User]) -> list[UserView]:
    """Users as they are shown."""
    hashes = [each for user in users for each in _names_hashed(user)]
    waiting = FailureRepository(unit.session).waiting(hashes, unit.now)
    return [_view(user, [waiting[each] for each in _names_hashed(user) if each in waiting]) for user in users]


def _names_hashed(user: User) -> tuple[str, str]:
    return digest(user.username_folded), digest(user.email_folded)


def _view(user: User, waits: Sequence[dt.datetime]) -> UserView:
    return UserView(
        id=user.id,
        username=user.username,
        email=user.email,
        first_name=user.first_name,
        last_name=user.last_name,
        role=user.role,
        is_active=user.is_active,
        is_verified=user.is_verified,
        has_password=user.password_hash is not None,
        locked_until=max(waits, default=None),
        last_login_at=user.last_login_at,
        last_login_ip=user.last_login_ip,
        reset_requested_at=user.reset_requested_at,
        created_at=user.created_at,
        updated_at=user.updated_at,
    )


def create_in(unit: WriteUnit, draft: UserDraft, *, role: str, kept: str | None) -> User:
    user = User(role=role, is_active=True, is_verified=False, password_hash=kept)
    user.password_changed_at = unit.now if kept else None
    user.first_name = checked_name(draft.first_name, "first_name")
    user.last_name = checked_name(draft.last_name, "last_name")
    _rename(unit, user, UserPatch(username=draft.username, email=draft.email))
    unit.add(user)
    return user


def _rename(unit: WriteUnit, user: User, patch: UserPatch) -> None:
    repository = UserRepository(unit.session)
    if patch.username is not None and patch.username != user.username:
        username = checked_username(patch.username)
        _refuse_taken(repository.named(folded(username)), user, "username", username)
        user.username, user.username_folded = username, folded(username)
    if patch.email is not None and patch.email != user.email:
        email = checked_email(patch.email)
        _refuse_taken(repository.named(folded(email)), user, "email", email)
        user.email, user.email_folded, user.is_verified = email, folded(email), False


def _refuse_taken(there: User | None, user: User, field: str, name: str) -> None:
    if there is not None and there.id != user.id:
        message = f"{name} is taken: choose another"
        raise Conflict(message, field=field)


def _refuse_set_up(unit: ReadUnit) -> None:
    if is_set_up(unit):
        message = "Mercat is set up: sign in, or ask an administrator for an invitation"
        raise Conflict(message)


def _refuse_last_admin(unit: WriteUnit, user: User) -> None:
    """Locks all administrators: of two who leave at the same time the second one finds that they are the last."""
    admins = UserRepository(unit.session).active_of_role(ADMIN)
    if [each.id for each in admins] == [user.id]:
        message = f"{user.username} is the last administrator: make another one first"
        raise Conflict(message, user=user.username)


def refuse_above(actor: Actor, user: User) -> None:
    """Who may less than somebody does not change them: it would be a way to become them."""
    if actor.id == user.id:
        return
    if not all(actor.may(each) for each in ROLES[user.role]):
        message = f"{user.username} is {user.role}, and may do what {actor.name} may not: ask somebody who may"
        raise Forbidden(message)


def _hash_of(draft: UserDraft) -> str | None:
    """Hashed before any unit is open: it takes long, and holds nobody up."""
    if draft.password and draft.password_hash:
        message = "a password or the hash of one, not both"
        raise Invalid(message, field="password")
    if draft.password_hash:
        return hashing.checked_hash(draft.password_hash)
    if not draft.password:
        return None
    return hashing.hashed(passwords.checked(draft.password, draft.username, draft.email))

"""Users over HTTP, for administrators: people, everybody's keys and sessions, and who changed what."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field
from starlette.responses import Response

from mercat.api.account import Ended, KeyAsked, KeyItem, NewKey, UserItem, UserPatch, new_key
from mercat.api.answers import answer, nothing
from mercat.api.asking import Asked
from mercat.api.auth import Email, Name, NewPassword, Username
from mercat.api.lists import add_list
from mercat.api.routes import Caller, House, Room, needs
from mercat.domain.access import service as access

router = Room("Users")
Role = Annotated[str, Field(max_length=20, json_schema_extra={"enum": list(access.ROLES)})]

add_list(router, "/users", access.USERS, name="User")
add_list(router, "/keys", access.KEYS, name="Key")
add_list(router, "/sessions", access.SESSIONS, name="Session")
add_list(router, "/audit", access.AUDIT, name="AuditEntry")


class Invited(Asked):
    """Somebody who is to choose a password themselves."""

    username: Username
    email: Email
    role: Role = "viewer"
    first_name: Name | None = None
    last_name: Name | None = None


class UserAsked(Invited):
    """A user with a password."""

    password: NewPassword


class RoleAsked(Asked):
    """The role that a user is to have."""

    role: Role


class PasswordAsked(Asked):
    """The password that a user is to have."""

    password: NewPassword


class KeyFor(KeyAsked):
    """A key to be made for a user."""

    user_id: UUID


class NewLink(BaseModel):
    """A link that was just made. ``token`` is what opens, once; it is shown here and never again."""

    user: UserItem
    token: str = Field(examples=["ml_…"])
    expires_at: dt.datetime


class SigningKeyMade(BaseModel):
    """The key that signs from now on, by its name in the tokens (``kid``)."""

    id: UUID


class RoleItem(BaseModel):
    """A role and what it holds."""

    role: str
    permissions: list[str]


class PermissionItem(BaseModel):
    """A permission and what it allows."""

    permission: str
    allows: str


class Permissions(BaseModel):
    """Every permission, and every role from the one that may least."""

    permissions: list[PermissionItem]
    roles: list[RoleItem]


def _link(link: access.NewLink) -> Response:
    return answer({"user": link.user, "token": link.token, "expires_at": link.expires_at}, 201)


@router.get("/permissions", response_model=Permissions, **needs("access.own"))
def list_permissions() -> Response:
    """Every permission with what it allows, and which roles hold it."""
    return answer(
        {
            "permissions": [{"permission": name, "allows": line} for name, line in access.PERMISSIONS.items()],
            "roles": [{"role": role, "permissions": sorted(held)} for role, held in access.ROLES.items()],
        }
    )


@router.post("/users", status_code=201, response_model=UserItem, **needs("access.users", opens=True))
def create_user(runtime: House, caller: Caller, asked: UserAsked) -> Response:
    """Make a user. 409 for a name that is taken; 403 for a role that may what you may not."""
    made = access.create_user(runtime, caller, access.UserDraft(**asked.model_dump()))
    return answer(made, 201, headers={"Location": f"/api/v1/users/{made.id}"})


@router.post("/users/invitations", status_code=201, response_model=NewLink, **needs("access.users", opens=True))
def invite_user(runtime: House, caller: Caller, asked: Invited) -> Response:
    """Make a user without a password, and the token of a link by which they choose one (``/auth/accept-invitation``).

    For somebody who was invited and has not answered, another one takes the place of the first.
    """
    return _link(access.invite(runtime, caller, access.UserDraft(**asked.model_dump())))


@router.get("/users/{user_id:uuid}", response_model=UserItem, **needs("access.users"))
def get_user(user_id: UUID, runtime: House, caller: Caller) -> Response:
    """One user."""
    with runtime.read(caller) as unit:
        return answer(access.get_user(unit, user_id))


@router.patch("/users/{user_id:uuid}", response_model=UserItem, **needs("access.users"))
def change_user(user_id: UUID, runtime: House, caller: Caller, patch: UserPatch) -> Response:
    """Change what a user is called. 409 for a name that is taken."""
    return answer(access.update_user(runtime, caller, user_id, access.UserPatch(**patch.model_dump())))


@router.put("/users/{user_id:uuid}/role", response_model=UserItem, **needs("access.users"))
def set_role(user_id: UUID, runtime: House, caller: Caller, asked: RoleAsked) -> Response:
    """Give a user another role. 409 for the last administrator; 403 for a role that may what you may not."""
    return answer(access.set_role(runtime, caller, user_id, asked.role))


@router.post("/users/{user_id:uuid}/disable", response_model=UserItem, **needs("access.users"))
def disable_user(user_id: UUID, runtime: House, caller: Caller) -> Response:
    """Close an account: its sessions end, its keys open nothing. 409 for the last administrator."""
    return answer(access.disable(runtime, caller, user_id))


@router.post("/users/{user_id:uuid}/enable", response_model=UserItem, **needs("access.users"))
def enable_user(user_id: UUID, runtime: House, caller: Caller) -> Response:
    """Open an account, and end the wait of somebody who mistyped their password too often."""
    return answer(access.enable(runtime, caller, user_id))


@router.put("/users/{user_id:uuid}/password", status_code=204, **needs("access.users", opens=True))
def set_password(user_id: UUID, runtime: House, caller: Caller, asked: PasswordAsked) -> Response:
    """Give a user a new password; all their sessions end."""
    access.set_password(runtime, caller, user_id, asked.password)
    return nothing()


@router.post(
    "/users/{user_id:uuid}/reset-link",
    status_code=201,
    response_model=NewLink,
    **needs("access.users", opens=True),
)
def make_reset_link(user_id: UUID, runtime: House, caller: Caller) -> Response:
    """The token of a link by which a user chooses a new password (``/auth/reset-password``), good for an hour."""
    return _link(access.make_reset_link(runtime, caller, user_id))


@router.delete("/users/{user_id:uuid}/sessions", response_model=Ended, **needs("access.keys"))
def end_sessions(user_id: UUID, runtime: House, caller: Caller) -> Response:
    """End all sessions of a user."""
    return answer({"ended": access.revoke_sessions(runtime, caller, user_id)})


@router.delete("/sessions/{session_id:uuid}", status_code=204, **needs("access.keys"))
def end_session(session_id: UUID, runtime: House, caller: Caller) -> Response:
    """End anybody's session."""
    access.revoke_session(runtime, caller, session_id)
    return nothing()


@router.post("/keys", status_code=201, response_model=NewKey, **needs("access.keys", opens=True))
def create_key(runtime: House, caller: Caller, asked: KeyFor) -> Response:
    """Make a key for a user: it may no more than they, nor than you."""
    return new_key(access.create_key(runtime, caller, asked.draft, owner=asked.user_id))


@router.delete("/keys/{key_id:uuid}", response_model=KeyItem, **needs("access.keys"))
def revoke_key(key_id: UUID, runtime: House, caller: Caller) -> Response:
    """End anybody's key. What it did stays."""
    return answer(access.revoke_key(runtime, caller, key_id))


@router.post("/signing-keys/rotate", response_model=SigningKeyMade, **needs("access.keys"))
def rotate_signing_key(runtime: House, caller: Caller) -> Response:
    """Sign access tokens with a new key. Those signed before stay good until they are over, 15 minutes at most."""
    return answer({"id": access.rotate_signing(runtime, caller)})

"""One's own account over HTTP: name, password, settings, sessions and keys."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from mercat.api.answers import answer, nothing
from mercat.api.asking import Asked
from mercat.api.auth import Email, Name, NewPassword, Password, Username
from mercat.api.lists import add_list, item_model
from mercat.api.routes import Caller, House, Room, needs
from mercat.core.actor import Actor
from mercat.core.errors import Unauthenticated
from mercat.core.list_queries import Instant
from mercat.domain.access import service as access

router = Room("Own account")
add_list(router, "/me/sessions", access.OWN_SESSIONS, name="OwnSession")
add_list(router, "/me/keys", access.OWN_KEYS, name="OwnKey")
_UserRow = item_model("UserRow", access.USERS)
KeyItem = item_model("Key", access.KEYS)
Channel = Literal["in_app", "email", "webhook"]
Percent = Annotated[Decimal, Field(ge=0, le=1000, max_digits=8, decimal_places=4)]


class UserItem(_UserRow):  # type: ignore[misc,valid-type]  # made from the list's own fields
    """A user."""

    has_password: bool = Field(description="false for who was invited and has not answered")
    locked_until: dt.datetime | None = Field(description="they mistyped too often, and are not listened to before")


class Me(BaseModel):
    """Whoever asks: the account, what the credential allows, and the way it came in."""

    user: UserItem
    permissions: list[str]
    via: str = Field(description="`session`, or a key by its beginning", examples=["key mk_ab12x"])


class UserPatch(Asked):
    """What a user is called; what is left out stays as it is. A new e-mail address is not verified yet."""

    username: Username | None = None
    email: Email | None = None
    first_name: Name | None = None
    last_name: Name | None = None


class PasswordChange(Asked):
    """The old password, so that it is you, and the new one."""

    old_password: Password
    new_password: NewPassword


class SettingsAsked(Asked):
    """What you prefer. ``null``, or left out, is the default."""

    per_page: Annotated[int, Field(ge=1, le=1000)] | None = Field(None, description="items of a list, unless asked")
    timezone: Annotated[str, Field(max_length=100)] | None = Field(
        None, description="whose clock counts for a schedule, unless it says", examples=["Europe/Berlin"]
    )
    notification_preferences: dict[str, list[Channel]] | None = Field(
        None,
        max_length=100,
        description="a type of alert, or * for all others, to the channels it comes by",
        examples=[{"price_change": ["in_app", "email"], "*": ["in_app"]}],
    )
    quiet_from: Annotated[str, Field(max_length=5)] | None = Field(
        None, description="from here on your own clock only the urgent is sent", examples=["22:00"]
    )
    quiet_to: Annotated[str, Field(max_length=5)] | None = Field(None, examples=["07:00"])
    digest: Literal["hourly", "daily"] | None = Field(None, description="e-mails are gathered")
    price_threshold_pct: Percent | None = Field(None, description="a price has to move so far before you are told")
    rank_threshold_pct: Percent | None = Field(None, description="a sales rank has to move so far before you are told")


class SettingsItem(BaseModel):
    """What you prefer; ``null`` is the default."""

    per_page: int | None
    timezone: str | None
    notification_preferences: dict[str, list[str]] | None
    quiet_from: str | None
    quiet_to: str | None
    digest: str | None
    price_threshold_pct: str | None
    rank_threshold_pct: str | None


class KeyAsked(Asked):
    """A key to be made."""

    name: str = Field(min_length=1, max_length=100, description="what it is for", examples=["nightly import"])
    scopes: list[Annotated[str, Field(max_length=100)]] = Field(
        min_length=1, max_length=100, description="permissions, or a role for all it holds", examples=[["catalog.read"]]
    )
    expires_at: Instant | None = None
    rate_limit_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] | None = None

    @property
    def draft(self) -> access.KeyDraft:
        """As the room takes it."""
        return access.KeyDraft(self.name, self.scopes, self.expires_at, self.rate_limit_per_minute)


class NewKey(BaseModel):
    """A key that was just made. ``secret`` is what opens; it is shown here and never again."""

    key: KeyItem  # type: ignore[valid-type]  # made from the list's own fields
    secret: str = Field(examples=["mk_…"])


class Ended(BaseModel):
    """How many sessions have ended."""

    ended: int


def new_key(made: access.NewKey) -> Response:
    """A key that was just made, with its secret."""
    return answer({"key": made.key, "secret": made.secret}, 201)


def user_of(caller: Actor) -> UUID:
    """The user behind a credential. Raises ``Unauthenticated`` where there is none."""
    if caller.id is None:
        message = "this credential belongs to no user: sign in"
        raise Unauthenticated(message)
    return caller.id


def _session_of(request: Request) -> UUID | None:
    session_id: UUID | None = request.scope["principal"].session_id
    return session_id


@router.get("/me", response_model=Me, **needs("access.own"))
def get_me(runtime: House, caller: Caller) -> Response:
    """Who you are here, and what you may do."""
    with runtime.read(caller) as unit:
        user = access.get_user(unit, user_of(caller))
    return answer({"user": user, "permissions": sorted(caller.permissions), "via": caller.via})


@router.patch("/me", response_model=UserItem, **needs("access.own"))
def change_me(runtime: House, caller: Caller, patch: UserPatch) -> Response:
    """Change what you are called. 409 for a name that is taken."""
    return answer(access.update_user(runtime, caller, user_of(caller), access.UserPatch(**patch.model_dump())))


@router.post("/me/password", status_code=204, **needs("access.own", opens=True))
def change_password(request: Request, runtime: House, caller: Caller, asked: PasswordChange) -> Response:
    """Change your password; all your other sessions end. 422 if the old one is wrong, which counts as a failure."""
    own = _session_of(request)
    access.change_password(runtime, caller, asked.old_password, asked.new_password, session_id=own)
    return nothing()


@router.get("/me/settings", response_model=SettingsItem, **needs("access.own"))
def get_settings(runtime: House, caller: Caller) -> Response:
    """What you prefer."""
    with runtime.read(caller) as unit:
        return answer(access.get_settings(unit))


@router.put("/me/settings", response_model=SettingsItem, **needs("access.own"))
def put_settings(runtime: House, caller: Caller, asked: SettingsAsked) -> Response:
    """Put these in place of what you preferred."""
    return answer(access.update_settings(runtime, caller, access.SettingsView(**asked.model_dump())))


@router.delete("/me/sessions", response_model=Ended, **needs("access.own"))
def end_my_sessions(request: Request, runtime: House, caller: Caller) -> Response:
    """End all your sessions but this one."""
    return answer({"ended": access.revoke_sessions(runtime, caller, user_of(caller), but=_session_of(request))})


@router.delete("/me/sessions/{session_id:uuid}", status_code=204, **needs("access.own"))
def end_my_session(session_id: UUID, runtime: House, caller: Caller) -> Response:
    """End one of your sessions."""
    access.revoke_session(runtime, caller, session_id, owner=user_of(caller))
    return nothing()


@router.post("/me/keys", status_code=201, response_model=NewKey, **needs("access.own", opens=True))
def create_my_key(runtime: House, caller: Caller, asked: KeyAsked) -> Response:
    """Make a key for yourself: it may no more than you, nor than the key that makes it."""
    return new_key(access.create_key(runtime, caller, asked.draft, owner=user_of(caller)))


@router.delete("/me/keys/{key_id:uuid}", status_code=204, **needs("access.own"))
def revoke_my_key(key_id: UUID, runtime: House, caller: Caller) -> Response:
    """End one of your keys."""
    access.revoke_key(runtime, caller, key_id, owner=user_of(caller))
    return nothing()

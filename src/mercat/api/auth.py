"""Coming in over HTTP: set-up, sign-in, refresh, sign-out, invitations and forgotten passwords. Open to strangers."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from mercat.api.answers import answer, nothing
from mercat.api.asking import Asked
from mercat.api.routes import House, Room, open_to_all
from mercat.domain.access import service as access

router = Room("Coming in")
# Nothing of such a request or its answer is kept.
_SECRETLY = open_to_all(opens=True)
Username = Annotated[str, Field(min_length=2, max_length=64, examples=["ada"])]
Email = Annotated[str, Field(min_length=3, max_length=254, examples=["ada@example.com"])]
Name = Annotated[str, Field(max_length=100)]
# Chosen: how good it is the room says. Typed: whatever somebody believes to be it.
NewPassword = Annotated[
    str, Field(max_length=1000, description="ten characters or more", examples=["four green lamps"])
]
Password = Annotated[str, Field(max_length=1000)]
Token = Annotated[str, Field(min_length=1, max_length=200)]


class SetUp(Asked):
    """The first user, an administrator."""

    username: Username
    email: Email
    password: NewPassword
    first_name: Name | None = None
    last_name: Name | None = None


class SignIn(Asked):
    """Who it is: a user name or an e-mail address, and the password."""

    name: Annotated[str, Field(max_length=254, examples=["ada"])]
    password: Password


class Refresh(Asked):
    """The refresh token of the pair before."""

    refresh_token: Token


class Chosen(Asked):
    """The token of a link, and the password that its receiver chooses."""

    token: Token
    password: NewPassword


class Forgotten(Asked):
    """Whose password was forgotten: a user name or an e-mail address."""

    name: Annotated[str, Field(max_length=254)]


class AskedFor(BaseModel):
    """It was taken note of, if there is somebody of that name."""

    status: Literal["asked"]


class TokenPair(BaseModel):
    """``access_token`` goes into ``Authorization: Bearer …``; ``refresh_token`` buys the next pair, once."""

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"]
    expires_in: int = Field(description="seconds for which the access token is good")
    session_id: UUID
    user_id: UUID


class Visitor(BaseModel):
    """From where a request comes, and with what."""

    address: str
    user_agent: str


async def _visitor(request: Request) -> Visitor:
    address = request.client.host if request.client is not None else ""
    return Visitor(address=address, user_agent=request.headers.get("user-agent", ""))


Visiting = Annotated[Visitor, Depends(_visitor)]


def pair(tokens: access.Tokens, status: int = 200) -> Response:
    """Tokens as OAuth 2.0 names them (RFC 6749, section 5.1)."""
    said: dict[str, Any] = {
        "access_token": tokens.access,
        "refresh_token": tokens.refresh,
        "token_type": "Bearer",
        "expires_in": tokens.expires_in,
        "session_id": tokens.session_id,
        "user_id": tokens.user_id,
    }
    return answer(said, status)


@router.post("/auth/set-up", status_code=201, response_model=TokenPair, **_SECRETLY)
def set_up(runtime: House, visitor: Visiting, asked: SetUp) -> Response:
    """Make the first user, an administrator, and be in. 409 once there is one."""
    access.set_up(runtime, access.UserDraft(**asked.model_dump()), address=visitor.address)
    return pair(access.sign_in(runtime, asked.username, asked.password, **visitor.model_dump()), 201)


@router.post("/auth/sign-in", response_model=TokenPair, **_SECRETLY)
def sign_in(runtime: House, visitor: Visiting, asked: SignIn) -> Response:
    """Tokens for a name and a password. 401 whatever is wrong; 429 after too many failures, with ``Retry-After``."""
    return pair(access.sign_in(runtime, asked.name, asked.password, **visitor.model_dump()))


@router.post("/auth/refresh", response_model=TokenPair, **_SECRETLY)
def refresh(runtime: House, visitor: Visiting, asked: Refresh) -> Response:
    """The next pair of tokens. A refresh token that comes a second time ends its session: there is a copy of it."""
    return pair(access.refresh(runtime, asked.refresh_token, **visitor.model_dump()))


@router.post("/auth/sign-out", status_code=204, **_SECRETLY)
def sign_out(runtime: House, asked: Refresh) -> Response:
    """End the session that a refresh token belongs to. 204 even if there is none."""
    access.sign_out(runtime, asked.refresh_token)
    return nothing()


@router.post("/auth/accept-invitation", response_model=TokenPair, **_SECRETLY)
def accept_invitation(runtime: House, visitor: Visiting, asked: Chosen) -> Response:
    """Choose the first password, and be in. 404 for a link that was used or is too old."""
    return pair(access.accept_invitation(runtime, asked.token, asked.password, **visitor.model_dump()))


@router.post("/auth/forgot-password", status_code=202, response_model=AskedFor, **open_to_all())
def forgot_password(runtime: House, visitor: Visiting, asked: Forgotten) -> Response:
    """Ask for a new password: administrators see it, and make a link. The same answer whoever it is."""
    access.request_password_reset(runtime, asked.name, address=visitor.address)
    return answer({"status": "asked"}, 202)


@router.post("/auth/reset-password", response_model=TokenPair, **_SECRETLY)
def reset_password(runtime: House, visitor: Visiting, asked: Chosen) -> Response:
    """Choose a new password by a link, and be in; all other sessions end. 404 for a link that was used or is too old."""
    return pair(access.reset_password(runtime, asked.token, asked.password, **visitor.model_dump()))

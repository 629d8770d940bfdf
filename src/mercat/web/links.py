"""What a one-time link leads to: choosing the first password, or a new one; and asking for such a link."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Form, Path
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from mercat.core.errors import Conflict, Invalid, NotFound, TooManyTries
from mercat.core.unit import Runtime
from mercat.domain.access import service as access
from mercat.web.pages import Page
from mercat.web.routes import House, Pages, Shown, open_to_all

router = Pages()
Token = Annotated[str, Path(max_length=100)]
_ASKED = "If there is such an account, an administrator sees that you asked, and passes a link on to you"
_WELCOME, _ANEW = "Welcome to Mercat", "Choose a new password"


class Chosen(BaseModel):
    """A password."""

    password: str = Field("", max_length=1000)


class Forgotten(BaseModel):
    """Whose password it is."""

    name: str = Field("", max_length=254)


@router.get("/welcome/{token}", **open_to_all())
def welcome(token: Token, page: Shown) -> Response:
    """The form for the first password."""
    return _form(page, f"/welcome/{token}", _WELCOME)


@router.post("/welcome/{token}", **open_to_all())
def accept(token: Token, request: Request, runtime: House, page: Shown, asked: Annotated[Chosen, Form()]) -> Response:
    """Accept an invitation."""
    seen = _seen(request)
    return _taken(page, runtime, lambda: access.accept_invitation(runtime, token, asked.password, **seen), _WELCOME)


@router.get("/reset/{token}", **open_to_all())
def reset_form(token: Token, page: Shown) -> Response:
    """The form for a new password."""
    return _form(page, f"/reset/{token}", _ANEW)


@router.post("/reset/{token}", **open_to_all())
def reset(token: Token, request: Request, runtime: House, page: Shown, asked: Annotated[Chosen, Form()]) -> Response:
    """Take a new password; all other sessions end."""
    seen = _seen(request)
    return _taken(page, runtime, lambda: access.reset_password(runtime, token, asked.password, **seen), _ANEW)


@router.get("/forgotten", **open_to_all())
def forgotten_form(page: Shown) -> Response:
    """The form to ask for a link."""
    return page.show("forgotten.html", error="", name="")


@router.post("/forgotten", **open_to_all())
def forgotten(request: Request, runtime: House, page: Shown, asked: Annotated[Forgotten, Form()]) -> Response:
    """Tell administrators that somebody asked. The answer is the same for every name."""
    try:
        access.request_password_reset(runtime, asked.name.strip(), address=_seen(request)["address"])
    except TooManyTries as refused:
        return page.show("forgotten.html", status=429, error=refused.message, name=asked.name)
    return page.go("/login", _ASKED)


def _taken(page: Page, runtime: Runtime, take: Callable[[], access.Tokens], title: str) -> Response:
    try:
        tokens = take()
    except (Invalid, NotFound, Conflict) as wrong:
        return _form(page, page.request.url.path, title, error=wrong.message)
    # The pair is for programs; a browser signs in by its own door, and nothing of the pair stays good.
    access.sign_out(runtime, tokens.refresh)
    return page.go("/login", "Your password is set. Sign in with it")


def _form(page: Page, here: str, title: str, *, error: str = "") -> Response:
    response = page.show("password.html", status=422 if error else 200, here=here, title=title, error=error)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _seen(request: Request) -> dict[str, str]:
    address = request.client.host if request.client is not None else ""
    return {"address": address, "user_agent": request.headers.get("user-agent", "")}

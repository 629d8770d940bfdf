"""Coming in and going out: first set-up, sign-in, sign-out, and what a phone's bar has no room for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mercat.core.errors import Conflict, Invalid, TooManyTries, Unauthenticated
from mercat.core.unit import Runtime
from mercat.domain.access import service as access
from mercat.web.guard import COOKIE
from mercat.web.pages import own_address
from mercat.web.routes import House, Pages, Shown, needs, open_to_all

router = Pages()
Next = Annotated[str, Query(alias="next", max_length=2000)]


class SignIn(BaseModel):
    """The form to sign in. ``back``: where to go afterwards."""

    name: str = Field("", max_length=254)
    password: str = Field("", max_length=1000)
    back: str = Field("/", max_length=2000)


class SetUp(BaseModel):
    """The form that makes the administrator."""

    username: str = Field("", max_length=64)
    email: str = Field("", max_length=254)
    password: str = Field("", max_length=1000)


@router.get("/login", **open_to_all())
def login(runtime: House, page: Shown, back: Next = "/") -> Response:
    """The form to sign in; before there is anybody, on to the set-up."""
    with runtime.read() as unit:
        if not access.is_set_up(unit):
            return RedirectResponse("/setup", 303)
    if page.principal is not None:
        return RedirectResponse(own_address(back), 303)
    return page.show("login.html", back=own_address(back), name="", error="")


@router.post("/login", **open_to_all())
def sign_in(request: Request, runtime: House, page: Shown, asked: Annotated[SignIn, Form()]) -> Response:
    """Sign in; whatever is wrong, the form says the same."""
    try:
        session = access.sign_in_browser(runtime, asked.name, asked.password, **_visitor(request))
    except (Unauthenticated, TooManyTries) as refused:
        status = 429 if isinstance(refused, TooManyTries) else 422
        return page.show(
            "login.html", status=status, back=own_address(asked.back), name=asked.name, error=refused.message
        )
    return _entered(request, session, own_address(asked.back))


@router.get("/setup", **open_to_all())
def setup(runtime: House, page: Shown) -> Response:
    """The form that makes the first user, an administrator; once there is one, on to the sign-in."""
    with runtime.read() as unit:
        if access.is_set_up(unit):
            return RedirectResponse("/login", 303)
    return page.show("setup.html", given={}, errors={}, error="")


@router.post("/setup", **open_to_all())
def set_up(request: Request, runtime: House, page: Shown, asked: Annotated[SetUp, Form()]) -> Response:
    """Make the administrator and be in."""
    draft = access.UserDraft(asked.username, asked.email, access.ADMIN, password=asked.password)
    try:
        access.set_up(runtime, draft, address=_visitor(request)["address"])
    except Conflict:
        return RedirectResponse("/login", 303)
    except Invalid as wrong:
        field = str(wrong.facts.get("field", ""))
        errors, error = ({field: wrong.message}, "") if field in SetUp.model_fields else ({}, wrong.message)
        return page.show("setup.html", status=422, given=asked.model_dump(), errors=errors, error=error)
    session = access.sign_in_browser(runtime, asked.username, asked.password, **_visitor(request))
    return _entered(request, session, "/")


@router.post("/logout", **open_to_all())
def sign_out(request: Request, runtime: House) -> Response:
    """End this browser's session."""
    _end(runtime, request.cookies.get(COOKIE))
    response = RedirectResponse("/login", 303)
    response.delete_cookie(COOKIE)
    return response


@router.get("/more", **needs(None))
def more(page: Shown) -> Response:
    """All places, for small screens."""
    return page.show("more.html")


def _visitor(request: Request) -> dict[str, str]:
    address = request.client.host if request.client is not None else ""
    return {"address": address, "user_agent": request.headers.get("user-agent", "")}


def _entered(request: Request, session: access.BrowserSession, back: str) -> Response:
    response = RedirectResponse(back, 303)
    # Lax: a link from a mail still opens the page signed in; what changes anything is judged by where it comes from.
    response.set_cookie(
        COOKIE,
        session.secret,
        max_age=session.lasts_s,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


def _end(runtime: Runtime, secret: str | None) -> None:
    if secret:
        access.sign_out_browser(runtime, secret)

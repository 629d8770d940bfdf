"""People: who may come in and as what; inviting them, their role, a new password, and closing an account."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Form, Path
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from mercat.core.errors import Conflict, Forbidden, Invalid
from mercat.domain.access import service as access
from mercat.web.forms import Selected, each_of, said_of
from mercat.web.pages import Page, own_address
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.tables import Action, Column, Empty, Filter, Index, Listed, View

router = Pages()
Name = Annotated[str, Path(max_length=254)]
# What each role may, in a line.
ROLES = (
    (access.VIEWER, "Viewer: sees everything but logs, and changes nothing"),
    (access.OPERATOR, "Operator: imports, edits, publishes"),
    (access.APPROVER, "Approver: lets through what guards hold, and undoes"),
    (access.ADMIN, "Administrator: may do everything"),
)
USERS = Listed(
    access.USERS,
    Index(
        url="/settings/users",
        title="People",
        one="person",
        many="people",
        columns=(
            Column("username", "Name", "person", sort="username"),
            Column("role", "Role", "words"),
            Column("is_active", "Status", "active"),
            Column("last_login_at", "Last here", "time", is_number=True),
        ),
        also=("email", "reset_requested_at"),
        row_url="/settings/users/{username}",
        filters=(
            Filter("role", "Role", tuple((each, each.capitalize()) for each in access.ROLES)),
            Filter("is_active", "Status", (("true", "Open"), ("false", "Closed"))),
        ),
        views=(View("All"), View("Open", {"is_active": "true"})),
        actions=(
            Action("Open", "/settings/users/enable", "access.users", "check"),
            Action("Close", "/settings/users/disable", "access.users", "x", is_dangerous=True),
        ),
        search="Find by name or e-mail",
        empty=Empty("Nobody is here", "That cannot be: you are."),
    ),
)


@router.get("/settings/users", **needs("access.users"))
def list_people(runtime: House, caller: Caller, page: Shown) -> Response:
    """Who may come in."""
    with runtime.read(caller) as unit:
        table = USERS.table(unit, page)
    return page.show("settings/people.html", table=table)


@router.post("/settings/users/enable", **needs("access.users"))
def open_accounts(runtime: House, caller: Caller, page: Shown, asked: Annotated[Selected, Form()]) -> Response:
    """Open the selected accounts."""
    done, refused = each_of(asked.id, lambda each: access.enable(runtime, caller, each))
    return page.go(own_address(asked.back, "/settings/users"), said_of(done, refused, "account", "opened"))


@router.post("/settings/users/disable", **needs("access.users"))
def close_accounts(runtime: House, caller: Caller, page: Shown, asked: Annotated[Selected, Form()]) -> Response:
    """Close the selected accounts: their sessions end, their keys open nothing."""
    done, refused = each_of(asked.id, lambda each: access.disable(runtime, caller, each))
    return page.go(own_address(asked.back, "/settings/users"), said_of(done, refused, "account", "closed"))


class Invited(BaseModel):
    """Somebody who is to come in."""

    username: str = Field("", max_length=64)
    email: str = Field("", max_length=254)
    role: str = Field(access.VIEWER, max_length=20)


class Role(BaseModel):
    """Another role."""

    role: str = Field(max_length=20)


@router.get("/settings/users/invite", **needs("access.users"))
def invite_form(page: Shown) -> Response:
    """The form to invite somebody."""
    return _invite_form(page, Invited.model_validate({}))


@router.post("/settings/users/invite", **needs("access.users"))
def invite(
    request: Request, runtime: House, caller: Caller, page: Shown, asked: Annotated[Invited, Form()]
) -> Response:
    """Make the account, and a link that is shown this once: whoever has it chooses the password."""
    draft = access.UserDraft(asked.username.strip(), asked.email.strip(), asked.role)
    try:
        made = access.invite(runtime, caller, draft)
    except (Invalid, Conflict, Forbidden) as wrong:
        return _invite_form(page, asked, error=wrong.message)
    return _link(page, request, made, "welcome", f"{made.user.username} is invited")


@router.get("/settings/users/{name}", **needs("access.users"))
def show_person(name: Name, runtime: House, caller: Caller, page: Shown) -> Response:
    """One of them: their role, where they are signed in, and their keys."""
    with runtime.read(caller) as unit:
        user = access.get_user(unit, name)
        sees_all = page.may("access.keys")
        sessions = access.list_sessions(unit, user_id=user.id).data if sees_all else []
        keys = access.list_keys(unit, user_id=user.id).data if sees_all else []
    return page.show("settings/person.html", user=user, roles=ROLES, sessions=sessions, keys=keys)


@router.post("/settings/users/{name}/role", **needs("access.users"))
def set_role(name: Name, runtime: House, caller: Caller, page: Shown, asked: Annotated[Role, Form()]) -> Response:
    """Give them another role."""
    user = access.set_role(runtime, caller, name, asked.role)
    return _back(page, user, f"{user.username} is {user.role} now")


@router.post("/settings/users/{name}/link", **needs("access.users"))
def make_link(name: Name, request: Request, runtime: House, caller: Caller, page: Shown) -> Response:
    """A link by which they choose a password: the first one, or a new one."""
    with runtime.read(caller) as unit:
        user = access.get_user(unit, name)
    if user.has_password:
        return _link(page, request, access.make_reset_link(runtime, caller, user.id), "reset", "A new password")
    again = access.invite(runtime, caller, access.UserDraft(user.username, user.email, user.role))
    return _link(page, request, again, "welcome", f"{user.username} is invited again")


@router.post("/settings/users/{name}/open", **needs("access.users"))
def open_account(name: Name, runtime: House, caller: Caller, page: Shown) -> Response:
    """Open the account again, or end the wait after too many wrong passwords."""
    user = access.enable(runtime, caller, name)
    return _back(page, user, f"The account of {user.username} is open")


@router.post("/settings/users/{name}/close", **needs("access.users"))
def close_account(name: Name, runtime: House, caller: Caller, page: Shown) -> Response:
    """Close the account: its sessions end, its keys open nothing."""
    user = access.disable(runtime, caller, name)
    return _back(page, user, f"The account of {user.username} is closed")


@router.post("/settings/users/{name}/sign-out", **needs("access.keys"))
def sign_out_everywhere(name: Name, runtime: House, caller: Caller, page: Shown) -> Response:
    """End all their sessions."""
    access.revoke_sessions(runtime, caller, name)
    return page.go(f"/settings/users/{name}", "They are signed out everywhere")


def _back(page: Page, user: Any, said: str) -> Response:
    return page.go(f"/settings/users/{user.username}", said)


def _invite_form(page: Page, given: Invited, *, error: str = "") -> Response:
    facts = {"given": given, "roles": ROLES, "error": error}
    return page.show("settings/invite.html", status=422 if error else 200, **facts)


def _link(page: Page, request: Request, made: access.NewLink, place: str, title: str) -> Response:
    url = f"{request.url.scheme}://{request.url.netloc}/{place}/{made.token}"
    return page.show_once(
        title=title,
        secret=url,
        what="Pass this link on. It is shown this once, opens one account once, and Mercat keeps nothing that makes it again.",
        until=made.expires_at,
        back="/settings/users",
    )

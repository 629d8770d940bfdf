"""API keys and sessions: what lets programs and browsers in, one's own, and everybody's for administrators."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Annotated, Any

from fastapi import Form
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from mercat.core.errors import Conflict, Forbidden, Invalid, NotFound
from mercat.core.lists import Rows
from mercat.domain.access import service as access
from mercat.web.forms import Back, Selected, each_of, said_of
from mercat.web.pages import Page, own_address
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.tables import Action, Column, Empty, Index, Listed, read, table_of

router = Pages()
EVERYBODY = "access.keys"
_LASTS = (("30", "30 days"), ("90", "90 days"), ("365", "A year"), ("", "Until it is revoked"))
_WHO = ("who",)
OWN_KEYS = Listed(
    access.OWN_KEYS,
    Index(
        url="/settings/keys",
        title="API keys",
        one="key",
        columns=(
            Column("name", "Key", "key"),
            Column("revoked_at", "Status", "standing"),
            Column("scopes", "May", "scopes", drops=1),
            Column("last_used_at", "Last used", "time", is_number=True),
            Column("expires_at", "Runs out", "time", is_number=True, drops=1),
        ),
        also=("prefix", "username", "rate_limit_per_minute"),
        actions=(Action("Revoke", "/settings/keys/revoke", "access.own", "x", is_dangerous=True),),
        search="Find by name",
        own=_WHO,
        has_files=False,
        empty=Empty(
            "No keys yet",
            "A key lets a program in, with no more rights than it needs.",
            "Make a key",
            "/settings/keys/new",
            "access.own",
        ),
    ),
)
KEYS = Listed(access.KEYS, OWN_KEYS.index)
SESSIONS = Listed(
    access.OWN_SESSIONS,
    Index(
        url="/settings/sessions",
        title="Sessions",
        one="session",
        columns=(
            Column("user_agent", "Browser or program", "agent"),
            Column("ip", "From", "mono", drops=1),
            Column("created_at", "Signed in", "time", is_number=True, drops=1),
            Column("last_used_at", "Last seen", "time", is_number=True),
        ),
        actions=(Action("End", "/settings/sessions/end", "access.own", "x", is_dangerous=True),),
        usual_order="Newest first",
        own=_WHO,
        has_files=False,
        empty=Empty("No sessions", "That cannot be: you are here."),
    ),
)


class KeyForm(BaseModel):
    """A key to be made: all that a role may, or single permissions."""

    name: str = Field("", max_length=200)
    role: str = Field("", max_length=20)
    scopes: list[str] = Field(default_factory=list, max_length=200)
    lasts: str = Field("90", max_length=4, pattern=r"\d*")
    per_minute: str = Field("", max_length=10)
    owner: str = Field("", max_length=254)

    def draft(self, now: dt.datetime) -> access.KeyDraft:
        """As the room takes it. Raises ``Invalid``."""
        if self.per_minute.strip() and not self.per_minute.strip().isdigit():
            message = f"{self.per_minute!r} is no number of requests"
            raise Invalid(message, field="per_minute")
        until = now + dt.timedelta(days=int(self.lasts)) if self.lasts else None
        limit = int(self.per_minute) if self.per_minute.strip() else None
        return access.KeyDraft(self.name, [*([self.role] if self.role else []), *self.scopes], until, limit)


@router.get("/settings/keys", **needs("access.own"))
def list_keys(runtime: House, caller: Caller, page: Shown) -> Response:
    """One's own keys, or everybody's."""
    is_all = _is_all(page)
    with runtime.read(caller) as unit:
        table = (KEYS if is_all else OWN_KEYS).table(unit, page)
    return page.show("settings/keys.html", table=table, is_all=is_all)


@router.get("/settings/keys/new", **needs("access.own"))
def key_form(page: Shown) -> Response:
    """The form to make one."""
    return _key_form(page, KeyForm.model_validate({}))


@router.post("/settings/keys/new", **needs("access.own"))
def make_key(runtime: House, caller: Caller, page: Shown, asked: Annotated[KeyForm, Form()]) -> Response:
    """Make it. Its secret is shown this once."""
    try:
        made = access.create_key(runtime, caller, asked.draft(page.clock.now), owner=asked.owner.strip() or None)
    except (Invalid, Forbidden, Conflict, NotFound) as wrong:
        return _key_form(page, asked, error=wrong.message)
    return page.show_once(
        title=f"The key {made.key.name} is made",
        secret=made.secret,
        what="Copy it now. It is shown this once: Mercat keeps only what proves it.",
        until=made.key.expires_at,
        back="/settings/keys",
    )


@router.post("/settings/keys/revoke", **needs("access.own"))
def revoke_keys(runtime: House, caller: Caller, page: Shown, asked: Annotated[Selected, Form()]) -> Response:
    """Revoke the selected keys: they open nothing from now on."""
    done, refused = each_of(asked.id, lambda each: access.revoke_key(runtime, caller, each))
    return page.go(own_address(asked.back, "/settings/keys"), said_of(done, refused, "key", "revoked"))


@router.get("/settings/sessions", **needs("access.own"))
def list_sessions(request: Request, runtime: House, caller: Caller, page: Shown) -> Response:
    """Where one is signed in, or where everybody is."""
    is_all = _is_all(page)
    asked = read(request, SESSIONS.model, _WHO)
    number, per_page = (getattr(asked.of, name) for name in ("page", "per_page"))
    own = request.scope["principal"]
    with runtime.read(caller) as unit:
        found = access.list_sessions(unit, user_id=None if is_all else own.user_id, page=number, per_page=per_page)
    rows: list[dict[str, Any]] = [
        {name: getattr(each, name) for name in (*SESSIONS.index.fields(), "username")}
        | {"is_this": each.id == own.session_id, "is_all": is_all}
        for each in found.data
    ]
    index = replace(SESSIONS.index, search="")
    table = table_of(index, page, asked, Rows(rows, found.total, number, per_page, True, None))  # noqa: FBT003  # a count
    return page.show("settings/sessions.html", table=table, is_all=is_all)


@router.post("/settings/sessions/end", **needs("access.own"))
def end_sessions(runtime: House, caller: Caller, page: Shown, asked: Annotated[Selected, Form()]) -> Response:
    """End the selected sessions."""
    done, refused = each_of(asked.id, lambda each: access.revoke_session(runtime, caller, each))
    return page.go(own_address(asked.back, "/settings/sessions"), said_of(done, refused, "session", "ended"))


@router.post("/settings/sessions/end-others", **needs("access.own"))
def end_others(
    request: Request, runtime: House, caller: Caller, page: Shown, _asked: Annotated[Back, Form()]
) -> Response:
    """End all of one's sessions but this one."""
    own = request.scope["principal"]
    access.revoke_sessions(runtime, caller, own.user_id, but=own.session_id)
    return page.go("/settings/sessions", "You are signed out everywhere else")


def _is_all(page: Page) -> bool:
    return page.request.query_params.get("who") == "all" and page.may(EVERYBODY)


def _key_form(page: Page, given: KeyForm, *, error: str = "") -> Response:
    held = [(name, words) for name, words in access.PERMISSIONS.items() if page.may(name)]
    roles = [role for role, own in access.ROLES.items() if all(page.may(each) for each in own)]
    facts = {"given": given, "held": held, "roles": roles, "lasts": _LASTS, "error": error}
    return page.show("settings/key.html", status=422 if error else 200, **facts)

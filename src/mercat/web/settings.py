"""Settings: what you prefer, and your password; the people who may come in."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated
from zoneinfo import available_timezones

from fastapi import Form
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from mercat.core.errors import Invalid
from mercat.domain.access import service as access
from mercat.web.pages import Page
from mercat.web.routes import Caller, House, Pages, Shown, needs

router = Pages()
_CHANNELS = (("in_app", "here"), ("email", "by e-mail"), ("webhook", "by webhook"))
_OTHERS = "*"


class YouForm(BaseModel):
    """What you prefer; empty is the default."""

    per_page: str = Field("", max_length=6)
    timezone: str = Field("", max_length=100)
    channels: list[str] = Field(default_factory=list, max_length=10)
    quiet_from: str = Field("", max_length=5)
    quiet_to: str = Field("", max_length=5)
    digest: str = Field("", max_length=10)
    price_threshold_pct: str = Field("", max_length=12)
    rank_threshold_pct: str = Field("", max_length=12)

    def view(self, before: access.SettingsView) -> access.SettingsView:
        """As the room takes it; what is said of single types of alerts stays. Raises ``Invalid``."""
        told = {**(before.notification_preferences or {}), _OTHERS: self.channels}
        return access.SettingsView(
            per_page=None if not self.per_page.strip() else int(_number("per_page", self.per_page)),
            timezone=self.timezone or None,
            notification_preferences=told,
            quiet_from=self.quiet_from or None,
            quiet_to=self.quiet_to or None,
            digest=self.digest or None,
            price_threshold_pct=_number("price_threshold_pct", self.price_threshold_pct)
            if self.price_threshold_pct.strip()
            else None,
            rank_threshold_pct=_number("rank_threshold_pct", self.rank_threshold_pct)
            if self.rank_threshold_pct.strip()
            else None,
        )


class PasswordForm(BaseModel):
    """The old password, so that it is you, and the new one."""

    old_password: str = Field("", max_length=1000)
    new_password: str = Field("", max_length=1000)


@router.get("/settings", **needs("access.own"))
def show_you(runtime: House, caller: Caller, page: Shown) -> Response:
    """What you prefer."""
    with runtime.read(caller) as unit:
        known = access.get_settings(unit)
    chosen = (known.notification_preferences or {}).get(_OTHERS, [name for name, _ in _CHANNELS[:1]])
    given = {name: str(getattr(known, name) or "") for name in YouForm.model_fields if name != "channels"}
    return _you(page, YouForm.model_validate({**given, "channels": list(chosen)}))


@router.post("/settings", **needs("access.own"))
def keep_you(runtime: House, caller: Caller, page: Shown, asked: Annotated[YouForm, Form()]) -> Response:
    """Keep what you prefer."""
    with runtime.read(caller) as unit:
        before = access.get_settings(unit)
    try:
        access.update_settings(runtime, caller, asked.view(before))
    except Invalid as wrong:
        return _you(page, asked, error=wrong.message)
    return page.go("/settings", "Saved")


@router.post("/settings/password", **needs("access.own"))
def change_password(
    request: Request, runtime: House, caller: Caller, page: Shown, asked: Annotated[PasswordForm, Form()]
) -> Response:
    """Choose a new password; your other sessions end."""
    own = request.scope["principal"].session_id
    access.change_password(runtime, caller, asked.old_password, asked.new_password, session_id=own)
    return page.go("/settings", "Your password is changed. Your other sessions have ended")


def _you(page: Page, given: YouForm, *, error: str = "") -> Response:
    facts = {"given": given, "zones": sorted(available_timezones()), "channels": _CHANNELS, "error": error}
    return page.show("settings/you.html", status=422 if error else 200, **facts)


def _number(name: str, text: str) -> Decimal:
    try:
        return Decimal(text.strip())
    except InvalidOperation as wrong:
        message = f"{text!r} is no number"
        raise Invalid(message, field=name) from wrong

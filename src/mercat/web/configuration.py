"""Configuration: what a merchant sets while Mercat runs, each with what it takes, where it stands and who changed it."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated

from fastapi import Form, Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from mercat.core.errors import Invalid
from mercat.core.lists import ListQuery, list_rows
from mercat.core.unit import ReadUnit
from mercat.domain.operations import service as operations
from mercat.web.pages import Page
from mercat.web.routes import Caller, House, Pages, Shown, needs

router = Pages()
HERE = "/settings/configuration"
Key = Annotated[str, Path(max_length=100)]
_SHOWN = 20


class Setting(BaseModel):
    """What a key is to be set to; ``reset`` puts it back to its default."""

    value: str = Field("", max_length=100_000)
    reset: bool = False


@router.get(HERE, **needs("operations.configure"))
def list_configuration(runtime: House, caller: Caller, page: Shown) -> Response:
    """Every key, by what it is about."""
    with runtime.read(caller) as unit:
        found = operations.list_configurations(unit)
    sections = [(name, list(some)) for name, some in groupby(found, key=lambda each: each.category)]
    return page.show("settings/configuration.html", sections=sections)


@router.get(f"{HERE}/{{key}}", **needs("operations.configure"))
def show_key(key: Key, runtime: House, caller: Caller, page: Shown) -> Response:
    """One key: what it takes, what it is set to, and how it was changed."""
    with runtime.read(caller) as unit:
        return _key(page, unit, key)


@router.post(f"{HERE}/{{key}}", **needs("operations.configure"))
def set_key(key: Key, runtime: House, caller: Caller, page: Shown, asked: Annotated[Setting, Form()]) -> Response:
    """Set it, or put it back to its default."""
    text = None if asked.reset else asked.value.replace("\r\n", "\n").strip()
    try:
        runtime.attempt(lambda unit: operations.set_configuration(unit, runtime.secrets, key, text), caller)
    except Invalid as wrong:
        with runtime.read(caller) as unit:
            return _key(page, unit, key, error=wrong.message, typed=asked.value)
    return page.go(f"{HERE}/{key}", f"{key} is at its default again" if asked.reset else "Saved")


def _key(page: Page, unit: ReadUnit, key: str, *, error: str = "", typed: str | None = None) -> Response:
    view = operations.get_configuration(unit, key)
    changes = list_rows(unit, operations.CONFIGURATION_CHANGES, ListQuery(equal={"key": [view.key]}, per_page=_SHOWN))
    is_secret = view.data_type == "secret"
    kept = "" if is_secret or view.value is None else operations.text_for(view.key, view.value)
    return page.show(
        "settings/key_value.html",
        status=422 if error else 200,
        view=view,
        kept=kept,
        # What a secret was is never sent back, not even to whoever typed it.
        value=kept if typed is None or is_secret else typed,
        default="" if view.default is None else operations.text_for(view.key, view.default),
        changes=changes.data,
        is_secret=is_secret,
        error=error,
    )

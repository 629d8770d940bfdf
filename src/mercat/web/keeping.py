"""What is kept and what this is: backups, the book of administrative acts, and the page about this Mercat."""

from __future__ import annotations

import platform
from importlib.metadata import metadata, version
from typing import Annotated, Literal

from fastapi import Form, Path
from pydantic import BaseModel, Field
from starlette.responses import FileResponse, Response

from mercat.core.errors import Invalid
from mercat.domain.access import service as access
from mercat.domain.operations import service as operations
from mercat.web.forms import Back
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.tables import Column, Empty, Filter, Index, Listed

router = Pages()
BACKUPS = "/settings/backups"
MAY = "operations.backup"
Name = Annotated[str, Path(max_length=200, pattern=r"^[\w.-]+$")]
_LONGEST_NAME = 40
_USED = ("fastapi", "starlette", "jinja2", "sqlalchemy", "alembic", "pydantic", "uvicorn", "msgspec", "typer", "dbos")
AUDIT = Listed(
    access.AUDIT,
    Index(
        url="/settings/audit",
        title="Audit",
        one="act",
        columns=(
            Column("action", "What", "act"),
            Column("subject", "About"),
            Column("actor", "By", drops=1),
            Column("via", "By way of", drops=2),
            Column("address", "From", "mono", drops=2),
            Column("at", "When", "time", is_number=True),
        ),
        also=("details",),
        filters=(
            Filter("action", "What"),
            Filter("actor", "By"),
            Filter("address", "From"),
            Filter("at", "When", is_range=True, is_date=True),
        ),
        search="Find by what it was about",
        empty=Empty("Nothing yet", "Who changed what about whom is kept here: accounts, keys, stores, settings."),
    ),
)


class Wanted(BaseModel):
    """A backup."""

    description: str = Field("", max_length=500)
    form: Literal["auto", "native", "portable"] = "auto"
    encrypt: bool = False


@router.get(BACKUPS, **needs(MAY))
def list_backups(runtime: House, caller: Caller, page: Shown) -> Response:
    """The backups in the server's folder."""
    found = operations.list_backups(runtime, caller)
    may_seal = bool(runtime.settings.backup_password)
    return page.show("settings/backups.html", backups=found, may_seal=may_seal)


@router.post(BACKUPS, **needs(MAY))
def make_backup(runtime: House, caller: Caller, page: Shown, asked: Annotated[Wanted, Form()]) -> Response:
    """Have one made by a worker."""
    if asked.encrypt and not runtime.settings.backup_password:
        message = "set MERCAT_BACKUP_PASSWORD first: it is what opens a sealed backup again"
        raise Invalid(message)
    job_id = runtime.attempt(lambda unit: operations.enqueue_backup(unit, **asked.model_dump()), caller)
    return page.go(f"/jobs/{job_id}", "A backup is being made")


@router.post(f"{BACKUPS}/{{name}}/verify", **needs(MAY))
def verify(name: Name, runtime: House, caller: Caller, page: Shown, _asked: Annotated[Back, Form()]) -> Response:
    """Have one read whole and compared with its manifest."""
    job_id = runtime.attempt(lambda unit: operations.enqueue_verify(unit, name), caller)
    return page.go(f"/jobs/{job_id}", f"{name} is being verified")


@router.get(f"{BACKUPS}/{{name}}.{{ending}}", **needs(MAY))
def download(name: Name, ending: Literal["zip"], runtime: House, caller: Caller) -> Response:
    """The file itself."""
    path = operations.open_backup(runtime, caller, f"{name}.{ending}")
    headers = {"Cache-Control": "no-store"}
    return FileResponse(path, filename=path.name, media_type="application/zip", headers=headers)


@router.get("/settings/audit", **needs("access.audit"))
def list_acts(runtime: House, caller: Caller, page: Shown) -> Response:
    """Who changed what about whom."""
    with runtime.read(caller) as unit:
        table = AUDIT.table(unit, page)
    return page.show("settings/audit.html", table=table)


@router.get("/settings/audit.{ending}", **needs("access.audit"))
def acts_file(ending: Literal["csv", "jsonl"], runtime: House, caller: Caller, page: Shown) -> Response:
    """All that fit, a line each."""
    return AUDIT.file(page, runtime, caller, ending)


@router.get("/settings/about", **needs("access.own"))
def about(runtime: House, caller: Caller, page: Shown) -> Response:
    """Which Mercat this is, what it runs on, and whose work is in it."""
    database = operations.describe_database(runtime)
    health = operations.database_health(runtime, caller, is_thorough=False) if page.may("operations.health") else None
    return page.show(
        "settings/about.html",
        version=version("mercat"),
        python=platform.python_version(),
        database=database,
        health=health,
        used=[(metadata(name)["Name"], version(name), _licence(name)) for name in _USED],
    )


def _licence(name: str) -> str:
    """As the package says it: PEP 639's expression, or what was said before there was one."""
    about = metadata(name)
    for field in ("License-Expression", "License"):
        if field in about and len(about[field]) < _LONGEST_NAME:
            return about[field]
    kinds = [each.rpartition(" :: ")[2] for each in about.get_all("Classifier") or () if each.startswith("License")]
    return kinds[0] if kinds else "see its files"

"""``mercat logs``: what was logged, from the database."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

import typer

from mercat.cli.display import at, out, paged, plain, print_paging, say, short, shown, table
from mercat.cli.options import seconds_of
from mercat.cli.session import JsonOption, PageOption, PerPageOption, me, open_runtime, print_json
from mercat.core.unit import ReadUnit
from mercat.domain.operations import service as operations

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def logs() -> None:
    """What Mercat logged, kept in the database (`mercat config set logs.level`); secrets are hidden in it."""


@app.command("list")
def list_(
    *,
    level: Annotated[
        str | None, typer.Option("--level", help="At this level or above: debug, info, warning, error.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="SPAN", help="Not older than this, e.g. 15m, 6h or 1d.")
    ] = None,
    job: Annotated[
        str | None, typer.Option("--job", metavar="ID", help="Of this job: its id, or the end of it.")
    ] = None,
    request: Annotated[str | None, typer.Option("--request", metavar="ID", help="Of this request to the API.")] = None,
    q: Annotated[str | None, typer.Option("--q", help="With this text in it.")] = None,
    page: PageOption = 1,
    per_page: PerPageOption = 50,
    as_json: JsonOption = False,
) -> None:
    """The lines, newest first."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        found = operations.list_logs(
            unit,
            level=level,
            since=None if since is None else unit.now - dt.timedelta(seconds=seconds_of(since)),
            job_id=None if job is None else _job(unit, job),
            request_id=request,
            q=q,
            page=page,
            per_page=per_page,
        )
        described = [_described(each) for each in found]
    if as_json:
        print_json(paged(found, described))
        return
    if not described:
        say("There is no such line.")
        return
    rows = [
        (
            at(each["created_at"]),
            each["level"],
            each["event"],
            shown(each["message"] or _facts(each), most=120),
            short(each["job_id"]) if each["job_id"] else "",
        )
        for each in described
    ]
    out().print(table(("at", "level", "event", "what", "job"), rows))
    print_paging(found, "lines")


def _job(unit: ReadUnit, reference: str) -> UUID:
    """A whole id is taken as it is: lines outlive their job."""
    try:
        return UUID(reference)
    except ValueError:
        return operations.get_job(unit, reference).id


def _facts(line: dict[str, Any]) -> str:
    return plain(" ".join(f"{name}={value}" for name, value in (line["data"] or {}).items()))


def _described(line: Any) -> dict[str, Any]:
    names = (
        "id", "created_at", "level", "event", "message", "logger_name", "function", "line_number", "actor", "user_id",
        "job_id", "session_id", "request_id", "data", "stack_trace",
    )  # fmt: skip
    return {name: getattr(line, name) for name in names}

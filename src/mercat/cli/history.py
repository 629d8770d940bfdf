"""``mercat history``: the runs that moved data."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mercat.cli.display import at, number, out, paged, print_paging, say, short, shown, status, table
from mercat.cli.session import JsonOption, PageOption, PerPageOption, me, open_runtime, print_json
from mercat.domain.operations import service as operations

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def history() -> None:
    """What ran, when, and how it went."""


@app.command("list")
def list_(
    *,
    kind: Annotated[str | None, typer.Option("--type", help="Only runs of this type, e.g. feed_import.")] = None,
    page: PageOption = 1,
    per_page: PerPageOption = 20,
    as_json: JsonOption = False,
) -> None:
    """The runs, newest first."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        runs = operations.list_runs(unit, sync_type=kind, page=page, per_page=per_page)
        found = [_described(run) for run in runs]
    if as_json:
        print_json(paged(runs, found))
        return
    if not found:
        say("Nothing has run yet: `mercat import FILE` is the first thing to do.")
        return
    headings = ("started", "what", "source", "status", "items", "ok", "failed", "skipped", "set", "message")
    rows = [
        (
            at(each["started_at"]),
            each["type"],
            shown(each["source"], most=30),
            status(each["status"]),
            number(each["total"]),
            number(each["successful"]),
            number(each["failed"]),
            number(each["skipped"]),
            short(each["change_set"]) if each["change_set"] else "",
            shown(each["message"] or "", most=80),
        )
        for each in found
    ]
    out().print(table(headings, rows, right=("items", "ok", "failed", "skipped")))
    print_paging(runs, "runs")


def _described(run: Any) -> dict[str, Any]:
    return {
        "id": run.id,
        "type": run.sync_type,
        "source": run.sync_source,
        "target": run.sync_target,
        "status": run.status,
        "started_at": run.started_at,
        "completed_at": run.completed_at,
        "total": run.total_items,
        "successful": run.items_successful,
        "failed": run.items_failed,
        "skipped": run.items_skipped,
        "counts": run.record_counts,
        "message": run.message,
        "warnings": run.warnings,
        "errors": run.errors,
        "files": run.input_files,
        "change_set": run.change_set_id,
        "job_id": run.job_id,
        "actor": run.actor,
    }

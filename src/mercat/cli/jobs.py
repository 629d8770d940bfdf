"""``mercat jobs``: work that workers do."""

from __future__ import annotations

import sys
import time
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import msgspec
import typer

from mercat.cli.display import at, number, out, paged, plain, print_paging, say, short, shown, status, table
from mercat.cli.session import JsonOption, PageOption, PerPageOption, me, open_runtime, print_json
from mercat.core.unit import Runtime
from mercat.domain.operations import service as operations
from mercat.sdk.redaction import scrub

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The job's id, or the end of it.")]
_LOOK_EVERY_S = 0.5
_PAGE_OF_LINES = 1000


class Status(StrEnum):
    """The fates of a job."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@app.callback()
def jobs() -> None:
    """Jobs: what workers do, did, and gave up."""


@app.command("list")
def list_(
    *,
    fate: Annotated[
        Status | None, typer.Option("--status", help="Only jobs of this status; failed ones wait for you.")
    ] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Only jobs of this kind, e.g. suppliers.run_feed.")] = None,
    page: PageOption = 1,
    per_page: PerPageOption = 20,
    as_json: JsonOption = False,
) -> None:
    """The jobs, newest first."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        found = operations.list_jobs(
            unit, status=None if fate is None else fate.value, kind=kind, page=page, per_page=per_page
        )
        described = [_described(each) for each in found]
    if as_json:
        print_json(paged(found, described))
        return
    if not described:
        say(
            "There is no such job."
            if fate or kind
            else "There is no job yet: `mercat feed run NAME --detach` makes one."
        )
        return
    rows = [
        (
            short(each["id"]),
            at(each["created_at"]),
            shown(each["title"], most=40),
            status(each["status"]),
            _how_far(each),
            f"{each['attempts']}/{each['max_attempts']}",
            shown(scrub(each["error"] or each["current_stage"] or ""), most=80),
        )
        for each in described
    ]
    out().print(table(("id", "queued", "what", "status", "done", "tries", "stage or error"), rows, right=("tries",)))
    print_paging(found, "jobs")


@app.command()
def show(reference: IdArgument, *, as_json: JsonOption = False) -> None:
    """One job with all that is known of it."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        described = _described(operations.get_job(unit, reference))
    if as_json:
        print_json(described)
        return
    for key, value in described.items():
        say(f"{key:<20}{at(value) if key.endswith('_at') or key == 'run_after' else scrub(shown(value, most=400))}")


@app.command()
def logs(
    reference: IdArgument,
    *,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until the job is over.")] = False,
    as_json: JsonOption = False,
) -> None:
    """What a job has said. With --json one document, or with --follow one line of JSON each."""
    with open_runtime() as runtime:
        with runtime.read(me()) as unit:
            job_id = operations.get_job(unit, reference).id
        known: UUID | None = None
        gathered: list[dict[str, Any]] = []
        while True:
            lines, is_over = _more(runtime, job_id, known)
            known = lines[-1]["id"] if lines else known
            if as_json and not follow:
                gathered += lines
            else:
                _print_lines(lines, as_json=as_json)
            if len(lines) == _PAGE_OF_LINES:
                continue
            if is_over or not follow:
                break
            time.sleep(_LOOK_EVERY_S)
        if as_json and not follow:
            print_json(gathered)


def _more(runtime: Runtime, job_id: UUID, known: UUID | None) -> tuple[list[dict[str, Any]], bool]:
    """Further lines, and whether the job was over before they were read."""
    with runtime.read(me()) as unit:
        is_over = operations.get_job(unit, str(job_id)).status in operations.OVER
        lines = operations.job_log(unit, job_id, after=known, most=_PAGE_OF_LINES)
        return [_line(each) for each in lines], is_over


def _line(event: Any) -> dict[str, Any]:
    return {"id": event.id, "at": event.at, "level": event.level, "message": event.message, "data": event.data}


def _print_lines(lines: list[dict[str, Any]], *, as_json: bool) -> None:
    for each in lines:
        if as_json:
            sys.stdout.write(msgspec.json.encode(each).decode() + "\n")
            sys.stdout.flush()
        else:
            data = "" if each["data"] is None else "  " + shown(each["data"], most=300)
            style = {"error": "red", "warning": "yellow", "debug": "dim"}.get(each["level"], "")
            say(f"{at(each['at'])}  {plain(scrub(each['message']))}{scrub(data)}", style=style)


@app.command()
def cancel(reference: IdArgument, *, as_json: JsonOption = False) -> None:
    """Stop a job: one that waits at once, one that runs at its next step."""
    with open_runtime() as runtime, runtime.write(me()) as unit:
        described = _described(operations.cancel_job(unit, reference))
    if as_json:
        print_json(described)
    elif described["status"] == "cancelled":
        say(f"The job {short(described['id'])} is cancelled.")
    else:
        say(f"The job {short(described['id'])} was asked to stop; it will at its next step.")


@app.command()
def retry(reference: IdArgument, *, as_json: JsonOption = False) -> None:
    """Have a job tried again, after the steps that are done; one that went well is done anew as another job."""
    with open_runtime() as runtime, runtime.write(me()) as unit:
        described = _described(operations.retry_job(unit, reference))
    if as_json:
        print_json(described)
    else:
        say(f"The job {short(described['id'])} is queued. Next: `mercat jobs logs {short(described['id'])} --follow`.")


def say_queued(job_id: UUID, *, as_json: bool) -> None:
    """Tell which job was made, and how to watch it."""
    if as_json:
        print_json({"job_id": job_id})
    else:
        say(f"Queued as job {short(job_id)}. A worker runs it (`mercat worker`).")
        say(f"Next: `mercat jobs logs {short(job_id)} --follow`.", style="dim")


def _how_far(job: dict[str, Any]) -> str:
    if job["status"] == "completed":
        return ""
    if job["progress"] is not None:
        return f"{job['progress']} %"
    return number(job["items_done"]) if job["items_done"] else ""


def _described(job: Any) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind,
        "title": job.title,
        "queue": job.queue,
        "status": job.status,
        "progress": job.progress,
        "items_done": job.items_done,
        "items_total": job.items_total,
        "current_stage": job.current_stage,
        "estimated_seconds": job.estimated_seconds,
        "attempts": job.attempts,
        "max_attempts": job.max_attempts,
        "priority": job.priority,
        "payload": job.payload,
        "result": job.result,
        "error": job.error,
        "actor": job.actor,
        "subject": None if job.subject_type is None else f"{job.subject_type} {job.subject_id}",
        "worker": job.worker,
        "steps_done": job.steps_done,
        "created_at": job.created_at,
        "run_after": job.run_after,
        "started_at": job.started_at,
        "completed_at": job.completed_at,
        "cancel_requested_at": job.cancel_requested_at,
        "parent_id": job.parent_id,
        "schedule_id": job.schedule_id,
    }

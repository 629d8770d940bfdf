"""Jobs: what waits, runs and was done; one job with its progress and its log; stopping it and having it done again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Form
from starlette.responses import Response

from mercat.core.list_queries import PER_PAGE
from mercat.core.lists import ListQuery, get_row, list_rows
from mercat.core.unit import ReadUnit
from mercat.domain.operations import service as operations
from mercat.web.forms import Back, Selected, each_of, said_of
from mercat.web.live import Followed, topic
from mercat.web.pages import Page, own_address
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.tables import Action, Column, Empty, Filter, Index, Listed, View

router = Pages()
# A worker takes what is due within a second; what waits longer has none.
_UNHEEDED = dt.timedelta(seconds=30)
_LINES = 200
_FOLLOWED = ("id", "status", "progress", "items_done", "items_total", "current_stage", "error", "run_after")
_STATUSES = (
    ("pending", "Waiting"),
    ("running", "Running"),
    ("failed", "Failed"),
    ("completed", "Completed"),
    ("cancelled", "Cancelled"),
)
JOBS = Listed(
    operations.JOBS,
    Index(
        url="/jobs",
        title="Jobs",
        one="job",
        columns=(
            Column("title", "Job", "job"),
            Column("status", "Status", "status"),
            Column("current_stage", "Progress", "progress"),
            Column("actor", "Asked by", drops=1),
            Column("attempts", "Tries", "number", is_number=True, drops=2),
            Column("completed_at", "Took", "took", is_number=True, drops=1),
            Column("created_at", "Begun", "time", sort="created_at", is_number=True),
        ),
        also=("kind", "progress", "items_done", "items_total", "started_at", "error", "run_after"),
        filters=(
            Filter("status", "Status", _STATUSES),
            Filter("kind", "Kind"),
            Filter("actor", "Asked by"),
            Filter("created_at", "Begun", is_range=True, is_date=True),
        ),
        views=(View("All"), *(View(title, {"status": name}) for name, title in _STATUSES[:3])),
        actions=(
            Action("Try again", "/jobs/retry", "operations.retry", "refresh"),
            Action("Cancel", "/jobs/cancel", "operations.cancel", "x", is_dangerous=True),
        ),
        row_url="/jobs/{id}",
        search="Find by name or kind",
        empty=Empty("Nothing has been done yet", "Imports, publishing and whatever else takes a while shows here."),
    ),
)


@router.get("/jobs", **needs("operations.read"))
def list_jobs(runtime: House, caller: Caller, page: Shown) -> Response:
    """What waits, runs and was done."""
    with runtime.read(caller) as unit:
        table = JOBS.table(unit, page)
        counts = operations.count_jobs(unit)
        is_unheeded = _is_unheeded(unit)
    return page.show("jobs/list.html", table=table, counts=counts, is_unheeded=is_unheeded)


@router.get("/jobs.{ending}", **needs("operations.read"))
def jobs_file(ending: Literal["csv", "jsonl"], runtime: House, caller: Caller, page: Shown) -> Response:
    """All of them that fit, a line each."""
    return JOBS.file(page, runtime, caller, ending)


@router.post("/jobs/retry", **needs("operations.retry"))
def retry_jobs(runtime: House, caller: Caller, page: Shown, asked: Annotated[Selected, Form()]) -> Response:
    """Have the selected ones done again."""
    with runtime.write(caller) as unit:
        done, refused = each_of(asked.id, lambda each: operations.retry_job(unit, str(each)))
    return page.go(own_address(asked.back, "/jobs"), said_of(done, refused, "job", "will be tried again"))


@router.post("/jobs/cancel", **needs("operations.cancel"))
def cancel_jobs(runtime: House, caller: Caller, page: Shown, asked: Annotated[Selected, Form()]) -> Response:
    """Stop the selected ones."""
    with runtime.write(caller) as unit:
        done, refused = each_of(asked.id, lambda each: operations.cancel_job(unit, str(each)))
    return page.go(own_address(asked.back, "/jobs"), said_of(done, refused, "job", "cancelled"))


@router.get("/jobs/{job_id:uuid}", **needs("operations.read"))
def show_job(job_id: UUID, runtime: House, caller: Caller, page: Shown) -> Response:
    """One job: how far it is, what it says, what came of it."""
    with runtime.read(caller) as unit:
        job = get_row(unit, operations.JOBS, job_id, called="job")
        lines = operations.job_log(unit, job_id, most=_LINES, is_latest=True)
        steps = list_rows(unit, operations.JOBS, ListQuery(equal={"parent_id": [job_id]}, per_page=PER_PAGE))
        parent = None if job["parent_id"] is None else get_row(unit, operations.JOBS, job["parent_id"], called="job")
        is_unheeded = job["status"] == "pending" and _is_unheeded(unit)
    return page.show(
        "jobs/one.html",
        job=job,
        lines=lines,
        most=_LINES,
        parent=parent,
        steps=steps.data,
        is_unheeded=is_unheeded,
        over=operations.OVER,
        found=_figures(job["result"]),
    )


@router.post("/jobs/{job_id:uuid}/retry", **needs("operations.retry"))
def retry_job(job_id: UUID, runtime: House, caller: Caller, page: Shown, _asked: Annotated[Back, Form()]) -> Response:
    """Have it done again; one that went well is done anew as another job."""
    with runtime.write(caller) as unit:
        again = operations.retry_job(unit, str(job_id)).id
    return page.go(f"/jobs/{again}", "It will be tried again")


@router.post("/jobs/{job_id:uuid}/cancel", **needs("operations.cancel"))
def cancel_job(job_id: UUID, runtime: House, caller: Caller, page: Shown, _asked: Annotated[Back, Form()]) -> Response:
    """Stop it: at once where it waits, at its next step or report where it runs."""
    with runtime.write(caller) as unit:
        is_over = operations.cancel_job(unit, str(job_id)).status in operations.OVER
    return page.go(f"/jobs/{job_id}", "Cancelled" if is_over else "It stops at its next step")


def _is_unheeded(unit: ReadUnit) -> bool:
    """Whether something is due for a while, and nothing runs: no worker does."""
    due = ListQuery(equal={"status": ["pending"]}, most={"run_after": unit.now - _UNHEEDED}, per_page=1)
    return not operations.count_jobs(unit).get("running") and list_rows(unit, operations.JOBS, due).total > 0


def _figures(result: Any) -> list[tuple[str, Any]]:
    """What a job counted, for people: its numbers that are not nothing, by their names."""
    if not isinstance(result, dict):
        return []
    return [
        (name, value)
        for name, value in result.items()
        if isinstance(value, int) and not isinstance(value, bool) and value
    ]


@topic("job", "operations.read")
def follow_job(unit: ReadUnit, page: Page, followed: Followed) -> Iterator[str]:
    """Its progress, the lines it says, and what became of it."""
    job = get_row(unit, operations.JOBS, UUID(followed.of), called="job")
    lines = operations.job_log(unit, job["id"], after=UUID(followed.mark) if followed.mark else None, most=_LINES)
    if lines:
        followed.mark = str(lines[-1].id)
        yield page.part("jobs/lines.html", lines=lines)
    facts = {"job": job, "over": operations.OVER, "found": _figures(job["result"])}
    state = (job["status"], job["attempts"], job["error"], job["cancel_requested_at"])
    is_further = followed.is_news("progress", (job["progress"], job["current_stage"], job["items_done"]))
    if followed.is_news("state", state):
        yield page.part("jobs/state.html", **facts)
    elif is_further:
        yield page.part("jobs/progress.html", **facts)
    followed.is_over = job["status"] in operations.OVER and not lines


@topic("jobs", "operations.read")
def follow_jobs(unit: ReadUnit, page: Page, followed: Followed) -> Iterator[str]:
    """The progress of all that wait and run, and how those end that did."""
    query = ListQuery(equal={"status": ["pending", "running"]}, fields=_FOLLOWED, per_page=PER_PAGE)
    active = {str(job["id"]): job for job in list_rows(unit, operations.JOBS, query).data}
    ended = [name for name in followed.known if name not in active]
    if ended:
        ids = [UUID(name) for name in ended]
        query = ListQuery(equal={"id": ids}, fields=_FOLLOWED, per_page=len(ids))
        active |= {str(job["id"]): job for job in list_rows(unit, operations.JOBS, query).data}
    for name, job in active.items():
        if followed.is_news(name, job):
            yield page.part("jobs/row.html", job=job)
    for name in ended:
        del followed.known[name]

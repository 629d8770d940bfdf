"""What ran and what is due, over HTTP: the history of runs, schedules, calls that went out, and deliveries that came in."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from pydantic import Field, StrictBool
from starlette.responses import Response

from mercat.api.answers import answer, nothing
from mercat.api.asking import Asked
from mercat.api.jobs import JobItem, accepted
from mercat.api.lists import add_list, item_model
from mercat.api.routes import Caller, House, Preferred, Room, needs
from mercat.core.lists import get_row
from mercat.domain.operations import service as operations

router = Room("Operations")
ScheduleItem = item_model("Schedule", operations.SCHEDULES)
ScheduleName = Annotated[str, Path(max_length=200)]

add_list(router, "/sync-logs", operations.SYNC_LOGS, name="SyncLog", days="started_at")
add_list(router, "/schedules", operations.SCHEDULES, name="Schedule")
add_list(router, "/api-calls", operations.API_CALLS, name="ApiCall")
add_list(router, "/deliveries", operations.DELIVERIES, name="Delivery")


class ScheduleAsked(Asked):
    """Work that is due again and again: by cron or at an interval."""

    name: str = Field(min_length=1, max_length=200)
    kind: str = Field(max_length=100, examples=["suppliers.run_feed"], description="a job's kind")
    payload: dict[str, Any] = Field({}, examples=[{"name": "acme"}])
    cron: str | None = Field(None, max_length=200, examples=["30 2 * * *"])
    every_s: int | None = Field(None, ge=1, le=31_622_400)
    timezone: str | None = Field(None, max_length=100, description="whose clock counts; yours where it is left out")
    may_overlap: StrictBool = False


@router.post("/schedules", status_code=201, response_model=ScheduleItem, **needs("operations.schedule"))
def add_schedule(runtime: House, caller: Caller, asked: ScheduleAsked, preferred: Preferred) -> Response:
    """Have a job done again and again."""
    draft = {**asked.model_dump(), "timezone": asked.timezone or preferred.timezone or "UTC"}
    with runtime.write(caller) as unit:
        made = operations.add_schedule(unit, operations.ScheduleDraft(**draft)).id
    with runtime.read(caller) as unit:
        return answer(get_row(unit, operations.SCHEDULES, made, called="schedule"), 201)


@router.delete("/schedules/{name}", status_code=204, **needs("operations.schedule"))
def remove_schedule(name: ScheduleName, runtime: House, caller: Caller) -> Response:
    """It fires no more; jobs that it made go on."""
    with runtime.write(caller) as unit:
        operations.remove_schedule(unit, name)
    return nothing()


@router.post("/schedules/{name}/run", status_code=202, response_model=JobItem, **needs("operations.schedule"))
def run_schedule(name: ScheduleName, runtime: House, caller: Caller) -> Response:
    """Have its job done now, whatever its time is."""
    job_id = runtime.attempt(lambda unit: operations.run_schedule(unit, name), caller)
    return accepted(runtime, caller, job_id)

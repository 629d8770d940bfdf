"""Jobs over HTTP: seeing them, following what they say, stopping them, and having them done again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mercat.api.answers import answer
from mercat.api.lists import add_list, item_model
from mercat.api.routes import Caller, House, Room, needs
from mercat.core.actor import Actor
from mercat.core.lists import ListQuery, get_row, list_rows
from mercat.core.unit import Runtime
from mercat.domain.operations import service as operations

router = Room("Jobs")
JobItem = item_model("Job", operations.JOBS)
_LOOK_EVERY_S = 0.5
# One event of the stream; its data is JSON.
_EVENT: dict[str, Any] = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "id": {"type": "string"},
        "event": {"enum": ["log", "job", "end"]},
        "data": {"type": "string"},
    },
}
_ALIVE_EVERY = 30
_encode = msgspec.json.Encoder().encode

add_list(router, "/jobs", operations.JOBS, name="Job")
add_list(router, "/job-log", operations.JOB_LOG, name="JobLine")
add_list(router, "/workers", operations.WORKERS, name="Worker")


@router.get("/jobs/{job_id:uuid}", response_model=JobItem, **needs("operations.read"))
def get_job(job_id: UUID, runtime: House, caller: Caller) -> Response:
    """One job with its payload and its result."""
    return _shown(runtime, caller, job_id)


@router.post("/jobs/{job_id:uuid}/cancel", response_model=JobItem, **needs("operations.cancel"))
def cancel_job(job_id: UUID, runtime: House, caller: Caller) -> Response:
    """Stop it: at once where it waits, at its next step or report where it runs."""
    with runtime.write(caller) as unit:
        operations.cancel_job(unit, str(job_id))
    return _shown(runtime, caller, job_id)


@router.post("/jobs/{job_id:uuid}/retry", response_model=JobItem, **needs("operations.retry"))
def retry_job(job_id: UUID, runtime: House, caller: Caller) -> Response:
    """Have it tried again after its finished steps; one that went well is done anew, as another job."""
    with runtime.write(caller) as unit:
        again = operations.retry_job(unit, str(job_id)).id
    return _shown(runtime, caller, again)


@router.get(
    "/jobs/{job_id:uuid}/events",
    response_class=StreamingResponse,
    **{
        **needs("operations.read"),
        "responses": {
            **needs("operations.read")["responses"],
            200: {"content": {"text/event-stream": {"schema": _EVENT}}},
        },
    },
)
async def follow_job(
    job_id: UUID,
    request: Request,
    runtime: House,
    caller: Caller,
    last_event_id: Annotated[str | None, Header(max_length=64)] = None,
) -> Response:
    """Server-sent events: ``log`` for each line, ``job`` when its state or progress changes, and ``end``.

    A client that comes back with ``Last-Event-ID`` gets the lines after that one.
    """
    first = await run_in_threadpool(_job, runtime, caller, job_id)
    return StreamingResponse(
        _events(request, runtime, caller, first, _known(last_event_id)),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


def _known(last_event_id: str | None) -> UUID | None:
    try:
        return UUID(last_event_id or "")
    except ValueError:
        return None


async def _events(
    request: Request, runtime: Runtime, caller: Actor, job: dict[str, Any], after: UUID | None
) -> AsyncIterator[bytes]:
    shown: Any = None
    looks = 0
    while True:
        lines = await run_in_threadpool(_lines, runtime, caller, job["id"], after)
        for line in lines:
            after = line["id"]
            yield _event("log", line, id=str(after))
        state = {name: value for name, value in job.items() if name not in {"payload", "updated_at"}}
        if state != shown:
            shown = state
            yield _event("job", state)
        if job["status"] in operations.OVER and not lines:
            yield _event("end", {"status": job["status"]})
            return
        looks += 1
        if looks % _ALIVE_EVERY == 0:
            yield b": still here\n\n"
        if await request.is_disconnected():
            return
        if not lines:
            await asyncio.sleep(_LOOK_EVERY_S)
        job = await run_in_threadpool(_job, runtime, caller, job["id"])


def _event(name: str, data: Any, *, id: str | None = None) -> bytes:
    mark = f"id: {id}\n".encode() if id else b""
    return mark + f"event: {name}\ndata: ".encode() + _encode(data) + b"\n\n"


def _job(runtime: Runtime, caller: Actor, job_id: UUID) -> dict[str, Any]:
    with runtime.read(caller) as unit:
        return get_row(unit, operations.JOBS, job_id, called="job")


def _lines(runtime: Runtime, caller: Actor, job_id: UUID, after: UUID | None) -> list[dict[str, Any]]:
    query = ListQuery(equal={"job_id": [job_id]}, per_page=500, cursor=after, has_cursor=True)
    with runtime.read(caller) as unit:
        return list_rows(unit, operations.JOB_LOG, query).data


def _shown(runtime: Runtime, caller: Actor, job_id: UUID) -> Response:
    return answer(_job(runtime, caller, job_id))


def accepted(runtime: Runtime, caller: Actor, job_id: UUID) -> Response:
    """202: a worker does it; where to look for the outcome."""
    place = f"/api/v1/jobs/{job_id}"
    return answer(_job(runtime, caller, job_id), 202, headers={"Location": place})

"""Feeds over HTTP: where suppliers' files come from, trying one out, and running it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, Field, StrictBool
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from mercat.api.answers import answer, nothing
from mercat.api.asking import Asked
from mercat.api.jobs import JobItem, accepted
from mercat.api.lists import add_list
from mercat.api.routes import Caller, House, Room, needs
from mercat.api.uploads import Name, received, takes_file
from mercat.core.actor import Actor
from mercat.core.unit import Runtime
from mercat.domain.suppliers import service as suppliers
from mercat.sdk.roles import Inspection

router = Room("Feeds")
FeedName = Annotated[str, Path(max_length=255)]
Mode = Literal["upsert", "create-only", "update-only"]

add_list(router, "/feeds", suppliers.FEEDS, name="Feed")


class FeedDraft(Asked):
    """Where a supplier's files come from and how they are read."""

    name: str = Field(min_length=1, max_length=200)
    location: str = Field(
        min_length=1,
        max_length=2000,
        examples=["sftp://files.acme.example/out/prices-*.csv"],
        description="an address; a folder of the server only where MERCAT_FEED_FOLDERS allows it",
    )
    connector: str = Field(max_length=100, examples=["table"])
    supplier: str | None = Field(None, min_length=1, max_length=100, description="the feed's name if left out")
    profile: str | None = Field(None, max_length=200_000, description="TOML, as inspecting proposes it")
    settings: dict[str, Any] = Field({}, description="of the connector")
    fetch: dict[str, Any] = Field({}, description="how to get in: username, host_fingerprint, …")
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    mode: Mode = "upsert"
    complete: StrictBool = Field(
        default=False, description="the files are the whole range: what is missing becomes inactive"
    )
    guards: dict[str, Any] = Field({}, examples=[{"price_change_pct": 30}])
    together: StrictBool | None = Field(None, description="all files of the location make one import")
    cron: str | None = Field(None, max_length=200, examples=["30 2 * * 1-5"])
    every_s: int | None = Field(None, ge=1, le=31_622_400)
    timezone: str = Field("UTC", max_length=100)


class FeedWhole(BaseModel):
    """A feed as it is kept; passwords are never shown."""

    name: str
    supplier: str
    connector: str
    location: str
    settings: dict[str, Any]
    mode: str
    complete: bool
    guards: dict[str, Any]
    profile: str | None
    is_active: bool


class RunAsked(Asked):
    """How to run it."""

    plan_only: StrictBool = False
    yes: StrictBool = Field(default=False, description="apply even what guards would hold (needs catalog.approve)")
    again: StrictBool = Field(default=False, description="also files that were decided about")


@router.post("/feeds", status_code=201, response_model=FeedWhole, **needs("suppliers.edit"))
def add_feed(runtime: House, caller: Caller, draft: FeedDraft) -> Response:
    """Remember a feed. Nothing is fetched yet."""
    asked = suppliers.FeedDraft(**draft.model_dump())
    with runtime.write(caller) as unit:
        suppliers.refuse_distant_folder(runtime.settings, asked)
        described = suppliers.described_feed(suppliers.add_feed(unit, asked))
    return answer(described, 201, headers={"Location": f"/api/v1/feeds/{draft.name}"})


@router.put("/feeds/{name}", response_model=FeedWhole, **needs("suppliers.edit"))
def replace_feed(name: FeedName, runtime: House, caller: Caller, draft: FeedDraft) -> Response:
    """Say anew how it is fetched, read and guarded. Its name, its files and its history stay."""
    asked = suppliers.FeedDraft(**{**draft.model_dump(), "name": name})
    with runtime.write(caller) as unit:
        suppliers.refuse_distant_folder(runtime.settings, asked)
        return answer(suppliers.described_feed(suppliers.replace_feed(unit, name, asked)))


@router.get("/feeds/{name}", response_model=FeedWhole, **needs("suppliers.read"))
def get_feed(name: FeedName, runtime: House, caller: Caller) -> Response:
    """One feed with its settings, profile and guards."""
    return answer(_described(runtime, caller, name))


@router.delete("/feeds/{name}", status_code=204, **needs("suppliers.edit"))
def remove_feed(name: FeedName, runtime: House, caller: Caller) -> Response:
    """Forget it; one that brought files stays in the list, switched off."""
    with runtime.write(caller) as unit:
        suppliers.remove_feed(unit, name)
    return nothing()


@router.post("/feeds/{name}/run", status_code=202, response_model=JobItem, **needs("suppliers.run"))
def run_feed(name: FeedName, runtime: House, caller: Caller, asked: RunAsked | None = None) -> Response:
    """Have a worker fetch what is new and import it; the job's result is the import's."""
    how = (asked or RunAsked()).model_dump()
    job_id = runtime.attempt(lambda unit: suppliers.enqueue_run(unit, name, **how), caller)
    return accepted(runtime, caller, job_id)


@router.post("/feeds/inspect", response_model=Inspection, **needs("suppliers.read", **takes_file("A supplier's file")))
async def inspect_file(
    request: Request,
    runtime: House,
    _caller: Caller,
    filename: Name = "upload",
    connector: Annotated[str | None, Query(max_length=100, description="recognised if left out")] = None,
) -> Response:
    """What a file looks like: format, encoding, columns with samples, and the profile that would read it."""
    async with received(request, runtime, filename) as file:
        found = await run_in_threadpool(suppliers.inspect, [file], connector=connector)
    return answer(asdict(found))


def _described(runtime: Runtime, caller: Actor, name: str) -> dict[str, Any]:
    with runtime.read(caller) as unit:
        return suppliers.described_feed(suppliers.get_feed(unit, name))

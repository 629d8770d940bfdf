"""The market over HTTP: watched listings, competitors, what was seen, and who hears of it."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, StrictBool
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from mercat.api.answers import answer, nothing
from mercat.api.asking import Asked
from mercat.api.jobs import JobItem, accepted
from mercat.api.lists import add_list
from mercat.api.routes import Caller, House, Room, needs
from mercat.api.uploads import received, takes_file
from mercat.core.actor import Actor
from mercat.core.errors import Invalid
from mercat.core.list_queries import Instant
from mercat.core.unit import Runtime
from mercat.domain.market import service as market

router = Room("Market")
ListingId = Annotated[UUID, Path()]
Percentage = Annotated[Decimal, Field(ge=0, le=100, max_digits=7, decimal_places=4)]

add_list(router, "/market/products", market.LISTINGS, name="MarketProduct")
add_list(router, "/market/competitors", market.COMPETITORS, name="Competitor")
add_list(router, "/market/watches", market.WATCHES, name="Watch")


class TrackItem(Asked):
    """A listing to be watched; what is left out stays as it is, and of a new one is the usual."""

    listing: str = Field(
        min_length=1, max_length=2000, description="the page's address, or an ASIN together with a marketplace"
    )
    marketplace: str | None = Field(None, max_length=30, examples=["DE"])
    frequency: Literal["hourly", "daily", "weekly"] | None = None
    every_s: int | None = Field(None, ge=300, le=31_622_400, description="an interval instead of a frequency")
    source: str | None = Field(None, max_length=100, description="who is asked of it; empty for nobody")
    product: str | None = Field(None, max_length=255, description="what it is of ours: SKU or handle")
    is_competitor: StrictBool | None = None
    competitor_of: str | None = Field(None, max_length=255, description="of which product of ours: SKU or handle")
    role: Literal[market.ROLES] = "direct"  # type: ignore[valid-type]  # the room's own
    title: str | None = Field(None, max_length=1000)
    brand: str | None = Field(None, max_length=255)
    part_number: str | None = Field(None, max_length=255)
    gtins: tuple[Annotated[str, Field(max_length=20)], ...] = Field((), max_length=50)
    price_change_threshold: Percentage | None = None
    rank_change_threshold: Percentage | None = None


class TrackAsked(Asked):
    """Listings to be watched."""

    listings: list[TrackItem] = Field(min_length=1, max_length=1000)


class TrackedItem(BaseModel):
    """What came of one of them."""

    listing: str
    status: Literal["created", "updated", "unchanged", "refused"]
    id: UUID | None
    asin: str | None
    marketplace: str | None
    link: str | None = Field(description="how it was found out what it is of ours")
    error: str | None
    line: int | None


class TrackResult(BaseModel):
    """One for each, in their order."""

    data: list[TrackedItem]
    total: int


class ListingWhole(BaseModel):
    """A watched listing with what was seen last."""

    id: UUID
    asin: str
    marketplace: str
    facts: dict[str, Any]
    latest: dict[str, Any]
    product: dict[str, Any] | None = Field(description="what it is of ours")
    tracking: dict[str, Any]
    competes_with: list[dict[str, Any]]


class WatchAsked(Asked):
    """From which changes on you want to hear of a listing; null is your own default."""

    price_change_threshold: Percentage | None = None
    rank_change_threshold: Percentage | None = None
    is_active: StrictBool = True
    is_primary: StrictBool = False
    notes: str | None = Field(None, max_length=10_000)


class Watched(BaseModel):
    """How you watch a listing."""

    id: UUID
    market_product_id: UUID
    price_change_threshold: Decimal | None
    rank_change_threshold: Decimal | None
    is_active: bool
    is_primary: bool
    notes: str | None
    claimed_at: dt.datetime


class PointItem(BaseModel):
    """A value from an instant on; null is no offer, no rank."""

    at: dt.datetime
    value: Any


class MetricPast(BaseModel):
    """A metric's points with their ends; means are over the time in which there was a value, rounded down."""

    name: str
    title: str
    unit: str
    better: str
    points: list[PointItem]
    before: Any = Field(description="what held at the beginning")
    first: PointItem | None
    last: PointItem | None
    least: Any
    most: Any
    means: dict[str, str | None] = Field(description="by days back from the end")


class Past(BaseModel):
    """A listing's past."""

    id: UUID
    asin: str
    marketplace: str
    currency: str
    since: dt.datetime
    until: dt.datetime
    metrics: list[MetricPast]
    days: list[dict[str, Any]] = Field(description="days in a line, where they were asked for")


class MetricItem(BaseModel):
    """Something that can be seen of a listing."""

    name: str
    title: str
    unit: str
    category: str
    better: str
    kind: str
    bit: int | None
    is_latest: bool
    needs: list[str]


class Metrics(BaseModel):
    """All of them."""

    data: list[MetricItem]
    total: int


class HistoryQuery(BaseModel):
    """Of what, and how far back."""

    model_config = ConfigDict(extra="forbid")

    fields: str = Field(
        "price,sales_rank", max_length=1_000, pattern=r"^[A-Za-z0-9_]+(,[A-Za-z0-9_]+)*$", description="metrics"
    )
    days: int = Field(90, ge=1, le=3_660)
    until: Instant | None = Field(None, description="now if left out")
    daily: bool = Field(default=False, description="also each day in a line")


class MarketplaceItem(BaseModel):
    """A country's Amazon."""

    code: str
    id: str
    domain: str
    currency: str
    language: str
    region: str
    name: str
    keepa: int | None = Field(description="its number at Keepa, if Keepa has it")


class Marketplaces(BaseModel):
    """All of them."""

    data: list[MarketplaceItem]
    total: int


class ObservationQuery(BaseModel):
    """How a file of observations is read."""

    model_config = ConfigDict(extra="forbid")

    filename: str = Field("observations", max_length=255, description="its ending helps to recognise it")
    connector: str = Field(market.OBSERVATION_FILES, max_length=100)
    settings: str | None = Field(None, max_length=5_000, description="JSON", examples=['{"marketplace": "DE"}'])
    track: bool = Field(default=False, description="watch what is in it and not watched yet")
    what: Literal["observations", "bestsellers", "reviews"] = Field("observations", description="what its rows tell of")


@router.post("/market/products", response_model=TrackResult, **needs("market.track"))
def track_products(runtime: House, caller: Caller, asked: TrackAsked) -> Response:
    """Watch listings, or change how they are watched. Each has its own outcome; a wrong one stops no other."""
    drafts = [market.TrackDraft(**each.model_dump()) for each in asked.listings]
    done = runtime.attempt(lambda unit: market.track_many(unit, drafts), caller)
    return answer({"data": done, "total": len(done)})


@router.get("/market/products/{listing_id}", response_model=ListingWhole, **needs("market.read"))
def get_market_product(listing_id: ListingId, runtime: House, caller: Caller) -> Response:
    """One listing whole."""
    with runtime.read(caller) as unit:
        return answer(market.view_of(unit, listing_id))


@router.get("/market/products/{listing_id}/history", response_model=Past, **needs("market.read"))
def get_history(
    listing_id: ListingId, runtime: House, caller: Caller, asked: Annotated[HistoryQuery, Query()]
) -> Response:
    """What was seen of it in the past: the points of any metrics, their ends, and means over time."""
    fields = asked.fields.split(",")
    with runtime.read(caller) as unit:
        past = market.history(
            unit, str(listing_id), fields=fields, days=asked.days, until=asked.until, daily=asked.daily
        )
    return answer(past)


@router.get("/market/metrics", response_model=Metrics, **needs("market.read"))
def list_metrics() -> Response:
    """Everything that can be seen of a listing."""
    return answer({"data": list(market.METRICS.values()), "total": len(market.METRICS)})


@router.delete("/market/products/{listing_id}", status_code=204, **needs("market.track"))
def untrack_product(
    listing_id: ListingId,
    runtime: House,
    caller: Caller,
    delete: Annotated[bool, Query(description="forget also what was seen of it")] = False,  # noqa: FBT002
) -> Response:
    """Look at it no more. What was seen of it stays, unless it is to be deleted."""
    with runtime.write(caller) as unit:
        market.untrack(unit, str(listing_id), delete=delete)
    return nothing()


@router.put("/market/products/{listing_id}/watch", response_model=Watched, **needs("market.read"))
def watch_product(listing_id: ListingId, runtime: House, caller: Caller, asked: WatchAsked) -> Response:
    """Hear of a listing."""
    row = runtime.attempt(lambda unit: market.watch(unit, listing_id, asked.model_dump()), caller)
    return answer({name: getattr(row, name) for name in Watched.model_fields})


@router.delete("/market/products/{listing_id}/watch", status_code=204, **needs("market.read"))
def unwatch_product(listing_id: ListingId, runtime: House, caller: Caller) -> Response:
    """Hear of it no more."""
    with runtime.write(caller) as unit:
        market.unwatch(unit, listing_id)
    return nothing()


@router.get("/market/marketplaces", response_model=Marketplaces, **needs("market.read"))
def list_marketplaces() -> Response:
    """Every marketplace that is known."""
    return answer({"data": list(market.MARKETPLACES.values()), "total": len(market.MARKETPLACES)})


@router.post(
    "/market/observations",
    status_code=202,
    response_model=JobItem,
    **needs("market.record", **takes_file("What was seen at the market: CSV, JSON Lines, JSON or a workbook")),
)
async def import_observations(
    request: Request, runtime: House, caller: Caller, asked: Annotated[ObservationQuery, Query()]
) -> Response:
    """Have a worker bring in what was seen. What is kept already changes nothing; the job's result counts."""
    async with received(request, runtime, asked.filename) as file:
        kept = await run_in_threadpool(runtime.files.keep, file.path)
    return await run_in_threadpool(_enqueue, runtime, caller, kept.sha256, file.name, asked)


def _enqueue(runtime: Runtime, caller: Actor, sha256: str, name: str, asked: ObservationQuery) -> Response:
    settings = _settings(asked.settings)
    job_id = runtime.attempt(
        lambda unit: market.enqueue_import(
            unit, sha256, name, connector=asked.connector, settings=settings, create=asked.track, what=asked.what
        ),
        caller,
    )
    return accepted(runtime, caller, job_id)


def _settings(text: str | None) -> dict[str, Any]:
    try:
        given = json.loads(text) if text else {}
    except ValueError as wrong:
        message = f"settings are JSON: {wrong}"
        raise Invalid(message, field="settings") from wrong
    if not isinstance(given, dict):
        message = "settings are a JSON object of names and values"
        raise Invalid(message, field="settings")
    return given

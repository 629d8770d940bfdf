"""Categories of marketplaces over HTTP: their lists of best sellers, their figures, and reviews of listings."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from mercat.api.answers import answer, nothing
from mercat.api.asking import Asked
from mercat.api.lists import add_list
from mercat.api.routes import Caller, House, Room, needs
from mercat.core.list_queries import Instant
from mercat.domain.market import service as market

router = Room("Market")
CategoryId = Annotated[UUID, Path()]

add_list(router, "/market/categories", market.CATEGORIES, name="MarketCategory")
add_list(router, "/market/reviews", market.REVIEWS, name="Review")


class CategoryAsked(Asked):
    """A category whose list is to be looked at; what is left out stays as it is."""

    category: str = Field(
        min_length=1, max_length=2000, description="its address, or its number or word together with a marketplace"
    )
    marketplace: str | None = Field(None, max_length=30, examples=["DE"])
    source: str | None = Field(None, max_length=100, description="who is asked for its list; empty for nobody")
    every_s: int | None = Field(None, ge=3_600, le=31_622_400)


class CategoryItem(BaseModel):
    """A category as it is watched."""

    id: UUID
    external_id: str
    marketplace: str
    name: str | None
    url: str | None
    parent_id: UUID | None
    level: int
    product_count: int | None
    last_scraped_at: dt.datetime | None
    source: str | None
    track_every_s: int
    next_due_at: dt.datetime | None
    failure_count: int
    last_error: str | None


class PlaceItem(BaseModel):
    """A place in a list."""

    rank: int
    asin: str
    title: str | None
    price: str | None
    currency: str
    rating: str | None
    review_count: int | None
    image_url: str | None
    previous_rank: int | None
    movement: str = Field(description="entered, up, down, same, or unknown without a list before")
    market_product_id: UUID | None
    product_id: UUID | None = Field(description="what it is of ours")
    handle: str | None
    is_ours: bool
    is_competitor: bool | None


class LeftItem(BaseModel):
    """What is not in the list any more."""

    asin: str
    previous_rank: int


class BestsellerAnswer(BaseModel):
    """A list beside the one before it."""

    category: CategoryItem
    scraped_at: dt.datetime
    previous_at: dt.datetime | None
    provider: str
    depth: int = Field(description="down to this rank it is whole")
    places: list[PlaceItem]
    left: list[LeftItem]
    ours: list[PlaceItem] = Field(description="our own places, however far down")


class BestsellerQuery(BaseModel):
    """Which list, and how much of it."""

    model_config = ConfigDict(extra="forbid")

    at: Instant | None = Field(None, description="the last list up to then; now if left out")
    limit: int = Field(100, ge=1, le=10_000)


class DayItem(BaseModel):
    """A category's day; means and medians have up to four places. Each figure stands beside how many it was made of."""

    day: dt.date
    currency: str
    sample_size: int
    price_count: int
    price_mean: str | None
    price_median: str | None
    price_min: str | None
    price_max: str | None
    rank_count: int
    rank_mean: str | None
    rank_median: str | None
    rank_min: int | None
    rank_max: int | None
    rating_count: int
    rating_mean: str | None
    review_count_mean: str | None


class CategoryDays(BaseModel):
    """A category's days, oldest first."""

    category: CategoryItem
    data: list[DayItem]
    total: int


class DaysQuery(BaseModel):
    """How far back."""

    model_config = ConfigDict(extra="forbid")

    days: int = Field(90, ge=1, le=3_660)


@router.post("/market/categories", status_code=201, response_model=CategoryItem, **needs("market.track"))
def track_market_category(runtime: House, caller: Caller, asked: CategoryAsked) -> Response:
    """Have a category's list of best sellers looked at, or change how; the same again changes nothing."""
    how: dict[str, Any] = {"marketplace": asked.marketplace, "source": asked.source, "every_s": asked.every_s}
    return answer(runtime.attempt(lambda unit: market.track_category(unit, asked.category, **how), caller), 201)


@router.delete("/market/categories/{category_id}", status_code=204, **needs("market.track"))
def untrack_market_category(
    category_id: CategoryId,
    runtime: House,
    caller: Caller,
    delete: Annotated[bool, Query(description="forget also what was seen")] = False,  # noqa: FBT002
) -> Response:
    """Look at its list no more. What was seen stays, unless it is to be deleted."""
    with runtime.write(caller) as unit:
        market.untrack_category(unit, str(category_id), delete=delete)
    return nothing()


@router.get("/market/categories/{category_id}/bestsellers", response_model=BestsellerAnswer, **needs("market.read"))
def get_bestsellers(
    category_id: CategoryId, runtime: House, caller: Caller, asked: Annotated[BestsellerQuery, Query()]
) -> Response:
    """Its list: who entered, who left, and where we stand."""
    with runtime.read(caller) as unit:
        return answer(market.bestsellers(unit, str(category_id), at=asked.at, limit=asked.limit))


@router.get("/market/categories/{category_id}/metrics", response_model=CategoryDays, **needs("market.read"))
def get_category_metrics(
    category_id: CategoryId, runtime: House, caller: Caller, asked: Annotated[DaysQuery, Query()]
) -> Response:
    """Its days in figures: prices, ranks and ratings of the day's last list."""
    with runtime.read(caller) as unit:
        view, found = market.category_metrics(unit, str(category_id), days=asked.days)
    return answer({"category": view, "data": found, "total": len(found)})

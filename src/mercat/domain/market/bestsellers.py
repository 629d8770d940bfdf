"""A category's list of best sellers as it is shown: who entered, who left, and where we stand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mercat.core.errors import Invalid, NotFound
from mercat.core.money import plain
from mercat.core.unit import ReadUnit
from mercat.domain.market.categories import CategoryView, category_of, category_view
from mercat.domain.market.category_repository import CategoryRepository
from mercat.domain.market.comparing import left, movement
from mercat.domain.market.models import CategoryMetric
from mercat.domain.market.ranking_repository import RankingBulk, Scrape

_MOST = 10_000
_MOST_DAYS = 3_660


@dataclass(frozen=True)
class Place:
    """A place in a list. ``movement``: ``entered``, ``up``, ``down``, ``same``, or ``unknown`` without a list before."""

    rank: int
    asin: str
    title: str | None
    price: str | None
    currency: str
    rating: str | None
    review_count: int | None
    image_url: str | None
    previous_rank: int | None
    movement: str
    market_product_id: UUID | None
    product_id: UUID | None
    handle: str | None
    is_ours: bool
    is_competitor: bool | None


@dataclass(frozen=True)
class Left:
    """What is not in the list any more."""

    asin: str
    previous_rank: int


@dataclass(frozen=True)
class BestsellerList:
    """A list as it was at ``scraped_at``, beside the one before it. ``depth``: down to this rank it is whole."""

    category: CategoryView
    scraped_at: dt.datetime
    previous_at: dt.datetime | None
    provider: str
    depth: int
    places: list[Place]
    left: list[Left]
    ours: list[Place]


def bestsellers(
    unit: ReadUnit, word: str, *, marketplace: str | None = None, at: dt.datetime | None = None, limit: int = 100
) -> BestsellerList:
    """The last list of a category, or the last before ``at``; ``ours`` stand in it however far down.

    Raises ``NotFound`` for a category that is not known or has no list yet, ``Invalid``.
    """
    unit.actor.require("market.read")
    if not 1 <= limit <= _MOST:
        message = f"limit goes from 1 to {_MOST:,}"
        raise Invalid(message, field="limit")
    row = category_of(unit, word, marketplace=marketplace)
    repository = RankingBulk(unit.bulk)
    found = repository.last(row.id.bytes, at or unit.now, most=2)
    if not found:
        message = f"no list of {row.name or row.external_id} at {row.marketplace} was seen yet"
        raise NotFound(message, category=row.external_id)
    now, before = found[0], found[1] if len(found) > 1 else None
    ranks = {} if before is None else repository.by_asin(before.id)
    places = [_place(each, ranks, before) for each in repository.places(now.id, row.marketplace, most=limit)]
    gone = [] if before is None else left(repository.by_asin(now.id), ranks, min(now.depth, before.depth))
    return BestsellerList(
        category_view(row),
        now.at,
        None if before is None else before.at,
        now.provider,
        now.depth,
        [each for each in places if each.rank <= limit],
        [Left(*each) for each in gone],
        [each for each in places if each.is_ours],
    )


def category_metrics(
    unit: ReadUnit, word: str, *, marketplace: str | None = None, days: int = 90
) -> tuple[CategoryView, list[dict[str, Any]]]:
    """A category's days in figures, oldest first. Raises ``NotFound``, ``Invalid``."""
    unit.actor.require("market.read")
    if not 1 <= days <= _MOST_DAYS:
        message = f"days go from 1 to {_MOST_DAYS:,}"
        raise Invalid(message, field="days")
    row = category_of(unit, word, marketplace=marketplace)
    until = unit.now.date()
    rows = CategoryRepository(unit.session).metrics(row.id, until - dt.timedelta(days=days), until)
    return category_view(row), [_figures(each) for each in rows]


def _figures(row: CategoryMetric) -> dict[str, Any]:
    hidden = {"category_id", "created_at", "updated_at"}
    values = {each.key: getattr(row, each.key) for each in row.__table__.columns if each.key not in hidden}
    return {name: plain(value) if hasattr(value, "quantize") else value for name, value in values.items()}


def _place(row: Mapping[str, Any], ranks: Mapping[str, int], before: Scrape | None) -> Place:
    previous = ranks.get(row["asin"])
    ids: dict[str, Any] = {
        name: None if row[name] is None else UUID(bytes=row[name]) for name in ("market_product_id", "product_id")
    }
    return Place(
        **{name: row[name] for name in Place.__dataclass_fields__ if name in row and name not in ids},
        **ids,
        previous_rank=previous,
        movement=movement(row["rank"], previous, None if before is None else before.depth),
        is_ours=ids["product_id"] is not None and not row["is_competitor"],
    )

"""A list of best sellers in figures. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

_FOUR_PLACES = Decimal("0.0001")


@dataclass(frozen=True)
class Entry:
    """A place as far as it counts. ``price`` is of the list's own currency; ``sales_rank`` is the display group's."""

    price: Decimal | None = None
    sales_rank: int | None = None
    rating: Decimal | None = None
    review_count: int | None = None


def summary(entries: Sequence[Entry]) -> dict[str, Any]:
    """By the columns of ``category_metrics``: of what is known, with how many that is; ``None`` where nothing is.

    Means and medians have four places, halves to even.
    """
    prices = [each.price for each in entries if each.price is not None]
    ranks = [each.sales_rank for each in entries if each.sales_rank is not None]
    ratings = [each.rating for each in entries if each.rating is not None]
    reviews = [Decimal(each.review_count) for each in entries if each.review_count is not None]
    as_amounts = [Decimal(each) for each in ranks]
    return {
        "sample_size": len(entries),
        "price_count": len(prices),
        "price_mean": _mean(prices),
        "price_median": _median(prices),
        "price_min": min(prices, default=None),
        "price_max": max(prices, default=None),
        "rank_count": len(ranks),
        "rank_mean": _mean(as_amounts),
        "rank_median": _median(as_amounts),
        "rank_min": min(ranks, default=None),
        "rank_max": max(ranks, default=None),
        "rating_count": len(ratings),
        "rating_mean": _mean(ratings),
        "review_count_mean": _mean(reviews),
    }


def _mean(values: Sequence[Decimal]) -> Decimal | None:
    return (sum(values, Decimal(0)) / len(values)).quantize(_FOUR_PLACES) if values else None


def _median(values: Sequence[Decimal]) -> Decimal | None:
    return Decimal(statistics.median(values)).quantize(_FOUR_PLACES) if values else None

"""A listing's day in a line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from mercat.domain.market.averaging import mean, median, share
from mercat.domain.market.history_repository import Series
from mercat.domain.market.metrics import METRICS
from mercat.domain.market.schemas import Point

ROLLED = tuple(
    METRICS[name] for name in "price buybox_price sales_rank in_stock rating review_count offer_count".split()
)


def days_of(listing: bytes, series: Series, currency: str, until: dt.datetime) -> Iterator[dict[str, Any]]:
    """The days on which something was seen, one after the other; what held in the evening holds in the morning.

    ``until`` ends the last one, which may not be over.
    """
    held = dict(series.before)
    for day, start in _days(series.instants):
        end = min(start + dt.timedelta(days=1), until)
        within = {
            each.name: [point for point in series.points.get(each.name, ()) if start <= point.at < end]
            for each in ROLLED
        }
        seen = sum(start <= at < end for at in series.instants)
        yield {
            "market_product_id": listing,
            "day": day,
            "observations": seen,
            "currency": currency,
            **_line(within, held, start, end, currency),
        }
        held |= {name: points[-1].value for name, points in within.items() if points}


def _days(instants: Sequence[dt.datetime]) -> Iterator[tuple[dt.date, dt.datetime]]:
    for day in sorted({at.date() for at in instants}):
        yield day, dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)


def _line(
    within: Mapping[str, Sequence[Point]],
    held: Mapping[str, Any],
    start: dt.datetime,
    end: dt.datetime,
    currency: str,
) -> dict[str, Any]:
    ranks, rank = within["sales_rank"], held.get("sales_rank")
    known = _known(ranks, rank, int)
    return {
        **_prices("price", within["price"], held.get("price")),
        "price_mean": mean(
            within["price"], start, end, metric=METRICS["price"], currency=currency, before=held.get("price")
        ),
        **_prices("buybox", within["buybox_price"], held.get("buybox_price")),
        "buybox_mean": mean(
            within["buybox_price"],
            start,
            end,
            metric=METRICS["buybox_price"],
            currency=currency,
            before=held.get("buybox_price"),
        ),
        "rank_mean": mean(ranks, start, end, metric=METRICS["sales_rank"], currency=currency, before=rank),
        "rank_min": min(known, default=None),
        "rank_max": max(known, default=None),
        "rank_median": median(ranks, start, end, rank),
        "rank_close": _last(ranks, rank),
        "in_stock_share": share(within["in_stock"], start, end, held.get("in_stock")),
        **{name: _last(within[name], held.get(name)) for name in ("rating", "review_count", "offer_count")},
    }


def _prices(name: str, points: Sequence[Point], before: Any) -> dict[str, Any]:
    known = _known(points, before, Decimal)
    opening = before if before is not None or not points else points[0].value
    return {
        f"{name}_open": opening,
        f"{name}_high": max(known, default=None),
        f"{name}_low": min(known, default=None),
        f"{name}_close": _last(points, before),
    }


def _known(points: Sequence[Point], before: Any, number: Callable[[Any], Any]) -> list[Any]:
    return [number(value) for value in (before, *(each.value for each in points)) if value is not None]


def _last(points: Sequence[Point], before: Any) -> Any:
    return points[-1].value if points else before

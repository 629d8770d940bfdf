"""What was seen of a listing in the past: the points of any metrics, their ends, and their means over time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from mercat.core.errors import Invalid
from mercat.core.money import plain
from mercat.core.unit import ReadUnit
from mercat.domain.market.averaging import mean
from mercat.domain.market.history_repository import HistoryBulk, Series
from mercat.domain.market.metrics import METRICS, Metric, metrics_of
from mercat.domain.market.schemas import Point
from mercat.domain.market.snapshot_repository import discount_pct
from mercat.domain.market.tracking import find

USUAL = ("price", "sales_rank")
MEANS_DAYS = (30, 90, 180, 365)
_MOST_DAYS = 3_660
# What a day's line keeps of a metric: (its mean over the day, what it closed with).
_LINES = {
    "price": ("price_mean", "price_close"),
    "buybox_price": ("buybox_mean", "buybox_close"),
    "sales_rank": ("rank_mean", "rank_close"),
    "in_stock": ("in_stock_share", "in_stock_share"),
    **{name: (name, name) for name in ("rating", "review_count", "offer_count")},
}


@dataclass(frozen=True)
class MetricHistory:
    """One metric: its points, oldest first; ``before`` is what held at the beginning, ``means`` by days back from the end.

    A mean is over the time in which there was a value, rounded down to the smallest unit; ``None`` where there was none. Where
    single observations are gone, days in a line stand for them: their means, and what they closed with. Of a flag it is the
    share of time in which it was set.
    """

    name: str
    title: str
    unit: str
    better: str
    points: list[Point]
    before: Any = None
    first: Point | None = None
    last: Point | None = None
    least: Any = None
    most: Any = None
    means: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class History:
    """A listing's past between two instants. ``days`` are days in a line, where they were asked for."""

    id: UUID
    asin: str
    marketplace: str
    currency: str
    since: dt.datetime
    until: dt.datetime
    metrics: list[MetricHistory]
    days: list[dict[str, Any]]


def history(
    unit: ReadUnit,
    word: str,
    *,
    marketplace: str | None = None,
    fields: Sequence[str] = USUAL,
    days: int = 90,
    until: dt.datetime | None = None,
    daily: bool = False,
    means: bool = True,
) -> History:
    """The past of a listing, by id or ASIN. Raises ``NotFound``, ``Invalid`` for what is no metric or no stretch of time."""
    if not 1 <= days <= _MOST_DAYS:
        message = f"days go from 1 to {_MOST_DAYS}"
        raise Invalid(message, field="days")
    row = find(unit, word, marketplace=marketplace)
    metrics = metrics_of(fields or USUAL)
    end = until or unit.now
    since = end - dt.timedelta(days=days)
    repository = HistoryBulk(unit.bulk)
    read = _read(metrics)
    # The means look further back than what is asked for.
    longest = min(since, end - dt.timedelta(days=max(MEANS_DAYS))) if means else since
    # An instant is in its own history: what was seen at the very end counts.
    series = repository.series(row.id.bytes, read, longest, end + dt.timedelta(microseconds=1))
    whole = [_of(each, series) for each in metrics]
    thinned = _thinned(repository, row.id.bytes, series.first_at, longest, end) if means else []
    return History(
        row.id,
        row.asin,
        row.marketplace,
        row.currency,
        since,
        end,
        [
            _told(
                each,
                points,
                before,
                since=since,
                end=end,
                currency=row.currency if means else None,
                past=_of_days(each, thinned),
            )
            for each, (points, before) in zip(metrics, whole, strict=True)
        ],
        repository.days(row.id.bytes, since.date(), end.date()) if daily else [],
    )


def _read(metrics: Sequence[Metric]) -> list[Metric]:
    """What has to be read: a formula needs others."""
    names = [name for each in metrics for name in (each.needs or (each.name,))]
    return [METRICS[name] for name in dict.fromkeys(names)]


def _of(metric: Metric, series: Series) -> tuple[list[Point], Any]:
    """A metric's points, and what held before the first."""
    if metric.kind != "formula":
        return series.points[metric.name], series.before.get(metric.name)
    held = {name: series.before.get(name) for name in metric.needs}
    before = _formula(metric, held)
    moments = (
        sorted((point.at, name, point.value) for name in metric.needs for point in series.points[name])
        if metric.needs
        else []
    )
    points: dict[dt.datetime, Point] = {}
    for at, name, value in moments:
        held[name] = value
        points[at] = Point(at, _formula(metric, held))
    return list(points.values()), before


def _formula(metric: Metric, held: dict[str, Any]) -> str | bool | None:
    if metric.name == "is_deal":
        return held["deal"] is not None
    if metric.name == "discount_pct":
        return discount_pct(held["price"], held["original_price"])
    price = held["buybox_price"]
    return None if price is None else plain(Decimal(price) + Decimal(held["buybox_shipping"] or 0))


def _thinned(
    repository: HistoryBulk, listing: bytes, first: dt.datetime | None, since: dt.datetime, end: dt.datetime
) -> list[dict[str, Any]]:
    """Days in a line whose single observations are gone: nothing of them is older than ``first``, which is kept."""
    if first is None:
        return []
    return [each for each in repository.days(listing, since.date(), end.date()) if each["day"] < str(first.date())]


def _of_days(metric: Metric, lines: Sequence[Mapping[str, Any]]) -> list[Point]:
    """Days in a line as points: over the day its mean held, and from its evening on what it closed with."""
    names = _LINES.get(metric.name)
    points: list[Point] = []
    for line in lines if names else ():
        start = dt.datetime.fromisoformat(line["day"]).replace(tzinfo=dt.UTC)
        mean_name, close_name = names or ("", "")
        closed = line[close_name]
        # Lines of an older Mercat have no mean of everything.
        points.append(Point(start, line[mean_name] if line[mean_name] is not None else closed))
        points.append(Point(start + dt.timedelta(days=1), closed))
    return points


def _told(
    metric: Metric,
    points: list[Point],
    before: Any,
    *,
    since: dt.datetime,
    end: dt.datetime,
    currency: str | None,
    past: list[Point],
) -> MetricHistory:
    within = [each for each in points if each.at >= since]
    earlier = [each for each in points if each.at < since]
    held = earlier[-1].value if earlier else before
    known = [each.value for each in within if each.value is not None]
    by_size: Any = Decimal if metric.unit in {"money", "stars", "percent"} else (lambda value: value)
    has_size = metric.has_size and bool(known)
    return MetricHistory(
        metric.name,
        metric.title,
        metric.unit,
        metric.better,
        within,
        held,
        within[0] if within else None,
        within[-1] if within else None,
        min(known, key=by_size) if has_size else None,
        max(known, key=by_size) if has_size else None,
        {}
        if currency is None or not metric.averages
        else _means(metric, [*past, *points], before, end=end, currency=currency),
    )


def _means(
    metric: Metric, points: Sequence[Point], before: Any, *, end: dt.datetime, currency: str
) -> dict[str, str | None]:
    found = {}
    for days in MEANS_DAYS:
        start = end - dt.timedelta(days=days)
        held = next((each.value for each in reversed(points) if each.at < start), before)
        within = [each for each in points if each.at >= start]
        found[str(days)] = plain(mean(within, start, end, metric=metric, currency=currency, before=held))
    return found

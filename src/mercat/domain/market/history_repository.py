"""The past of listings: what was stated when, and days in a line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from mercat.core.database.bulk import CHUNK, Bulk, chunks
from mercat.domain.market.metrics import METRICS, Metric
from mercat.domain.market.schemas import Point
from mercat.domain.market.snapshot_repository import instant, plain_of

# Nearly always the last row states everything.
_BACKWARDS = 20
_DAILY = (
    "observations currency price_open price_high price_low price_close price_mean buybox_open buybox_high buybox_low "
    "buybox_close buybox_mean rank_mean rank_min rank_max rank_median rank_close in_stock_share rating review_count offer_count"
).split()
_DAILY_AMOUNTS = frozenset(
    name for name in _DAILY if name.startswith(("price", "buybox", "in_stock", "rating", "rank_mean"))
)


@dataclass
class Series:
    """A listing's past: the points of each metric in a stretch of time, and what each was stated before it.

    ``first_at``: when it was seen first, of what is kept; ``None`` where that is before the stretch.
    """

    currency: str | None = None
    points: dict[str, list[Point]] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    instants: list[dt.datetime] = field(default_factory=list)
    first_at: dt.datetime | None = None


class HistoryBulk:
    """Reads the past. Listings are 16 bytes."""

    def __init__(self, bulk: Bulk) -> None:
        self.bulk = bulk

    def series(self, listing: bytes, metrics: Sequence[Metric], since: dt.datetime, until: dt.datetime) -> Series:
        """The points of these metrics from ``since`` to before ``until``, and what held before."""
        found = self.many([listing], metrics, since, until).get(listing, Series())
        for each in metrics:
            found.points.setdefault(each.name, [])
        found.before, has_past = self._before(listing, metrics, since)
        found.first_at = None if has_past else next(iter(found.instants), until)
        return found

    def many(
        self, listings: Collection[bytes], metrics: Sequence[Metric], since: dt.datetime, until: dt.datetime
    ) -> dict[bytes, Series]:
        """The same of many, without what held before."""
        found: dict[bytes, Series] = {}
        names = _columns(metrics)
        for some in chunks(sorted(listings), 200):
            where, parameters = self.bulk.among("market_product_id", some, ids=True)
            for listing, at, stated, currency, *values in self.bulk.fetch(
                f"SELECT market_product_id, scraped_at, stated, currency, {', '.join(names)} FROM product_snapshots "
                f"WHERE {where} AND scraped_at >= ? AND scraped_at < ? ORDER BY market_product_id, scraped_at",
                [*parameters, self.bulk.time(since), self.bulk.time(until)],
            ):
                series = found.setdefault(self.bulk.id_of(listing), Series())
                series.currency = currency
                self._add(series, metrics, instant(at), stated, dict(zip(names, values, strict=True)))
        return found

    def _add(
        self, series: Series, metrics: Sequence[Metric], at: dt.datetime, stated: int, row: Mapping[str, Any]
    ) -> None:
        series.instants.append(at)
        extra = _decoded(row["extra"]) if row.get("extra") else {}
        for each in metrics:
            if each.bit is not None and stated & (1 << each.bit):
                value = plain_of(self.bulk, each.name, row[each.name])
                series.points.setdefault(each.name, []).append(Point(at, value))
            elif each.kind == "extra" and each.name in extra:
                series.points.setdefault(each.name, []).append(Point(at, extra[each.name]))

    def before(self, listing: bytes, metrics: Sequence[Metric], since: dt.datetime) -> dict[str, Any]:
        """What each metric was stated last before an instant; those that never were are left out."""
        return self._before(listing, metrics, since)[0]

    def _before(self, listing: bytes, metrics: Sequence[Metric], since: dt.datetime) -> tuple[dict[str, Any], bool]:
        """The same, and whether it was seen before at all."""
        found: dict[str, Any] = {}
        has_past = False
        names = _columns(metrics)
        at, most = since, _BACKWARDS
        while len(found) < len(metrics):
            rows = self.bulk.fetch(
                f"SELECT scraped_at, stated, {', '.join(names)} FROM product_snapshots WHERE market_product_id = ? "
                f"AND scraped_at < ? ORDER BY scraped_at DESC LIMIT {most}",
                [self.bulk.id(listing), self.bulk.time(at)],
            )
            has_past = has_past or bool(rows)
            for row in rows:
                page = Series()
                self._add(page, metrics, instant(row[0]), row[1], dict(zip(names, row[2:], strict=True)))
                found = {**{name: points[0].value for name, points in page.points.items()}, **found}
                if len(found) == len(metrics):
                    return found, has_past
            if len(rows) < most:
                break
            at, most = instant(rows[-1][0]), CHUNK
        return found, has_past

    # -- days -----------------------------------------------------------------------------------------------------

    def write_days(self, rows: Sequence[Mapping[str, Any]], now: dt.datetime) -> None:
        """Put down days in a line: a day that is there already is made anew."""
        bulk = self.bulk
        for some in chunks(rows, CHUNK // 4):
            pairs = [(bulk.id(each["market_product_id"]), str(each["day"])) for each in some]
            is_any = " OR ".join(["(market_product_id = ? AND day = ?)"] * len(pairs))
            cast = is_any.replace("day = ?", "day = CAST(? AS date)") if bulk.is_postgres else is_any
            cast = cast.replace("id = ?", "id = CAST(? AS uuid)") if bulk.is_postgres else cast
            bulk.run(f"DELETE FROM snapshot_daily WHERE {cast}", [value for pair in pairs for value in pair])
            bulk.insert(
                "snapshot_daily",
                ("market_product_id", "day", *_DAILY, "created_at", "updated_at"),
                [(*pair, *self._day(each), *[bulk.time(now)] * 2) for pair, each in zip(pairs, some, strict=True)],
            )

    def _day(self, row: Mapping[str, Any]) -> Iterator[Any]:
        for name in _DAILY:
            value = row.get(name)
            yield self.bulk.amount(str(value)) if name in _DAILY_AMOUNTS and value is not None else value

    def days(self, listing: bytes, since: dt.date, until: dt.date) -> list[dict[str, Any]]:
        """Days in a line, oldest first, both ends included."""
        rows = self.bulk.fetch(
            f"SELECT day, {', '.join(_DAILY)} FROM snapshot_daily WHERE market_product_id = ? AND day >= ? AND day <= ? "
            "ORDER BY day",
            [self.bulk.id(listing), str(since), str(until)],
        )
        return [
            {
                "day": str(day),
                **{
                    name: self.bulk.amount_of(value) if name in _DAILY_AMOUNTS else value
                    for name, value in zip(_DAILY, values, strict=True)
                },
            }
            for day, *values in rows
        ]

    # -- what goes ------------------------------------------------------------------------------------------------

    def listings_after(self, after: bytes, limit: int) -> list[bytes]:
        """Listings by id, so many after this one."""
        rows = self.bulk.fetch(
            f"SELECT id FROM market_products WHERE id > ? ORDER BY id LIMIT {limit}", [self.bulk.id(after)]
        )
        return [self.bulk.id_of(row[0]) for row in rows]

    def oldest(self, listings: Sequence[bytes]) -> dict[bytes, dt.datetime]:
        """When each was seen first, of what is kept."""
        where, parameters = self.bulk.among("market_product_id", listings, ids=True)
        rows = self.bulk.fetch(
            f"SELECT market_product_id, MIN(scraped_at) FROM product_snapshots WHERE {where} GROUP BY market_product_id",
            parameters,
        )
        return {self.bulk.id_of(listing): instant(at) for listing, at in rows}

    def delete_before(self, listings: Sequence[bytes], before: dt.datetime) -> int:
        """Remove what was seen of these before an instant; how many snapshots went."""
        where, parameters = self.bulk.among("market_product_id", listings, ids=True)
        return self.bulk.run(
            f"DELETE FROM product_snapshots WHERE {where} AND scraped_at < ?", [*parameters, self.bulk.time(before)]
        )


def _columns(metrics: Sequence[Metric]) -> list[str]:
    names = [each.name for each in metrics if each.kind == "column"]
    return [*names, "extra"] if any(each.kind == "extra" for each in metrics) else names or ["extra"]


def _decoded(extra: Any) -> dict[str, Any]:
    given: dict[str, Any] = extra if isinstance(extra, dict) else msgspec.json.decode(extra)
    return {name: value for name, value in given.items() if name in METRICS}

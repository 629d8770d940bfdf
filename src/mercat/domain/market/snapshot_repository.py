"""What was seen of listings: written and read in sets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from itertools import chain, repeat
from typing import Any

import msgspec

from mercat.core.database.bulk import CHUNK, Bulk, chunks
from mercat.core.database.partitions import ensure_partitions, month_of
from mercat.domain.market.metrics import COLUMNS, EXTRA_BIT, LATEST

TABLE = "product_snapshots"
_NAMES = tuple(each.name for each in COLUMNS)
_AMOUNTS = frozenset(each.name for each in COLUMNS if each.unit in {"money", "stars"})
_FLAGS = frozenset(each.name for each in COLUMNS if each.unit == "flag")
_BITS = tuple((each.name, 1 << each.bit) for each in COLUMNS if each.bit is not None)
_LATEST_BITS = tuple((name, bit) for name, bit in _BITS if name in LATEST)
_STATE = (
    "id",
    "asin",
    "marketplace",
    "title",
    "currency",
    "last_snapshot_at",
    "volatility",
    "is_unlisted",
    "unlisted_at",
    *LATEST,
)
_PROJECTED = (
    *("currency", "discount_pct", "last_snapshot_at", "volatility", "is_unlisted", "unlisted_at", "last_success_at"),
    *("failure_count", "not_found_count", "not_found_since", "last_error", *LATEST, "updated_at"),
)
# A page of a history read backwards: nearly always its first row states everything.
_BACKWARDS = 50


@dataclass
class Snapshot:
    """One observation of a listing (16 bytes) as it is kept. Amounts are decimal text.

    ``values`` holds the metrics that were stated, ``None`` for those stated to be absent.
    """

    listing: bytes
    at: dt.datetime
    provider: str
    currency: str
    values: dict[str, Any]
    extra: Mapping[str, Any] | None = None

    @property
    def stated(self) -> int:
        """A bit for each metric that was stated."""
        bits = _bits_of(tuple(self.values))
        return bits | (1 << EXTRA_BIT) if self.extra else bits


@lru_cache(maxsize=10_000)
def _bits_of(names: tuple[str, ...]) -> int:
    """A source states the same metrics of nearly all listings."""
    return sum(bit for name, bit in _BITS if name in names)


@dataclass
class State:
    """A watched listing as the projection has it. ``latest`` is what was stated last, metric by metric."""

    listing: bytes
    asin: str
    marketplace: str
    title: str | None
    currency: str
    last_at: dt.datetime | None
    volatility: str
    is_unlisted: bool
    unlisted_at: dt.datetime | None
    latest: dict[str, Any] = field(default_factory=dict)


class SnapshotBulk:
    """Set-based work on snapshots and their projection."""

    def __init__(self, bulk: Bulk) -> None:
        self.bulk = bulk

    # -- writing --------------------------------------------------------------------------------------------------

    def insert(self, snapshots: Iterable[Snapshot], now: dt.datetime) -> int:
        """Add snapshots that are not there yet; how many. Months without a partition get one first."""
        given = list(snapshots)
        ensure_partitions(self.bulk, TABLE, {month_of(at) for at in {each.at for each in given}})
        self.bulk.insert_parts(TABLE, self.parts(given, now))
        return len(given)

    def parts(self, snapshots: Sequence[Snapshot], now: dt.datetime) -> Iterator[dict[str, Sequence[Any]]]:
        """Rows as they are inserted, some thousands at a time, by columns; those that none of them states are left out.

        Column by column: a loop over the names inside one over the rows would cost most of the time there is.
        """
        stated = set(chain.from_iterable(each.values for each in snapshots))
        names = [name for name in _NAMES if name in stated]
        has_extra = any(each.extra for each in snapshots)
        for some in chunks(snapshots, CHUNK):
            yield self._part(some, names, self.bulk.time(now), has_extra=has_extra)

    def _part(
        self, some: Sequence[Snapshot], names: Sequence[str], now: str, *, has_extra: bool
    ) -> dict[str, Sequence[Any]]:
        bulk = self.bulk
        columns: dict[str, Sequence[Any]] = {
            "market_product_id": bulk.ids([each.listing for each in some]),
            "scraped_at": [bulk.time(each.at) for each in some],
            "stated": [each.stated for each in some],
            "provider": [each.provider for each in some],
            "currency": [each.currency for each in some],
        }
        columns |= {name: self._column(name, [each.values.get(name) for each in some]) for name in names}
        if has_extra:
            columns["extra"] = [_json(each.extra) if each.extra else None for each in some]
        return {**columns, "created_at": [now] * len(some)}

    def _column(self, name: str, values: list[Any]) -> Sequence[Any]:
        if name in _AMOUNTS:
            return self.bulk.amounts(values)
        if name == "ranks":
            return [_json(value) if value else None for value in values]
        return values

    def known(self, times: Mapping[bytes, Collection[dt.datetime]]) -> set[tuple[bytes, dt.datetime]]:
        """Which of these (listing, instant) are there already."""
        found: set[tuple[bytes, dt.datetime]] = set()
        for some in chunks(sorted(times), CHUNK):
            instants = [at for each in some for at in times[each]]
            where, parameters = self.bulk.among("market_product_id", some, ids=True)
            rows = self.bulk.fetch(
                f"SELECT market_product_id, scraped_at FROM product_snapshots WHERE {where} "
                "AND scraped_at >= ? AND scraped_at <= ?",
                [*parameters, self.bulk.time(min(instants)), self.bulk.time(max(instants))],
            )
            found.update((self.bulk.id_of(listing), instant(at)) for listing, at in rows)
        return found

    # -- the projection -------------------------------------------------------------------------------------------

    def states(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], State]:
        """Watched listings by ASIN and marketplace, with what was stated last."""
        wanted = set(keys)
        found: dict[tuple[str, str], State] = {}
        for some in chunks(sorted({asin for asin, _ in wanted}), CHUNK):
            where, parameters = self.bulk.among("asin", some)
            for row in self.bulk.fetch(f"SELECT {', '.join(_STATE)} FROM market_products WHERE {where}", parameters):
                if (row[1], row[2]) in wanted:
                    found[row[1], row[2]] = self._state(row)
        return found

    def _state(self, row: tuple[Any, ...]) -> State:
        listing, asin, place, title, currency, last_at, volatility, is_unlisted, unlisted_at, *latest = row
        return State(
            self.bulk.id_of(listing),
            asin,
            place,
            title,
            currency,
            None if last_at is None else instant(last_at),
            self.bulk.amount_of(volatility) or "0",
            bool(is_unlisted),
            None if unlisted_at is None else instant(unlisted_at),
            {name: plain_of(self.bulk, name, value) for name, value in zip(LATEST, latest, strict=True)},
        )

    def project(self, states: Iterable[State], now: dt.datetime) -> None:
        """Write what was stated last beside the listings. What was seen is there: no failure stands any more."""
        given, bulk, stamp = list(states), self.bulk, self.bulk.time(now)
        discounts = [discount_pct(each.latest.get("price"), each.latest.get("original_price")) for each in given]
        latest = (self._column(name, [each.latest.get(name) for each in given]) for name in LATEST)
        rows = zip(
            [each.currency for each in given],
            [None if each is None else bulk.amount(each) for each in discounts],
            [None if each.last_at is None else bulk.time(each.last_at) for each in given],
            [bulk.amount(each.volatility) for each in given],
            [each.is_unlisted for each in given],
            [None if each.unlisted_at is None else bulk.time(each.unlisted_at) for each in given],
            *map(repeat, (stamp, 0, 0, None, None)),
            *latest,
            repeat(stamp),
            [bulk.id(each.listing) for each in given],
            strict=False,
        )
        bulk.update("market_products", _PROJECTED, list(rows))

    def stated_last(self, listing: bytes) -> dict[str, Any]:
        """What the snapshots stated last, metric by metric: the projection, made anew."""
        found: dict[str, Any] = {}
        before: dt.datetime | None = None
        while True:
            page = self._backwards(listing, before)
            for row in page:
                for name, bit in _LATEST_BITS:
                    if name not in found and row[1] & bit:
                        found[name] = plain_of(self.bulk, name, row[2 + LATEST.index(name)])
                if len(found) == len(LATEST):
                    return found
            if len(page) < _BACKWARDS:
                return found
            before = instant(page[-1][0])

    def _backwards(self, listing: bytes, before: dt.datetime | None) -> list[tuple[Any, ...]]:
        where, parameters = "market_product_id = ?", [self.bulk.id(listing)]
        if before is not None:
            where, parameters = f"{where} AND scraped_at < ?", [*parameters, self.bulk.time(before)]
        return self.bulk.fetch(
            f"SELECT scraped_at, stated, {', '.join(LATEST)} FROM product_snapshots WHERE {where} "
            f"ORDER BY scraped_at DESC LIMIT {_BACKWARDS}",
            parameters,
        )


def plain_of(bulk: Bulk, name: str, value: Any) -> Any:
    """A column's value as it is told: amounts as decimal text, flags as truth."""
    if value is None:
        return None
    if name in _AMOUNTS:
        return bulk.amount_of(value)
    if name == "ranks":
        return msgspec.json.decode(value) if isinstance(value, str | bytes) else value
    return bool(value) if name in _FLAGS else value


def discount_pct(price: str | None, original: str | None) -> str | None:
    """How far a price lies below the list price, in percent of two places; none where either is unknown."""
    if price is None or original is None or Decimal(original) <= 0:
        return None
    off = (Decimal(original) - Decimal(price)) / Decimal(original) * 100
    return str(max(off, Decimal(0)).quantize(Decimal("0.01")))


def instant(value: dt.datetime | str) -> dt.datetime:
    """A column's time as an aware instant in UTC."""
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()

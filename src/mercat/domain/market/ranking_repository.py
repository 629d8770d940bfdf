"""Lists of best sellers: written and read in sets. Ids are 16 bytes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mercat.core.database.bulk import CHUNK, Bulk, chunks
from mercat.core.ids import new_id_bytes
from mercat.domain.market.snapshot_repository import instant
from mercat.domain.market.summarising import Entry

_PLACE = ("scrape_id", "rank", "asin", "market_product_id", "title", "price", "currency", "rating", "review_count")
_COLUMNS = (*_PLACE, "image_url", "created_at")
_AMOUNTS = frozenset({"price", "rating"})
# A listing's last look says something of a list that was seen within a day of it.
_NEAR = dt.timedelta(days=1)
# So many deletions at a time, so that nobody waits long.
_SCRAPES_AT_ONCE = 200
Row = dict[str, Any]


@dataclass(frozen=True)
class Scrape:
    """A list's header."""

    id: bytes
    at: dt.datetime
    provider: str
    depth: int


class RankingBulk:
    """Set-based work on lists."""

    def __init__(self, bulk: Bulk) -> None:
        self.bulk = bulk
        self._rank = bulk.name("rank")

    def watched(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
        """Watched listings by ASIN and marketplace."""
        wanted, found = set(keys), {}
        for some in chunks(sorted({asin for asin, _ in wanted}), CHUNK):
            where, parameters = self.bulk.among("asin", some)
            for row_id, asin, place in self.bulk.fetch(
                f"SELECT id, asin, marketplace FROM market_products WHERE {where}", parameters
            ):
                if (asin, place) in wanted:
                    found[asin, place] = self.bulk.id_of(row_id)
        return found

    def ensure_scrapes(
        self, wanted: Collection[tuple[bytes, dt.datetime]], provider: str, now: dt.datetime
    ) -> dict[tuple[bytes, dt.datetime], bytes]:
        """The lists of (category, instant), made where they are not there yet."""
        found: dict[tuple[bytes, dt.datetime], bytes] = {}
        instants = [at for _, at in wanted]
        for some in chunks(sorted({category for category, _ in wanted}), CHUNK):
            where, parameters = self.bulk.among("category_id", some, ids=True)
            for row_id, category, at in self.bulk.fetch(
                f"SELECT id, category_id, scraped_at FROM bestseller_scrapes WHERE {where} "
                "AND scraped_at >= ? AND scraped_at <= ?",
                [*parameters, self.bulk.time(min(instants)), self.bulk.time(max(instants))],
            ):
                found[self.bulk.id_of(category), instant(at)] = self.bulk.id_of(row_id)
        missing = sorted(set(wanted) - found.keys())
        made = dict(zip(missing, new_id_bytes(len(missing)), strict=True)) if missing else {}
        stamp, one = self.bulk.time(now), self.bulk.id
        self.bulk.insert(
            "bestseller_scrapes",
            ("id", "category_id", "scraped_at", "provider", "depth", "created_at", "updated_at"),
            [
                (one(row_id), one(key[0]), self.bulk.time(key[1]), provider, 0, stamp, stamp)
                for key, row_id in made.items()
            ],
        )
        return {key: each for key, each in (found | made).items() if key in set(wanted)}

    def ranks(self, scrapes: Collection[bytes]) -> dict[bytes, set[int]]:
        """Which ranks each list has."""
        found: dict[bytes, set[int]] = {each: set() for each in scrapes}
        for some in chunks(sorted(scrapes), CHUNK):
            where, parameters = self.bulk.among("scrape_id", some, ids=True)
            sql = f"SELECT scrape_id, {self._rank} FROM bestseller_snapshots WHERE {where}"
            for scrape, rank in self.bulk.fetch(sql, parameters):
                found[self.bulk.id_of(scrape)].add(rank)
        return found

    def insert(self, rows: Iterable[Mapping[str, Any]], now: dt.datetime) -> None:
        """Add places that are not there yet."""
        stamp = self.bulk.time(now)
        self.bulk.insert("bestseller_snapshots", _COLUMNS, [self._place(each, stamp) for each in rows])

    def _place(self, row: Mapping[str, Any], stamp: str) -> tuple[Any, ...]:
        bulk, listing = self.bulk, row["market_product_id"]
        values: Row = {
            **row,
            "scrape_id": bulk.id(row["scrape_id"]),
            "market_product_id": None if listing is None else bulk.id(listing),
            "created_at": stamp,
        }
        for name in _AMOUNTS:
            values[name] = None if values[name] is None else bulk.amount(values[name])
        return tuple(values[name] for name in _COLUMNS)

    def deepen(self, depths: Mapping[bytes, int], now: dt.datetime) -> None:
        """Lists are whole down to these ranks at least."""
        for scrape, depth in depths.items():
            self.bulk.run(
                "UPDATE bestseller_scrapes SET depth = ?, updated_at = ? WHERE id = ? AND depth < ?",
                [depth, self.bulk.time(now), self.bulk.id(scrape), depth],
            )

    # -- reading --------------------------------------------------------------------------------------------------

    def last(
        self, category: bytes, until: dt.datetime, *, most: int = 1, since: dt.datetime | None = None
    ) -> list[Scrape]:
        """Its lists up to an instant, the newest first."""
        where, parameters = "category_id = ? AND scraped_at <= ?", [self.bulk.id(category), self.bulk.time(until)]
        if since is not None:
            where, parameters = f"{where} AND scraped_at >= ?", [*parameters, self.bulk.time(since)]
        sql = f"SELECT id, scraped_at, provider, depth FROM bestseller_scrapes WHERE {where} ORDER BY scraped_at DESC LIMIT {most}"
        return [
            Scrape(self.bulk.id_of(row[0]), instant(row[1]), row[2], row[3]) for row in self.bulk.fetch(sql, parameters)
        ]

    def places(self, scrape: bytes, marketplace: str, *, most: int | None = None) -> list[Row]:
        """A list's places, the best first, with what each is of ours; ``most``: and those of ours below."""
        names = [*_PLACE[1:3], *_PLACE[4:], "image_url"]
        columns = ", ".join(f"s.{self.bulk.name(name)}" for name in names)
        is_near = "" if most is None else f"AND (s.{self._rank} <= {int(most)} OR m.product_id IS NOT NULL)"
        rows = self.bulk.fetch(
            f"SELECT {columns}, m.id, m.title, m.is_competitor, m.product_id, p.handle FROM bestseller_snapshots s "
            "LEFT JOIN market_products m ON m.asin = s.asin AND m.marketplace = ? LEFT JOIN products p ON p.id = m.product_id "
            f"WHERE s.scrape_id = ? {is_near} ORDER BY s.{self._rank}",
            [marketplace, self.bulk.id(scrape)],
        )
        return [self._shown(dict(zip(names, row, strict=False)), row[len(names) :]) for row in rows]

    def _shown(self, place: Row, of_ours: Sequence[Any]) -> Row:
        listing, title, is_competitor, product, handle = of_ours
        for name in _AMOUNTS:
            place[name] = self.bulk.amount_of(place[name])
        return {
            **place,
            "title": place["title"] or title,
            "market_product_id": None if listing is None else self.bulk.id_of(listing),
            "is_competitor": None if listing is None else bool(is_competitor),
            "product_id": None if product is None else self.bulk.id_of(product),
            "handle": handle,
        }

    def by_asin(self, scrape: bytes) -> dict[str, int]:
        """Each ASIN's best rank in a list."""
        sql = f"SELECT asin, MIN({self._rank}) FROM bestseller_snapshots WHERE scrape_id = ? GROUP BY asin"
        return dict(self.bulk.fetch(sql, [self.bulk.id(scrape)]))

    def entries(self, scrape: Scrape, marketplace: str, currency: str) -> list[Entry]:
        """What counts in the figures of a list: what it tells, and where it does not, what watched listings showed then."""
        rows = self.bulk.fetch(
            "SELECT s.price, s.currency, s.rating, s.review_count, m.price, m.currency, m.sales_rank, m.rating, "
            "m.review_count, m.last_snapshot_at FROM bestseller_snapshots s LEFT JOIN market_products m ON m.asin = s.asin "
            f"AND m.marketplace = ? WHERE s.scrape_id = ? AND s.{self._rank} <= ?",
            [marketplace, self.bulk.id(scrape.id), scrape.depth],
        )
        return [self._entry(row, scrape.at, currency) for row in rows]

    def _entry(self, row: Sequence[Any], at: dt.datetime, currency: str) -> Entry:
        price, money, rating, reviews, *listed = row
        if listed[-1] is None or abs(instant(listed[-1]) - at) > _NEAR:
            listed = [None] * len(listed)
        told = (price, money) if price is not None else (listed[0], listed[1])
        return Entry(
            self._amount(told[0]) if told[1] == currency else None,
            listed[2],
            self._amount(rating if rating is not None else listed[3]),
            reviews if reviews is not None else listed[4],
        )

    def _amount(self, value: Any) -> Decimal | None:
        text = self.bulk.amount_of(value)
        return None if text is None else Decimal(text)

    def write_metrics(self, category: bytes, day: dt.date, values: Mapping[str, Any], now: dt.datetime) -> None:
        """A day in figures; one that is there is made anew."""
        bulk, stamp = self.bulk, self.bulk.time(now)
        cast = ("CAST(? AS uuid)", "CAST(? AS date)") if bulk.is_postgres else ("?", "?")
        bulk.run(
            f"DELETE FROM category_metrics WHERE category_id = {cast[0]} AND day = {cast[1]}",
            [bulk.id(category), str(day)],
        )
        amounts = {name: bulk.amount(str(each)) for name, each in values.items() if isinstance(each, Decimal)}
        row = {"category_id": bulk.id(category), "day": str(day), **values, **amounts}
        row |= {"created_at": stamp, "updated_at": stamp}
        bulk.insert("category_metrics", tuple(row), [tuple(row.values())])

    def delete_before(self, before: dt.datetime) -> int:
        """Remove lists that were seen before an instant, some at a time; how many went. Their figures stay."""
        rows = self.bulk.fetch(
            f"SELECT id FROM bestseller_scrapes WHERE scraped_at < ? ORDER BY scraped_at LIMIT {_SCRAPES_AT_ONCE}",
            [self.bulk.time(before)],
        )
        ids = [self.bulk.id_of(row[0]) for row in rows]
        self.bulk.delete("bestseller_snapshots", "scrape_id", ids)
        return self.bulk.delete("bestseller_scrapes", "id", ids)

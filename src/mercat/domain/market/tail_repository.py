"""The recent past of listings, and prices of ours beside them: what new observations are compared with."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter
from typing import Any
from uuid import UUID

from mercat.core.database.bulk import CHUNK, Bulk, chunks
from mercat.domain.market.detectors import CONFIRMED, LOST, RANKS, RATING_SPAN, Pricing, Tail
from mercat.domain.market.metrics import METRICS
from mercat.domain.market.snapshot_repository import Snapshot, State, instant

# Of a source that states everything each time, twice as many as anything is compared with.
_ROWS = 4 * RANKS
_REVIEW_DAYS = 31
_RECENT = frozenset({"sales_rank", "in_stock", "seller_id"})


@dataclass(frozen=True)
class Ours:
    """What a listing is of ours, and what prices of ours it is measured by."""

    pricing: Pricing
    variant_id: UUID | None = None
    sku: str | None = None
    category_id: str | None = None


class TailBulk:
    """Reads what detectors need, for listings with a past only."""

    def __init__(self, bulk: Bulk, own_sellers: Collection[str]) -> None:
        self.bulk = bulk
        self.own_sellers = own_sellers

    def tails(self, states: Sequence[State], new: Mapping[bytes, Sequence[Snapshot]]) -> dict[bytes, Tail]:
        """``new`` are the new observations of each listing: what none of them speaks of is not looked up."""
        found = {each.listing: Tail(dict(each.latest)) for each in states}
        recent, rated, reviewed = [], [], []
        for each in states:
            if each.last_at is None:
                continue
            snapshots = new[each.listing]
            if any(not _RECENT.isdisjoint(one.values) for one in snapshots):
                recent.append(each.listing)
            held = each.latest.get("rating")
            said = {one.values["rating"] for one in snapshots if one.values.get("rating") is not None}
            if held is not None and said - {held}:
                rated.append((each.listing, each.last_at - RATING_SPAN))
            elif held is not None:
                # What does not move cannot fall, and is where it would fall from.
                found[each.listing].ratings.append((each.last_at, Decimal(held)))
            if any(one.values.get("review_count") not in {None, each.latest.get("review_count")} for one in snapshots):
                reviewed.append(each)
        self._recent(recent, found)
        self._ratings(rated, found)
        self._reviews(reviewed, found)
        return found

    def _recent(self, listings: Sequence[bytes], found: Mapping[bytes, Tail]) -> None:
        sql = (
            "SELECT stated, sales_rank, in_stock, seller_id, scraped_at FROM product_snapshots "
            f"WHERE market_product_id = ? ORDER BY scraped_at DESC LIMIT {_ROWS}"
        )
        keys = [(self.bulk.id(each),) for each in listings]
        rows: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        for number, row in self.bulk.fetch_each(sql, keys, types=["uuid"]):
            rows[number].append(row)
        for number, some in rows.items():
            tail = found[listings[number]]
            # In the order of time: a join promises none.
            for stated, rank, there, seller, _ in sorted(some, key=itemgetter(4)):
                if rank is not None:
                    tail.ranks.append(rank)
                if there is not None:
                    tail.stock.append(bool(there))
                if stated & _SELLER:
                    tail.is_ours.append(seller in self.own_sellers)
            # The new observation takes the last place of each.
            for kept, most in ((tail.ranks, 2 * RANKS), (tail.stock, CONFIRMED + 1), (tail.is_ours, LOST + 1)):
                while len(kept) >= most:
                    kept.popleft()

    def _ratings(self, wanted: Sequence[tuple[bytes, dt.datetime]], found: Mapping[bytes, Tail]) -> None:
        """The rating that held seven days ago, and those after it."""
        keys = [(self.bulk.id(listing), self.bulk.time(since)) for listing, since in wanted]
        rows: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        for bound in ("<= ? AND rating IS NOT NULL ORDER BY scraped_at DESC LIMIT 1", "> ? AND rating IS NOT NULL"):
            sql = f"SELECT scraped_at, rating FROM product_snapshots WHERE market_product_id = ? AND scraped_at {bound}"
            for number, row in self.bulk.fetch_each(sql, keys, types=["uuid", "timestamptz"]):
                rows[number].append(row)
        for number, some in rows.items():
            tail = found[wanted[number][0]]
            for at, rating in sorted(some, key=itemgetter(0)):
                value = Decimal(self.bulk.amount_of(rating) or 0)
                if not tail.ratings or tail.ratings[-1][1] != value:
                    tail.ratings.append((instant(at), value))

    def _reviews(self, states: Sequence[State], found: Mapping[bytes, Tail]) -> None:
        for some in chunks(states, CHUNK):
            earliest = min((each.last_at for each in some if each.last_at), default=None)
            if earliest is None:
                continue
            where, parameters = self.bulk.among("market_product_id", [each.listing for each in some], ids=True)
            since = (earliest - dt.timedelta(days=_REVIEW_DAYS)).date()
            for listing, day, count in self.bulk.fetch(
                f"SELECT market_product_id, day, review_count FROM snapshot_daily WHERE {where} AND day >= ? "
                "AND review_count IS NOT NULL",
                [*parameters, str(since)],
            ):
                when = dt.date.fromisoformat(day) if isinstance(day, str) else day
                found[self.bulk.id_of(listing)].reviews[when] = count

    # -- prices of ours -------------------------------------------------------------------------------------------

    def ours(self, states: Collection[State]) -> dict[bytes, Ours]:
        """Listings that are ours, or compete with something of ours, with our prices in their currency."""
        currency = {each.listing: each.currency for each in states}
        found: dict[bytes, Ours] = {}
        for some in chunks(sorted(currency), CHUNK):
            where, parameters = self.bulk.among("m.id", some, ids=True)
            for listing, variant_id, sku, category_id, cost, money in self.bulk.fetch(
                "SELECT m.id, v.id, v.sku, p.category_id, v.cost_price, v.currency FROM market_products m "
                "JOIN products p ON p.id = m.product_id JOIN product_variants v ON v.product_id = p.id AND v.position = 1 "
                f"WHERE m.is_competitor = {self._false} AND {where}",
                parameters,
            ):
                key = self.bulk.id_of(listing)
                known = Decimal(self.bulk.amount_of(cost) or 0) if cost is not None and money == currency[key] else None
                category = None if category_id is None else str(UUID(bytes=self.bulk.id_of(category_id)))
                found[key] = Ours(
                    Pricing(cost=known, floor=known), UUID(bytes=self.bulk.id_of(variant_id)), sku, category
                )
            found |= self._rivals(some, currency)
        return found

    def _rivals(self, listings: Sequence[bytes], currency: Mapping[bytes, str]) -> dict[bytes, Ours]:
        """A rival of several of ours is measured by the cheapest of them."""
        where, parameters = self.bulk.among("l.market_product_id", listings, ids=True)
        prices: dict[bytes, list[Decimal]] = defaultdict(list)
        for listing, price, money in self.bulk.fetch(
            "SELECT l.market_product_id, v.price, v.currency FROM competitor_links l "
            "JOIN product_variants v ON v.product_id = l.product_id AND v.position = 1 "
            f"WHERE v.price IS NOT NULL AND {where}",
            parameters,
        ):
            key = self.bulk.id_of(listing)
            if money == currency[key]:
                prices[key].append(Decimal(self.bulk.amount_of(price) or 0))
        return {listing: Ours(Pricing(rival_of=min(each))) for listing, each in prices.items()}

    @property
    def _false(self) -> str:
        return "false" if self.bulk.is_postgres else "0"


_SELLER = 1 << (METRICS["seller_id"].bit or 0)

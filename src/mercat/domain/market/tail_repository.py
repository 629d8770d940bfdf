"""The recent past of listings, and prices of ours beside them: what new observations are compared with."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from mercat.core.database.bulk import CHUNK, Bulk, chunks
from mercat.core.money import number_in
from mercat.domain.market.detectors import CONFIRMED, LOST, RANKS, RATING_SPAN, Pricing, Tail
from mercat.domain.market.metrics import METRICS
from mercat.domain.market.shown_repository import ShownBulk
from mercat.domain.market.snapshot_repository import Snapshot, State, instant

# Of a source that states everything each time, twice as many as anything is compared with.
_ROWS = 4 * RANKS
_REVIEW_DAYS = 31
_RECENT = frozenset({"sales_rank", "in_stock", "seller_id"})


@dataclass(frozen=True)
class Ours:
    """What prices of ours a listing is measured by, and the category of what it is of ours."""

    pricing: Pricing
    category_id: str | None = None


class _Variant(NamedTuple):
    currency: str | None
    price: Decimal | None
    cost: Decimal | None
    floor: Decimal | None


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
            found |= self._own(some, currency)
            found |= self._rivals(some, currency)
        return found

    def _own(self, listings: Sequence[bytes], currency: Mapping[bytes, str]) -> dict[bytes, Ours]:
        """Costs and floors are of the variant that a listing shows; where nobody knows which, of none."""
        where, parameters = self.bulk.among("m.id", listings, ids=True)
        categories = {
            self.bulk.id_of(listing): None if category is None else str(UUID(bytes=self.bulk.id_of(category)))
            for listing, category in self.bulk.fetch(
                "SELECT m.id, p.category_id FROM market_products m JOIN products p ON p.id = m.product_id "
                f"WHERE m.is_competitor = {self._false} AND {where}",
                parameters,
            )
        }
        shown = ShownBulk(self.bulk).variants(list(categories))
        variants = self._variants(set(shown.values()))
        found = {}
        for listing, category in categories.items():
            variant = variants.get(shown.get(listing, b""))
            pricing = Pricing()
            if variant is not None and variant.currency == currency[listing]:
                pricing = Pricing(cost=variant.cost, floor=variant.cost if variant.floor is None else variant.floor)
            found[listing] = Ours(pricing, category)
        return found

    def _rivals(self, listings: Sequence[bytes], currency: Mapping[bytes, str]) -> dict[bytes, Ours]:
        """A rival of several of ours is measured by the cheapest of them."""
        rivalled = ShownBulk(self.bulk).rivalled(listings)
        variants = self._variants({each for some in rivalled.values() for each in some})
        found = {}
        for listing, some in rivalled.items():
            known = [variants[each] for each in some if each in variants]
            prices = [each.price for each in known if each.price is not None and each.currency == currency[listing]]
            if prices:
                found[listing] = Ours(Pricing(rival_of=min(prices)))
        return found

    def _variants(self, ids: Collection[bytes]) -> dict[bytes, _Variant]:
        key = self.bulk.name("key")
        found = {}
        for some in chunks(sorted(ids), CHUNK):
            where, parameters = self.bulk.among("v.id", some, ids=True)
            for variant, price, cost, money, floor in self.bulk.fetch(
                "SELECT v.id, v.price, v.cost_price, v.currency, f.value FROM product_variants v LEFT JOIN product_metafields f "
                f"ON f.product_id = v.product_id AND f.namespace = 'pricing' AND f.{key} = 'floor_price' WHERE {where}",
                parameters,
            ):
                amounts = (self._amount(price), self._amount(cost), number_in(floor))
                found[self.bulk.id_of(variant)] = _Variant(money, *amounts)
        return found

    def _amount(self, value: Any) -> Decimal | None:
        text = self.bulk.amount_of(value)
        return None if text is None else Decimal(text)

    @property
    def _false(self) -> str:
        return "false" if self.bulk.is_postgres else "0"


_SELLER = 1 << (METRICS["seller_id"].bit or 0)

"""From which change on somebody wants to hear of a listing."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from mercat.core.database.bulk import CHUNK, Bulk, chunks

_OF_LISTINGS = "SELECT m.id, NULL, m.price_change_threshold, m.rank_change_threshold FROM market_products m WHERE"
_OF_WATCHERS = (
    "SELECT u.market_product_id, u.user_id, u.price_change_threshold, u.rank_change_threshold "
    "FROM user_products u WHERE u.is_active AND"
)


class Wanted(NamedTuple):
    """Thresholds in percent of one listing: for everybody, or for one user."""

    listing_id: UUID
    user_id: UUID | None
    price: Decimal | None
    rank: Decimal | None


class ThresholdBulk:
    """Reads them in sets."""

    def __init__(self, bulk: Bulk) -> None:
        self.bulk = bulk

    def of(self, listings: Collection[UUID]) -> list[Wanted]:
        """Those that are set: the listings' own, and those of people who watch them."""
        found: list[Wanted] = []
        for some in chunks(sorted(each.bytes for each in listings), CHUNK):
            for sql, column in ((_OF_LISTINGS, "m.id"), (_OF_WATCHERS, "u.market_product_id")):
                where, parameters = self.bulk.among(column, some, ids=True)
                rows = self.bulk.fetch(f"{sql} {where}", parameters)
                found += [self._wanted(row) for row in rows if row[2] is not None or row[3] is not None]
        return found

    def _wanted(self, row: tuple[Any, ...]) -> Wanted:
        listing, user, *amounts = row
        price, rank = (None if each is None else Decimal(self.bulk.amount_of(each) or 0) for each in amounts)
        return Wanted(
            UUID(bytes=self.bulk.id_of(listing)),
            None if user is None else UUID(bytes=self.bulk.id_of(user)),
            price,
            rank,
        )

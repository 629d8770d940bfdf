"""Quantities: what standing offers hold beside what a shop offers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple

from mercat.core.database.bulk import Bulk


class Level(NamedTuple):
    """A variant whose quantity at the shop is not the one that it should be. ``moves``: ours so far."""

    id: bytes
    reference: str
    stock_reference: str
    wanted: int
    there: int | None
    moves: int


class StockBulk:
    """Set-based work on one store's quantities."""

    def __init__(self, bulk: Bulk, store_id: bytes) -> None:
        self.bulk = bulk
        self.store_id = store_id

    def unlevel(self, *, after: bytes, limit: int, only: Collection[bytes] | None = None) -> list[Level]:
        """Variants by id whose standing offers sum up to another quantity; variants that nobody offers are left alone."""
        where, values = ("", []) if only is None else self.bulk.among("l.product_id", list(only), ids=True)
        sql = (
            "SELECT lv.id, l.platform_listing_id, lv.stock_reference, SUM(o.quantity_available), lv.published_quantity, "
            "lv.stock_moves FROM listing_variants lv JOIN listings l ON l.id = lv.listing_id "
            "JOIN supplier_offers o ON o.variant_id = lv.variant_id "
            "JOIN product_variants v ON v.id = lv.variant_id "
            "WHERE l.store_id = ? AND l.status <> 'delisted' AND lv.stock_reference IS NOT NULL AND lv.id > ? "
            f"AND o.discontinued_at IS NULL AND o.quantity_available IS NOT NULL{' AND ' + where if where else ''} "
            "GROUP BY lv.id, l.platform_listing_id, lv.stock_reference, lv.published_quantity, lv.stock_moves "
            "HAVING lv.published_quantity IS NULL OR SUM(o.quantity_available) <> lv.published_quantity "
            f"ORDER BY lv.id LIMIT {limit}"
        )
        rows = self.bulk.fetch(sql, [self.bulk.id(self.store_id), self.bulk.id(after), *values])
        return [
            Level(self.bulk.id_of(row_id), ref, stock, int(wanted), *rest) for row_id, ref, stock, wanted, *rest in rows
        ]

    def moved(self, levels: Sequence[Level], now: dt.datetime) -> None:
        """The shop offers now what it should."""
        time = self.bulk.time(now)
        rows = [(each.wanted, each.moves + 1, time, self.bulk.id(each.id)) for each in levels]
        self.bulk.update("listing_variants", ("published_quantity", "stock_moves", "updated_at"), rows)

    def seen(self, levels: Sequence[Level], now: dt.datetime) -> None:
        """What the shop was found to offer."""
        time = self.bulk.time(now)
        rows = [(each.there, time, self.bulk.id(each.id)) for each in levels]
        self.bulk.update("listing_variants", ("published_quantity", "updated_at"), rows)

"""Listings, set-wise: what has to be looked at, what is to be sent, and what was decided about them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from mercat.core.database.bulk import CHUNK, Bulk, chunks
from mercat.core.ids import new_id_bytes

WITHDRAWABLE = "l.desired_hash IS NULL AND l.platform_listing_id IS NOT NULL AND l.status <> 'delisted'"
_INSERTED = (
    "id",
    "store_id",
    "product_id",
    "listing_key",
    "platform_listing_id",
    "status",
    "state",
    "product_revision",
    "desired_hash",
    "last_error",
    "created_at",
    "updated_at",
)


class Row(NamedTuple):
    """A product, and its listing if there is one. Ids are 16 bytes."""

    product_id: bytes
    revision: int
    product_status: str
    listing_id: bytes | None
    key: str | None
    reference: str | None
    status: str | None
    state: str | None
    desired_hash: str | None
    published_hash: str | None
    has_drift: bool
    is_sending: bool
    image_references: str | None
    joined_references: str | None
    error: str | None


class Look(NamedTuple):
    """What looking at a listing came to."""

    listing_id: bytes | None
    product_id: bytes
    key: str
    revision: int
    desired_hash: str | None
    state: str
    error: str | None
    status: str


_COLUMNS = (
    "p.id, p.revision, p.status, l.id, l.listing_key, l.platform_listing_id, l.status, l.state, l.desired_hash, "
    "l.published_hash, CASE WHEN l.drift IS NULL THEN 0 ELSE 1 END, CASE WHEN l.sending_hash IS NULL THEN 0 ELSE 1 END, "
    "l.image_references, l.joined_references, l.last_error"
)


class ListingBulk:
    """Set-based work on one store's listings."""

    def __init__(self, bulk: Bulk, store_id: bytes) -> None:
        self.bulk = bulk
        self.store_id = store_id

    @property
    def _store(self) -> Any:
        return self.bulk.id(self.store_id)

    # -- what to look at ------------------------------------------------------------------------------------------

    def to_look_at(
        self, statuses: Collection[str], *, after: bytes, limit: int, only: Collection[bytes] | None = None
    ) -> list[Row]:
        """Products that moved on since their listing was looked at, and those that shall have one; by product id."""
        is_wanted, values = self.bulk.among("p.status", sorted(statuses))
        where, more = "p.id > ?", [self.bulk.id(after)]
        if only is not None:
            among, given = self.bulk.among("p.id", list(only), ids=True)
            where, more = f"{where} AND {among}", [*more, *given]
        sql = (
            f"SELECT {_COLUMNS} FROM products p LEFT JOIN listings l ON l.product_id = p.id AND l.store_id = ? "
            f"WHERE {where} AND ((l.id IS NULL AND {is_wanted}) OR (l.id IS NOT NULL AND "
            f"(l.product_revision IS NULL OR l.product_revision <> p.revision))) ORDER BY p.id LIMIT {limit}"
        )
        return [self._row(each) for each in self.bulk.fetch(sql, [self._store, *more, *values])]

    def of_listings(self, ids: Collection[bytes]) -> dict[bytes, Row]:
        """The rows of these listings whose products are there, by listing."""
        found: dict[bytes, Row] = {}
        for some in chunks(ids, CHUNK):
            where, values = self.bulk.among("l.id", some, ids=True)
            sql = f"SELECT {_COLUMNS} FROM listings l JOIN products p ON p.id = l.product_id WHERE {where}"
            for each in self.bulk.fetch(sql, values):
                row = self._row(each)
                found[row.listing_id or b""] = row
        return found

    def _row(self, values: tuple[Any, ...]) -> Row:
        row = Row(*values)
        return row._replace(
            product_id=self.bulk.id_of(row.product_id),
            listing_id=None if row.listing_id is None else self.bulk.id_of(row.listing_id),
            has_drift=bool(row.has_drift),
            is_sending=bool(row.is_sending),
        )

    def keys_known(self, keys: Collection[str]) -> dict[str, bytes]:
        """Listings that lost their product, by key: it may have come back."""
        found: dict[str, bytes] = {}
        for some in chunks(keys, CHUNK):
            where, values = self.bulk.among("listing_key", some)
            sql = f"SELECT listing_key, id FROM listings WHERE store_id = ? AND product_id IS NULL AND {where}"
            rows = self.bulk.fetch(sql, [self._store, *values])
            found.update((key, self.bulk.id_of(row_id)) for key, row_id in rows)
        return found

    def variant_references(self, listing_ids: Collection[bytes]) -> dict[bytes, dict[str, str]]:
        """The channel's variant ids by SKU, by listing."""
        found: dict[bytes, dict[str, str]] = {}
        for some in chunks(listing_ids, CHUNK):
            where, values = self.bulk.among("listing_id", some, ids=True)
            for listing_id, sku, reference in self.bulk.fetch(
                f"SELECT listing_id, sku, reference FROM listing_variants WHERE {where}", values
            ):
                found.setdefault(self.bulk.id_of(listing_id), {})[sku] = reference
        return found

    # -- what was decided -----------------------------------------------------------------------------------------

    def write(self, looks: Sequence[Look], now: dt.datetime) -> None:
        """New listings, and what looking at the others came to."""
        bulk, time = self.bulk, self.bulk.time(now)
        fresh = [each for each in looks if each.listing_id is None]
        back = self.keys_known([each.key for each in fresh])
        rows = [
            (
                bulk.id(born),
                self._store,
                bulk.id(each.product_id),
                each.key,
                None,
                each.status,
                each.state,
                each.revision,
                each.desired_hash,
                each.error,
                time,
                time,
            )
            for born, each in zip(new_id_bytes(len(fresh) or 1), fresh, strict=False)
            if each.key not in back
        ]
        if rows:
            bulk.insert("listings", _INSERTED, rows)
        known = [each for each in looks if each.listing_id is not None]
        known += [each._replace(listing_id=back[each.key]) for each in fresh if each.key in back]
        bulk.update(
            "listings",
            ("product_id", "product_revision", "desired_hash", "state", "last_error", "updated_at"),
            [
                (
                    bulk.id(each.product_id),
                    each.revision,
                    each.desired_hash,
                    each.state,
                    each.error,
                    time,
                    bulk.id(each.listing_id or b""),
                )
                for each in known
            ],
        )

    def orphan(self, now: dt.datetime) -> int:
        """Listings whose product was removed shall not be shown any more; how many."""
        return self.bulk.run(
            "UPDATE listings SET desired_hash = NULL, state = 'pending', updated_at = ? WHERE store_id = ? "
            "AND product_id IS NULL AND platform_listing_id IS NOT NULL AND status <> 'delisted' "
            "AND (state <> 'pending' OR desired_hash IS NOT NULL)",
            (self.bulk.time(now), self._store),
        )

    # -- what to do -----------------------------------------------------------------------------------------------

    def counts(self, only: Collection[bytes] | None = None) -> dict[str, int]:
        """How many listings stand how: in_sync, drifted, blocked, error, and of the pending create, update, withdraw."""
        where, values = self._scope(only)
        sql = (
            "SELECT CASE WHEN l.state <> 'pending' THEN l.state "
            f"WHEN {WITHDRAWABLE} THEN 'withdraw' "
            "WHEN l.desired_hash IS NULL THEN 'in_sync' "
            "WHEN l.platform_listing_id IS NULL THEN 'create' ELSE 'update' END AS act, "
            "CASE WHEN l.status = 'delisted' THEN 1 ELSE 0 END AS is_gone, COUNT(*) "
            f"FROM listings l WHERE l.store_id = ?{where} GROUP BY act, is_gone"
        )
        counts: dict[str, int] = {}
        for act, is_gone, count in self.bulk.fetch(sql, [self._store, *values]):
            name = "delisted" if is_gone and act == "in_sync" else act
            counts[name] = counts.get(name, 0) + int(count)
        return counts

    def listed(self) -> int:
        """How many of our listings the shop shows."""
        sql = "SELECT COUNT(*) FROM listings WHERE store_id = ? AND platform_listing_id IS NOT NULL AND status <> 'delisted'"
        return int(self.bulk.fetch(sql, (self._store,))[0][0])

    def complaint(self, only: Collection[bytes] | None = None) -> str | None:
        """Why one of those that cannot be sent as they are is so: an example of what is to be mended."""
        where, values = self._scope(only)
        sql = f"SELECT l.last_error FROM listings l WHERE l.store_id = ? AND l.state = 'blocked'{where} ORDER BY l.id LIMIT 1"
        rows = self.bulk.fetch(sql, [self._store, *values])
        return rows[0][0] if rows else None

    def to_push(self, *, after: bytes, limit: int, only: Collection[bytes] | None = None) -> list[bytes]:
        """Pending listings that shall be shown, by id."""
        where, values = self._scope(only)
        sql = (
            "SELECT l.id FROM listings l WHERE l.store_id = ? AND l.state = 'pending' AND l.desired_hash IS NOT NULL "
            f"AND l.batch_id IS NULL AND l.id > ?{where} ORDER BY l.id LIMIT {limit}"
        )
        rows = self.bulk.fetch(sql, [self._store, self.bulk.id(after), *values])
        return [self.bulk.id_of(each[0]) for each in rows]

    def to_withdraw(
        self, *, after: bytes, limit: int, only: Collection[bytes] | None = None
    ) -> list[tuple[bytes, str]]:
        """Listings that shall not be shown any more, with their references."""
        where, values = self._scope(only)
        sql = (
            f"SELECT l.id, l.platform_listing_id FROM listings l WHERE l.store_id = ? AND l.state = 'pending' "
            f"AND {WITHDRAWABLE} AND l.id > ?{where} ORDER BY l.id LIMIT {limit}"
        )
        rows = self.bulk.fetch(sql, [self._store, self.bulk.id(after), *values])
        return [(self.bulk.id_of(listing_id), reference) for listing_id, reference in rows]

    def price_moves(self, only: Collection[bytes] | None = None) -> list[tuple[str, Any, Any]]:
        """(SKU, the price that is shown, the price that will be) where they differ, of the listings to be updated."""
        where, values = self._scope(only)
        sql = (
            "SELECT lv.sku, lv.published_price, v.price FROM listings l JOIN listing_variants lv ON lv.listing_id = l.id "
            "JOIN product_variants v ON v.id = lv.variant_id WHERE l.store_id = ? AND l.state = 'pending' "
            "AND l.desired_hash IS NOT NULL AND lv.published_price IS NOT NULL "
            f"AND (v.price IS NULL OR v.price <> lv.published_price){where} ORDER BY lv.sku"
        )
        rows = self.bulk.fetch(sql, [self._store, *values])
        return [(sku, self.bulk.amount_of(old), self.bulk.amount_of(new)) for sku, old, new in rows]

    def products_of(self, skus: Collection[str]) -> dict[str, bytes]:
        """The product of each SKU that there is."""
        found: dict[str, bytes] = {}
        for some in chunks(skus, CHUNK):
            where, values = self.bulk.among("sku", some)
            rows = self.bulk.fetch(f"SELECT sku, product_id FROM product_variants WHERE {where}", values)
            found.update((sku, self.bulk.id_of(product_id)) for sku, product_id in rows)
        return found

    def _scope(self, only: Collection[bytes] | None) -> tuple[str, list[Any]]:
        if only is None:
            return "", []
        where, values = self.bulk.among("l.product_id", list(only), ids=True)
        return f" AND {where}", values

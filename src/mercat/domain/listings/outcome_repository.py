"""What was sent and what came of it, set-wise."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from mercat.core.database.bulk import CHUNK, Bulk, chunks
from mercat.core.ids import new_id_bytes


class Sending(NamedTuple):
    """A draft that is about to leave."""

    listing_id: bytes
    digest: str
    payload: str
    batch_id: bytes | None = None
    position: int | None = None


class Sent(NamedTuple):
    """A listing of which something is, or was, on its way."""

    listing_id: bytes
    key: str
    product_id: bytes | None
    reference: str | None
    desired_hash: str | None
    sending_hash: str | None
    sending_payload: str | None


class Placed(NamedTuple):
    """A listing that the shop shows as we sent it."""

    listing_id: bytes
    reference: str
    url: str | None
    state: str
    published_hash: str | None
    published_payload: str | None
    shown_hash: str
    shown_payload: str
    image_references: str | None
    joined_references: str | None
    shop_updated_at: dt.datetime | None


class PlacedVariant(NamedTuple):
    """A variant there."""

    listing_id: bytes
    sku: str
    variant_id: bytes | None
    reference: str
    stock_reference: str | None
    price: str | None
    quantity: int | None


class OutcomeBulk:
    """Set-based bookkeeping of one store's calls."""

    def __init__(self, bulk: Bulk, store_id: bytes) -> None:
        self.bulk = bulk
        self.store_id = store_id

    def send(self, drafts: Sequence[Sending], now: dt.datetime) -> None:
        """Note what is about to leave, before it leaves."""
        bulk, time = self.bulk, self.bulk.time(now)
        rows = [
            (
                each.digest,
                each.payload,
                None if each.batch_id is None else bulk.id(each.batch_id),
                each.position,
                time,
                bulk.id(each.listing_id),
            )
            for each in drafts
        ]
        bulk.update("listings", ("sending_hash", "sending_payload", "batch_id", "batch_position", "updated_at"), rows)

    def sent(self, keys: Collection[str]) -> dict[str, Sent]:
        """The listings of these keys."""
        found: dict[str, Sent] = {}
        for some in chunks(keys, CHUNK):
            where, values = self.bulk.among("listing_key", some)
            sql = (
                "SELECT id, listing_key, product_id, platform_listing_id, desired_hash, sending_hash, sending_payload "
                f"FROM listings WHERE store_id = ? AND {where}"
            )
            for row in self.bulk.fetch(sql, [self.bulk.id(self.store_id), *values]):
                owner = None if row[2] is None else self.bulk.id_of(row[2])
                found[row[1]] = Sent(self.bulk.id_of(row[0]), row[1], owner, *row[3:])
        return found

    def holders(self, references: Collection[str]) -> dict[str, tuple[bytes, bool]]:
        """Who holds these references: listing, and whether it still has a product."""
        found: dict[str, tuple[bytes, bool]] = {}
        for some in chunks(references, CHUNK):
            where, values = self.bulk.among("platform_listing_id", some)
            sql = f"SELECT platform_listing_id, id, product_id FROM listings WHERE store_id = ? AND {where}"
            for reference, row_id, product_id in self.bulk.fetch(sql, [self.bulk.id(self.store_id), *values]):
                found[reference] = (self.bulk.id_of(row_id), product_id is not None)
        return found

    def drop(self, listing_ids: Sequence[bytes]) -> None:
        """Remove listings that were replaced."""
        self.bulk.delete("listings", "id", listing_ids)

    def place(self, placed: Sequence[Placed], now: dt.datetime, *, published: bool = True) -> None:
        """What the shop shows is what we sent: the new base of comparison.

        ``published``: it came of a publication; otherwise it was found so, and what is on its way stays.
        """
        bulk, time = self.bulk, self.bulk.time(now)
        extra = ("published_at", "sending_hash", "sending_payload")
        columns = (
            "platform_listing_id",
            "listing_url",
            "status",
            "state",
            "published_hash",
            "published_payload",
            "shown_hash",
            "shown_payload",
            "theirs_hash",
            "theirs_payload",
            "drift",
            "image_references",
            "joined_references",
            "shop_updated_at",
            "last_checked_at",
            "last_error",
            "updated_at",
            *(extra if published else ()),
        )
        rows = [
            (
                each.reference,
                each.url,
                "active",
                each.state,
                each.published_hash,
                each.published_payload,
                each.shown_hash,
                each.shown_payload,
                None,
                None,
                None,
                each.image_references,
                each.joined_references,
                None if each.shop_updated_at is None else bulk.time(each.shop_updated_at),
                time,
                None,
                time,
                *((time, None, None) if published else ()),
                bulk.id(each.listing_id),
            )
            for each in placed
        ]
        bulk.update("listings", columns, rows)

    def refuse(self, refusals: Mapping[bytes, str], now: dt.datetime) -> None:
        """Drafts that can never be taken as they are."""
        time = self.bulk.time(now)
        columns = ("state", "last_error", "sending_hash", "sending_payload", "updated_at")
        rows = [("error", why, None, None, time, self.bulk.id(each)) for each, why in refusals.items()]
        self.bulk.update("listings", columns, rows)

    def fail(self, failures: Mapping[bytes, str], now: dt.datetime) -> None:
        """Drafts of which nobody knows whether they arrived: they stay pending, and are sent again with their key."""
        time = self.bulk.time(now)
        rows = [(why, time, self.bulk.id(each)) for each, why in failures.items()]
        self.bulk.update("listings", ("last_error", "updated_at"), rows)

    def leave_batch(self, keys: Collection[str]) -> None:
        """These drafts travel no more with the others."""
        for some in chunks(keys, CHUNK):
            where, values = self.bulk.among("listing_key", some)
            sql = f"UPDATE listings SET batch_id = NULL, batch_position = NULL WHERE store_id = ? AND {where}"
            self.bulk.run(sql, [self.bulk.id(self.store_id), *values])

    def withdrawn(self, listing_ids: Sequence[bytes], now: dt.datetime, *, is_deleted: bool) -> None:
        """Listings that the shop shows no more; one that was deleted there loses its reference."""
        gone = ", platform_listing_id = NULL, image_references = NULL, joined_references = NULL" if is_deleted else ""
        for some in chunks(listing_ids, CHUNK):
            where, values = self.bulk.among("id", some, ids=True)
            self.bulk.run(
                f"UPDATE listings SET status = 'delisted', state = 'in_sync', published_hash = NULL, "
                "published_payload = NULL, sending_hash = NULL, sending_payload = NULL, drift = NULL, "
                f"last_error = NULL, updated_at = ?{gone} WHERE {where}",
                [self.bulk.time(now), *values],
            )
        if is_deleted:
            self.bulk.delete("listing_variants", "listing_id", listing_ids)

    # -- variants -------------------------------------------------------------------------------------------------

    def variant_ids(self, product_ids: Collection[bytes]) -> dict[str, bytes]:
        """Our variants by SKU."""
        found: dict[str, bytes] = {}
        for some in chunks(product_ids, CHUNK):
            where, values = self.bulk.among("product_id", some, ids=True)
            for sku, variant_id in self.bulk.fetch(f"SELECT sku, id FROM product_variants WHERE {where}", values):
                found[sku] = self.bulk.id_of(variant_id)
        return found

    def place_variants(self, variants: Sequence[PlacedVariant], now: dt.datetime) -> None:
        """All variants that the shop shows of some listings: the others of these listings are gone there."""
        bulk, time = self.bulk, self.bulk.time(now)
        known = self._known_variants({each.listing_id for each in variants})
        fresh, changed = [], []
        for each in variants:
            owner = None if each.variant_id is None else bulk.id(each.variant_id)
            price = None if each.price is None else bulk.amount(each.price)
            facts = (owner, each.reference, each.stock_reference, price, each.quantity)
            there = known.pop((each.listing_id, each.sku), None)
            if there is None:
                fresh.append((bulk.id(each.listing_id), each.sku, *facts))
            elif there[1:] != (each.variant_id, each.reference, each.stock_reference, each.price, each.quantity):
                changed.append((*facts, time, bulk.id(there[0])))
        if known:
            bulk.delete("listing_variants", "id", [there[0] for there in known.values()])
        columns = ("variant_id", "reference", "stock_reference", "published_price", "published_quantity")
        bulk.update("listing_variants", (*columns, "updated_at"), changed)
        if fresh:
            born = new_id_bytes(len(fresh))
            names = ("id", "listing_id", "sku", *columns, "stock_moves", "created_at", "updated_at")
            rows = [(bulk.id(row_id), *each, 0, time, time) for row_id, each in zip(born, fresh, strict=True)]
            bulk.insert("listing_variants", names, rows)

    def _known_variants(self, listing_ids: Iterable[bytes]) -> dict[tuple[bytes, str], tuple[Any, ...]]:
        found: dict[tuple[bytes, str], tuple[Any, ...]] = {}
        for some in chunks(listing_ids, CHUNK):
            where, values = self.bulk.among("listing_id", some, ids=True)
            sql = (
                "SELECT listing_id, sku, id, variant_id, reference, stock_reference, published_price, published_quantity "
                f"FROM listing_variants WHERE {where}"
            )
            for listing_id, sku, row_id, owner, reference, stock, price, quantity in self.bulk.fetch(sql, values):
                own = None if owner is None else self.bulk.id_of(owner)
                facts = (self.bulk.id_of(row_id), own, reference, stock, self.bulk.amount_of(price), quantity)
                found[self.bulk.id_of(listing_id), sku] = facts
        return found

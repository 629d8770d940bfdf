"""What a shop was seen to show, set-wise: which listing it is, and what is noted of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from mercat.core.database.bulk import CHUNK, Bulk, chunks
from mercat.core.ids import new_id_bytes


class Known(NamedTuple):
    """A listing as it stands, for comparing with what was seen."""

    listing_id: bytes
    key: str
    product_id: bytes | None
    reference: str | None
    state: str
    desired_hash: str | None
    published_hash: str | None
    published_payload: str | None
    shown_hash: str | None
    theirs_hash: str | None
    is_sending: bool
    shop_updated_at: str | None


class Seen(NamedTuple):
    """What is noted of a listing that differs: the shop's side, what is done about each field, the state."""

    listing_id: bytes
    theirs_hash: str | None
    theirs_payload: str | None
    drift: str | None
    state: str
    shop_updated_at: dt.datetime | None


class Found(NamedTuple):
    """A product of ours that the shop shows already, and that we had no listing of."""

    product_id: bytes
    key: str
    reference: str
    url: str | None
    shown_hash: str
    shown_payload: str
    shop_updated_at: dt.datetime | None


_COLUMNS = (
    "id, listing_key, product_id, platform_listing_id, state, desired_hash, published_hash, published_payload, "
    "shown_hash, theirs_hash, CASE WHEN sending_hash IS NULL THEN 0 ELSE 1 END, shop_updated_at"
)


class PullBulk:
    """Set-based work on what one shop shows."""

    def __init__(self, bulk: Bulk, store_id: bytes) -> None:
        self.bulk = bulk
        self.store_id = store_id

    def known(self, references: Collection[str], keys: Collection[str]) -> tuple[dict[str, Known], dict[str, Known]]:
        """Listings by the shop's reference, and by our key."""
        return self._known("platform_listing_id", references, 3), self._known("listing_key", keys, 1)

    def _known(self, column: str, values: Collection[str], place: int) -> dict[str, Known]:
        found: dict[str, Known] = {}
        for some in chunks(values, CHUNK):
            where, given = self.bulk.among(column, some)
            sql = f"SELECT {_COLUMNS} FROM listings WHERE store_id = ? AND {where}"
            for row in self.bulk.fetch(sql, [self.bulk.id(self.store_id), *given]):
                owner = None if row[2] is None else self.bulk.id_of(row[2])
                moment = None if row[11] is None else self._moment(row[11])
                known = Known(*row)._replace(
                    listing_id=self.bulk.id_of(row[0]),
                    product_id=owner,
                    is_sending=bool(row[10]),
                    shop_updated_at=moment,
                )
                found[row[place]] = known
        return found

    def is_old(self, moment: dt.datetime | None, known: Known) -> bool:
        """Whether something newer was seen already."""
        return (
            moment is not None and bool(known.shop_updated_at) and self.bulk.time(moment) < str(known.shop_updated_at)
        )

    def is_told(self, moment: dt.datetime | None, known: Known) -> bool:
        """Whether this was seen already, or something newer."""
        return (
            moment is not None and bool(known.shop_updated_at) and self.bulk.time(moment) <= str(known.shop_updated_at)
        )

    def references_of_stock(self, stock_references: Collection[str]) -> dict[str, str]:
        """The listing that each stock reference is part of."""
        found: dict[str, str] = {}
        for some in chunks(stock_references, CHUNK):
            where, values = self.bulk.among("v.stock_reference", some)
            sql = (
                "SELECT v.stock_reference, l.platform_listing_id FROM listing_variants v "
                "JOIN listings l ON l.id = v.listing_id "
                f"WHERE l.store_id = ? AND l.platform_listing_id IS NOT NULL AND {where}"
            )
            found.update(self.bulk.fetch(sql, [self.bulk.id(self.store_id), *values]))
        return found

    def unseen(self, references: Collection[str], since: dt.datetime) -> list[bytes]:
        """Of these listings, those that were not met since then."""
        found: list[bytes] = []
        for some in chunks(references, CHUNK):
            where, values = self.bulk.among("platform_listing_id", some)
            sql = f"SELECT id FROM listings WHERE store_id = ? AND (last_checked_at IS NULL OR last_checked_at < ?) AND {where}"
            rows = self.bulk.fetch(sql, [self.bulk.id(self.store_id), self.bulk.time(since), *values])
            found += [self.bulk.id_of(row[0]) for row in rows]
        return found

    def _moment(self, value: Any) -> str:
        """As ``Bulk.time`` writes it, so that two can be compared."""
        if isinstance(value, str):
            return value
        return self.bulk.time(value if value.tzinfo else value.replace(tzinfo=dt.UTC))

    def payloads(self, listing_ids: Collection[bytes]) -> dict[bytes, str]:
        """What the shop showed when we published last."""
        found: dict[bytes, str] = {}
        for some in chunks(listing_ids, CHUNK):
            where, values = self.bulk.among("id", some, ids=True)
            for row_id, payload in self.bulk.fetch(f"SELECT id, shown_payload FROM listings WHERE {where}", values):
                if payload is not None:
                    found[self.bulk.id_of(row_id)] = payload
        return found

    def unlisted(self, column: str, values: Collection[str]) -> dict[str, set[bytes]]:
        """Products that this store does not show yet, by a code of their variants (``sku`` or ``barcode``)."""
        found: dict[str, set[bytes]] = {}
        for some in chunks(values, CHUNK):
            where, given = self.bulk.among(f"v.{column}", some)
            sql = (
                f"SELECT v.{column}, v.product_id FROM product_variants v LEFT JOIN listings l "
                "ON l.product_id = v.product_id AND l.store_id = ? "
                f"WHERE (l.id IS NULL OR l.platform_listing_id IS NULL) AND {where}"
            )
            for code, product_id in self.bulk.fetch(sql, [self.bulk.id(self.store_id), *given]):
                found.setdefault(code, set()).add(self.bulk.id_of(product_id))
        return found

    def checked(self, listing_ids: Sequence[bytes], now: dt.datetime) -> None:
        """These were seen just now."""
        for some in chunks(listing_ids, CHUNK):
            where, values = self.bulk.among("id", some, ids=True)
            self.bulk.run(f"UPDATE listings SET last_checked_at = ? WHERE {where}", [self.bulk.time(now), *values])

    def note(self, seen: Sequence[Seen], now: dt.datetime) -> None:
        """What was found about listings that differ, or do so no longer."""
        bulk, time = self.bulk, self.bulk.time(now)
        columns = ("theirs_hash", "theirs_payload", "drift", "state", "shop_updated_at", "updated_at")
        rows = [
            (
                each.theirs_hash,
                each.theirs_payload,
                each.drift,
                each.state,
                None if each.shop_updated_at is None else bulk.time(each.shop_updated_at),
                time,
                bulk.id(each.listing_id),
            )
            for each in seen
        ]
        bulk.update("listings", columns, rows)

    def rebase(self, bases: Mapping[bytes, tuple[str, str]], now: dt.datetime) -> None:
        """(hash, payload) of what the shop shows: from now on that is what later looks are compared with."""
        time = self.bulk.time(now)
        rows = [(hashed, payload, time, self.bulk.id(each)) for each, (hashed, payload) in bases.items()]
        self.bulk.update("listings", ("shown_hash", "shown_payload", "updated_at"), rows)

    def agree(self, published: Mapping[bytes, tuple[str, str, int]], now: dt.datetime) -> None:
        """(hash, draft, revision) of listings that show what they should without having been sent it."""
        time = self.bulk.time(now)
        columns = ("published_hash", "published_payload", "product_revision", "desired_hash", "state", "updated_at")
        rows = [
            (hashed, payload, revision, hashed, "in_sync", time, self.bulk.id(each))
            for each, (hashed, payload, revision) in published.items()
        ]
        self.bulk.update("listings", columns, rows)

    def adopt(self, found: Sequence[Found], now: dt.datetime) -> dict[bytes, bytes]:
        """Listings of products that the shop shows already: product → listing. They wait to be compared."""
        bulk, time = self.bulk, self.bulk.time(now)
        known = self._known("listing_key", [each.key for each in found], 1)
        owners: dict[bytes, bytes] = {}
        columns = (
            "platform_listing_id",
            "listing_url",
            "status",
            "state",
            "shown_hash",
            "shown_payload",
            "shop_updated_at",
            "last_checked_at",
            "product_revision",
            "updated_at",
        )
        fresh, there = [], []
        for born, each in zip(new_id_bytes(len(found) or 1), found, strict=False):
            at = None if each.shop_updated_at is None else bulk.time(each.shop_updated_at)
            facts = (each.reference, each.url, "active", "pending", each.shown_hash, each.shown_payload, at, time, None)
            listing = known.get(each.key)
            if listing is None:
                owners[each.product_id] = born
                product = bulk.id(each.product_id)
                fresh.append((*facts, time, bulk.id(born), bulk.id(self.store_id), product, each.key, time))
            else:
                owners[each.product_id] = listing.listing_id
                there.append((*facts, time, bulk.id(listing.listing_id)))
        bulk.update("listings", columns, there)
        if fresh:
            bulk.insert("listings", (*columns, "id", "store_id", "product_id", "listing_key", "created_at"), fresh)
        return owners

    def missed(self, since: dt.datetime) -> list[bytes]:
        """Listings that we think are shown, and that a full look at the shop did not meet."""
        rows = self.bulk.fetch(
            "SELECT id FROM listings WHERE store_id = ? AND platform_listing_id IS NOT NULL AND status <> 'delisted' "
            "AND (last_checked_at IS NULL OR last_checked_at < ?)",
            (self.bulk.id(self.store_id), self.bulk.time(since)),
        )
        return [self.bulk.id_of(row[0]) for row in rows]

    def gone(self, listing_ids: Sequence[bytes], now: dt.datetime) -> None:
        """Somebody deleted these at the shop: they are made anew if they shall be shown."""
        for some in chunks(listing_ids, CHUNK):
            where, values = self.bulk.among("id", some, ids=True)
            self.bulk.run(
                "UPDATE listings SET platform_listing_id = NULL, listing_url = NULL, image_references = NULL, joined_references = NULL, "
                "published_hash = NULL, published_payload = NULL, shown_hash = NULL, shown_payload = NULL, "
                "theirs_hash = NULL, theirs_payload = NULL, drift = NULL, product_revision = NULL, updated_at = ?, "
                "state = CASE WHEN desired_hash IS NULL THEN 'in_sync' ELSE 'pending' END, "
                f"status = CASE WHEN desired_hash IS NULL THEN 'delisted' ELSE 'draft' END WHERE {where}",
                [self.bulk.time(now), *values],
            )
        self.bulk.delete("listing_variants", "listing_id", list(listing_ids))

"""Offers, set-wise: what a supplier said last, and writing what it says now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from mercat.core.database.bulk import CHUNK, Bulk, chunks
from mercat.core.ids import new_id_bytes

_PAGE = 5_000
_MANY = 20_000
# Not a plain equality: with the young statistics of a load, PostgreSQL would read all offers of the supplier by index and
# then compare each with every code asked for. Like this only the index that begins with the code will do.
_OF_SUPPLIER = "(supplier_id = ?) IS TRUE"
TERMS = ("cost", "currency", "quantity_available", "minimum_order_quantity", "pack_size", "lead_time_days")


class KnownOffer(NamedTuple):
    """An offer as it stands; ``terms`` are cost (text), currency, quantities."""

    id: bytes
    variant_id: bytes
    product_id: bytes
    supplier_sku: str
    row_key: str | None
    row_hash: int | None
    is_discontinued: bool
    terms: dict[str, Any]


class NewOffer(NamedTuple):
    """An offer to be written. ``terms`` holds only what is stated."""

    variant_id: bytes
    supplier_sku: str
    row_key: str | None
    terms: dict[str, Any]
    digest: int | None
    change_id: bytes


class Counted(NamedTuple):
    """A supplier's offers: all, the active ones, those of them with stock, and all that stand under a key of a group."""

    all: int
    active: int
    stocked: int
    grouped: int


class OfferBulk:
    """Offers by the thousand."""

    def __init__(self, bulk: Bulk) -> None:
        self.bulk = bulk

    def hashes(self, supplier_id: bytes, keys: Sequence[str], *, grouped: bool) -> dict[str, int]:
        """Key → digest of the row that stated it last; discontinued offers have none. The hottest query of a re-run."""
        found: dict[str, int] = {}
        column = "row_key" if grouped else "supplier_sku"
        for some in chunks(keys, _PAGE):
            where, parameters = self.bulk.among(column, some)
            sql = (
                f"SELECT {column}, row_hash FROM supplier_offers WHERE {_OF_SUPPLIER} AND {where} "
                "AND row_hash IS NOT NULL"
            )
            found.update(self.bulk.fetch(sql, (self.bulk.id(supplier_id), *parameters)))
        return found

    def said(self, supplier_id: bytes, *, grouped: bool) -> Iterator[tuple[str, int]]:
        """(key, digest) of every row that the supplier said last, with ``grouped`` of every group of rows too."""
        owner, to_id = self.bulk.id(supplier_id), self.bulk.id
        after: bytes | None = bytes(16)
        while after is not None:
            # Where a page ends is read from the index; the rows come without their ids, a third sooner.
            end = self.bulk.fetch(
                "SELECT id FROM supplier_offers WHERE supplier_id = ? AND id > ? ORDER BY id "
                f"LIMIT 1 OFFSET {_MANY - 1}",
                (owner, to_id(after)),
            )
            until = self.bulk.id_of(end[0][0]) if end else None
            within = [owner, to_id(after), *([to_id(until)] if until is not None else [])]
            for column in ("supplier_sku", "row_key") if grouped else ("supplier_sku",):
                yield from self.bulk.fetch(
                    f"SELECT {column}, row_hash FROM supplier_offers WHERE supplier_id = ? AND id > ? "
                    f"{'' if until is None else 'AND id <= ? '}AND row_hash IS NOT NULL AND {column} IS NOT NULL",
                    within,
                )
            after = until

    def known(self, supplier_id: bytes, keys: Collection[str], *, grouped: bool) -> dict[str, list[KnownOffer]]:
        """Everything this supplier offers under these keys."""
        column = "row_key" if grouped else "supplier_sku"
        found: dict[str, list[KnownOffer]] = {}
        for some in chunks(sorted(keys), CHUNK):
            where, parameters = self.bulk.among(f"o.{column}", some)
            for offer in self._read(f"{_OF_SUPPLIER} AND {where}", (self.bulk.id(supplier_id), *parameters)):
                found.setdefault(str(getattr(offer, column)), []).append(offer)
        return found

    def _read(self, where: str, parameters: Sequence[Any]) -> Iterator[KnownOffer]:
        rows = self.bulk.fetch(
            "SELECT o.id, o.variant_id, v.product_id, o.supplier_sku, o.row_key, o.row_hash, o.discontinued_at, "
            f"{', '.join('o.' + term for term in TERMS)} FROM supplier_offers o "
            f"JOIN product_variants v ON v.id = o.variant_id WHERE {where}",
            parameters,
        )
        id_of = self.bulk.id_of
        for row in rows:
            terms = dict(zip(TERMS, row[7:], strict=True))
            terms["cost"] = self.bulk.amount_of(terms["cost"])
            yield KnownOffer(
                id_of(row[0]), id_of(row[1]), id_of(row[2]), row[3], row[4], row[5], row[6] is not None, terms
            )

    def count(self, supplier_id: bytes) -> Counted:
        """How many there are of each sort, in one look at all of them."""
        row = self.bulk.fetch(
            "SELECT COUNT(*), COUNT(CASE WHEN discontinued_at IS NULL THEN 1 END), "
            "COUNT(CASE WHEN discontinued_at IS NULL AND quantity_available > 0 THEN 1 END), COUNT(row_key) "
            "FROM supplier_offers WHERE supplier_id = ?",
            (self.bulk.id(supplier_id),),
        )[0]
        return Counted(*row)

    def pieces(self, product_ids: Sequence[bytes]) -> dict[str, int]:
        """Id in text → how many pieces stand in offers of a product's variants; products that no offer counts have none."""
        where, parameters = self.bulk.among("v.product_id", product_ids, ids=True)
        rows = self.bulk.fetch(
            "SELECT v.product_id, SUM(o.quantity_available) FROM product_variants v "
            "JOIN supplier_offers o ON o.variant_id = v.id "
            f"WHERE {where} AND o.discontinued_at IS NULL AND o.quantity_available IS NOT NULL GROUP BY v.product_id",
            parameters,
        )
        return {self.bulk.id_text(product_id): int(count) for product_id, count in rows}

    def forget_digests(self, supplier_id: bytes, keys: Sequence[str]) -> None:
        """Let the next run look at these keys' rows again, though they say the same as before."""
        for column in ("supplier_sku", "row_key"):
            for some in chunks(keys, CHUNK):
                where, parameters = self.bulk.among(column, some)
                self.bulk.run(
                    f"UPDATE supplier_offers SET row_hash = NULL WHERE supplier_id = ? AND {where}",
                    (self.bulk.id(supplier_id), *parameters),
                )

    def active(self, supplier_id: bytes) -> Iterator[list[KnownOffer]]:
        """Every active offer of a supplier, a page at a time."""
        after = bytes(16)
        while True:
            ids = self.bulk.fetch(
                f"SELECT id FROM supplier_offers WHERE supplier_id = ? AND discontinued_at IS NULL AND id > ? "
                f"ORDER BY id LIMIT {_PAGE}",
                (self.bulk.id(supplier_id), self.bulk.id(after)),
            )
            if not ids:
                return
            found = [self.bulk.id_of(row[0]) for row in ids]
            after = found[-1]
            where, parameters = self.bulk.among("o.id", found, ids=True)
            yield list(self._read(where, parameters))

    def offered_elsewhere(self, product_ids: Collection[bytes], supplier_id: bytes) -> set[bytes]:
        """Products that another supplier offers too."""
        found: set[bytes] = set()
        for some in chunks(sorted(product_ids), CHUNK):
            where, parameters = self.bulk.among("v.product_id", some, ids=True)
            rows = self.bulk.fetch(
                "SELECT DISTINCT v.product_id FROM supplier_offers o JOIN product_variants v ON v.id = o.variant_id "
                f"WHERE {where} AND o.supplier_id <> ? AND o.discontinued_at IS NULL",
                (*parameters, self.bulk.id(supplier_id)),
            )
            found.update(self.bulk.id_of(row[0]) for row in rows)
        return found

    def save(self, supplier_id: bytes, offers: Sequence[NewOffer], now: dt.datetime, *, are_new: bool = False) -> None:
        """Insert or update by the supplier's SKU. A term that is not stated stays as it is.

        ``are_new``: the caller knows that there was no offer before, so none is looked for.
        """
        # Of several under one code the last counts.
        given = {each.supplier_sku: each for each in offers}
        existing: dict[str, KnownOffer] = {}
        if not are_new:
            for found in self.known(supplier_id, list(given), grouped=False).values():
                existing.update((each.supplier_sku, each) for each in found)
        for fresh in chunks((each for sku, each in given.items() if sku not in existing), CHUNK):
            self._insert(supplier_id, fresh, now)
        known = [(each, existing[sku]) for sku, each in given.items() if sku in existing]
        self._update(known, now)

    def _insert(self, supplier_id: bytes, offers: Sequence[NewOffer], now: dt.datetime) -> None:
        bulk = self.bulk
        at, owner = bulk.time(now), bulk.id(supplier_id)
        variants, skus, row_keys, terms, digests, change_ids = zip(*offers, strict=True)
        stated = {name: [each.get(name) for each in terms] for name in TERMS}
        same = {"supplier_id": owner, "last_seen_at": at, "created_at": at, "updated_at": at}
        bulk.insert_columns(
            "supplier_offers",
            {
                "id": bulk.ids(new_id_bytes(len(offers))),
                "variant_id": bulk.ids(variants),
                "supplier_sku": skus,
                "row_key": row_keys,
                **stated,
                "cost": bulk.amounts(stated["cost"]),
                "row_hash": digests,
                "change_id": bulk.ids(change_ids),
                **{name: (value,) * len(offers) for name, value in same.items()},
            },
        )

    def _update(self, offers: Iterable[tuple[NewOffer, KnownOffer]], now: dt.datetime) -> None:
        at, to_id, amount = self.bulk.time(now), self.bulk.id, self.bulk.amount
        rows = []
        for offer, known in offers:
            terms = {**known.terms, **offer.terms}
            cost = terms["cost"]
            values = (amount(cost) if cost else None, *map(terms.get, TERMS[1:]))
            change = (offer.digest, to_id(offer.change_id), at, None, at)
            rows.append((to_id(offer.variant_id), offer.row_key, *values, *change, to_id(known.id)))
        columns = ("variant_id", "row_key", *TERMS, "row_hash", "change_id", "last_seen_at", "discontinued_at")
        self.bulk.update("supplier_offers", (*columns, "updated_at"), rows)

    def discontinue(self, supplier_id: bytes, keys: Sequence[str], now: dt.datetime) -> None:
        """The supplier no longer has these keys. The digest goes, so that a return is noticed."""
        at = self.bulk.time(now)
        for column in ("supplier_sku", "row_key"):
            for some in chunks(keys, CHUNK):
                where, parameters = self.bulk.among(column, some)
                self.bulk.run(
                    "UPDATE supplier_offers SET discontinued_at = ?, row_hash = NULL, updated_at = ? "
                    f"WHERE supplier_id = ? AND {where}",
                    (at, at, self.bulk.id(supplier_id), *parameters),
                )

    def remove(self, supplier_id: bytes, keys: Sequence[str]) -> None:
        """Forget what the supplier said under these keys."""
        for column in ("supplier_sku", "row_key"):
            for some in chunks(keys, CHUNK):
                where, parameters = self.bulk.among(column, some)
                self.bulk.run(
                    f"DELETE FROM supplier_offers WHERE supplier_id = ? AND {where}",
                    (self.bulk.id(supplier_id), *parameters),
                )

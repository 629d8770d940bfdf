"""Collections, and the products that were put into them by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select

from mercat.core.database.bulk import CHUNK, Bulk, chunks
from mercat.core.errors import NotFound
from mercat.core.ids import new_id_bytes
from mercat.core.repository import Repository
from mercat.domain.catalog.choosing_repository import Chosen
from mercat.domain.catalog.models import Collection

_COLUMNS = ("id", "collection_id", "product_id", "position", "created_at", "updated_at")


class CollectionRepository(Repository[Collection]):
    """Reads and writes collections, and places in them."""

    model = Collection

    @property
    def bulk(self) -> Bulk:
        """Set-based statements in the session's transaction."""
        return Bulk(self.session.connection())

    def named(self, reference: UUID | str) -> Collection:
        """By id or handle. Raises ``NotFound``."""
        found = self.find(reference) if isinstance(reference, UUID) else self._by_text(reference)
        if found is None:
            raise _missing(reference)
        return found

    def for_change(self, reference: UUID | str) -> Collection:
        """As ``named``; others who would change it wait until this transaction ends (SQLite's writers do so anyway)."""
        found = self.named(reference)
        still = select(Collection.id).where(Collection.id == found.id).with_for_update()
        if self.session.scalar(still) is None:
            raise _missing(reference)
        return found

    def _by_text(self, reference: str) -> Collection | None:
        found = self.find_by(handle=reference)
        if found is not None:
            return found
        try:
            return self.find(UUID(reference))
        except ValueError:
            return None

    def handles_like(self, stem: str) -> set[str]:
        """The handles that begin so."""
        rows = select(Collection.handle).where(Collection.handle.startswith(stem, autoescape=True))
        return set(self.session.scalars(rows))

    def active(self) -> list[Collection]:
        """Those that are shown, in their order."""
        rows = select(Collection).where(Collection.is_active).order_by(Collection.position, Collection.handle)
        return list(self.session.scalars(rows))

    def held(self, chosen: Chosen, products: Iterable[bytes]) -> list[bytes]:
        """Those of the products that the condition chooses."""
        bulk = self.bulk
        found: list[bytes] = []
        for some in chunks(products, CHUNK):
            where, parameters = bulk.among("p.id", some, ids=True)
            sql = f"SELECT p.id FROM products p WHERE {where} AND {chosen.where}"
            found += [bulk.id_of(row[0]) for row in bulk.fetch(sql, [*parameters, *chosen.parameters])]
        return found

    # -- by hand ------------------------------------------------------------------------------------------------------

    def members(self, collection_id: UUID) -> list[bytes]:
        """The products in their order."""
        bulk = self.bulk
        rows = bulk.fetch(
            "SELECT product_id FROM collection_products WHERE collection_id = ? ORDER BY position, id",
            [bulk.id(collection_id.bytes)],
        )
        return [bulk.id_of(row[0]) for row in rows]

    def arrange(self, collection_id: UUID, products: Sequence[bytes], now: dt.datetime) -> bool:
        """Have it hold exactly these products in this order; whether that is another one than before."""
        bulk, place = self.bulk, self.bulk.id(collection_id.bytes)
        rows = bulk.fetch(
            "SELECT id, product_id, position FROM collection_products WHERE collection_id = ?",
            [place],
        )
        standing = {bulk.id_of(product): (bulk.id_of(row_id), position) for row_id, product, position in rows}
        wanted = {product: position for position, product in enumerate(products, 1)}
        at = bulk.time(now)
        gone = [row_id for product, (row_id, _) in standing.items() if product not in wanted]
        moved = [
            (position, at, bulk.id(standing[product][0]))
            for product, position in wanted.items()
            if product in standing and standing[product][1] != position
        ]
        fresh = [product for product in wanted if product not in standing]
        bulk.delete("collection_products", "id", gone)
        bulk.update("collection_products", ("position", "updated_at"), moved)
        ids = map(bulk.id, new_id_bytes(len(fresh)))
        new = [(row_id, place, bulk.id(each), wanted[each], at, at) for row_id, each in zip(ids, fresh, strict=True)]
        if new:
            bulk.insert("collection_products", _COLUMNS, new)
        return bool(gone or moved or new)

    def products_named(self, references: Sequence[str]) -> dict[str, bytes]:
        """The products with these SKUs, handles or ids, the SKU first; what names none is left out."""
        found: dict[str, bytes] = {}
        for some in chunks(dict.fromkeys(references), CHUNK):
            for column, table, product in (("sku", "product_variants", "product_id"), ("handle", "products", "id")):
                left = [each for each in some if each not in found]
                if left:
                    where, parameters = self.bulk.among(column, left)
                    rows = self.bulk.fetch(f"SELECT {column}, {product} FROM {table} WHERE {where}", parameters)
                    found.update((name, self.bulk.id_of(row_id)) for name, row_id in rows)
            found.update(self._by_ids([each for each in some if each not in found]))
        return found

    def _by_ids(self, references: Sequence[str]) -> dict[str, bytes]:
        ids = {each: row_id for each in references if (row_id := _id_in(each)) is not None}
        if not ids:
            return {}
        where, parameters = self.bulk.among("id", list(ids.values()), ids=True)
        there = {
            self.bulk.id_of(row[0]) for row in self.bulk.fetch(f"SELECT id FROM products WHERE {where}", parameters)
        }
        return {each: row_id for each, row_id in ids.items() if row_id in there}


def _missing(reference: UUID | str) -> NotFound:
    message = f"there is no collection {str(reference)!r}: `mercat collection list` lists them"
    return NotFound(message, collection=str(reference))


def _id_in(text: str) -> bytes | None:
    try:
        return UUID(text).bytes
    except ValueError:
        return None

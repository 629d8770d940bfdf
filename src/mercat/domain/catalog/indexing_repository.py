"""What the search index is told about products."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from mercat.core.database import search
from mercat.core.database.bulk import Bulk, chunks

_SQL = (
    "SELECT p.id, p.name, p.brand, p.manufacturer, p.product_type, p.manufacturer_part_number, v.sku, v.barcode "
    "FROM products p JOIN product_variants v ON v.product_id = p.id WHERE "
)
# The fields of products and variants in there that may change.
SEARCHED = ("name", "brand", "manufacturer", "product_type", "manufacturer_part_number", "barcode")


class IndexingRepository:
    """Reads products as documents."""

    def __init__(self, bulk: Bulk) -> None:
        self.bulk = bulk

    def documents(self, ids: Sequence[bytes]) -> dict[bytes, tuple[bytes, str, str, str]]:
        """(id, title, words, codes) by product id; those that are gone are left out."""
        found: dict[bytes, tuple[bytes, str, str, str]] = {}
        for some in chunks(ids, 2_000):
            where, parameters = self.bulk.among("p.id", some, ids=True)
            rows = self.bulk.fetch(_SQL + where, parameters)
            for product_id, row in zip(self.bulk.ids_of([row[0] for row in rows]), rows, strict=True):
                codes = " ".join(filter(None, row[5:8]))
                if product_id in found:
                    codes = f"{found[product_id][3]} {codes}"
                found[product_id] = (product_id, row[1], " ".join(filter(None, row[2:5])), codes)
        return found

    def changed_ids(self, change_set_id: bytes, *, most: int) -> list[bytes]:
        """Up to ``most`` products that a set speaks of."""
        rows = self.bulk.fetch(
            f"SELECT DISTINCT product_id FROM changes WHERE change_set_id = ? AND product_id IS NOT NULL LIMIT {most}",
            (self.bulk.id(change_set_id),),
        )
        return [self.bulk.id_of(row[0]) for row in rows]

    def changed_after(
        self, change_set_id: bytes, kind: str, after: bytes, limit: int, *, searched_only: bool
    ) -> list[tuple[bytes, bytes]]:
        """(change id, product id) of a set's changes of a kind, in the order of planning.

        Of one kind, since the index has them so: of all at once, every page would read and sort the whole set.
        ``searched_only``: of the fields that a document is made of.
        """
        where, fields = self.bulk.among("field", SEARCHED) if searched_only else ("1 = 1", [])
        rows = self.bulk.fetch(
            "SELECT id, product_id FROM changes WHERE change_set_id = ? AND kind = ? AND id > ? "
            f"AND product_id IS NOT NULL AND {where} ORDER BY id LIMIT {limit}",
            (self.bulk.id(change_set_id), kind, self.bulk.id(after), *fields),
        )
        return [(self.bulk.id_of(row[0]), self.bulk.id_of(row[1])) for row in rows]

    def ids_after(self, after: bytes, limit: int) -> list[bytes]:
        """Products by id, those after this one."""
        rows = self.bulk.fetch(
            f"SELECT id FROM products WHERE id > ? ORDER BY id LIMIT {limit}", (self.bulk.id(after),)
        )
        return [self.bulk.id_of(row[0]) for row in rows]

    def clear_index(self, session: Session) -> None:
        """Empty the whole search index."""
        search.clear_index(session.connection())

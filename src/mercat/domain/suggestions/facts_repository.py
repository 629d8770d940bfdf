"""What advisers need to know, read from the rooms below in sets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from mercat.core.database.bulk import CHUNK, Bulk, chunks
from mercat.core.money import number_in

_PAGE = 5_000


@dataclass(frozen=True)
class VariantFacts:
    """A variant with what bears on its price."""

    variant_id: UUID
    product_id: UUID
    sku: str
    name: str
    category_id: UUID | None
    price: Decimal
    cost: Decimal | None
    currency: str | None
    floor: Decimal | None
    ceiling: Decimal | None
    # What suppliers say that there is of it, together; None where none says.
    stock: int | None = None


@dataclass(frozen=True)
class ListingFacts:
    """A watched listing, as it was seen last."""

    listing_id: UUID
    asin: str
    product_id: UUID | None
    currency: str
    buybox_price: Decimal | None
    price: Decimal | None
    in_stock: bool | None
    sales_rank: int | None
    title: str | None
    marketplace: str
    price_threshold: Decimal | None
    rank_threshold: Decimal | None


class FactsRepository:
    """Reads only."""

    def __init__(self, bulk: Bulk) -> None:
        self.bulk = bulk

    def thin(self, below_pct: Decimal) -> Iterator[VariantFacts]:
        """Variants of live products whose margin is below so many percent, in the order of their ids."""
        # In hundredths of a percent: whole numbers, so that SQLite compares exactly too.
        hundredths = int(below_pct * 100)
        after = self.bulk.id(bytes(16))
        while True:
            rows = self.bulk.fetch(
                f"{self._variants()} WHERE v.id > ? AND p.status <> 'archived' AND v.price > 0 AND v.cost_price IS NOT NULL "
                f"AND (v.price - v.cost_price) * 10000 < v.price * ? ORDER BY v.id LIMIT {_PAGE}",
                [after, hundredths],
            )
            yield from map(self._variant, rows)
            if len(rows) < _PAGE:
                return
            after = rows[-1][0] if self.bulk.is_postgres else self.bulk.id(self.bulk.id_of(rows[-1][0]))

    def variants(self, ids: Collection[UUID]) -> list[VariantFacts]:
        """These, with a price."""
        return self._among("v.id", ids)

    def variants_of(self, product_ids: Collection[UUID]) -> list[VariantFacts]:
        """The variants of these products that have a price."""
        return self._among("v.product_id", product_ids)

    def by_sku(self, skus: Collection[str]) -> list[VariantFacts]:
        """The variants of these SKUs that have a price."""
        found = []
        for some in chunks(skus, CHUNK):
            where, values = self.bulk.among("v.sku", some)
            rows = self.bulk.fetch(f"{self._variants()} WHERE {where} AND v.price > 0 ORDER BY v.id", values)
            found += [self._variant(row) for row in rows]
        return found

    def descriptions(self, product_ids: Collection[UUID]) -> dict[UUID, str | None]:
        """Products' descriptions, as they are."""
        found: dict[UUID, str | None] = {}
        for some in chunks(product_ids, CHUNK):
            where, values = self.bulk.among("p.id", [each.bytes for each in some], ids=True)
            rows = self.bulk.fetch(f"SELECT p.id, p.description FROM products p WHERE {where}", values)
            found |= {UUID(bytes=self.bulk.id_of(row[0])): row[1] for row in rows}
        return found

    def listings(self, ids: Collection[UUID]) -> list[ListingFacts]:
        """Watched listings by id."""
        found = []
        for some in chunks(ids, CHUNK):
            where, values = self.bulk.among("m.id", [each.bytes for each in some], ids=True)
            found += [self._listing(row) for row in self.bulk.fetch(f"{_LISTINGS} WHERE {where} ORDER BY m.id", values)]
        return found

    def listings_of(self, product_id: UUID) -> list[ListingFacts]:
        """Our own listings of a product."""
        rows = self.bulk.fetch(f"{_LISTINGS} WHERE m.product_id = ? ORDER BY m.id", [self.bulk.id(product_id.bytes)])
        return [self._listing(row) for row in rows]

    def rivals(self, product_id: UUID) -> list[ListingFacts]:
        """What competes with a product."""
        sql = f"{_LISTINGS} JOIN competitor_links c ON c.market_product_id = m.id WHERE c.product_id = ? ORDER BY m.id"
        return [self._listing(row) for row in self.bulk.fetch(sql, [self.bulk.id(product_id.bytes)])]

    def rivalled(self, listing_id: UUID) -> list[UUID]:
        """The products of ours that a listing competes with."""
        sql = "SELECT c.product_id FROM competitor_links c WHERE c.market_product_id = ? ORDER BY c.product_id"
        return [UUID(bytes=self.bulk.id_of(row[0])) for row in self.bulk.fetch(sql, [self.bulk.id(listing_id.bytes)])]

    def held(self, product_ids: Collection[UUID]) -> dict[UUID, list[tuple[UUID, str, str | None]]]:
        """Product → (set, field, new value) of held sets that would change what prices are made of."""
        found: dict[UUID, list[tuple[UUID, str, str | None]]] = {}
        text = self.bulk.json_text("c.new_value")
        for some in chunks(product_ids, CHUNK):
            where, values = self.bulk.among("c.product_id", [each.bytes for each in some], ids=True)
            rows = self.bulk.fetch(
                f"SELECT c.product_id, c.change_set_id, c.field, {text} FROM changes c JOIN change_sets s ON "
                f"s.id = c.change_set_id WHERE {where} AND s.status = 'held' AND c.field IN ('price', 'cost_price') "
                "ORDER BY c.id",
                values,
            )
            for product, change_set, field, value in rows:
                key = UUID(bytes=self.bulk.id_of(product))
                found.setdefault(key, []).append((UUID(bytes=self.bulk.id_of(change_set)), field, value))
        return found

    def long_names(self, limit: int, *, most: int) -> list[tuple[UUID, str, str]]:
        """(product, the first SKU, name) of live products whose name is longer than that."""
        rows = self.bulk.fetch(
            "SELECT p.id, v.sku, p.name FROM products p JOIN product_variants v ON v.product_id = p.id AND v.position = "
            "(SELECT MIN(w.position) FROM product_variants w WHERE w.product_id = p.id) "
            f"WHERE p.status = 'active' AND {self._length}(p.name) > ? ORDER BY p.id LIMIT {most}",
            [limit],
        )
        return [(UUID(bytes=self.bulk.id_of(row[0])), row[1], row[2]) for row in rows]

    def without_images(self, *, most: int) -> list[tuple[UUID, str, str]]:
        """(product, the first SKU, name) of active products that have no picture."""
        rows = self.bulk.fetch(
            "SELECT p.id, v.sku, p.name FROM products p JOIN product_variants v ON v.product_id = p.id AND v.position = "
            "(SELECT MIN(w.position) FROM product_variants w WHERE w.product_id = p.id) "
            "WHERE p.status = 'active' AND NOT EXISTS (SELECT 1 FROM product_images i WHERE i.product_id = p.id) "
            f"ORDER BY p.id LIMIT {most}"
        )
        return [(UUID(bytes=self.bulk.id_of(row[0])), row[1], row[2]) for row in rows]

    def noisy(self, since: dt.datetime, least: int) -> list[tuple[str, str, int, UUID]]:
        """(kind, watched listing, how often, the last alert) of what raised at least so many alerts since then."""
        rows = self.bulk.fetch(
            "SELECT a.alert_type, a.subject_id, COUNT(*), MAX(a.opened_at) FROM alerts a WHERE a.opened_at >= ? "
            "AND a.subject_type = 'market_product' AND a.alert_type IN ('price_change', 'rank_dropped', 'rank_improved') "
            "GROUP BY a.alert_type, a.subject_id HAVING COUNT(*) >= ? ORDER BY a.subject_id, a.alert_type",
            [self.bulk.time(since), least],
        )
        return [(row[0], row[1], int(row[2]), self._last_alert(row[0], row[1])) for row in rows]

    def _last_alert(self, kind: str, subject: str) -> UUID:
        sql = "SELECT a.id FROM alerts a WHERE a.alert_type = ? AND a.subject_id = ? ORDER BY a.opened_at DESC, a.id DESC LIMIT 1"
        return UUID(bytes=self.bulk.id_of(self.bulk.fetch(sql, [kind, subject])[0][0]))

    @property
    def _length(self) -> str:
        return "LENGTH" if self.bulk.is_sqlite else "CHAR_LENGTH"

    def _variants(self) -> str:
        key = self.bulk.name("key")
        joined = " ".join(
            f"LEFT JOIN product_metafields {name} ON {name}.product_id = p.id AND {name}.namespace = 'pricing' "
            f"AND {name}.{key} = '{name}'"
            for name in ("floor_price", "ceiling_price")
        )
        return (
            "SELECT v.id, p.id, v.sku, p.name, p.category_id, v.price, v.cost_price, v.currency, floor_price.value, "
            "ceiling_price.value, (SELECT SUM(o.quantity_available) FROM supplier_offers o WHERE o.variant_id = v.id "
            f"AND o.discontinued_at IS NULL) FROM product_variants v JOIN products p ON p.id = v.product_id {joined}"
        )

    def _among(self, column: str, ids: Collection[UUID]) -> list[VariantFacts]:
        found = []
        for some in chunks(ids, CHUNK):
            where, values = self.bulk.among(column, [each.bytes for each in some], ids=True)
            rows = self.bulk.fetch(f"{self._variants()} WHERE {where} AND v.price > 0 ORDER BY v.id", values)
            found += [self._variant(row) for row in rows]
        return found

    def _variant(self, row: Sequence[Any]) -> VariantFacts:
        bulk = self.bulk
        return VariantFacts(
            UUID(bytes=bulk.id_of(row[0])), UUID(bytes=bulk.id_of(row[1])), row[2], row[3] or row[2],
            None if row[4] is None else UUID(bytes=bulk.id_of(row[4])), self._amount(row[5]) or Decimal(0),
            self._amount(row[6]), row[7], number_in(row[8]), number_in(row[9]),
            None if row[10] is None else int(row[10]),
        )  # fmt: skip

    def _listing(self, row: Sequence[Any]) -> ListingFacts:
        bulk = self.bulk
        return ListingFacts(
            UUID(bytes=bulk.id_of(row[0])), row[1], None if row[2] is None else UUID(bytes=bulk.id_of(row[2])), row[3],
            self._amount(row[4]), self._amount(row[5]), None if row[6] is None else bool(row[6]), row[7], row[8], row[9],
            self._amount(row[10]), self._amount(row[11]),
        )  # fmt: skip

    def _amount(self, value: Any) -> Decimal | None:
        text = self.bulk.amount_of(value)
        return None if text is None else Decimal(text)


_LISTINGS = (
    "SELECT m.id, m.asin, m.product_id, m.currency, m.buybox_price, m.price, m.in_stock, m.sales_rank, m.title, "
    "m.marketplace, m.price_change_threshold, m.rank_change_threshold FROM market_products m"
)

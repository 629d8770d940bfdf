"""Lists of products as rows: a fixed number of queries, no objects. What is filtered and counted is read from indexes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from mercat.core.database.bulk import Bulk
from mercat.domain.catalog import metafields
from mercat.domain.catalog.choosing_repository import Chosen
from mercat.domain.catalog.tree import ancestry, join_path

# From so many hits on, walking along the ids finds a page sooner than sorting the hits.
_MANY = 2_000
_ORDERS = {
    "created_at": "p.id",
    "updated_at": "p.updated_at",
    "name": "p.name",
    "handle": "p.handle",
    "price": "(SELECT MIN(s.price) FROM product_variants s WHERE s.product_id = p.id)",
}
SORTS = (*_ORDERS, *(f"-{name}" for name in _ORDERS))
_ROW = (
    "SELECT p.id, p.handle, p.name, p.brand, p.status, p.updated_at, c.path, v.sku, v.barcode, v.price, v.currency, "
    "(SELECT COUNT(*) FROM product_variants n WHERE n.product_id = p.id)"
)
_BESIDE = (
    "LEFT JOIN categories c ON c.id = p.category_id LEFT JOIN product_variants v ON v.id = "
    "(SELECT w.id FROM product_variants w WHERE w.product_id = p.id ORDER BY w.position, w.id LIMIT 1)"
)


class ListedProduct(msgspec.Struct):
    """A product in a list. Code and price are the first variant's; ``variants`` counts them; the price is decimal text.

    ``stock`` is what suppliers offer of it, in pieces: the suppliers' room adds it (``add_stock``).
    """

    id: str
    handle: str
    name: str
    brand: str | None
    status: str
    category: str | None
    sku: str | None
    barcode: str | None
    price: str | None
    currency: str | None
    variants: int
    updated_at: str
    metafields: dict[str, Any] = {}
    stock: int | None = None


@dataclass(frozen=True)
class Narrowing:
    """Which products: of a brand as it is spelled, in the subtree of a category's path, and so on.

    Prices are decimal text; one variant in the range is enough.
    """

    brand: str | None = None
    category_path: str | None = None
    statuses: Sequence[str] = ()
    handles: Sequence[str] = ()
    skus: Sequence[str] = ()
    barcodes: Sequence[str] = ()
    price_min: str | None = None
    price_max: str | None = None
    updated_min: dt.datetime | None = None
    updated_max: dt.datetime | None = None
    chosen: Chosen | None = None

    def __bool__(self) -> bool:
        return self != Narrowing()


class BrowseRepository:
    """Reads lists."""

    def __init__(self, bulk: Bulk) -> None:
        self.bulk = bulk

    def count(self, narrowing: Narrowing) -> int:
        """How many products fit."""
        where, parameters = self._where(narrowing)
        # Of a whole table SQLite counts the pages of an index, and with any condition every one of its rows.
        condition = f" WHERE {where}" if narrowing else ""
        return int(self.bulk.fetch(f"SELECT COUNT(*) FROM products p{condition}", parameters)[0][0])

    def page(
        self,
        narrowing: Narrowing,
        wanted: Sequence[str] = (),
        *,
        total: int,
        limit: int,
        offset: int,
        sort: str | None = None,
    ) -> list[ListedProduct]:
        """One page of those that fit: by ``sort``, one of ``SORTS``, else as they were arranged by hand, else oldest first.

        ``total`` is what ``count`` said; ``wanted`` are metafields (``namespace.key``).
        """
        where, parameters = self._where(narrowing, walks=total > _MANY)
        order, places = "p.id", tuple[Any, ...]()
        if sort is not None:
            way = "DESC" if sort.startswith("-") else "ASC"
            order = f"{_ORDERS[sort.removeprefix('-')]} {way}, p.id {way}"
        elif narrowing.chosen is not None and narrowing.chosen.order is not None:
            order, places = f"{narrowing.chosen.order}, p.id", narrowing.chosen.order_parameters
        # What is shown is looked up for the page alone, however far in it lies; the order has to be said for both.
        ids = f"SELECT p.id FROM products p WHERE {where} ORDER BY {order} LIMIT {limit} OFFSET {offset}"
        rows = self.bulk.fetch(
            f"{_ROW} FROM ({ids}) page JOIN products p ON p.id = page.id {_BESIDE} ORDER BY {self.bulk.filtering(order)}",
            [*parameters, *places, *places],
        )
        return self._listed(rows, wanted)

    def after(self, narrowing: Narrowing, cursor: bytes, *, limit: int) -> list[bytes]:
        """Those that fit and were made after the one of this id, oldest first."""
        where, parameters = self._where(narrowing, walks=True)
        rows = self.bulk.fetch(
            f"SELECT p.id FROM products p WHERE p.id > ? AND {where} ORDER BY p.id LIMIT {limit}",
            [self.bulk.id(cursor), *parameters],
        )
        return [self.bulk.id_of(row[0]) for row in rows]

    def fitting(self, ids: Sequence[bytes], narrowing: Narrowing) -> list[bytes]:
        """Those of the ids that fit, in the order given."""
        among, values = self.bulk.among("p.id", ids, ids=True)
        where, parameters = self._where(narrowing, walks=True)
        rows = self.bulk.fetch(f"SELECT p.id FROM products p WHERE {among} AND {where}", [*values, *parameters])
        found = {self.bulk.id_of(row[0]) for row in rows}
        return [each for each in ids if each in found]

    def rows(self, ids: Sequence[bytes], wanted: Sequence[str] = ()) -> list[ListedProduct]:
        """These products in this order, with the metafields (``namespace.key``) that are wanted of them."""
        if not ids:
            return []
        where, parameters = self.bulk.among("p.id", ids, ids=True)
        rows = self.bulk.fetch(f"{_ROW} FROM products p {_BESIDE} WHERE {where}", parameters)
        found = {self.bulk.id_of(row[0]): row for row in rows}
        return self._listed([found[each] for each in ids if each in found], wanted)

    def _listed(self, rows: Sequence[Sequence[Any]], wanted: Sequence[str]) -> list[ListedProduct]:
        names = self._category_names({row[6] for row in rows if row[6] is not None})
        values = self._metafields([self.bulk.id_of(row[0]) for row in rows], wanted) if wanted and rows else {}
        listed = []
        for row in rows:
            product_id, handle, name, brand, status, updated_at, path, sku, barcode, price, currency, variants = row
            product = ListedProduct(
                self.bulk.id_text(product_id),
                handle,
                name,
                brand,
                status,
                names.get(path),
                sku,
                barcode,
                self.bulk.amount_of(price),
                currency,
                variants,
                self.bulk.time_of(updated_at),
                values.get(self.bulk.id_of(product_id), {}) if values else {},
            )
            listed.append(product)
        return listed

    def _where(self, narrowing: Narrowing, *, walks: bool = False) -> tuple[str, list[Any]]:
        """``walks``: the ids are gone along in their order, and what narrows only passes them over."""
        name = self.bulk.filtering if walks else str
        parts, parameters = ["1 = 1"], []
        if narrowing.brand is not None:
            parts.append(f"{name('p.brand')} = ?")
            parameters.append(narrowing.brand)
        if narrowing.category_path is not None:
            beginning, values = self.bulk.beginning("path", narrowing.category_path)
            parts.append(f"{name('p.category_id')} IN (SELECT id FROM categories WHERE {beginning})")
            parameters.extend(values)
        if narrowing.statuses:
            among, values = self.bulk.among(name("p.status"), list(narrowing.statuses))
            parts.append(among)
            parameters.extend(values)
        for condition, values in self._further(narrowing):
            parts.append(condition)
            parameters.extend(values)
        return " AND ".join(parts), parameters

    def _further(self, narrowing: Narrowing) -> Iterator[tuple[str, list[Any]]]:
        if narrowing.chosen is not None:
            yield narrowing.chosen.where, list(narrowing.chosen.parameters)
        if narrowing.handles:
            yield self.bulk.among("p.handle", list(narrowing.handles))
        for column, codes in (("sku", narrowing.skus), ("barcode", narrowing.barcodes)):
            if codes:
                among, values = self.bulk.among(column, list(codes))
                yield f"p.id IN (SELECT product_id FROM product_variants WHERE {among})", values
        prices = [("price >= ?", narrowing.price_min), ("price <= ?", narrowing.price_max)]
        bounds = [(bound, self.bulk.amount(value)) for bound, value in prices if value is not None]
        if bounds:
            within = " AND ".join(f"b.{bound}" for bound, _ in bounds)
            values = [value for _, value in bounds]
            yield f"EXISTS (SELECT 1 FROM product_variants b WHERE b.product_id = p.id AND {within})", values
        for bound, at in (("p.updated_at >= ?", narrowing.updated_min), ("p.updated_at <= ?", narrowing.updated_max)):
            if at is not None:
                yield bound, [self.bulk.time(at)]

    def _category_names(self, paths: Iterable[str]) -> dict[str, str]:
        """The path of names behind each path of codes, in one query."""
        steps = {path: ancestry(path) for path in paths}
        if not steps:
            return {}
        where, parameters = self.bulk.among("path", sorted({step for each in steps.values() for step in each}))
        names = dict(self.bulk.fetch(f"SELECT path, name FROM categories WHERE {where}", parameters))
        return {path: join_path(names[step] for step in each) for path, each in steps.items()}

    def _metafields(self, ids: Sequence[bytes], wanted: Sequence[str]) -> dict[bytes, dict[str, Any]]:
        pairs = [name.partition(".")[::2] for name in wanted]
        key = self.bulk.name("key")
        owners, parameters = self.bulk.among("product_id", ids, ids=True)
        spaces, of_spaces = self.bulk.among("namespace", sorted({namespace for namespace, _ in pairs}))
        keys, of_keys = self.bulk.among(key, sorted({name for _, name in pairs}))
        rows = self.bulk.fetch(
            f"SELECT product_id, namespace, {key}, value_type, value FROM product_metafields "
            f"WHERE {owners} AND {spaces} AND {keys}",
            [*parameters, *of_spaces, *of_keys],
        )
        found: dict[bytes, dict[str, Any]] = {}
        for product_id, namespace, name, kind, text in rows:
            if (namespace, name) in pairs:
                values = found.setdefault(self.bulk.id_of(product_id), {})
                values[f"{namespace}.{name}"] = metafields.decode(kind, text)
        return found

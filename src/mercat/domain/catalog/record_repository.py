"""Whole products, read set-wise: what plans compare with and what exports write."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import msgspec

from mercat.core.database.bulk import Bulk, chunks
from mercat.domain.catalog import metafields
from mercat.domain.catalog.fields import (
    IDENTIFIER,
    METAFIELD,
    PRODUCT_TEXTS,
    VARIANT_AMOUNTS,
    VARIANT_SWITCHES,
    VARIANT_TEXTS,
    Flat,
)

_PAGE = 500


@dataclass(slots=True)
class LoadedVariant:
    """A variant as it stands."""

    id: bytes
    sku: str
    fields: Flat


@dataclass(slots=True)
class Loaded:
    """A product as it stands, flat: every column is there, ``None`` where empty."""

    id: bytes
    handle: str
    revision: int
    category_id: bytes | None
    fields: Flat
    option_names: list[str]
    variants: list[LoadedVariant] = field(default_factory=list)

    @property
    def by_sku(self) -> dict[str, bytes]:
        """The ids of its variants by their SKUs."""
        return {each.sku: each.id for each in self.variants}

    def of(self, variant_id: bytes | None) -> Flat | None:
        """The flat fields of the product (``None``) or of one of its variants; ``None`` if that one is gone."""
        if variant_id is None:
            return self.fields
        return next((each.fields for each in self.variants if each.id == variant_id), None)


class RecordRepository:
    """Loads products with all that hangs on them (but the names of categories), in a fixed number of queries a page."""

    def __init__(self, bulk: Bulk) -> None:
        self.bulk = bulk

    def load(self, product_ids: Collection[bytes], *, lock: bool = False) -> dict[bytes, Loaded]:
        """The products by id; those that do not exist are left out. ``lock`` keeps writers out (row locks)."""
        found: dict[bytes, Loaded] = {}
        for some in chunks(sorted(set(product_ids)), _PAGE):
            self._products(some, found, lock=lock)
            owners = self._variants(some, found)
            self._identifiers(list(owners), owners)
            self._metafields(some, found)
            self._images(some, found)
        return found

    def skus(self, product_ids: Collection[bytes]) -> dict[bytes, dict[str, bytes]]:
        """The variants' ids by SKU, by product; products that do not exist are left out."""
        found: dict[bytes, dict[str, bytes]] = {}
        for some in chunks(sorted(product_ids), _PAGE):
            where, parameters = self.bulk.among("p.id", some, ids=True)
            for product_id, variant_id, sku in self.bulk.fetch(
                "SELECT p.id, v.id, v.sku FROM products p LEFT JOIN product_variants v ON v.product_id = p.id "
                f"WHERE {where}",
                parameters,
            ):
                known = found.setdefault(self.bulk.id_of(product_id), {})
                if variant_id is not None:
                    known[sku] = self.bulk.id_of(variant_id)
        return found

    def by_handle(self, *, after: str, limit: int) -> list[tuple[str, bytes, str]]:
        """(handle, id, status) in the order of handles, a page at a time."""
        rows = self.bulk.fetch(
            f"SELECT handle, id, status FROM products WHERE handle > ? ORDER BY handle LIMIT {limit}", (after,)
        )
        return [(handle, self.bulk.id_of(product_id), status) for handle, product_id, status in rows]

    def count(self, statuses: Collection[str] | None = None) -> int:
        """How many products there are."""
        where, parameters = self.bulk.among("status", sorted(statuses)) if statuses else ("1 = 1", [])
        return int(self.bulk.fetch(f"SELECT COUNT(*) FROM products WHERE {where}", parameters)[0][0])

    def metafield_names(self) -> list[str]:
        """Every ``namespace.key`` that a product holds."""
        key = self.bulk.name("key")
        rows = self.bulk.fetch(f"SELECT DISTINCT namespace, {key} FROM product_metafields")
        return sorted(f"{namespace}.{name}" for namespace, name in rows)

    def identifier_schemes(self) -> list[str]:
        """Every scheme that an identifier is of."""
        return sorted(row[0] for row in self.bulk.fetch("SELECT DISTINCT scheme FROM product_identifiers"))

    def _products(self, ids: list[bytes], found: dict[bytes, Loaded], *, lock: bool) -> None:
        where, parameters = self.bulk.among("p.id", ids, ids=True)
        texts = ", ".join(f"p.{name}" for name in PRODUCT_TEXTS)
        locking = " ORDER BY p.id FOR UPDATE" if lock and not self.bulk.is_sqlite else ""
        rows = self.bulk.fetch(
            f"SELECT p.id, p.handle, p.revision, p.category_id, p.status, {self.bulk.json_text('p.tags')}, "
            f"p.option1_name, p.option2_name, p.option3_name, {texts} FROM products p WHERE {where}{locking}",
            parameters,
        )
        for row in rows:
            fields: Flat = dict(zip(PRODUCT_TEXTS, row[9:], strict=True))
            fields["status"] = row[4]
            fields["tags"] = msgspec.json.decode(row[5])
            fields["category"] = None
            fields["images"] = []
            product_id = self.bulk.id_of(row[0])
            category_id = None if row[3] is None else self.bulk.id_of(row[3])
            names = [name for name in row[6:9] if name]
            found[product_id] = Loaded(product_id, row[1], row[2], category_id, fields, names)

    def _variants(self, ids: list[bytes], found: dict[bytes, Loaded]) -> dict[bytes, LoadedVariant]:
        where, parameters = self.bulk.among("product_id", ids, ids=True)
        columns = ", ".join((*VARIANT_TEXTS, *VARIANT_AMOUNTS, *VARIANT_SWITCHES))
        rows = self.bulk.fetch(
            f"SELECT product_id, id, sku, option1, option2, option3, {columns} FROM product_variants "
            f"WHERE {where} ORDER BY position, id",
            parameters,
        )
        first_amount = 6 + len(VARIANT_TEXTS)
        first_switch = first_amount + len(VARIANT_AMOUNTS)
        owners: dict[bytes, LoadedVariant] = {}
        for row in rows:
            product = found.get(self.bulk.id_of(row[0]))
            if product is None:
                continue
            fields: Flat = dict(zip(VARIANT_TEXTS, row[6:first_amount], strict=True))
            for name, value in zip(VARIANT_AMOUNTS, row[first_amount:first_switch], strict=True):
                fields[name] = self.bulk.amount_of(value)
            for name, value in zip(VARIANT_SWITCHES, row[first_switch:], strict=True):
                fields[name] = value if name == "inventory_policy" else bool(value)
            values = [value or "" for value in row[3:6]]
            fields["options"] = dict(zip(product.option_names, values, strict=False))
            variant = LoadedVariant(self.bulk.id_of(row[1]), row[2], fields)
            owners[variant.id] = variant
            product.variants.append(variant)
        return owners

    def _identifiers(self, ids: list[bytes], owners: dict[bytes, LoadedVariant]) -> None:
        for some in chunks(ids, _PAGE * 4):
            where, parameters = self.bulk.among("variant_id", some, ids=True)
            rows = self.bulk.fetch(
                f"SELECT variant_id, scheme, value FROM product_identifiers WHERE {where} ORDER BY scheme, value",
                parameters,
            )
            for variant_id, scheme, value in rows:
                owners[self.bulk.id_of(variant_id)].fields.setdefault(IDENTIFIER + scheme, []).append(value)

    def _metafields(self, ids: list[bytes], found: dict[bytes, Loaded]) -> None:
        where, parameters = self.bulk.among("product_id", ids, ids=True)
        key_column = self.bulk.name("key")
        rows = self.bulk.fetch(
            f"SELECT product_id, namespace, {key_column}, value_type, value FROM product_metafields "
            f"WHERE {where} ORDER BY display_order, namespace, {key_column}",
            parameters,
        )
        for product_id, namespace, key, kind, value in rows:
            fields = found[self.bulk.id_of(product_id)].fields
            fields[f"{METAFIELD}{namespace}.{key}"] = {"type": kind, "value": metafields.decode(kind, value)}

    def _images(self, ids: list[bytes], found: dict[bytes, Loaded]) -> None:
        where, parameters = self.bulk.among("product_id", ids, ids=True)
        rows = self.bulk.fetch(
            "SELECT product_id, url, alt_text, source_scheme, source_id, source_view FROM product_images "
            f"WHERE {where} ORDER BY position, id",
            parameters,
        )
        for product_id, url, alt_text, *source in rows:
            image: dict[str, Any] = {"url": url, "alt_text": alt_text}
            if source[0] is not None:
                image["source"] = source
            found[self.bulk.id_of(product_id)].fields["images"].append(image)

"""Writing products set-wise: creations from drafts, updates by column set, and what hangs on them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from mercat.core.database.bulk import CHUNK, Bulk, chunks
from mercat.core.ids import new_id_bytes
from mercat.domain.catalog import metafields
from mercat.domain.catalog.fields import (
    IDENTIFIER,
    METAFIELD,
    SWITCH_DEFAULTS,
    VARIANT_AMOUNTS,
    Flat,
)
from mercat.domain.catalog.product_columns_repository import (
    NO_TAGS,
    NewProduct,
    NewVariant,
    columns_of_products,
    columns_of_variants,
)

_METAFIELD = (
    "id",
    "product_id",
    "namespace",
    "key",
    "value",
    "value_type",
    "is_visible",
    "display_order",
    "created_at",
    "updated_at",
)
_IMAGE = (
    "id",
    "product_id",
    "url",
    "alt_text",
    "position",
    "is_featured",
    "is_active",
    "source_scheme",
    "source_id",
    "source_view",
    "created_at",
    "updated_at",
)
_IDENTIFIER = ("id", "variant_id", "scheme", "value", "created_at", "updated_at")
_encode = msgspec.json.Encoder().encode


class ProductWriter:
    """Collects rows and writes them a chunk at a time, in the transaction of its bulk."""

    def __init__(self, bulk: Bulk, now: dt.datetime) -> None:
        self.bulk = bulk
        self.at = bulk.time(now)
        self._id, self._amount = bulk.id, bulk.amount
        self._products: list[NewProduct] = []
        self._variants: list[NewVariant] = []
        self._rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)

    # -- creations ------------------------------------------------------------------------------------------------

    def product(
        self, product_id: bytes, handle: str, draft: Any, category_id: bytes | None, names: Sequence[str]
    ) -> None:
        """A new product from a draft (the texts, status and tags as attributes, ``None`` where empty)."""
        self._products.append((product_id, handle, draft, category_id, names))

    def variant(
        self, variant_id: bytes, product_id: bytes, draft: Any, position: int, names: Sequence[str] = ()
    ) -> None:
        """A new variant from a draft; switches that nobody stated get their defaults."""
        self._variants.append((variant_id, product_id, draft, position, names))
        if draft.identifiers:
            for scheme, values in draft.identifiers.items():
                self.identifiers(variant_id, scheme, values)

    def identifiers(self, variant_id: bytes, scheme: str, values: Iterable[str]) -> None:
        """Further codes of a variant."""
        owner, to_id = self._id(variant_id), self._id
        codes = sorted({value for value in values if value and len(value) <= 255})  # the column's length
        for born, value in zip(new_id_bytes(len(codes)), codes, strict=True):
            self._rows["product_identifiers"].append((to_id(born), owner, scheme[:60], value, self.at, self.at))

    def metafields(self, product_id: bytes, given: Iterable[tuple[str, str, Any]], first: int = 0) -> None:
        """Typed values: (namespace.key, type, value)."""
        owner, to_id, at = self._id(product_id), self._id, self.at
        listed = list(given)
        rows = self._rows["product_metafields"]
        for order, (born, (name, kind, value)) in enumerate(zip(new_id_bytes(len(listed)), listed, strict=True), first):
            namespace, _, key = name.partition(".")
            rows.append((to_id(born), owner, namespace, key, metafields.encode(kind, value), kind, True, order, at, at))

    def images(self, product_id: bytes, given: Sequence[Mapping[str, Any]]) -> None:
        """Pictures in their order; the first is the featured one."""
        owner, to_id, at = self._id(product_id), self._id, self.at
        for position, (born, image) in enumerate(zip(new_id_bytes(len(given)), given, strict=True), 1):
            source = image.get("source") or (None, None, None)
            self._rows["product_images"].append(
                (to_id(born), owner, image["url"], image["alt_text"], position, position == 1, True, *source, at, at)
            )

    def flush(self) -> None:
        """Write what has gathered, parents first."""
        for products in chunks(self._products, CHUNK):
            self.bulk.insert_columns("products", columns_of_products(products, self.bulk, self.at))
        for variants in chunks(self._variants, CHUNK):
            self.bulk.insert_columns("product_variants", columns_of_variants(variants, self.bulk, self.at))
        self._products, self._variants = [], []
        for table, columns in _PARTS.items():
            if rows := self._rows.pop(table, None):
                self.bulk.insert(table, columns, rows)

    def delete(self, *, products: Collection[bytes], variants: Collection[bytes]) -> None:
        """Take rows out, with all that hangs on them."""
        self.bulk.delete("products", "id", sorted(products))
        self.bulk.delete("product_variants", "id", sorted(variants))

    # -- look-ups before a creation -------------------------------------------------------------------------------

    def taken(self, column: str, table: str, values: Sequence[str]) -> set[str]:
        """Which of these SKUs or handles are in use."""
        found: set[str] = set()
        for some in chunks(values, CHUNK):
            where, parameters = self.bulk.among(column, some)
            found.update(row[0] for row in self.bulk.fetch(f"SELECT {column} FROM {table} WHERE {where}", parameters))
        return found

    # -- updates --------------------------------------------------------------------------------------------------

    def set_columns(self, table: str, changed: Mapping[bytes, Flat]) -> None:
        """New column values by row id; rows that change the same columns go in one statement."""
        groups: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
        for row_id, values in changed.items():
            columns = tuple(sorted(values))
            parameters = (self._parameter(name, values[name]) for name in columns)
            groups[columns].append((*parameters, self.at, self._id(row_id)))
        for columns, rows in groups.items():
            self.bulk.update(table, (*columns, "updated_at"), rows)

    def _parameter(self, name: str, value: Any) -> Any:
        if value is None:
            return NO_TAGS if name == "tags" else SWITCH_DEFAULTS.get(name)
        if name == "category_id":
            return self._id(value)
        if name in VARIANT_AMOUNTS:
            return self._amount(value)
        return _encode(value).decode() if name == "tags" else value

    def touch(self, product_ids: Collection[bytes]) -> None:
        """Raise the revision of changed products."""
        for some in chunks(sorted(product_ids), CHUNK):
            where, parameters = self.bulk.among("id", some, ids=True)
            self.bulk.run(
                f"UPDATE products SET revision = revision + 1, updated_at = ? WHERE {where}", (self.at, *parameters)
            )

    def replace_metafields(self, changed: Mapping[bytes, Flat]) -> None:
        """Set, or with ``None`` remove, metafields by product: {"metafields.ns.key": {type, value}}."""
        key = self.bulk.name("key")
        gone = [
            (self._id(product_id), *name.removeprefix(METAFIELD).split(".", 1))
            for product_id, values in changed.items()
            for name in values
        ]
        self.bulk.many(f"DELETE FROM product_metafields WHERE product_id = ? AND namespace = ? AND {key} = ?", gone)
        for product_id, values in changed.items():
            stays = (
                (name.removeprefix(METAFIELD), v["type"], v["value"]) for name, v in values.items() if v is not None
            )
            self.metafields(product_id, stays, first=_AFTER_THE_FIRST)
        self.flush()

    def replace_images(self, changed: Mapping[bytes, Sequence[Mapping[str, Any]]]) -> None:
        """Whole lists of pictures by product."""
        self.bulk.delete("product_images", "product_id", list(changed))
        for product_id, images in changed.items():
            self.images(product_id, images)
        self.flush()

    def replace_identifiers(self, changed: Mapping[bytes, Flat]) -> None:
        """Whole lists of codes by variant and scheme: {"identifiers.scheme": [...]}."""
        gone = [
            (self._id(variant_id), name.removeprefix(IDENTIFIER))
            for variant_id, values in changed.items()
            for name in values
        ]
        self.bulk.many("DELETE FROM product_identifiers WHERE variant_id = ? AND scheme = ?", gone)
        for variant_id, values in changed.items():
            for name, codes in values.items():
                self.identifiers(variant_id, name.removeprefix(IDENTIFIER), codes or ())
        self.flush()

    def next_positions(self, product_ids: Collection[bytes]) -> dict[bytes, int]:
        """The position that a further variant would take, by product."""
        found: dict[bytes, int] = {}
        for some in chunks(sorted(product_ids), CHUNK):
            where, parameters = self.bulk.among("product_id", some, ids=True)
            rows = self.bulk.fetch(
                f"SELECT product_id, MAX(position) FROM product_variants WHERE {where} GROUP BY product_id", parameters
            )
            found.update((self.bulk.id_of(row[0]), row[1] + 1) for row in rows)
        return found


# A value that joins later stands behind those that came with the product.
_AFTER_THE_FIRST = 10_000
_PARTS: dict[str, Sequence[str]] = {
    "product_identifiers": _IDENTIFIER,
    "product_metafields": _METAFIELD,
    "product_images": _IMAGE,
}
# Parents first.
TABLES = ("products", "product_variants", *_PARTS)

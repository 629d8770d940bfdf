"""New products and variants as the columns of their tables: many drafts at once, with the loops in C.

A draft has every field of a record as an attribute, ``None`` where nothing is stated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

import msgspec

from mercat.core.database.bulk import Bulk
from mercat.domain.catalog.fields import PRODUCT_TEXTS, VARIANT_AMOUNTS, VARIANT_TEXTS
from mercat.sdk.values import mpn_key

_OPTIONS = 3
_LONGEST_KEY = 255
_SWITCHES = ("requires_shipping", "taxable", "track_inventory")
NO_TAGS = "[]"
Column = Sequence[Any]
_encode = msgspec.json.Encoder().encode
_texts_of = attrgetter(*PRODUCT_TEXTS)
_codes_of = attrgetter(*VARIANT_TEXTS)
_amounts_of = attrgetter(*VARIANT_AMOUNTS)
_switches_of = attrgetter(*_SWITCHES)


# (id, handle, draft, id of the category, names of the options) of a product to be written. Plain: a million are made.
NewProduct = tuple[bytes, str, Any, bytes | None, Sequence[str]]
# (id, id of the product, draft, position, names of the product's options) of a variant to be written.
NewVariant = tuple[bytes, bytes, Any, int, Sequence[str]]


def columns_of_products(fresh: Sequence[NewProduct], bulk: Bulk, at: str) -> dict[str, Column]:
    """The rows of ``products``; ``at`` is when they were made, as the database takes it."""
    ids, handles, drafts, categories, names = zip(*fresh, strict=True)
    texts = dict(zip(PRODUCT_TEXTS, _filled(map(_texts_of, drafts)), strict=True))
    parts = texts["manufacturer_part_number"]
    options = _padded(names)
    return {
        "id": bulk.ids(ids),
        "handle": handles,
        **texts,
        "part_key": [mpn_key(part)[:_LONGEST_KEY] or None if part else None for part in parts],
        "status": [draft.status or "active" for draft in drafts],
        "tags": [_encode(draft.tags).decode() if draft.tags else NO_TAGS for draft in drafts],
        "category_id": bulk.ids(categories),
        **{f"option{number}_name": column for number, column in enumerate(options, 1)},
        **dict.fromkeys(("created_at", "updated_at"), (at,) * len(fresh)),
        "custom_attributes": ("{}",) * len(fresh),
        "revision": (1,) * len(fresh),
    }


def columns_of_variants(fresh: Sequence[NewVariant], bulk: Bulk, at: str) -> dict[str, Column]:
    """The rows of ``product_variants``; switches that nobody stated get their defaults."""
    ids, owners, drafts, positions, names = zip(*fresh, strict=True)
    chosen = [
        [(draft.options or {}).get(name) for name in each] if each else ()
        for draft, each in zip(drafts, names, strict=True)
    ]
    amounts = zip(VARIANT_AMOUNTS, zip(*map(_amounts_of, drafts), strict=True), strict=True)
    switches = zip(_SWITCHES, zip(*map(_switches_of, drafts), strict=True), strict=True)
    return {
        "id": bulk.ids(ids),
        "product_id": bulk.ids(owners),
        "sku": [draft.sku for draft in drafts],
        "position": positions,
        **{f"option{number}": column for number, column in enumerate(_padded(chosen), 1)},
        **dict(zip(VARIANT_TEXTS, _filled(map(_codes_of, drafts)), strict=True)),
        **{name: bulk.amounts(column) for name, column in amounts},
        **{name: [value is not False for value in column] for name, column in switches},
        "inventory_policy": [draft.inventory_policy or "deny" for draft in drafts],
        **dict.fromkeys(("created_at", "updated_at"), (at,) * len(fresh)),
    }


def _filled(rows: Iterable[Sequence[Any]]) -> list[Column]:
    """Columns of texts in which an empty one is ``None``."""
    return [[text or None for text in column] for column in zip(*rows, strict=True)]


def _padded(rows: Sequence[Sequence[Any]]) -> list[Column]:
    """Three columns, whatever the rows have."""
    if not any(rows):
        return [(None,) * len(rows)] * _OPTIONS
    return list(zip(*((*row, *(None,) * _OPTIONS)[:_OPTIONS] for row in rows), strict=True))

"""The targets that a column can be mapped to: one vocabulary for profiles, headings and the conversion."""

from __future__ import annotations

import re

LINES = ("handle", "name", "brand", "manufacturer", "manufacturer_part_number", "product_type", "seo_title")
TEXTS = ("short_description", "seo_description")
MONEY = {"price": "price", "compare_at_price": "compare_at_price"}
COUNTS = {
    "quantity": "quantity_available",
    "minimum_order_quantity": "minimum_order_quantity",
    "pack_size": "pack_size",
    "lead_time_days": "lead_time_days",
}
LENGTHS = ("length", "width", "height")
FLAGS = ("requires_shipping", "taxable", "track_inventory")
# Never filled from a default or a constant: a price or a stock that nobody stated would be sold.
NEVER_DEFAULTED = frozenset({*MONEY, "cost", "quantity"})

NAMED = frozenset(
    {
        *LINES,
        *TEXTS,
        *MONEY,
        *COUNTS,
        *LENGTHS,
        *FLAGS,
        "description",
        "cost",
        "currency",
        "sku",
        "barcode",
        "weight",
        "weight_unit",
        "dimension_unit",
        "category",
        "tags",
        "status",
        "image_url",
        "image_alt",
        "inventory_policy",
        "hs_code",
        "country_of_origin",
        "group",
        "ignore",
    }
)
_PATTERNED = re.compile(
    r"category\.[1-9]|option[123]_(?:name|value)|option:.+|identifier:[a-z0-9_.-]+|metafield:(?P<namespace>[^.]+)\.(?P<key>.+)"
)
_NAMESPACE = re.compile(r"[A-Za-z0-9_-]{3,255}")
_KEY = re.compile(r"[A-Za-z0-9_-]{2,64}")

_SCALARS = (
    "boolean color date date_time dimension json link money multi_line_text_field number_decimal number_integer rating "
    "rich_text_field single_line_text_field url volume weight id file_reference product_reference variant_reference "
    "collection_reference metaobject_reference mixed_reference page_reference"
).split()
# https://shopify.dev/docs/apps/build/metafields/list-of-data-types; lists exist of all but these.
_NO_LIST = {"boolean", "json", "money", "multi_line_text_field", "rich_text_field", "id"}
METAFIELD_TYPES = frozenset([*_SCALARS, *(f"list.{name}" for name in _SCALARS if name not in _NO_LIST)])


def metafield_type(name: str) -> str | None:
    """Shopify's name of a metafield type; the short spellings ``text`` and ``list.single_line_text`` are understood."""
    name = name.strip().lower()
    head, _, tail = name.rpartition("list.")
    tail = {"text": "single_line_text_field", "string": "single_line_text_field", "integer": "number_integer"}.get(
        tail, tail
    )
    for full in (tail, f"{tail}_field", f"number_{tail}"):
        if f"{'list.' if name.startswith('list.') else head}{full}" in METAFIELD_TYPES:
            return f"{'list.' if name.startswith('list.') else head}{full}"
    return None


def why_not_a_target(name: str) -> str | None:
    """``None`` for a good target, else what is wrong with it, in words for people."""
    if name in NAMED:
        return None
    patterned = _PATTERNED.fullmatch(name)
    if patterned is None:
        return f"{name!r} is no field; see the list in the connector's README"
    if patterned["key"] is not None:
        if not _NAMESPACE.fullmatch(patterned["namespace"]):
            return f"{name!r}: a metafield's namespace is 3 to 255 letters, digits, '_' or '-'"
        if not _KEY.fullmatch(patterned["key"]):
            return f"{name!r}: a metafield's key is 2 to 64 letters, digits, '_' or '-'"
    return None

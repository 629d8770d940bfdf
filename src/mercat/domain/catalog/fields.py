"""The fields of a product as change sets name them, and a record laid flat into them.

Product fields: the columns of ``products`` by their names, ``category`` (path of names), ``tags``, ``images``,
``metafields.<namespace>.<key>``. Variant fields: the columns of ``product_variants``, ``options``,
``identifiers.<scheme>``. Amounts are canonical decimal text, so that equal amounts are equal values.
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from mercat.core.errors import Invalid
from mercat.core.money import exact, is_canonical, plain
from mercat.sdk.records import ImageRecord, Metafield, ProductRecord, VariantRecord

Flat = dict[str, Any]

PRODUCT_TEXTS = {
    "name": 1000,
    "description": None,
    "short_description": None,
    "brand": 255,
    "manufacturer": 255,
    "manufacturer_part_number": 255,
    "product_type": 255,
    "seo_title": 1000,
    "seo_description": None,
}
PRODUCT_FIELDS = (*PRODUCT_TEXTS, "status", "category", "tags", "images")
VARIANT_AMOUNTS = ("price", "compare_at_price", "cost_price", "weight", "length", "width", "height")
MONEY = ("price", "compare_at_price", "cost_price")
VARIANT_TEXTS = ("barcode", "currency", "weight_unit", "dimension_unit", "hs_code", "country_of_origin")
VARIANT_LENGTHS = {"hs_code": 20, "country_of_origin": 100, "dimension_unit": 5, "weight_unit": 5}
VARIANT_SWITCHES = ("requires_shipping", "taxable", "track_inventory", "inventory_policy")
VARIANT_FIELDS = (*VARIANT_TEXTS, *VARIANT_AMOUNTS, *VARIANT_SWITCHES, "options")
# The fields that are one column each.
PRODUCT_COLUMNS = (*PRODUCT_TEXTS, "status", "tags")
VARIANT_COLUMNS = (*VARIANT_TEXTS, *VARIANT_AMOUNTS, *VARIANT_SWITCHES)
STATEMENT = "statement"
OFFER = "offer"
METAFIELD = "metafields."
IDENTIFIER = "identifiers."
# What a new variant is unless somebody says otherwise.
SWITCH_DEFAULTS = {"requires_shipping": True, "taxable": True, "track_inventory": True, "inventory_policy": "deny"}


def amount(text: str) -> str:
    """An amount as it will come back from storage: four places, canonical. Raises ``Invalid``."""
    if is_canonical(text):
        return text
    value = plain(exact(text))
    if value is None:
        raise Invalid(text)
    return value


def is_currency(code: str) -> bool:
    """Whether a text has the form of an ISO 4217 code."""
    return len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()


def flatten(record: ProductRecord) -> tuple[Flat, list[Flat]]:
    """The stated fields of the product and of each variant; what is not stated is not in them. Empty text is ``None``."""
    product: Flat = {}
    for name in PRODUCT_TEXTS:
        value = getattr(record, name)
        if value is not UNSET:
            product[name] = value or None
    for name in ("status", "category", "tags"):
        value = getattr(record, name)
        if value is not UNSET:
            product[name] = value
    if record.images is not UNSET:
        product["images"] = images(record.images)
    if record.metafields is not UNSET:
        for key, metafield in record.metafields.items():
            is_empty = metafield.value is None
            product[METAFIELD + key] = None if is_empty else {"type": metafield.type, "value": metafield.value}
    return product, [flatten_variant(variant) for variant in record.variants]


def flatten_variant(variant: VariantRecord) -> Flat:
    """The stated fields of one variant; its ``sku`` is its identity and not among them."""
    flat: Flat = {}
    for name in VARIANT_TEXTS:
        value = getattr(variant, name)
        if value is not UNSET:
            flat[name] = value or None
    for name in VARIANT_AMOUNTS:
        value = getattr(variant, name)
        if value is not UNSET:
            flat[name] = amount(value) if value else None
    for name in VARIANT_SWITCHES:
        value = getattr(variant, name)
        if value is not UNSET:
            flat[name] = value
    if variant.options is not UNSET:
        flat["options"] = variant.options
    if variant.identifiers is not UNSET:
        for scheme, values in variant.identifiers.items():
            flat[IDENTIFIER + scheme] = sorted(set(values))
    return flat


def images(given: list[ImageRecord]) -> list[dict[str, Any]]:
    """Pictures in their order, each address once."""
    shown: dict[str, dict[str, Any]] = {}
    for image in sorted(given, key=lambda each: each.position or 1_000_000):
        source = {"source": list(image.source)} if image.source else {}
        shown.setdefault(image.url, {"url": image.url, "alt_text": image.alt_text or None, **source})
    return list(shown.values())


def to_record(handle: str, product: Flat, variants: list[tuple[str, Flat]]) -> ProductRecord:
    """The way back: a whole record from flat fields; empty fields become ``None``."""
    metafields = {
        name.removeprefix(METAFIELD): Metafield(value["type"], value["value"])
        for name, value in product.items()
        if name.startswith(METAFIELD) and value is not None
    }
    pictures = [
        ImageRecord(
            url=image["url"],
            alt_text=image["alt_text"],
            position=position,
            source=tuple(image["source"]) if "source" in image else None,
        )
        for position, image in enumerate(product.get("images") or (), 1)
    ]
    texts: dict[str, Any] = {name: product.get(name) for name in PRODUCT_TEXTS}
    return ProductRecord(
        handle=handle,
        **texts,
        status=product.get("status") or UNSET,
        category=product.get("category"),
        tags=product.get("tags") or [],
        metafields=metafields,
        images=pictures,
        variants=[_to_variant(sku, flat) for sku, flat in variants],
    )


def _to_variant(sku: str, flat: Flat) -> VariantRecord:
    identifiers = {name.removeprefix(IDENTIFIER): codes for name, codes in flat.items() if name.startswith(IDENTIFIER)}
    columns: dict[str, Any] = {name: flat.get(name) for name in (*VARIANT_TEXTS, *VARIANT_AMOUNTS)}
    columns |= {name: flat.get(name, default) for name, default in SWITCH_DEFAULTS.items()}
    return VariantRecord(
        sku=sku,
        **columns,
        options=flat.get("options") or {},
        identifiers={scheme: codes for scheme, codes in identifiers.items() if codes},
    )

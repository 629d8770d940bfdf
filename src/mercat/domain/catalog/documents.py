"""What a product looks like in our JSON Lines: one document a line, the same bytes for the same product. Pure."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET

from mercat.domain.catalog.fields import SWITCH_DEFAULTS
from mercat.sdk.records import ImageRecord, ProductRecord, VariantRecord

_PRODUCT = (
    "handle",
    "name",
    "description",
    "brand",
    "manufacturer",
    "manufacturer_part_number",
    "product_type",
    "tags",
    "status",
    "category",
)
_VARIANT = ("sku", "barcode", "price", "compare_at_price", "cost_price", "currency", "weight", "weight_unit")
# Stated only where they say something, so that nothing is lost and most documents stay short.
_FURTHER = ("short_description", "seo_title", "seo_description")
_FURTHER_OF_VARIANT = ("length", "width", "height", "dimension_unit", "hs_code", "country_of_origin")
_encode = msgspec.json.Encoder(decimal_format="number").encode


def to_json(value: Any) -> bytes:
    """Plain values as JSON. Decimals stand only in values of the type json, where they are numbers: others are text."""
    return _encode(value)


def line_of(record: ProductRecord) -> bytes:
    """A whole record (nothing unset but the status) as one line of JSON, with its line end."""
    return to_json(document_of(record)) + b"\n"


def document_of(record: ProductRecord) -> dict[str, Any]:
    """A whole record as plain values. What is empty is ``None``; metafields and identifiers stand in order of name."""
    document = {name: _value(getattr(record, name)) for name in _PRODUCT}
    document.update(_stated(record, _FURTHER))
    metafields = record.metafields or {}
    document["metafields"] = {
        key: {"type": metafields[key].type, "value": metafields[key].value} for key in sorted(metafields)
    }
    document["images"] = [_image(each) for each in record.images or ()]
    document["variants"] = [_variant(each) for each in record.variants]
    return document


def _value(value: Any) -> Any:
    return None if value is UNSET else value


def _stated(record: ProductRecord | VariantRecord, names: tuple[str, ...]) -> dict[str, Any]:
    values = ((name, getattr(record, name)) for name in names)
    return {name: value for name, value in values if value is not UNSET and value is not None}


def _image(image: ImageRecord) -> dict[str, Any]:
    shown: dict[str, Any] = {"url": image.url, "alt_text": image.alt_text, "position": image.position}
    if image.source is not None:
        shown["source"] = image.source
    return shown


def _variant(variant: VariantRecord) -> dict[str, Any]:
    document = {name: _value(getattr(variant, name)) for name in _VARIANT}
    document.update(_stated(variant, _FURTHER_OF_VARIANT))
    switches = ((name, getattr(variant, name), default) for name, default in SWITCH_DEFAULTS.items())
    document.update({name: value for name, value, default in switches if value is not UNSET and value != default})
    document["options"] = variant.options or {}
    codes = variant.identifiers or {}
    document["identifiers"] = {scheme: sorted(codes[scheme]) for scheme in sorted(codes)}
    return document

"""What a metafield's type demands of its value (shopify.dev, "Metafield data types")."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

Check = Callable[[str], str | None]
LONGEST_LIST = 128
_GID = re.compile(r"gid://shopify/(\w+)/\d+")
_WHOLE = re.compile(r"-?\d{1,16}")
_DECIMAL = re.compile(r"-?\d{1,13}(\.\d{1,9})?")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
REFERENCES = MappingProxyType(
    {
        "product_reference": "Product",
        "variant_reference": "ProductVariant",
        "collection_reference": "Collection",
        "file_reference": "",
        "page_reference": "Page",
        "metaobject_reference": "Metaobject",
        "product_taxonomy_value_reference": "TaxonomyValue",
    }
)


def _line(value: str) -> str | None:
    return "Value can't contain line breaks" if "\n" in value or "\r" in value else None


def _pattern(pattern: re.Pattern[str], message: str) -> Check:
    return lambda value: None if pattern.fullmatch(value) else message


def _read(reader: Callable[[str], Any], message: str) -> Check:
    def check(value: str) -> str | None:
        try:
            reader(value)
        except (ValueError, InvalidOperation):
            return message
        return None

    return check


def _url(value: str) -> str | None:
    parts = urlsplit(value)
    good = parts.scheme in {"http", "https", "mailto", "sms", "tel"} and bool(parts.netloc or parts.path)
    return None if good else "Value must be a URL with one of: http, https, mailto, sms, tel"


def _quantity(*units: str) -> Check:
    def check(value: str) -> str | None:
        read = _object(value)
        if read is None or set(read) != {"value", "unit"}:
            return "Value must be JSON with value and unit"
        try:
            Decimal(str(read["value"]))
        except InvalidOperation:
            return "Value must have a number as value"
        if str(read["unit"]).lower() not in units:
            return f"Value must have one of these units: {', '.join(units)}"
        return None

    return check


def _money(value: str) -> str | None:
    read = _object(value)
    good = read is not None and set(read) == {"amount", "currency_code"} and _DECIMAL.fullmatch(str(read["amount"]))
    return None if good else "Value must be JSON with amount and currency_code"


def _rating(value: str) -> str | None:
    read = _object(value)
    names = {"value", "scale_min", "scale_max"}
    return None if read is not None and set(read) == names else "Value must be JSON with value, scale_min and scale_max"


def _object(value: str) -> dict[str, Any] | None:
    try:
        read = json.loads(value)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def _reference(kind: str) -> Check:
    def check(value: str) -> str | None:
        match = _GID.fullmatch(value)
        good = match is not None and kind in {"", match[1]}
        return None if good else f"Value must be a valid {kind or 'file'} reference"

    return check


_CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "single_line_text_field": _line,
        "multi_line_text_field": lambda _: None,
        "rich_text_field": lambda value: None if _object(value) else "Value must be rich text JSON",
        "json": _read(json.loads, "Value is invalid JSON"),
        "number_integer": _pattern(_WHOLE, "Value must be an integer"),
        "number_decimal": _pattern(_DECIMAL, "Value must be a decimal"),
        "boolean": lambda value: None if value in {"true", "false"} else "Value must be true or false",
        "date": _read(date.fromisoformat, "Value must be in YYYY-MM-DD format"),
        "date_time": _read(datetime.fromisoformat, "Value must be in YYYY-MM-DDTHH:MM:SS format"),
        "url": _url,
        "color": _pattern(_COLOR, "Value must be a color like #fff123"),
        "id": _line,
        "money": _money,
        "rating": _rating,
        "link": lambda value: None if _object(value) else "Value must be JSON with text and url",
        "language": _line,
        "weight": _quantity("kg", "g", "lb", "oz", "kilograms", "grams", "pounds", "ounces"),
        "dimension": _quantity("in", "ft", "yd", "mm", "cm", "m"),
        "volume": _quantity("ml", "cl", "l", "m3", "us_fl_oz", "us_pt", "us_qt", "us_gal", "imp_fl_oz", "imp_gal"),
        **{name: _reference(kind) for name, kind in REFERENCES.items()},
    }
)
TYPES = frozenset(_CHECKS) | {
    f"list.{name}"
    for name in _CHECKS
    if name not in {"json", "boolean", "multi_line_text_field", "rich_text_field", "money", "id", "language"}
}


def wrong(type_: str, value: str) -> str | None:
    """Why a value is none of its type, or nothing."""
    if not value:
        return "may not be empty"
    if not type_.startswith("list."):
        return _CHECKS[type_](value)
    try:
        entries = json.loads(value)
    except ValueError:
        entries = None
    if not isinstance(entries, list):
        return "Value must be a JSON list"
    if len(entries) > LONGEST_LIST:
        return f"Value may have at most {LONGEST_LIST} entries"
    check = _CHECKS[type_.removeprefix("list.")]
    texts = (each if isinstance(each, str) else json.dumps(each) for each in entries)
    return next((message for message in map(check, texts) if message), None)

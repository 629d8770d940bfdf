"""Metafield values as Shopify writes them (always one string) and as we do (plain JSON). Pure.

Types: shopify.dev/docs/apps/build/custom-data/metafields/list-of-data-types, read November 2026. What Shopify writes its
own way (1.50 as 1.5, JSON with its own spacing) is brought to one form in both directions.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any

from mercat.sdk.errors import Rejected
from mercat.sdk.metafields import number
from mercat.sdk.records import Metafield

_JSON = frozenset({"json", "dimension", "weight", "volume", "money", "rating", "link", "rich_text_field", "language"})
_ONE_LINE = frozenset({"single_line_text_field", "url", "id", "color", "date", "date_time"})
_FOREIGN = ("shopify--", "shopify", "app--")
"""Namespaces that belong to Shopify and to other apps."""


def is_foreign(namespace: str) -> bool:
    """Whether somebody else keeps this namespace: neither shown nor ours to change."""
    return namespace.startswith(_FOREIGN)


def normalised(name: str, metafield: Metafield) -> Metafield | None:
    """The value in the one form that is compared; ``None`` for an empty one, which Shopify cannot hold.

    Raises ``Rejected`` where the value does not fit its type.
    """
    kind, value = metafield.type, metafield.value
    if value is None or value in ("", []):
        return None
    try:
        plain = _plain_list(kind, value) if kind.startswith("list.") else _plain(kind, value)
    except (ValueError, TypeError, InvalidOperation) as error:
        raise Rejected(f"the metafield {name} ({kind}) cannot hold {value!r}: {error}", field=name) from None
    return None if plain == "" else Metafield(kind, plain)


def to_wire(metafield: Metafield) -> str:
    """A normalised value as the one string that Shopify takes."""
    value = metafield.value
    if metafield.type.startswith("list.") or metafield.type in _JSON:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def from_wire(kind: str, text: str) -> Metafield:
    """What Shopify shows. A value that cannot be read as its type is kept as the text that it is."""
    try:
        if kind.startswith("list.") or kind in _JSON:
            value: Any = json.loads(text, parse_float=Decimal)
        elif kind == "boolean":
            value = {"true": True, "false": False}[text.lower()]
        else:
            value = text
        return normalised("", Metafield(kind, value)) or Metafield(kind, text)
    except (ValueError, KeyError, RecursionError, Rejected):
        return Metafield(kind, text)


def _plain_list(kind: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("a list type holds a list")
    return [_plain(kind.removeprefix("list."), each) for each in value]


def _plain(kind: str, value: Any) -> Any:
    if kind == "boolean":
        if not isinstance(value, bool):
            raise ValueError("neither true nor false")
        return value
    if kind == "number_integer":
        if isinstance(value, bool) or Decimal(str(value)) != int(Decimal(str(value))):
            raise ValueError("not a whole number")
        return int(Decimal(str(value)))
    if kind == "number_decimal":
        if isinstance(value, bool):
            raise ValueError("not a number")
        return number(Decimal(str(value)))
    if kind in _JSON:
        return _plain_json(json.loads(value, parse_float=Decimal) if kind != "json" and _is_text(value) else value)
    if isinstance(value, dict | list):
        raise TypeError("text is expected")
    text = str(value).replace("\r\n", "\n").strip()
    return " ".join(text.split("\n")) if kind in _ONE_LINE else text


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _plain_json(value: Any) -> Any:
    """Numbers in one form (2.50 and 2.5 are one), whoever wrote them."""
    if isinstance(value, dict):
        return {str(key): _plain_json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain_json(each) for each in value]
    if isinstance(value, Decimal | float):
        exact = Decimal(str(value))
        if not exact.is_finite():
            raise ValueError("not a finite number")
        return int(exact) if exact == exact.to_integral_value() else float(exact)
    return value

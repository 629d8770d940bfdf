"""How is a typed custom value written down, read, judged and compared? Pure.

Values are kept as Shopify keeps them: one string whatever the type (shopify.dev, "List of data types", read November
2026). A *value* here is what stands in records and exports: plain JSON in which decimals are strings, integers and
booleans are themselves, lists are lists, and measures are ``{"value": "2.5", "unit": "kg"}``. Only the types ``json``,
``rich_text_field`` and ``link`` hold any JSON; its numbers are written and read back exactly (see ``metafield_json``).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any

from mercat.domain.catalog.metafield_json import Unfit, dump, load, shown
from mercat.domain.catalog.metafield_types import LONG_UNITS, MEASURES, OPAQUE, SCALARS, TYPES, UNITS
from mercat.sdk.values import decimal_text

# "A whole number in the range of +/-9,007,199,254,740,991" and "a number with decimal places in the range of
# +/-9999999999999.999999999".
_MOST_INTEGER = 9_007_199_254_740_991
_MOST_WHOLE, _MOST_PLACES = 13, 9
_URL = re.compile(r"(?:https?://[^\s/]|mailto:\S|sms:\S|tel:\S)\S*", re.IGNORECASE)
_COLOR = re.compile(r"#?(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_CURRENCY = re.compile(r"[A-Z]{3}")
_UNIT = re.compile(r"\S(?:.{0,58}\S)?")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_PLAIN_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")
_BREAKS = ("\n", "\r")


def encode(type: str, value: Any) -> str:
    """The canonical string of a value. Raises ``Unfit`` (a ``ValueError``), in words, for what cannot be of this type."""
    if value.__class__ is str and type == "single_line_text_field" and "\n" not in value and "\r" not in value:
        return value
    write = _WRITERS.get(type)
    if write is None:
        raise Unfit(f"{type!r} is no metafield type: one of single_line_text_field, number_decimal, list.url, …")
    return write(value)


def decode(type: str, text: str) -> Any:
    """The value behind a canonical string. Raises ``Unfit`` for a string that is not of this type."""
    if type == "single_line_text_field":
        return text
    read = _READERS.get(type)
    if read is None:
        raise Unfit(f"{type!r} is no metafield type")
    return read(text)


def same(type: str, a: Any, b: Any) -> bool:
    """Whether two values say the same: ``1`` and ``1.0``, a JSON object in another order, a colour in other letters.

    Values that cannot be of the type are the same only where they are equal.
    """
    if a == b and a.__class__ is b.__class__:
        return True
    try:
        first, second = encode(type, a), encode(type, b)
        return first == second or (type in _STRUCTURED and decode(type, first) == decode(type, second))
    except ValueError:
        return False


# -- writers: value → text ------------------------------------------------------------------------------------------


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return _number(value)
    raise Unfit(f"{shown(value)} is not text")


def _line(value: Any) -> str:
    text = _text(value)
    if any(mark in text for mark in _BREAKS):
        raise Unfit("has a line break: this type holds one line; multi_line_text_field holds several")
    return text


def _number(value: Any) -> str:
    """A plain decimal of any size that is believable."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal, float)):
        raise Unfit(f"{shown(value)} is not a number")
    return _number_of(value if isinstance(value, str) else repr(value) if isinstance(value, float) else str(value))


@lru_cache(maxsize=65_536)  # feeds repeat the same few numbers
def _number_of(text: str) -> str:
    text = text.strip()
    # Stricter than ``decimal_text``: what "$ 12" or "1,234" meant was for the connector to say.
    number = decimal_text(text, decimal_comma=False) if _NUMBER.fullmatch(text) else None
    if number is None:
        raise Unfit(f"{shown(text)} is not a number: write it as 12.5" if text else "is empty: a number is needed")
    return number


def _integer(value: Any) -> str:
    text = value if value.__class__ is str and _PLAIN_INTEGER.fullmatch(value) else _number(value)
    if "." in text:
        raise Unfit(f"{shown(value)} is not a whole number")
    if len(text) > 15 and abs(int(text)) > _MOST_INTEGER:
        raise Unfit(f"{shown(value)} is beyond ±{_MOST_INTEGER:,}")
    return str(text)


def _decimal(value: Any) -> str:
    text = _number(value)
    if len(text) > _MOST_PLACES:
        whole, _, fraction = text.lstrip("-").partition(".")
        if len(whole) > _MOST_WHOLE or len(fraction) > _MOST_PLACES:
            raise Unfit(f"{shown(value)} has more than {_MOST_WHOLE} digits before or {_MOST_PLACES} after the point")
    return text


def _boolean(value: Any) -> str:
    if value is True or value is False:
        return "true" if value else "false"
    text = str(value).strip().lower() if isinstance(value, str) else ""
    if text in {"true", "false"}:
        return text
    raise Unfit(f"{shown(value)} is neither true nor false")


def _date(value: Any) -> str:
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value.strip()).isoformat()
        except ValueError:
            pass
    elif isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value.isoformat()
    raise Unfit(f"{shown(value)} is not a date: write it as 2026-01-31")


def _date_time(value: Any) -> str:
    """In UTC; a time without a zone is one of Greenwich, as the documentation says."""
    instant = value
    if isinstance(value, str):
        try:
            instant = dt.datetime.fromisoformat(value.strip())
        except ValueError:
            instant = None
    if not isinstance(instant, dt.datetime):
        raise Unfit(f"{shown(value)} is not a time: write it as 2026-01-31T12:30:00+00:00")
    try:
        instant = instant.replace(tzinfo=dt.UTC) if instant.tzinfo is None else instant.astimezone(dt.UTC)
    except OverflowError as beyond:
        raise Unfit(f"{shown(value)} is beyond the calendar") from beyond
    return instant.isoformat()


def _url(value: Any) -> str:
    text = _text(value).strip()
    if not _URL.fullmatch(text):
        raise Unfit(f"{shown(value)} is not an address beginning with https:, http:, mailto:, sms: or tel:")
    return text


def _color(value: Any) -> str:
    text = _text(value).strip()
    if not _COLOR.fullmatch(text):
        raise Unfit(f"{shown(value)} is not a colour: write it as #rrggbb")
    digits = text.lstrip("#").lower()
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


def _opaque(value: Any) -> str:
    text = _line(value).strip()
    if not text:
        raise Unfit("is empty")
    return text


def _measure(value: Any, *, type: str) -> str:
    """``{"value":2.5,"unit":"kg"}``: the number has a point, as in the documentation's examples."""
    given = _members(value, ("value", "unit"))
    unit = _line(given["unit"]).strip()
    known = UNITS.get(type)
    if known is not None:
        unit = LONG_UNITS.get(unit.lower(), unit.lower())
        if unit not in known:
            raise Unfit(f"{shown(given['unit'])} is not a unit of {type}: one of {', '.join(known)}")
    elif not _UNIT.fullmatch(unit):
        raise Unfit("has no unit")
    return f'{{"value":{_pointed(given["value"])},"unit":{dump(unit)}}}'


def _rating(value: Any) -> str:
    given = _members(value, ("value", "scale_min", "scale_max"))
    number, lowest, highest = (Decimal(_decimal(given[name])) for name in ("value", "scale_min", "scale_max"))
    if not lowest <= number <= highest:
        raise Unfit(f"the rating {number} is not between {lowest} and {highest}")
    return dump({name: _pointed(given[name]) for name in ("value", "scale_min", "scale_max")})


def _money(value: Any) -> str:
    given = _members(value, ("amount", "currency_code"))
    currency = _text(given["currency_code"]).strip().upper()
    if not _CURRENCY.fullmatch(currency):
        raise Unfit(f"{shown(given['currency_code'])} is not an ISO 4217 currency code")
    return dump({"amount": _decimal(given["amount"]), "currency_code": currency})


def _pointed(value: Any) -> str:
    text = _decimal(value)
    return text if "." in text else f"{text}.0"


def _members(value: Any, names: tuple[str, ...]) -> dict[str, Any]:
    given = load(value) if isinstance(value, str) else value
    if not isinstance(given, dict):
        raise Unfit(f"{shown(value)} is not an object of {', '.join(names)}")
    if missing := [name for name in names if given.get(name) in (None, "")]:
        raise Unfit(f"{', '.join(missing)} is missing: an object of {', '.join(names)} is needed")
    if extra := given.keys() - set(names):
        raise Unfit(f"{', '.join(sorted(map(str, extra)))} is too much: an object of {', '.join(names)} is needed")
    return given


def _json(value: Any) -> str:
    return dump(value)


def _rich_text(value: Any) -> str:
    given = load(value) if isinstance(value, str) else value
    if not isinstance(given, dict) or given.get("type") != "root" or not isinstance(given.get("children"), list):
        raise Unfit('rich text is an object {"type": "root", "children": [...]}')
    return dump(given)


def _link(value: Any) -> str:
    given = _members(value, ("text", "url"))
    return dump({"text": _text(given["text"]), "url": _url(given["url"])})


def _list(value: Any, *, type: str, write: Callable[[Any], str]) -> str:
    given = load(value) if isinstance(value, str) else value
    if not isinstance(given, (list, tuple)):
        raise Unfit(f"{shown(value)} is not a list")
    items = []
    for number, item in enumerate(given, 1):
        try:
            items.append(write(item))
        except ValueError as wrong:
            raise Unfit(f"item {number}: {wrong}") from wrong
    if type in _BARE:
        return f"[{','.join(items)}]"
    return "[" + ",".join(map(dump, items)) + "]"


# -- readers: text → value ------------------------------------------------------------------------------------------


def _read_measure(text: str) -> dict[str, Any]:
    given = _members(text, ("value", "unit"))
    return {"value": _number(given["value"]), "unit": given["unit"]}


def _read_rating(text: str) -> dict[str, Any]:
    given = _members(text, ("value", "scale_min", "scale_max"))
    return {name: _number(given[name]) for name in ("value", "scale_min", "scale_max")}


def _read_money(text: str) -> dict[str, Any]:
    given = _members(text, ("amount", "currency_code"))
    return {"amount": _number(given["amount"]), "currency_code": given["currency_code"]}


def _read_boolean(text: str) -> bool:
    return _boolean(text) == "true"


def _read_integer(text: str) -> int:
    return int(_integer(text))


def _read_list(text: str, *, type: str, read: Callable[[str], Any]) -> list[Any]:
    given = load(text)
    if not isinstance(given, list):
        raise Unfit(f"{shown(text)} is not a list")
    if type in _BARE:
        return [read(dump(item)) for item in given]
    return [read(item if isinstance(item, str) else dump(item)) for item in given]


_STRUCTURED = MEASURES | {"json", "rich_text_field", "link", "rating", "money"}
# Items of these stand in a list as JSON of their own, those of other types as strings.
_BARE = {f"list.{name}" for name in _STRUCTURED | {"number_integer"}}

_WRITERS: dict[str, Callable[[Any], str]] = {
    "single_line_text_field": _line,
    "multi_line_text_field": _text,
    "number_integer": _integer,
    "number_decimal": _decimal,
    "boolean": _boolean,
    "date": _date,
    "date_time": _date_time,
    "json": _json,
    "url": _url,
    "color": _color,
    "rating": _rating,
    "money": _money,
    "rich_text_field": _rich_text,
    "link": _link,
    **dict.fromkeys(OPAQUE, _opaque),
    **{name: partial(_measure, type=name) for name in MEASURES},
}
_READERS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(SCALARS, str),
    "number_integer": _read_integer,
    "number_decimal": _number,
    "boolean": _read_boolean,
    "json": load,
    "rich_text_field": load,
    "link": load,
    "rating": _read_rating,
    "money": _read_money,
    **dict.fromkeys(MEASURES, _read_measure),
}
for _name in sorted(TYPES - SCALARS):
    _item = _name.removeprefix("list.")
    _WRITERS[_name] = partial(_list, type=_name, write=_WRITERS[_item])
    _READERS[_name] = partial(_read_list, type=_name, read=_READERS[_item])

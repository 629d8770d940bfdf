"""Does a custom value keep to its definition? Pure.

Source of the options: shopify.dev, "List of validation options" for metafields (read November 2026). Values of options
may be JSON or, as Shopify writes them, JSON in strings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from mercat.domain.catalog.metafield_json import Unfit, load, shown
from mercat.domain.catalog.metafield_types import MEASURES, TEXTS, TYPES, UNITS
from mercat.domain.catalog.metafield_values import decode, encode

_ORDERED = TEXTS | MEASURES | {"number_integer", "number_decimal", "date", "date_time"}
# Python's expressions can take exponential time where Shopify's RE2 cannot: values longer than this are not matched.
_MOST_MATCHED = 2_000


def check(type: str, value: Any, validations: Mapping[str, Any]) -> list[str]:
    """What is wrong with a value, in words; ``[]`` where it fits its type and its definition's options."""
    try:
        text = encode(type, value)
    except ValueError as wrong:
        return [str(wrong)]
    if not validations:
        return []
    canonical = decode(type, text)
    if not type.startswith("list."):
        return _item_faults(type, canonical, validations)
    faults = _count_faults(len(canonical), validations)
    for number, item in enumerate(canonical, 1):
        faults += (f"item {number}: {fault}" for fault in _item_faults(type.removeprefix("list."), item, validations))
    return faults


def faults_of_options(type: str, validations: Mapping[str, Any]) -> list[str]:
    """What is wrong with a definition's options, in words."""
    if type not in TYPES:
        return [f"{type!r} is no metafield type"]
    name, faults = type.removeprefix("list."), []
    for option, value in validations.items():
        if option in {"list.min", "list.max"}:
            allowed = type.startswith("list.")
        else:
            allowed = option in _OPTIONS and _OPTIONS[option].fits(name)
        if not allowed:
            faults.append(f"{type} has no option {option!r}")
            continue
        try:
            _ = _whole(value) if option.startswith("list.") else _OPTIONS[option].judge(name, None, value)
        except (ValueError, TypeError, ArithmeticError, re.error) as wrong:
            faults.append(f"the option {option} cannot be {shown(value)}: {wrong}")
    return faults


def _count_faults(count: int, validations: Mapping[str, Any]) -> list[str]:
    faults = []
    if "list.min" in validations and count < (least := _whole(validations["list.min"])):
        faults.append(f"has {count} items; {least} is the least")
    if "list.max" in validations and count > (most := _whole(validations["list.max"])):
        faults.append(f"has {count} items; {most} is the most")
    return faults


def _item_faults(type: str, value: Any, validations: Mapping[str, Any]) -> list[str]:
    faults = []
    for option, limit in validations.items():
        rule = _OPTIONS.get(option)
        if rule is not None and rule.fits(type) and (fault := rule.judge(type, value, limit)):
            faults.append(fault)
    return faults


# Each rule takes the type, the value (None = only see whether the option itself makes sense) and the option.


def _least(type: str, value: Any, limit: Any) -> str | None:
    bound = _bound(type, limit)
    if value is None or _size(type, value, limit) >= bound:
        return None
    return f"{_said(type, value)} is below the least, {_said_limit(type, limit)}"


def _most(type: str, value: Any, limit: Any) -> str | None:
    bound = _bound(type, limit)
    if value is None or _size(type, value, limit) <= bound:
        return None
    return f"{_said(type, value)} is above the most, {_said_limit(type, limit)}"


def _size(type: str, value: Any, limit: Any) -> Any:
    if type in TEXTS:
        return len(value)
    if type in MEASURES:
        return _in_smallest(type, value, limit)
    return Decimal(value) if type.startswith("number_") else value


def _bound(type: str, limit: Any) -> Any:
    if type in TEXTS:
        return _whole(limit)
    if type in MEASURES:
        return _in_smallest(type, decode(type, encode(type, limit)), limit)
    text = encode(type, limit)
    return Decimal(text) if type.startswith("number_") else text


def _in_smallest(type: str, measure: Any, limit: Any) -> Decimal:
    """Grams, millimetres, millilitres; a measurement without known factors is compared in its own unit only."""
    number = Decimal(measure["value"])
    factors = UNITS.get(type)
    if factors is not None:
        return number * factors[measure["unit"]]
    unit = decode(type, encode(type, limit))["unit"]
    if measure["unit"] != unit:
        raise Unfit(f"{measure['unit']} cannot be compared with {unit}")
    return number


def _said(type: str, value: Any) -> str:
    if type in TEXTS:
        return f"a length of {len(value)}"
    return f"{value['value']} {value['unit']}" if type in MEASURES else str(value)


def _said_limit(type: str, limit: Any) -> str:
    return _said(type, decode(type, encode(type, limit))) if type in MEASURES else str(limit)


def _matches(_type: str, value: Any, pattern: Any) -> str | None:
    expression = _compiled(str(pattern))
    if value is None:
        return None
    if len(value) > _MOST_MATCHED:
        return f"is too long ({len(value)} characters) to be matched with {shown(pattern)}"
    return None if expression.search(value) else f"{shown(value)} does not match {shown(pattern)}"


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _is_choice(type: str, value: Any, choices: Any) -> str | None:
    allowed = [encode(type, choice) for choice in _listed(choices)]
    if value is None or encode(type, value) in allowed:
        return None
    return f"{shown(value)} is none of {', '.join(allowed[:10])}{', …' if len(allowed) > 10 else ''}"


def _is_allowed_domain(_type: str, value: Any, domains: Any) -> str | None:
    allowed = [str(domain).lower() for domain in _listed(domains)]
    if value is None:
        return None
    host = (urlsplit(value).hostname or "").lower()
    if any(host == domain or host.endswith(f".{domain}") for domain in allowed):
        return None
    return f"{shown(value)} is not an address of {', '.join(allowed)}"


def _is_precise(_type: str, value: Any, places: Any) -> str | None:
    most = _whole(places)
    if value is None or len(str(value).partition(".")[2]) <= most:
        return None
    return f"{value} has more than {most} places after the point"


def _has_scale(name: str) -> Callable[[str, Any, Any], str | None]:
    def judge(_type: str, value: Any, bound: Any) -> str | None:
        wanted = _decimal(bound)
        if value is None or Decimal(value[name]) == wanted:
            return None
        return f"the {name} of the rating is {value[name]}; this field's is {wanted}"

    return judge


def _anything(_type: str, _value: Any, _option: Any) -> None:
    """An option that only the shop can judge."""


def _whole(value: Any) -> int:
    return int(encode("number_integer", value))


def _decimal(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation as wrong:
        raise Unfit(f"{shown(value)} is not a number") from wrong


def _listed(value: Any) -> list[Any]:
    given = load(value) if isinstance(value, str) else value
    if not isinstance(given, list):
        raise Unfit("a list is needed")
    return given


class _Rule:
    def __init__(self, judge: Callable[[str, Any, Any], str | None], types: frozenset[str] | set[str]) -> None:
        self.judge = judge
        self.types = types

    def fits(self, type: str) -> bool:
        return type in self.types


_OPTIONS = {
    "min": _Rule(_least, _ORDERED),
    "max": _Rule(_most, _ORDERED),
    "regex": _Rule(_matches, TEXTS),
    "choices": _Rule(_is_choice, {"single_line_text_field", "number_integer", "number_decimal", "color", "date"}),
    "max_precision": _Rule(_is_precise, {"number_decimal"}),
    "allowed_domains": _Rule(_is_allowed_domain, {"url", "link"}),
    "scale_min": _Rule(_has_scale("scale_min"), {"rating"}),
    "scale_max": _Rule(_has_scale("scale_max"), {"rating"}),
    "file_type_options": _Rule(_anything, {"file_reference"}),
    "metaobject_definition_id": _Rule(_anything, {"metaobject_reference", "mixed_reference"}),
    "metaobject_definition_ids": _Rule(_anything, {"mixed_reference"}),
    "schema": _Rule(_anything, {"json"}),
}

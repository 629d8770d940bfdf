"""Conditions on facts: a tree of all, any, not and comparisons; what is not known makes the answer unknown, not false.

``{"all": [{"field": "available", "op": "<=", "value": "{reorder_point}"}, {"field": "is_active", "op": "=", "value": true}]}``.
A text in braces names another fact. Nothing is ever evaluated as code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from mercat.core.errors import Invalid

_DEEPEST = 8
_MOST_PARTS = 50
_NAME = re.compile(r"[a-z][a-z0-9_.]{0,99}")
_REFERENCE = re.compile(r"\{([a-z][a-z0-9_.]{0,99})\}")
_PLAIN = re.compile(
    r"\s*([a-z][a-z0-9_.]*)\s*(<=|>=|!=|<|>|=|not in\b|in\b|contains\b|begins with\b|ends with\b)\s*(.+?)\s*"
)
_PRESENCE = re.compile(r"\s*([a-z][a-z0-9_.]*)\s+is\s+(missing|there)\s*")

Truth = bool | None
_NUMERIC: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_TEXTUAL: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda a, b: b in a,
    "not_contains": lambda a, b: b not in a,
    "begins_with": str.startswith,
    "ends_with": str.endswith,
}
_LISTED = ("in", "not_in")
_PRESENT = ("is_missing", "is_there")
OPERATORS = (*_NUMERIC, "=", "!=", *_TEXTUAL, *_LISTED, *_PRESENT)


def checked(tree: Any) -> Any:
    """The condition as it is kept: numbers as exact text. ``None`` always holds. Raises ``Invalid``, which names the place."""
    return None if tree is None else _checked(tree, "condition", 0)


def holds(tree: Any, facts: Mapping[str, Any]) -> Truth:
    """Whether the facts fulfil a checked condition; ``None`` where one that decides is not known (Kleene's three values)."""
    if tree is None:
        return True
    if "all" in tree:
        found = [holds(each, facts) for each in tree["all"]]
        return False if False in found else None if None in found else True
    if "any" in tree:
        found = [holds(each, facts) for each in tree["any"]]
        return True if True in found else None if None in found else False
    if "not" in tree:
        inner = holds(tree["not"], facts)
        return None if inner is None else not inner
    return _compare(tree, facts)


def from_text(lines: list[str]) -> Any:
    """``price < 20``, ``available <= {reorder_point}``, ``brand in Acme, Zorg``: all of the lines. Raises ``Invalid``."""
    parts = [_line(each) for each in lines]
    if not parts:
        return None
    return checked(parts[0] if len(parts) == 1 else {"all": parts})


def to_text(tree: Any) -> list[str] | None:
    """A checked condition as ``from_text`` reads it; ``None`` for one that lines cannot say (any, not, deeper ones)."""
    if tree is None:
        return []
    parts = tree.get("all", [tree])
    lines = [_written(each) for each in parts]
    return None if None in lines else [each for each in lines if each is not None]


def _written(test: Mapping[str, Any]) -> str | None:
    if "field" not in test or test["op"] == "not_contains":
        return None
    op = test["op"].replace("_", " ")
    if test["op"] in _PRESENT:
        return f"{test['field']} {op}"
    value = test["value"]
    if isinstance(value, list):
        said = [_word(each) for each in value]
        return f"{test['field']} {op} {', '.join(said)}" if not any("," in each for each in said) else None
    return f"{test['field']} {op} {_word(value)}"


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _line(line: str) -> dict[str, Any]:
    if found := _PRESENCE.fullmatch(line):
        return {"field": found[1], "op": f"is_{found[2]}"}
    found = _PLAIN.fullmatch(line)
    if found is None:
        message = f"{line!r} is no condition: write it like price < 20, or available <= {{reorder_point}}"
        raise Invalid(message, field="condition")
    op = found[2].replace(" ", "_")
    value: Any = [each.strip() for each in found[3].split(",")] if op in _LISTED else found[3]
    return {
        "field": found[1],
        "op": op,
        "value": {"true": True, "false": False}.get(value, value) if op not in _LISTED else value,
    }


def _checked(tree: Any, place: str, depth: int) -> dict[str, Any]:
    if not isinstance(tree, Mapping) or depth > _DEEPEST:
        message = f"{place} has to be all, any, not, or a field with op and value, at most {_DEEPEST} deep"
        raise Invalid(message, field="condition")
    keys = set(tree)
    if keys in ({"all"}, {"any"}):
        [name] = keys
        parts = tree[name]
        if not isinstance(parts, list) or not 1 <= len(parts) <= _MOST_PARTS:
            message = f"{place}.{name} is a list of 1 to {_MOST_PARTS} conditions"
            raise Invalid(message, field="condition")
        return {name: [_checked(each, f"{place}.{name}[{at}]", depth + 1) for at, each in enumerate(parts)]}
    if keys == {"not"}:
        return {"not": _checked(tree["not"], f"{place}.not", depth + 1)}
    return _checked_test(tree, place)


def _checked_test(tree: Mapping[str, Any], place: str) -> dict[str, Any]:
    field, op = tree.get("field"), tree.get("op")
    if not isinstance(field, str) or not _NAME.fullmatch(field) or op not in OPERATORS:
        message = f"{place} needs a field (small letters) and an op, one of {', '.join(OPERATORS)}"
        raise Invalid(message, field="condition")
    if set(tree) - {"field", "op", "value"} or ("value" in tree) == (op in _PRESENT):
        message = f"{place}: {op} takes {'no value' if op in _PRESENT else 'a value, and nothing else'}"
        raise Invalid(message, field="condition")
    if op in _PRESENT:
        return {"field": field, "op": op}
    value = _kept(tree["value"], place, is_list=op in _LISTED)
    if op in _NUMERIC and not (isinstance(value, str) and (_REFERENCE.fullmatch(value) or _number(value) is not None)):
        message = f"{place}: {op} compares numbers; give one, or another field in braces"
        raise Invalid(message, field="condition")
    return {"field": field, "op": op, "value": value}


def _kept(value: Any, place: str, *, is_list: bool) -> Any:
    if is_list:
        if not isinstance(value, list) or not 1 <= len(value) <= _MOST_PARTS:
            message = f"{place}: in takes a list of 1 to {_MOST_PARTS} values"
            raise Invalid(message, field="condition")
        return [_kept(each, place, is_list=False) for each in value]
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float, Decimal)):
        return str(value)
    if isinstance(value, str) and len(value) <= 1000:
        return value
    message = f"{place}: a value is a text, a number, true or false"
    raise Invalid(message, field="condition")


def _compare(test: Mapping[str, Any], facts: Mapping[str, Any]) -> Truth:
    op, left = test["op"], facts.get(test["field"])
    if op in _PRESENT:
        return bool((left is None) == (op == "is_missing"))
    if op in _LISTED:
        if left is None:
            return None
        is_in = any(_same(left, each) for each in test["value"])
        return bool(is_in == (op == "in"))
    right = _resolved(test["value"], facts)
    if left is None or right is None:
        return None
    if op in {"=", "!="}:
        return bool(_same(left, right) == (op == "="))
    if op in _TEXTUAL:
        return _TEXTUAL[op](str(left), str(right))
    a, b = _number(left), _number(right)
    return None if a is None or b is None else _NUMERIC[op](a, b)


def _resolved(value: Any, facts: Mapping[str, Any]) -> Any:
    found = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return value if found is None else facts.get(found[1])


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return str(left).lower() == str(right).lower()
    a, b = _number(left), _number(right)
    return a == b if a is not None and b is not None else str(left) == str(right)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, Decimal):
        number = value
    else:
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            return None
    return number if number.is_finite() else None

"""Shopify's search syntax: terms, ``field:value``, comparators, quotes, AND, OR, NOT, parentheses and ``word*``.

A filter that the object does not have is ignored and reported in ``extensions.search``, as Shopify does: a client that misspells one
gets everything.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.clocks import stamp

Values = Callable[[Any], Iterable[Any]]
Test = Callable[[Any], bool]
_TOKEN = re.compile(
    r"""\s*(?:(?P<paren>[()])|(?P<minus>-)?(?:(?P<field>[A-Za-z_][\w.$-]*):(?P<op><=|>=|<|>)?)?"""
    r"""(?P<value>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s()]+)?)"""
)
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Filters:
    """``fields`` read what a filter compares; ``text`` what a bare term looks through."""

    fields: Mapping[str, Values]
    text: Values
    metafields: bool = False


@dataclass(slots=True)
class _Reader:
    tokens: list[re.Match[str]]
    filters: Filters
    warnings: list[dict[str, Any]]
    at: int = 0

    def peek(self) -> re.Match[str] | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def word(self) -> str:
        token = self.peek()
        return "" if token is None or token["field"] or token["minus"] else token["value"] or token["paren"] or ""

    def alternatives(self) -> Test:
        tests = [self.conjunction()]
        while self.word() == "OR":
            self.at += 1
            tests.append(self.conjunction())
        return tests[0] if len(tests) == 1 else lambda item: any(test(item) for test in tests)

    def conjunction(self) -> Test:
        tests: list[Test] = []
        while (token := self.peek()) is not None and self.word() not in {"OR", ")"}:
            if self.word() == "AND":
                self.at += 1
                continue
            tests.append(self.single(token))
        return lambda item: all(test(item) for test in tests)

    def single(self, token: re.Match[str]) -> Test:
        self.at += 1
        if token["value"] == "NOT" and not token["field"]:
            following = self.peek()
            if following is None:
                return lambda _: True
            inner = self.single(following)
            return lambda item: not inner(item)
        if token["paren"] == "(":
            inner = self.alternatives()
            self.at += self.word() == ")"
        else:
            inner = self.term(token)
        if token["minus"]:
            return lambda item: not inner(item)
        return inner

    def term(self, token: re.Match[str]) -> Test:
        value = _plain(token["value"] or "")
        if not token["field"]:
            read, matches = self.filters.text, _contains(value)
            return lambda item: any(matches(each) for each in read(item))
        name = token["field"]
        read_field = self.filters.fields.get(name)
        if read_field is None and self.filters.metafields and name.startswith("metafields."):
            read_field = _metafield(name)
        if read_field is None:
            self.warnings.append(
                {"field": name, "message": "Invalid search field for this query.", "code": "invalid_field"}
            )
            return lambda _: True
        matches = comparison(token["op"] or "", value)
        return lambda item: any(matches(each) for each in read_field(item))


def search(items: Sequence[Any], query: str | None, filters: Filters, *, call: Call, path: str) -> Sequence[Any]:
    """Those of ``items`` that a query finds; what it misspells is noted on the call."""
    if not query or not query.strip():
        return items
    warnings: list[dict[str, Any]] = []
    reader = _Reader([match for match in _TOKEN.finditer(query) if match[0].strip()], filters, warnings)
    test = reader.alternatives()
    if warnings:
        call.searches.append({"path": [path], "query": query, "warnings": warnings})
    return [item for item in items if test(item)]


def exactly(query: str | None, name: str) -> str | None:
    """The value, where the whole query is one ``name:value``: that needs no scan."""
    match = _TOKEN.fullmatch((query or "").strip())
    if match and match["field"] == name and not match["op"] and not match["minus"] and match["value"]:
        value = _plain(match["value"])
        return None if "*" in value or "," in value else value
    return None


def _plain(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return _ESCAPED.sub(r"\1", value)


def _contains(term: str) -> Callable[[Any], bool]:
    """A bare term is looked for as the beginning of a word."""
    pattern = re.compile(r"(?:^|\W)" + re.escape(term.rstrip("*")), re.IGNORECASE)
    return lambda text: bool(text) and bool(pattern.search(str(text)))


def comparison(op: str, value: str) -> Callable[[Any], bool]:
    """Whether one value of an object meets ``op`` and the query's value."""
    if op:
        return lambda has: has is not None and _compare(has, op, value)
    if value == "*":
        return lambda has: has not in {None, ""}
    if value.endswith("*"):
        return lambda has: str(has or "").lower().startswith(value[:-1].lower())
    wanted = {part.strip().lower() for part in (value.split(",") if "," in value else [value])}
    return lambda has: _shown(has).lower() in wanted or (_number(has) is not None and _number(value) == _number(has))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal):
        return Decimal(value)
    return None


def _compare(has: Any, op: str, value: str) -> bool:
    left: Any = _number(has)
    right: Any = value
    if left is None:
        left, right = str(has), _instant(value)
    else:
        try:
            right = Decimal(value)
        except InvalidOperation:
            return False
    return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[op])


def _instant(value: str) -> str:
    """A time as the shop writes it: ``now``, a date, or an instant with any offset."""
    if value == "now":
        return stamp()
    try:
        read = dt.datetime.fromisoformat(value)
    except ValueError:
        return value
    aware = read if read.tzinfo else read.replace(tzinfo=dt.UTC)
    return aware.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _metafield(name: str) -> Values | None:
    parts = name.split(".", 2)
    if len(parts) != 3:
        return None
    place = (parts[1], parts[2])
    return lambda item: [item.own[place].value] if place in item.own else []

"""Typed custom values are written as Shopify keeps them, read back, compared and judged."""

from __future__ import annotations

import datetime as dt
import math
import string
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mercat.domain.catalog.metafield_types import MEASURES, OPAQUE, UNITS
from mercat.domain.catalog.metafields import TYPES, check, decode, encode, faults_of_options, same, type_named

KILO = {"value": "2.5", "unit": "kg"}


@pytest.mark.parametrize(
    ("type", "value", "text"),
    [
        ("single_line_text_field", "Grüße, 日本", "Grüße, 日本"),
        ("single_line_text_field", 12, "12"),
        ("multi_line_text_field", "a\nb", "a\nb"),
        ("number_integer", "10", "10"),
        ("number_integer", 10, "10"),
        ("number_integer", "10.0", "10"),
        ("number_integer", -9_007_199_254_740_991, "-9007199254740991"),
        ("number_decimal", "10.40", "10.4"),
        ("number_decimal", Decimal("1E+3"), "1000"),
        ("number_decimal", "9999999999999.999999999", "9999999999999.999999999"),
        ("number_decimal", 0.1, "0.1"),
        ("boolean", True, "true"),
        ("boolean", "FALSE", "false"),
        ("date", dt.date(2026, 1, 31), "2026-01-31"),
        ("date_time", "2026-01-31T12:30:00", "2026-01-31T12:30:00+00:00"),
        ("date_time", "2026-01-31T12:30:00+02:00", "2026-01-31T10:30:00+00:00"),
        ("json", {"b": [1, Decimal("2.50"), None], "a": "é"}, '{"b":[1,2.5,null],"a":"é"}'),
        ("json", "text", '"text"'),
        ("json", 0.1, "0.1"),
        ("url", "https://example.com/a b", None),
        ("url", "https://example.com/a", "https://example.com/a"),
        ("url", "javascript:alert(1)", None),
        ("url", "https:///nowhere", None),
        ("color", "#FFF", "#ffffff"),
        ("color", "fff123", "#fff123"),
        ("color", "red", None),
        ("weight", KILO, '{"value":2.5,"unit":"kg"}'),
        ("weight", '{"value": 2, "unit": "KILOGRAMS"}', '{"value":2.0,"unit":"kg"}'),
        ("weight", {"value": "2", "unit": "stone"}, None),
        ("weight", {"value": "2"}, None),
        ("weight", {"value": [], "unit": {}}, None),
        ("dimension", {"value": "25", "unit": "cm"}, '{"value":25.0,"unit":"cm"}'),
        ("volume", {"value": "20", "unit": "us_fl_oz"}, '{"value":20.0,"unit":"us_fl_oz"}'),
        ("power", {"value": 40, "unit": "watts"}, '{"value":40.0,"unit":"watts"}'),
        (
            "rating",
            {"value": "3.5", "scale_min": 1, "scale_max": "5"},
            '{"value":"3.5","scale_min":"1.0","scale_max":"5.0"}',
        ),
        ("rating", {"value": "6", "scale_min": 1, "scale_max": "5"}, None),
        ("money", {"amount": "5.990", "currency_code": "cad"}, '{"amount":"5.99","currency_code":"CAD"}'),
        ("money", {"amount": "5.99", "currency_code": "dollars"}, None),
        ("rich_text_field", {"type": "root", "children": []}, '{"type":"root","children":[]}'),
        ("rich_text_field", "<p>", None),
        ("product_reference", "gid://shopify/Product/1", "gid://shopify/Product/1"),
        ("list.single_line_text_field", ["a", 'b"c'], '["a","b\\"c"]'),
        ("list.single_line_text_field", '["a"]', '["a"]'),
        ("list.number_integer", [1, "2"], "[1,2]"),
        ("list.number_decimal", ["1.50", 2], '["1.5","2"]'),
        ("list.weight", [KILO], '[{"value":2.5,"unit":"kg"}]'),
        ("list.boolean", [True], None),
        ("single_line_text_field", "a\nb", None),
        ("single_line_text_field", {"a": 1}, None),
        ("number_integer", "10.5", None),
        ("number_integer", "", None),
        ("number_integer", True, None),
        ("number_integer", 9_007_199_254_740_992, None),
        ("number_decimal", "€ 12", None),
        ("number_decimal", "1e999", None),
        ("number_decimal", "12345678901234", None),
        ("number_decimal", math.nan, None),
        ("boolean", 1, None),
        ("date", "31.01.2026", None),
        ("date_time", "0001-01-01T00:00:00+14:00", None),
        ("json", math.inf, None),
        ("json", {1: 2}, None),
        ("no_such_type", "a", None),
    ],
)
def test_a_value_is_written_in_shopifys_form_or_refused(type: str, value: Any, text: str | None) -> None:
    if text is None:
        with pytest.raises(ValueError, match=r"\w"):
            encode(type, value)
        assert check(type, value, {})
    else:
        assert encode(type, value) == text
        assert encode(type, decode(type, text)) == text
        assert check(type, value, {}) == []


def test_json_of_any_depth_is_refused_in_words() -> None:
    deep: list[Any] = []
    for _ in range(500):
        deep = [deep]
    with pytest.raises(ValueError, match="deep"):
        encode("json", deep)
    with pytest.raises(ValueError, match="not JSON"):
        decode("json", "[" * 200_000)


LINES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\n"))
DECIMALS = st.decimals(-(10**12), 10**12, places=9, allow_nan=False).map(
    lambda number: encode("number_decimal", number)
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | LINES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(LINES, inner, max_size=4),
    max_leaves=12,
)


def _measures(name: str) -> st.SearchStrategy[Any]:
    units = sorted(UNITS.get(name, {"watts": 1}))
    return st.fixed_dictionaries({"value": DECIMALS, "unit": st.sampled_from(units)})


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "single_line_text_field": LINES,
    "multi_line_text_field": st.text(st.characters(exclude_categories=("Cs",))),
    "number_integer": st.integers(-(2**53) + 1, 2**53 - 1),
    "number_decimal": DECIMALS,
    "boolean": st.booleans(),
    "date": st.dates().map(lambda day: day.isoformat()),
    "date_time": st.datetimes(timezones=st.just(dt.UTC)).map(lambda at: at.isoformat()),
    "json": JSON,
    "url": st.text(string.ascii_letters, min_size=1).map("https://example.com/{}".format),
    "color": st.integers(0, 0xFFFFFF).map("#{:06x}".format),
    "money": st.fixed_dictionaries({"amount": DECIMALS, "currency_code": st.sampled_from(["EUR", "JPY"])}),
    "rating": DECIMALS.map(lambda number: {"value": number, "scale_min": number, "scale_max": number}),
    "rich_text_field": JSON.map(lambda inner: {"type": "root", "children": [inner]}),
    "link": LINES.filter(bool).map(lambda text: {"text": text, "url": "https://example.com"}),
    **dict.fromkeys(OPAQUE, st.text(string.ascii_letters, min_size=1)),
    **{name: _measures(name) for name in MEASURES},
}


@st.composite
def typed(draw: st.DrawFn) -> tuple[str, Any]:
    name = draw(st.sampled_from(sorted(TYPES)))
    item = VALUES[name.removeprefix("list.")]
    return name, draw(st.lists(item, max_size=4) if name.startswith("list.") else item)


@given(typed())
def test_what_is_written_is_read_back(case: tuple[str, Any]) -> None:
    type, value = case
    text = encode(type, value)
    back = decode(type, text)
    assert encode(type, back) == text
    assert same(type, value, back)
    if "json" not in type and "rich" not in type:
        assert back == value


@pytest.mark.parametrize("number", ["0.1", "19.99", "-0.0001", "123456789012.345", "0.1000000000000000055", "7"])
def test_numbers_in_json_are_kept_to_the_digit(number: str) -> None:
    value = decode("json", f'{{"price":{number}}}')
    assert encode("json", value) == f'{{"price":{number}}}'
    # What a float can hold exactly goes through any other library unharmed, as change sets and exports do.
    if len(number) < 17:
        assert encode("json", msgspec.json.decode(msgspec.json.encode(value))) == f'{{"price":{number}}}'


@given(st.sampled_from(sorted(TYPES)), JSON)
def test_any_value_is_written_or_refused_with_a_reason(type: str, value: Any) -> None:
    faults = check(type, value, {})
    assert bool(faults) == _is_refused(type, value)


def _is_refused(type: str, value: Any) -> bool:
    try:
        encode(type, value)
    except ValueError as wrong:
        return bool(str(wrong))
    return False


@pytest.mark.parametrize(
    ("type", "a", "b", "is_same"),
    [
        ("number_decimal", "1", "1.0", True),
        ("number_decimal", "1", "1.1", False),
        ("number_integer", 1, True, False),
        ("json", {"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ("json", [1, 2], [2, 1], False),
        ("color", "#FFF", "#ffffff", True),
        ("weight", {"value": "1", "unit": "kg"}, {"unit": "kg", "value": 1}, True),
        ("weight", {"value": "1", "unit": "kg"}, {"unit": "g", "value": 1000}, False),
        ("date_time", "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z", True),
        ("single_line_text_field", "a", "A", False),
        ("number_decimal", "odd", "odd", True),
        ("number_decimal", "odd", "1", False),
    ],
)
def test_two_values_are_the_same_where_they_say_the_same(type: str, a: Any, b: Any, is_same: bool) -> None:
    assert same(type, a, b) is is_same
    assert same(type, b, a) is is_same


@pytest.mark.parametrize(
    ("type", "good", "bad", "options"),
    [
        ("single_line_text_field", "abc", "abcd", {"max": 3}),
        ("single_line_text_field", "abc", "ab", {"min": "3"}),
        ("single_line_text_field", "a@b", "ab", {"regex": "(@)(.+)$"}),
        ("single_line_text_field", "a", "a" * 5_000, {"regex": "a"}),
        ("single_line_text_field", "red", "blue", {"choices": '["red","green"]'}),
        ("number_integer", 5, 6, {"max": 5}),
        ("number_integer", "10", "9", {"min": "10"}),
        ("number_decimal", "1.25", "1.255", {"max_precision": "2"}),
        ("number_decimal", "-0.5", "-0.51", {"min": "-0.5"}),
        ("date", "2026-01-02", "2025-12-31", {"min": "2026-01-01"}),
        ("date_time", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", {"max": "2026-01-01T00:00:00"}),
        ("url", "https://shop.example.com/a", "https://evil-example.com", {"allowed_domains": ["example.com"]}),
        ("weight", {"value": "999", "unit": "g"}, {"value": "3", "unit": "lb"}, {"max": {"value": 1, "unit": "kg"}}),
        ("volume", {"value": "1", "unit": "us_gal"}, {"value": "3", "unit": "l"}, {"min": '{"value":3.7,"unit":"l"}'}),
        (
            "rating",
            {"value": 3, "scale_min": 1, "scale_max": 5},
            {"value": 3, "scale_min": 0, "scale_max": 5},
            {"scale_min": "1.0"},
        ),
        ("list.number_integer", [1], [1, 2, 3], {"list.max": 2}),
        ("list.number_integer", [1], [], {"list.min": 1}),
        ("list.single_line_text_field", ["ab"], ["ab", "abc"], {"max": 2}),
    ],
)
def test_a_value_keeps_to_its_definition(type: str, good: Any, bad: Any, options: dict[str, Any]) -> None:
    assert faults_of_options(type, options) == []
    assert check(type, good, options) == []
    assert check(type, bad, options)


@pytest.mark.parametrize(
    ("type", "options"),
    [
        ("no_such_type", {}),
        ("number_integer", {"regex": "a"}),
        ("number_integer", {"min": "few"}),
        ("single_line_text_field", {"regex": "("}),
        ("single_line_text_field", {"list.max": 2}),
        ("weight", {"max": "5"}),
        ("rating", {"scale_min": "low"}),
        ("single_line_text_field", {"choices": "red"}),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(type: str, options: dict[str, Any]) -> None:
    assert faults_of_options(type, options)


@pytest.mark.parametrize(
    ("raw", "type"),
    [
        ("list.single_line_text", "list.single_line_text_field"),
        ("integer", "number_integer"),
        ("JSON_STRING", "json"),
        ("list.json", None),
        ("whatever", None),
    ],
)
def test_older_names_of_types_are_understood(raw: str, type: str | None) -> None:
    assert type_named(raw) == type

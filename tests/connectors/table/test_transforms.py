"""The steps of a rule, each and in their order; amounts stay exact."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mercat.connectors.table.settings import PriceRule, Rule
from mercat.connectors.table.transforms import compile_steps, convert_unit, measure, priced, strip_html


@pytest.mark.parametrize(
    ("cost", "rule", "price"),
    [
        ("10", {}, "10"),
        ("10", {"factor": "1.25", "add": "0.5"}, "13"),
        ("0.1", {"factor": "3"}, "0.3"),
        ("1.005", {}, "1.01"),
        ("1.001", {"round": "up"}, "1.01"),
        ("1.009", {"round": "down"}, "1"),
        ("12.3456", {"places": 3}, "12.346"),
        ("10.30", {"ending": "0.99"}, "9.99"),
        ("10.60", {"ending": "0.99"}, "10.99"),
        ("10.30", {"ending": "0.99", "round": "up"}, "10.99"),
        ("10.99", {"ending": "0.99", "round": "up"}, "10.99"),
        ("10.30", {"ending": "0.99", "round": "down"}, "9.99"),
        ("43", {"ending": "9.95", "round": "up"}, "49.95"),
        ("123", {"ending": "49", "round": "down"}, "49"),
        ("0.10", {"ending": "0.99", "round": "down"}, "0.99"),
        ("12.40", {"ending": "0", "round": "nearest"}, "12"),
    ],
)
def test_price_rules(cost: str, rule: dict[str, str], price: str) -> None:
    assert priced(cost, PriceRule.model_validate(rule)) == price


@given(
    st.decimals(min_value=0, max_value=10**7, places=2),
    st.sampled_from(["0.99", "0.95", "9.99", "0.50"]),
    st.sampled_from(["up", "down", "nearest"]),
)
def test_a_price_ends_as_asked_and_lies_near(cost: Decimal, ending: str, direction: str) -> None:
    rule = PriceRule.model_validate({"ending": ending, "round": direction})
    price, every = Decimal(priced(str(cost), rule)), Decimal(10) if ending == "9.99" else Decimal(1)
    assert (price - Decimal(ending)) % every == 0
    if direction == "up":
        assert price >= cost
    if cost >= every:
        assert abs(price - cost) <= every


@pytest.mark.parametrize(
    ("raw", "comma", "expected"),
    [
        ("5,4 kg", None, ("5.4", "kg")),
        ("12 lbs.", None, ("12", "lb")),
        ('10.5"', None, ("10.5", "in")),
        ("1.200 g", True, ("1200", "g")),
        ("300", None, ("300", None)),
        ("", None, (None, None)),
    ],
)
def test_measures(raw: str, comma: bool | None, expected: tuple[str | None, str | None]) -> None:
    assert measure(raw, decimal_comma=comma) == expected


@pytest.mark.parametrize("raw", ["5 stone", "heavy", "kg", "1 x 2 cm"])
def test_what_is_no_measure_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(raw))):
        measure(raw)


@pytest.mark.parametrize(
    ("number", "unit", "to", "expected"),
    [
        ("1", "in", "cm", "2.54"),
        ("1", "lb", "g", "453.59237"),
        ("16", "oz", "lb", "1"),
        ("1500", "mg", "g", "1.5"),
        ("10", "mm", "cm", "1"),
        ("1", "cm", "in", "0.393701"),
    ],
)
def test_units_are_converted(number: str, unit: str, to: str, expected: str) -> None:
    assert convert_unit(number, unit=unit, to=to) == expected


def test_units_of_different_things_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be converted"):
        convert_unit("1", unit="kg", to="cm")


@pytest.mark.parametrize(
    ("rule", "raw", "expected"),
    [
        ({"separator": "/", "part": 2}, "a/b/c", "b"),
        ({"separator": "/", "part": -1}, "a/b/c", "c"),
        ({"separator": "/", "part": 4}, "a/b/c", ""),
        ({"pattern": r"(\d+) ml"}, "bottle 500 ml", "500"),
        ({"pattern": r"\d+"}, "no digits", ""),
        ({"pattern": r"\s*\[.*?\]", "replace": ""}, "Lamp [new]", "Lamp"),
        ({"lookup": {"J": "active"}, "otherwise": "draft"}, " j ", "active"),
        ({"lookup": {"J": "active"}, "otherwise": "draft"}, "N", "draft"),
        ({"lookup": {"J": "active"}}, "N", "N"),
        ({"number": True, "decimal_comma": True}, "1.234,50", "1234.5"),
        ({"unit": "in", "convert_to": "cm"}, "10", "25.4"),
        ({"unit": "in", "convert_to": "cm"}, "10 mm", "1"),
        ({"html": "strip"}, "<p>a</p><p>b &amp; c</p>", "a\nb & c"),
        ({"html": "clean"}, "<b onclick=x>a</b>", "<b>a</b>"),
        ({"default": "none"}, "  ", "none"),
        ({"separator": "|", "part": 1, "lookup": {"x": "y"}, "default": "z"}, "x|1", "y"),
    ],
)
def test_steps(rule: dict[str, object], raw: str, expected: str) -> None:
    steps = compile_steps(Rule.model_validate(rule), decimal_comma=None)
    assert steps is not None
    assert steps(raw) == expected


def test_a_rule_without_steps_costs_nothing() -> None:
    assert compile_steps(Rule(to="name"), decimal_comma=True) is None


@pytest.mark.parametrize(
    ("raw", "expected"), [("<p>a<br>b</p>c", "a\nb\nc"), ("<script>x</script>y", "y"), ("a &lt; b", "a < b")]
)
def test_text_without_its_tags(raw: str, expected: str) -> None:
    assert strip_html(raw) == expected

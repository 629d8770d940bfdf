"""Rows converted at once are what each of them is by itself, and ordinary rows are converted at once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mercat.connectors.table import TableSettings
from mercat.connectors.table.mapping import Plan
from mercat.sdk.values import are_ean13, are_plain_html, gtin, safe_html

_COLUMNS: dict[str, Any] = {
    "code": "sku", "title": "name", "text": "description", "short": "short_description", "maker": "brand",
    "part": "manufacturer_part_number", "ean": "barcode", "path": "category", "price": "price", "cost": "cost",
    "money": "currency", "stock": "quantity", "kg": "weight", "unit": "weight_unit", "shop": "hs_code",
}  # fmt: skip
_ORDINARY = (
    "A1", "Stapler, red", "<p>Good <b>and</b> cheap</p><ul><li>One</li></ul>", " Short ", "Nordex", "N-1", "4006381333931",
    "Office > Staplers", "12.50", "7.1", "EUR", "12", "0.250", "kg", "8205",
)  # fmt: skip
_ODD = st.sampled_from([
    "", " ", "0", "12.5", "12.50", "012", ".5", "-3", "1,234", "€ 7", "69.71 gbp", "1e5", "12.50 kg", "250 g", "<|>", "a\nb",
    "Caf&eacute;", "Grün", "<p>open", "<b><i>crossed</b></i>", "</p><p>", "<p onclick=x>", "5 < 6", "a  b", "\x00", "kg",
    "4006381333932", "1234567890128", "036000291452", "4006381-333931", "4006381333931;036000291452", "N/A", "USD", None,
])  # fmt: skip
# A few rows, each with a cell or two that is not ordinary.
_rows = st.lists(st.lists(st.tuples(st.integers(0, len(_ORDINARY) - 1), _ODD), max_size=2), min_size=1, max_size=4).map(
    lambda rows: [_edited(dict(row)) for row in rows]
)


def _edited(cells: dict[int, str | None]) -> tuple[str | None, ...]:
    return tuple(cells.get(place, cell) for place, cell in enumerate(_ORDINARY))


def _plan(**more: Any) -> Plan:
    settings = TableSettings.model_validate({"key": "code", "columns": _COLUMNS, **more})
    return Plan(settings, list(_COLUMNS), place="feed.csv", keyed=False)


@given(_rows, st.sampled_from([None, "EUR"]), st.sampled_from([None, True, False]))
def test_what_is_converted_at_once_is_what_each_row_says(
    rows: list[tuple[str | None, ...]], currency: str | None, comma: bool | None
) -> None:
    settings = {"currency": currency, "decimal_comma": comma}
    by_column = _plan(**settings).by_column
    assert by_column is not None
    plan = _plan(**settings)
    at_once = by_column.convert(rows)
    assert at_once is None or at_once == [plan.convert(row) for row in rows]


@pytest.mark.parametrize("more", [{}, {"currency": "EUR"}])
def test_ordinary_rows_are_converted_at_once(more: dict[str, Any]) -> None:
    by_column = _plan(**more).by_column
    assert by_column is not None
    rows = [_ORDINARY, ("A2", "Grün & gut", "Plain", *[""] * 12), ("A3", "x", "<p class=a>y</p>", *_ORDINARY[3:])]
    assert by_column.convert(rows) == [_plan(**more).convert(row) for row in rows]


def test_one_bad_row_is_looked_at_by_itself() -> None:
    by_column = _plan().by_column
    assert by_column is not None
    assert by_column.convert([_ORDINARY, (*_ORDINARY[:6], "4006381333932", *_ORDINARY[7:])]) is None


def test_a_table_with_rules_of_its_own_goes_row_by_row() -> None:
    settings = TableSettings.model_validate({"key": "a", "columns": {"a": "sku", "b": "metafield:custom.size"}})
    assert Plan(settings, ["a", "b"], place="feed.csv", keyed=False).by_column is None


@given(
    st.lists(st.one_of(st.integers(0, 10**13 - 1).map(str), st.sampled_from(["4006381333931", "1234567890128", "x"])))
)
def test_codes_that_are_told_at_once_are_right(numbers: list[str]) -> None:
    # Every one with its right check digit, and as it is.
    mended = [gtin(code[:12].zfill(12) + digit)[0] for code in numbers for digit in "0123456789"]
    codes = [code for code in mended if code is not None and code[0] != "0"]
    assert are_ean13(codes)
    assert not are_ean13(numbers) or list(map(gtin, numbers)) == [(code, None) for code in numbers]


_HTML = ["<p>a</p>", "<br>", "<p>", "</p>", "text", "<i>x</i>", "<script>", "<|>", "&amp;", "\n", "é", "<b", "b>", ""]


@given(st.lists(st.lists(st.sampled_from(_HTML), max_size=4).map("".join), max_size=5))
def test_texts_that_are_told_at_once_are_left_as_they_are(texts: list[str]) -> None:
    assert not are_plain_html(texts) or list(map(safe_html, texts)) == [text.strip() for text in texts]

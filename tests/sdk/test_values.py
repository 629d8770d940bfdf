"""Single values from outside: numbers, text, HTML, spreadsheet cells."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mercat.sdk.values import (
    WEIGHT_UNITS,
    decimal_text,
    neutralise_formula,
    plain_text,
    safe_html,
    slug,
    weight_unit,
)

CANONICAL = re.compile(r"0|-?(?:0\.[0-9]*[1-9]|[1-9][0-9]*(?:\.[0-9]*[1-9])?)")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("1.234,50", "1234.5"),
        ("1,234.50", "1234.5"),
        ("€ 12", "12"),
        ("$1 234.5", "1234.5"),
        ("(12.50)", "-12.5"),
        ("12.50-", "-12.5"),
        ("EUR -5", "-5"),
        ("-$5", "-5"),
        ("\u22125", "-5"),
        ("", None),
        (" \u00a0 ", None),
        ("1,234", "1234"),
        ("1.234", "1.234"),
        ("0,123", "0.123"),
        ("12,5", "12.5"),
        ("1'234.50 CHF", "1234.5"),
        ("1\u202f234,50 €", "1234.5"),
        ("1,23,456.78", "123456.78"),
        ("1.234.567", "1234567"),
        ("12.-", "12"),
        ("12,--", "12"),
        ("R$ 5,50", "5.5"),
        ("1,5 zł", "1.5"),
        ("-0.00", "0"),
        ("00012.500", "12.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("\uff11\uff12", "12"),
        ("1e3", "1000"),
        ("1E-7", "0.0000001"),
        ("+7", "7"),
    ],
)
def test_a_number_as_people_write_it(raw: str, expected: str | None) -> None:
    assert decimal_text(raw) == expected


@pytest.mark.parametrize(
    ("raw", "decimal_comma", "expected"),
    [
        ("1.234", True, "1234"),
        ("1,234", True, "1.234"),
        ("12.5", True, "12.5"),
        ("1,234", False, "1234"),
        ("12,50", False, "12.5"),
        ("1.234", False, "1.234"),
        ("1234", True, "1234"),
    ],
)
def test_the_decimal_mark_can_be_told(raw: str, decimal_comma: bool, expected: str) -> None:
    assert decimal_text(raw, decimal_comma=decimal_comma) == expected


@pytest.mark.parametrize(
    "raw",
    [
        *(
            "abc",
            "1.2.3",
            "12 34",
            "NaN",
            "Infinity",
            "12 kg",
            "5 %",
            "--5",
            ".",
            "1/2",
            "=1+1",
            "1e999999999",
            "9" * 81,
        ),
        *("1,2345,678", "12:30", "0x10", "1_0"),
    ],
)
def test_what_is_not_a_number_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match="number"):
        decimal_text(raw)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_every_decimal_survives_exactly(value: Decimal) -> None:
    text = decimal_text(f"{value:f}")
    assert text is not None
    assert Decimal(text) == value
    assert CANONICAL.fullmatch(text)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=0, max_value=10**9), st.booleans())
def test_grouped_numbers_mean_the_same_with_either_mark(value: Decimal, comma: bool) -> None:
    english = f"{value:,.2f}"
    written = english.translate(str.maketrans(",.", ".,")) if comma else english
    assert decimal_text(written) == decimal_text(f"{value:f}") == decimal_text(written, decimal_comma=comma)


@given(st.text(max_size=40))
def test_any_text_is_a_canonical_number_or_a_value_error(raw: str) -> None:
    try:
        text = decimal_text(raw)
    except ValueError:
        return
    assert text is None or CANONICAL.fullmatch(text)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a &amp;amp; b", "a &amp; b"),
        ("Caf&eacute; &#8364; &#x41;", "Café € A"),
        ("AT&T", "AT&T"),
        ("?a=1&copy=2", "?a=1&copy=2"),
        ("&unknown; &notit;", "&unknown; &notit;"),
        ("x\u00a0 y\r\n\r\n z", "x y\nz"),
        ("  a\t\tb  ", "a b"),
        ("=1+1", "=1+1"),
        ("<b>x</b>", "<b>x</b>"),
        ("e\u0301", "é"),
        ("\ud800x\x00", "\ufffdx"),
        ("\ufeffSKU", "SKU"),
        ("a\u200bb\u200dc", "ab\u200dc"),
    ],
)
def test_plain_text(raw: str, expected: str) -> None:
    assert plain_text(raw) == expected


@given(st.text(alphabet=st.characters(exclude_characters="&")))
def test_plain_text_without_entities_is_settled_after_one_pass(raw: str) -> None:
    text = plain_text(raw)
    assert plain_text(text) == text
    assert text == text.strip()
    assert "  " not in text
    assert "\n\n" not in text
    assert "\x00" not in text
    text.encode()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("<p onclick=x()>a</p><script>alert(1)</script>", "<p>a</p>"),
        ("<a href='javascript:x'>b</a>", "<a>b</a>"),
        ("<img src=x.png onerror=alert(1)>", '<img src="x.png">'),
        ("<svg onload=alert(1)>", ""),
        ("<b>bold</b> &amp; <i>more</i>", "<b>bold</b> &amp; <i>more</i>"),
        ("AT&T Caf&eacute; &lt;b&gt; &#60;script&#62;", "AT&T Café &lt;b&gt; &#60;script&#62;"),
        ("5 <b", "5 &lt;b"),
        ("x < y > z", "x &lt; y &gt; z"),
        ("a<br />b", "a<br>b"),
        ("line\r\nline", "line\nline"),
        ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
    ],
)
def test_safe_html(raw: str, expected: str) -> None:
    assert safe_html(raw) == expected


FRAGMENTS = st.lists(
    st.one_of(
        st.sampled_from(["<script>", "</script>", "<p onclick=a>", "<a href=javascript:x>", "&lt;", "&amp;", "<", ">"]),
        st.sampled_from(["<!--", "-->", "<svg/onload=x>", "&#x3c;", "<style>", "&eacute;", '"', "<math><mi>"]),
        st.text(max_size=6),
    ),
    max_size=12,
).map("".join)


@given(FRAGMENTS)
def test_safe_html_is_safe_and_cleaning_again_changes_nothing(raw: str) -> None:
    text = safe_html(raw)
    assert safe_html(text) == text
    tags = re.findall(r"<[^>]*", text)
    assert not any(re.search(r"^</?(script|style|svg)|\son\w+=|javascript:", tag, re.IGNORECASE) for tag in tags)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd", "'+cmd"),
        ("-cmd", "'-cmd"),
        ("\t=1", "'\t=1"),
        (" =1", "' =1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("-12.5", "-12.5"),
        ("+3", "+3"),
        ("-1,5", "-1,5"),
        ("-1+1", "'-1+1"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_an_exported_cell_is_not_a_formula(text: str, expected: str) -> None:
    assert neutralise_formula(text) == expected


@given(st.text(max_size=20))
def test_no_exported_cell_starts_a_formula_and_nothing_is_lost(text: str) -> None:
    safe = neutralise_formula(text)
    assert safe in (text, "'" + text)
    assert safe[:1] not in {*"=@\t\r＝＋－＠"}


@pytest.mark.parametrize(
    ("raw", "unit"),
    [("KG", "kg"), ("lbs.", "lb"), (" Gramm ", "g"), ("onces", "oz"), ("KGM", "kg"), ("mg", None), ("", None)],
)
def test_weight_units(raw: str, unit: str | None) -> None:
    assert weight_unit(raw) == unit
    assert set(WEIGHT_UNITS.values()) == {"g", "kg", "oz", "lb"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Foo & Bar  Ünïß", "foo-bar-uniss"),
        ("Привет", ""),
        ("Łódź Ærø", "lodz-aero"),
        ("--a--", "a"),
        ("½ inch", "1-2-inch"),
    ],
)
def test_slugs(text: str, expected: str) -> None:
    assert slug(text) == expected


@given(st.text())
def test_a_slug_is_a_handle(text: str) -> None:
    handle = slug(text)
    assert re.fullmatch(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*)?", handle)
    assert len(handle) <= 200
    assert slug(handle) == handle

"""GTINs, part numbers and brands. The given codes of the GS1 tables are right; a wrong digit is always noticed."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mercat.sdk.values import brand_key, gtin, gtin14, mpn_key
from tests.shared_data import shared


def with_check_digit(digits: str) -> str:
    """Said as GS1 says it (General Specifications 7.9), not as the product computes it."""
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits)))
    return digits + str(-total % 10)


REAL = st.sampled_from([7, 11, 12, 13]).flatmap(
    lambda size: st.from_regex(rf"[1-9][0-9]{{{size - 1}}}", fullmatch=True).map(with_check_digit)
)


def is_made_up(code: str) -> bool:
    return "placeholder" in (gtin(code)[1] or "")


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("4006381333931", "4006381333931"),
        ("0882780985407", "0882780985407"),
        ("882780985407", "882780985407"),
        ("73513537", "73513537"),
        ("00012502615620", "00012502615620"),
        ("'4006381333931", "4006381333931"),
        ('="4006381333931"', "4006381333931"),
        ("4006381333931.0", "4006381333931"),
        (" 978-3-16-148410-0 ", "9783161484100"),
        ("\uff14006381333931", "4006381333931"),
    ],
)
def test_a_right_gtin_is_kept_without_a_word(raw: str, value: str) -> None:
    assert gtin(raw) == (value, None)


@pytest.mark.parametrize(
    ("raw", "value"),
    [("12502615620", "012502615620"), ("12502615620.0", "012502615620"), ("2502615621", "002502615621")],
)
def test_lost_leading_zeros_come_back(raw: str, value: str) -> None:
    repaired, warning = gtin(raw)
    assert repaired == value
    assert warning is not None
    assert "leading zeros" in warning


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("8.85909E+11", "scientific"),
        ("8,85909E+11", "scientific"),
        ("000000000000", "placeholder"),
        ("0", "placeholder"),
        ("N/A", "placeholder"),
        ("Does not apply", "placeholder"),
        ("9999999999999", "placeholder"),
        ("9999999999994", "placeholder"),
        ("1234567890123", "placeholder"),
        ("1234567890128", "placeholder"),
        ("012345678905", "placeholder"),
        ("12345670", "placeholder"),
        ("4006381333932", "check digit"),
        ("4006381", "7 digits"),
        ("400638133393100", "15 digits"),
        ("080442957X", "ISBN-10"),
        ("٤٠٠٦٣٨١٣٣٣٩٣١", "not made of digits"),
        ("4006381333931 / 4006381333948", "not made of digits"),
    ],
)
def test_a_wrong_gtin_is_dropped_with_the_reason(raw: str, why: str) -> None:
    value, warning = gtin(raw)
    assert value is None
    assert warning is not None
    assert why in warning


@pytest.mark.parametrize("raw", ["", "  ", "\u00a0"])
def test_an_empty_cell_is_no_warning(raw: str) -> None:
    assert gtin(raw) == (None, None)


@given(REAL)
def test_every_gtin_with_its_check_digit_is_itself(code: str) -> None:
    assume(not is_made_up(code))
    assert gtin(code) == (code, None)


@given(REAL, st.data())
def test_one_wrong_digit_is_always_noticed(code: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(code) - 1))
    wrong = code[:place] + str((int(code[place]) + data.draw(st.integers(1, 9))) % 10) + code[place + 1 :]
    assert gtin(wrong)[0] is None


@given(st.from_regex(r"0{1,3}[1-9][0-9]{7,9}", fullmatch=True).filter(lambda s: len(s) == 11).map(with_check_digit))
def test_a_upc_that_went_through_a_spreadsheet_is_whole_again(code: str) -> None:
    assume(not is_made_up(code))
    assert gtin(str(int(code)))[0] == code
    assert gtin14(code) == gtin14("00" + code)


@given(st.text(max_size=30))
def test_any_text_gives_a_gtin_or_a_reason(raw: str) -> None:
    value, warning = gtin(raw)
    if value is None:
        assert warning is not None or not any(c.isalnum() for c in raw)
    else:
        assert re.fullmatch(r"[0-9]{8}|[0-9]{12,14}", value)
        assert with_check_digit(value[:-1]) == value


@pytest.mark.shared
def test_the_given_tables_of_codes_are_answered_the_same() -> None:
    text = shared("data", "taxonomy", "gs1", "test_ean.doctest.txt").read_text()
    answers = re.findall(r">>> ean\.validate\('(.*?)'\)\n(Traceback|'.*?')", text)
    assert len(answers) == 4
    for code, answer in answers:
        assert gtin(code)[0] == (None if answer == "Traceback" else answer.strip("'")), code
    books = shared("data", "taxonomy", "gs1", "test_isbn.doctest.txt").read_text()
    isbn13 = re.findall(r"^\.\.\. (97[89][0-9-]{10,14})$", books, re.MULTILINE)
    assert len(isbn13) > 50
    assert {code for code in isbn13 if gtin(code) != (code.replace("-", ""), None)} == set()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("LC51С", "lc-51c"),
        ("ab 12/3", "AB123"),
        ("Ａ１", "a1"),
        ("ΑΒ-9", "ab9"),
        ("é5", "E5"),
        ("CF226X#ABB", "CF226XABB"),
    ],
)
def test_part_numbers_that_are_the_same(one: str, other: str) -> None:
    assert mpn_key(one) == mpn_key(other) != ""


@given(st.text())
def test_a_part_number_key_is_settled(text: str) -> None:
    key = mpn_key(text)
    assert re.fullmatch("[A-Z0-9]*", key)
    assert mpn_key(key) == key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hewlett-Packard®", "HEWLETT PACKARD"),
        ("HP Inc.", "H.P."),
        ("Müller GmbH & Co. KG", "muller"),
        ("Acme Co., Ltd.", "ACME"),
        ("3M™", "3m"),
        ("Carlsberg A/S", "Carlsberg"),
        ("Nestlé S.A.", "nestle"),
        ("Foo Sp. z o.o.", "FOO"),
        ("松下", "松下"),
    ],
)
def test_brands_that_are_the_same(one: str, other: str) -> None:
    assert brand_key(one) == brand_key(other) != ""


@pytest.mark.parametrize(("one", "other"), [("SE", "AG"), ("Cisco", "Cis"), ("Sony", "Sonos"), ("Co", "")])
def test_brands_that_are_not(one: str, other: str) -> None:
    assert brand_key(one) != brand_key(other)


@given(st.text())
def test_a_brand_key_is_settled(text: str) -> None:
    key = brand_key(text)
    assert brand_key(key) == key

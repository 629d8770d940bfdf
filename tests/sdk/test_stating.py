"""Cells become values; every loss becomes a warning."""

from __future__ import annotations

import pytest
from msgspec import UNSET

from mercat.sdk.stating import Statement


@pytest.mark.parametrize(
    ("method", "raw", "value", "warns"),
    [
        ("text", " R&amp;D ", "R&D", False),
        ("text", " ", None, False),
        ("text", None, None, False),
        ("html", "<p>x</p><script>y</script>", "<p>x</p>", False),
        ("barcode", "4006381333931", "4006381333931", False),
        ("barcode", "", None, False),
        ("barcode", "4006381333932", UNSET, True),
        ("barcode", "0000000000000", UNSET, True),
    ],
)
def test_texts_and_codes(method: str, raw: str | None, value: object, *, warns: bool) -> None:
    said = Statement()
    assert getattr(said, method)(raw) == value
    assert bool(said.warnings) is warns


@pytest.mark.parametrize(
    ("method", "raw", "value", "warns"),
    [
        ("decimal", "1,234.50", "1234.5", False),
        ("decimal", "", None, False),
        ("decimal", "n/a", UNSET, True),
        ("whole", "12", 12, False),
        ("whole", "1.5", UNSET, True),
        ("whole", None, None, False),
        ("flag", "TRUE", True, False),
        ("flag", "deny", False, False),
        ("flag", "", UNSET, False),
        ("flag", "perhaps", UNSET, True),
    ],
)
def test_numbers_and_flags(method: str, raw: str | None, value: object, *, warns: bool) -> None:
    said = Statement()
    assert getattr(said, method)("field", raw) == value
    assert bool(said.warnings) is warns


def test_a_warning_is_said_once() -> None:
    said = Statement()
    said.decimal("price", "x")
    said.decimal("price", "x")
    assert len(said.warnings) == 1


def test_the_same_gtin_in_other_paddings_counts_once() -> None:
    assert Statement().gtins(["00735858205177", "0735858205177", "735858205177"]) == ["00735858205177"]

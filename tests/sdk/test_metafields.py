"""Metafields as feeds spell them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mercat.sdk import metafields
from mercat.sdk.records import Metafield


@pytest.mark.parametrize(
    ("heading", "name", "kind"),
    [
        ("Metafield: custom.Brand Name[list.single_line_text]", "custom.Brand_Name", "list.single_line_text_field"),
        ("metafield: custom.Color [single_line_text_field]", "custom.Color", "single_line_text_field"),
        ("Metafield: custom.a.b", "custom.a_b", None),
        ("Metafield: custom.Color[list.single_line_text] (2)", "custom.Color", "list.single_line_text_field"),
        ("Colour (product.metafields.shopify.color-pattern)", "shopify.color-pattern", None),
        ("Size (inches) (product.metafields.custom.size)", "custom.size", None),
    ],
)
def test_headings(heading: str, name: str, kind: str | None) -> None:
    assert metafields.heading(heading) == (name, kind)


@pytest.mark.parametrize("heading", ["Color", "Metafield: color", "Colour (custom.colour)", ""])
def test_other_headings_are_none(heading: str) -> None:
    assert metafields.heading(heading) is None


@pytest.mark.parametrize(
    ("label", "expected"),
    [("Printing colours", "printing_colours"), ("Größe (mm)", "grosse_mm"), ("_a__b_", "a_b"), ("64-bit", "64-bit")],
)
def test_keys(label: str, expected: str) -> None:
    assert metafields.key(label) == expected


@given(st.text(max_size=200))
def test_every_key_is_one_that_shopify_accepts(label: str) -> None:
    key = metafields.key(label)
    assert 2 <= len(key) <= 64
    assert key.isascii()
    assert key.replace("-", "").replace("_", "").isalnum()


def test_labels_that_differ_past_the_limit_or_in_strange_letters_stay_apart() -> None:
    labels = ["x" * 80, "x" * 81, "颜色", "尺寸", "a", "b"]
    assert len({metafields.key(label) for label in labels}) == len(labels)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(Decimal("1.50"), "1.5"), (Decimal("1E+3"), "1000"), (Decimal("-0.0"), "0"), (7, "7"), (Decimal(0), "0")],
)
def test_numbers_are_plain(value: Decimal | int, expected: str) -> None:
    assert metafields.number(value) == expected


@pytest.mark.parametrize("value", [Decimal("1E+999999"), Decimal("NaN"), Decimal("1E-400"), Decimal("Infinity")])
def test_absurd_numbers_are_refused(value: Decimal) -> None:
    with pytest.raises(ValueError, match="usable"):
        metafields.number(value)


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("boolean", "TRUE", True),
        ("number_decimal", "12.50", "12.5"),
        ("number_integer", " 7 ", 7),
        ("json", '{"a": 1}', {"a": 1}),
        ("list.number_integer", "1; 2", [1, 2]),
        ("single_line_text_field", " as it is ", " as it is "),
    ],
)
def test_cells_of_a_type(kind: str, cell: str, value: object) -> None:
    assert metafields.typed(kind, cell) == Metafield(kind, value)


@pytest.mark.parametrize(
    ("kind", "cell"), [("boolean", "maybe"), ("number_decimal", "wide"), ("json", "{"), ("number_integer", "1.5")]
)
def test_cells_that_do_not_fit_their_type(kind: str, cell: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- the messages are the readers' own
        metafields.typed(kind, cell)


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters=";,&\ue000"), min_size=1).filter(
            lambda part: part == part.strip() and not part.startswith("[")
        ),
        min_size=2,
        max_size=5,
        unique=True,
    )
)
def test_what_is_joined_by_semicolons_is_split_again(parts: list[str]) -> None:
    assert metafields.split_list(";".join(parts)) == parts

"""What becomes of Icecat's fields."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec import UNSET

from mercat.connectors.icecat import texts
from mercat.connectors.icecat.settings import IcecatSettings
from mercat.connectors.icecat.wire import Shape, shape_of, to_record
from mercat.sdk.errors import Rejected
from mercat.sdk.records import Metafield, ProductRecord, Stated
from mercat.sdk.values import mpn_key

TEXT, LINES, NUMBER = "single_line_text_field", "multi_line_text_field", "number_decimal"


def index(settings: IcecatSettings | None = None, **fields: Any) -> Stated:
    return to_record(
        Shape.INDEX, {"id": "7", "title": "HP 49A", "supplier": "HP"} | fields, settings or IcecatSettings()
    )


@pytest.mark.parametrize(
    ("name", "value", "key", "field"),
    [
        ("attr_t_type", "Original", "icecat.type", Metafield(TEXT, "Original")),
        ("attr_t_compatibility", r"FX-890\nFX-890A", "icecat.compatibility", Metafield(LINES, "FX-890\nFX-890A")),
        (
            "attr_t_features",
            "<b>DirectX</b> 11<br />OpenGL",
            "icecat.features",
            Metafield(LINES, "DirectX\n11\nOpenGL"),
        ),
        ("attr_n_weight", Decimal("2900.0"), "icecat.weight", Metafield(NUMBER, "2900")),
        ("attr_n_gap", Decimal("1e-06"), "icecat.gap", Metafield(NUMBER, "0.000001")),
        ("attr_b_colour", False, "icecat.colour", Metafield("boolean", False)),
        ("attr_t_energy__h_h_", "5 - 95", "icecat.energy_h_h", Metafield(TEXT, "5 - 95")),
    ],
)
def test_a_specification_becomes_a_typed_metafield(name: str, value: object, key: str, field: Metafield) -> None:
    fields = index(**{name: value}).record.metafields
    assert isinstance(fields, dict)
    assert fields[key] == field


def test_specifications_whose_keys_meet_are_both_kept() -> None:
    fields = index(attr_n_capacity=Decimal(5), attr_t_capacity="5 l", attr_t__capacity_="five").record.metafields
    assert isinstance(fields, dict)
    assert sorted(field.value for field in fields.values()) == ["5", "5 l", "five"]
    assert "icecat.capacity_text" in fields


@pytest.mark.parametrize(
    ("price", "in_cents", "expected"),
    [
        (9495, True, "94.95"),
        (100, True, "1"),
        ("9495", True, "94.95"),
        (9495, False, "9495"),
        (Decimal("94.95"), False, "94.95"),
    ],
)
def test_prices_are_whole_cents_unless_told_otherwise(price: object, in_cents: bool, expected: str) -> None:
    record = index(IcecatSettings(price_in_cents=in_cents, currency="EUR"), price=price).record
    assert (record.variants[0].price, record.variants[0].currency) == (expected, "EUR")


def test_no_price_states_no_price() -> None:
    assert index().record.variants[0].price is UNSET
    assert index(price="soon").record.variants[0].price is UNSET
    assert "not a number" in index(price="soon").warnings[0]


def test_the_first_valid_gtin_is_the_barcode_and_the_rest_are_identifiers() -> None:
    codes = ["1234567890128x", "00735858205177", "0735858205177", "4006381333931"]
    result = index(ean=codes)
    variant = result.record.variants[0]
    assert variant.barcode == "00735858205177"
    assert variant.identifiers == {"icecat:productid": ["7"], "gtin": ["4006381333931"]}
    assert result.warnings


def test_a_lost_leading_zero_is_given_back() -> None:
    assert index(ean=["12502615620"]).record.variants[0].barcode == "012502615620"


@pytest.mark.parametrize(
    ("name", "rule", "expected"),
    [
        ("LC51C", "code", "LC51C"),
        ("43503601", "code", "43503601"),
        ("49A", "code", UNSET),
        ("Black Toner Cartridge", "code", UNSET),
        ("CitySmart", "code", UNSET),
        ("Black Toner", "always", "Black Toner"),
        ("LC51C", "never", UNSET),
    ],
)
def test_a_model_name_is_a_part_number_only_where_it_looks_like_one(name: str, rule: Any, expected: object) -> None:
    record = index(IcecatSettings(name_is_part_number=rule), name=name).record
    assert record.manufacturer_part_number == expected
    assert isinstance(record.metafields, dict)
    assert record.metafields["icecat.model_name"].value == name


def test_a_cyrillic_letter_stays_in_the_text_and_goes_in_the_comparison() -> None:
    record = index(name="NС10U2").record
    assert record.manufacturer_part_number == "NС10U2"
    assert mpn_key("NС10U2") == mpn_key("NC10U2")


def test_a_harvested_product() -> None:
    raw = {
        "id": "5",
        "title": "TV",
        "brand": "C2G",
        "description": r"Nice\nBig",
        "image_url": "https://x/1.jpg",
        "price": Decimal("22.07"),
        "currency": "USD",
        "categories": ["TVs", "LED"],
        "attrs": {"Display type": "LED", "Empty": ""},
    }
    record = to_record(Shape.HARVEST, raw, IcecatSettings()).record
    assert record.description == "Nice<br>Big"
    assert record.category == "TVs > LED"
    assert record.metafields == {"icecat.display_type": Metafield(TEXT, "LED")}
    assert (record.variants[0].price, record.variants[0].currency) == ("22.07", "USD")


def test_a_field_that_is_not_there_states_nothing() -> None:
    record = to_record(Shape.HARVEST, {"id": "5", "title": "TV", "categories": []}, IcecatSettings()).record
    assert record == ProductRecord(name="TV", variants=record.variants)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"id": "1", "title": "x", "attrs": {}}, Shape.HARVEST),
        ({"id": "1", "title": "x", "supplier": "HP"}, Shape.INDEX),
        ({"id": "1", "title": "x"}, None),
        ({"sku": "1"}, None),
    ],
)
def test_tells_the_shapes_apart(record: dict[str, Any], expected: Shape | None) -> None:
    assert shape_of(record) is expected


def test_a_product_without_a_title_is_rejected() -> None:
    with pytest.raises(Rejected, match="7 has no title"):
        index(title=" ")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (r"a\nb", "a\nb"),
        ("a<br />b", "a\nb"),
        ("<ul><li>a</li><li>b &amp; c</li></ul>", "a\nb & c"),
        ("5 < 6", "5 < 6"),
    ],
)
def test_lines(raw: str, expected: str) -> None:
    assert texts.lines(raw) == expected

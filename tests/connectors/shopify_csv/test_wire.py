"""What becomes of Shopify's cells."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import UNSET

from mercat.connectors.shopify_csv.cells import guarded, opened
from mercat.connectors.shopify_csv.settings import ShopifyCsvSettings
from mercat.connectors.shopify_csv.weights import grams_to, to_grams
from mercat.connectors.shopify_csv.wire import Sheet, to_record
from mercat.sdk.errors import Rejected
from mercat.sdk.records import Metafield, OfferRecord, Stated


def convert(*rows: dict[str, str], **settings: Any) -> Stated:
    rows = tuple({"Handle": "pen"} | row for row in rows)
    header = list(dict.fromkeys(heading for row in rows for heading in row))
    cells = [[row.get(heading, "") for heading in header] for row in rows]
    return to_record(Sheet("pen", header, cells), ShopifyCsvSettings(**settings))


@pytest.mark.parametrize(
    ("heading", "cell", "field", "value"),
    [
        ("Body (HTML)", "<p onclick='x()'>Ink<script>x</script></p>", "description", "<p>Ink</p>"),
        ("Description", "", "description", None),
        ("Vendor", "R&amp;D", "brand", "R&D"),
        ("Type", "Pens", "product_type", "Pens"),
        ("Custom Product Type", "Pens", "product_type", "Pens"),
        ("Product Category", "Office Supplies>Pens", "category", "Office Supplies > Pens"),
        ("Tags", "blue, ink,blue,", "tags", ["blue", "ink"]),
        ("Status", "Archived", "status", "archived"),
        ("Published", "TRUE", "status", "active"),
        ("Published on online store", "false", "status", "draft"),
        ("Published", "", "status", UNSET),
        ("SEO Title", "Buy pens", "seo_title", "Buy pens"),
        ("Google Shopping / MPN", "0012-A", "manufacturer_part_number", "0012-A"),
        ("Google Shopping / Manufacturer part number (MPN)", "0012-A", "manufacturer_part_number", "0012-A"),
        ("Variant Inventory Qty", "-3", "offer", OfferRecord(quantity_available=0)),
        ("Title", "'=1+1", "name", "=1+1"),
    ],
)
def test_a_product_cell_means(heading: str, cell: str, field: str, value: object) -> None:
    assert getattr(convert({"Title": "Pen"} | {heading: cell}).record, field) == value


@pytest.mark.parametrize(
    ("heading", "cell", "field", "value"),
    [
        ("Variant SKU", " 00-12 ", "sku", "00-12"),
        ("SKU", "A", "sku", "A"),
        ("Variant Barcode", "4006381333931", "barcode", "4006381333931"),
        ("Variant Barcode", "4.00638E+12", "barcode", UNSET),
        ("Variant Price", "12.50", "price", "12.5"),
        ("Price", "", "price", None),
        ("Price", "call us", "price", UNSET),
        ("Compare-at price", "15", "compare_at_price", "15"),
        ("Cost per item", "7.125", "cost_price", "7.125"),
        ("Charge tax", "FALSE", "taxable", False),
        ("Variant Inventory Tracker", "shopify", "track_inventory", True),
        ("Inventory tracker", "", "track_inventory", False),
        ("Variant Inventory Policy", "continue", "inventory_policy", "continue"),
        ("Continue selling when out of stock", "FALSE", "inventory_policy", "deny"),
        ("Requires shipping", "true", "requires_shipping", True),
    ],
)
def test_a_variant_cell_means(heading: str, cell: str, field: str, value: object) -> None:
    assert getattr(convert({"Title": "Pen"} | {heading: cell}).record.variants[0], field) == value


def test_a_column_that_is_not_there_states_nothing() -> None:
    record = convert({"Title": "Pen"}).record
    unset = (
        record.description,
        record.brand,
        record.tags,
        record.status,
        record.metafields,
        record.images,
        record.offer,
    )
    assert set(map(str, unset)) == {"UNSET"}
    assert record.variants[0].price is UNSET
    assert record.variants[0].weight is UNSET


@pytest.mark.parametrize(
    ("grams", "unit", "weight", "weight_unit"),
    [
        ("1500", "kg", "1.5", "kg"),
        ("1134", "lb", "2.5", "lb"),
        ("250", "", "250", "g"),
        ("250", "stone", "250", "g"),
        ("", "kg", None, UNSET),
    ],
)
def test_grams_are_shown_in_the_shops_unit(grams: str, unit: str, weight: object, weight_unit: object) -> None:
    variant = convert({"Title": "Pen", "Variant Grams": grams, "Variant Weight Unit": unit}).record.variants[0]
    if unit == "lb":
        assert isinstance(variant.weight, str)
        assert variant.weight.startswith("2.5")
    else:
        assert variant.weight == weight
    assert variant.weight_unit == weight_unit


@pytest.mark.parametrize(("weight", "unit"), [("2.5", "lb"), ("0.3125", "oz"), ("12.3456", "kg"), ("7", "g")])
def test_a_weight_survives_the_way_through_grams(weight: str, unit: str) -> None:
    assert grams_to(to_grams(weight, unit), unit) == weight


def test_options_are_named_by_the_first_row() -> None:
    record = convert(
        {
            "Title": "Pen",
            "Option1 Name": "Colour",
            "Option1 Value": "Blue",
            "Option2 Name": "Tip",
            "Option2 Value": "F",
        },
        {"Title": "", "Option1 Value": "Red", "Option2 Value": "M"},
    ).record
    assert [variant.options for variant in record.variants] == [
        {"Colour": "Blue", "Tip": "F"},
        {"Colour": "Red", "Tip": "M"},
    ]


def test_default_title_is_no_option_and_image_rows_are_no_variants() -> None:
    record = convert(
        {
            "Title": "Pen",
            "Option1 Name": "Title",
            "Option1 Value": "Default Title",
            "Image Src": "b",
            "Image Position": "2",
        },
        {"Image Src": "a", "Image Position": "1", "Image Alt Text": "Front"},
        {"Image Src": "b", "Image Position": "3"},
    ).record
    assert [variant.options for variant in record.variants] == [{}]
    assert isinstance(record.images, list)
    assert [(image.url, image.position, image.alt_text) for image in record.images] == [
        ("a", 1, "Front"),
        ("b", 2, None),
    ]


def test_a_variant_image_that_is_nowhere_else_is_kept_as_a_picture() -> None:
    record = convert({"Title": "Pen", "Image Src": "a", "Variant Image": "b"}).record
    assert isinstance(record.images, list)
    assert [image.url for image in record.images] == ["a", "b"]


def test_variants_without_a_sku_are_named_alike_every_time() -> None:
    rows = (
        {"Title": "Pen", "Option1 Name": "Colour", "Option1 Value": "Sky Blue", "SKU": ""},
        {"Option1 Value": "青"},
        {"Option1 Value": "Sky-Blue"},
    )
    first, again = convert(*rows), convert(*rows)
    skus = [variant.sku for variant in first.record.variants]
    assert skus == [variant.sku for variant in again.record.variants]
    assert skus[0] == "pen-sky-blue"
    assert len(set(skus)) == 3
    assert "3 variant(s) have no SKU" in first.warnings[0]


def test_a_variant_stated_twice_counts_once() -> None:
    rows = [{"Title": "Pen", "SKU": "A", "Price": "1"}, {"SKU": "A", "Price": "2"}]
    result = convert(*rows)
    assert [variant.price for variant in result.record.variants] == ["2"]
    assert "stated twice" in result.warnings[0]


def test_variants_that_differ_only_in_their_sku_are_all_kept() -> None:
    result = convert({"Title": "Pen", "SKU": "A"}, {"SKU": "B"})
    assert [variant.sku for variant in result.record.variants] == ["A", "B"]
    assert "both are kept" in result.warnings[0]


def test_the_shops_currency_comes_with_its_prices() -> None:
    assert convert({"Title": "Pen", "Price": "2"}, currency="CAD").record.variants[0].currency == "CAD"
    assert convert({"Title": "Pen"}, currency="CAD").record.variants[0].currency is UNSET


@pytest.mark.parametrize(
    ("heading", "cell", "name", "field"),
    [
        (
            "Colour (product.metafields.custom.colour)",
            "Blue",
            "custom.colour",
            Metafield("single_line_text_field", "Blue"),
        ),
        ("X (product.metafields.a.b)", "1\n2", "a.b", Metafield("multi_line_text_field", "1\n2")),
        ("X (product.metafields.abc.bc)", '["x","y"]', "abc.bc", Metafield("list.single_line_text_field", ["x", "y"])),
        (
            "Metafield: custom.Tip [list.single_line_text]",
            "F;M",
            "custom.Tip",
            Metafield("list.single_line_text_field", ["F", "M"]),
        ),
        (
            "Google Shopping / Gender",
            "unisex",
            "mm-google-shopping.gender",
            Metafield("single_line_text_field", "unisex"),
        ),
    ],
)
def test_metafield_columns(heading: str, cell: str, name: str, field: Metafield) -> None:
    fields = convert({"Title": "Pen", heading: cell}).record.metafields
    assert isinstance(fields, dict)
    assert list(fields.values()) == [field]
    assert name in fields or len(name.partition(".")[2]) < 2


def test_a_stated_metafield_type_is_applied_and_a_misfit_is_told() -> None:
    heading = "Width (product.metafields.custom.width)"
    fits = convert({"Title": "Pen", heading: "12.50"}, metafield_types={"custom.width": "number_decimal"})
    assert fits.record.metafields == {"custom.width": Metafield("number_decimal", "12.5")}
    misfit = convert({"Title": "Pen", heading: "wide"}, metafield_types={"custom.width": "number_decimal"})
    assert misfit.record.metafields == {}
    assert "left out" in misfit.warnings[0]


def test_rows_without_a_title_are_rejected() -> None:
    with pytest.raises(Rejected, match="title"):
        convert({"Title": "", "Image Src": "a"})


@pytest.mark.parametrize("text", ["=1+1", "'=1", "''=1", "-5", "-x", "'plain", "@x", "+49 30", "", "'", "\t=1", "＝1"])
def test_guarding_a_cell_can_be_undone(text: str) -> None:
    assert opened(guarded(text)) == text

"""Cells become the record they state, dirt becomes a warning, and nothing is made up."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mercat.connectors.table import TableSettings
from mercat.connectors.table.fields import NAMED
from mercat.connectors.table.flattening import digest_of, flatten
from mercat.connectors.table.mapping import Plan
from mercat.sdk.records import FeedRow, Metafield
from tests.connectors.table.reading import feed, files, rows, stated


def convert(columns: dict[str, Any], cells: list[Any], **settings: Any) -> tuple[dict[str, Any], list[str]]:
    """(the record as plain data without what is not stated, warnings) for one row of a table."""
    given_settings = TableSettings.model_validate({"key": next(iter(columns)), "columns": columns, **settings})
    plan = Plan(given_settings, list(columns), place="feed.csv", keyed=False)
    record, warnings = plan.convert(cells)
    return msgspec.to_builtins(record), warnings


def variant(columns: dict[str, Any], cells: list[Any], **settings: Any) -> dict[str, Any]:
    record, warnings = convert(columns, cells, **settings)
    assert warnings == []
    found: dict[str, Any] = record["variants"][0]
    return found


def test_a_whole_row() -> None:
    columns = {
        "Nr": "sku", "Titel": "name", "Text": "description", "Marke": "brand", "EAN": "barcode", "VK": "price",
        "EK": "cost", "Bestand": "quantity", "Gewicht": {"to": "weight", "unit": "g"}, "Kat": "category",
        "Bild": "image_url", "Alt": "image_alt", "Farbe": "option:Farbe",
        "Watt": {"to": "metafield:custom.watt", "type": "number_decimal"},
        "Tags": "tags", "Alt-Nr": "identifier:old_number", "Land": "country_of_origin", "Status": "status",
    }  # fmt: skip
    cells = ["A-1", "Lampe &amp; Co", "<p onclick=x>Gut</p>", "Lumo®", "4006381333931", "1.234,50 €", "(nix)", ">10",
             "1.200", "Büro > Licht", "https://x.example/a.jpg, https://x.example/b.jpg", "von vorn",
             "rot", "4,5", "neu; hell", "9;8", "Deutschland", "Auslauf"]  # fmt: skip
    record, warnings = convert(columns, cells, decimal_comma=True, currency="EUR")
    assert record == {
        "name": "Lampe & Co", "description": "<p>Gut</p>", "brand": "Lumo®", "tags": ["neu", "hell"],
        "status": "archived", "category": "Büro > Licht",
        "metafields": {"custom.watt": {"type": "number_decimal", "value": "4.5"}},
        "images": [{"url": "https://x.example/a.jpg", "alt_text": "von vorn", "position": 1},
                   {"url": "https://x.example/b.jpg", "alt_text": "von vorn", "position": 2}],
        "variants": [{"sku": "A-1", "barcode": "4006381333931", "price": "1234.5", "currency": "EUR", "weight": "1200",
                      "weight_unit": "g", "country_of_origin": "DE", "options": {"Farbe": "rot"},
                      "identifiers": {"old_number": ["9", "8"]}}],
        "offer": {"quantity_available": 10},
    }  # fmt: skip
    assert warnings == ["column 'EK': '(nix)' is not a number; left out"]


@pytest.mark.parametrize(
    ("target", "cell", "why"),
    [
        ("price", "on request", "not a number"),
        ("price", "-5", "below zero"),
        ("quantity", "plenty", "not a number"),
        ("quantity", "2.5", "whole number"),
        ("quantity", "-3", "whole number"),
        ("weight", "5 stone", "stone"),
        ("weight", "-1", "below zero"),
        ("status", "who knows", "status"),
        ("currency", "Taler", "currency"),
        ("country_of_origin", "Atlantis", "country"),
        ("image_url", "javascript:alert(1)", "address"),
        ("image_url", "photo.jpg", "address"),
        ("taxable", "maybe", "neither yes nor no"),
        ("weight_unit", "stone", "g, kg, oz, lb"),
        ({"to": "metafield:custom.xx", "type": "date"}, "31.01.2024", "2024-01-31"),
        ({"to": "metafield:custom.xx", "type": "number_integer"}, "1.5", "whole"),
        ({"to": "metafield:custom.xx", "type": "json"}, "{", "JSON"),
    ],
)
def test_a_wrong_value_is_left_out_with_a_warning_that_names_it(target: Any, cell: str, why: str) -> None:
    record, warnings = convert({"Nr": "sku", "Spalte": target}, ["A", cell])
    assert len(warnings) == 1
    assert "'Spalte'" in warnings[0]
    assert why in warnings[0]
    empty, _ = convert({"Nr": "sku", "Spalte": target}, ["A", None])
    record.pop("images", None)
    assert record == empty


@pytest.mark.parametrize("target", sorted(NAMED))
def test_a_missing_cell_states_nothing(target: str) -> None:
    record, warnings = convert({"Nr": "sku", "Spalte": target}, ["A", None])
    bare, _ = convert({"Nr": "sku"}, ["A"])
    assert (record, warnings) == (bare, [])


@pytest.mark.parametrize("target", ["name", "description", "brand", "category", "seo_title"])
def test_an_empty_cell_states_that_it_is_empty(target: str) -> None:
    assert convert({"Nr": "sku", "Spalte": target}, ["A", " "])[0][target] is None


@pytest.mark.parametrize(("target", "name"), [("price", "price"), ("barcode", "barcode"), ("cost", "cost_price")])
def test_an_empty_amount_is_stated_and_never_defaulted(target: str, name: str) -> None:
    assert variant({"Nr": "sku", "Spalte": target}, ["A", ""], currency="EUR") == {"sku": "A", name: None}


def test_a_currency_written_with_the_amount_is_believed() -> None:
    assert variant({"Nr": "sku", "P": "price"}, ["A", "69.71 gbp"], currency="EUR")["currency"] == "GBP"
    record, warnings = convert({"Nr": "sku", "P": "price", "C": "currency"}, ["A", "69.71 GBP", "EUR"])
    assert record["variants"][0]["currency"] == "EUR"
    assert "GBP" in warnings[0]


def test_barcodes_beyond_the_first_are_identifiers() -> None:
    columns = {"Nr": "sku", "EAN": "barcode"}
    found = variant(columns, ["A", "4006381333931, 96385074; 04006381333931"])
    assert found == {"sku": "A", "barcode": "4006381333931", "identifiers": {"gtin": ["96385074"]}}
    record, warnings = convert(columns, ["A", "8.85909E+11"])
    assert record["variants"] == [{"sku": "A"}]
    assert "scientific" in warnings[0]


@pytest.mark.parametrize(
    ("rule", "cell", "expected"),
    [
        ("category", "A > B &gt; C", "A > B > C"),
        ("category", "A|B", "A > B"),
        ("category", "Toner/Ink", "Toner/Ink"),
        ({"to": "category", "separator": "/"}, "A/B / C", "A > B > C"),
        ("category", ["A", "B > C"], "A > B › C"),
        ("category", " > ", None),
    ],
)
def test_categories(rule: Any, cell: Any, expected: str | None) -> None:
    assert convert({"Nr": "sku", "K": rule}, ["A", cell])[0]["category"] == expected if isinstance(cell, str) else True


def test_category_levels_in_several_columns() -> None:
    columns = {"Nr": "sku", "K2": "category.2", "K1": "category.1", "K3": "category.3"}
    assert convert(columns, ["A", "Lamps", "Office", ""])[0]["category"] == "Office > Lamps"
    assert convert(columns, ["A", "", "", ""])[0]["category"] is None


@pytest.mark.parametrize(
    ("rule", "units", "expected"),
    [
        ("weight", "1.5 kg", ("1.5", "kg")),
        ("weight", "500 mg", ("0.5", "g")),
        ({"to": "weight", "unit": "oz"}, "3", ("3", "oz")),
        ({"to": "weight", "unit": "t", "convert_to": "kg"}, "0.5", ("500", "kg")),
        ("weight", "3", ("3", None)),
    ],
)
def test_weights(rule: Any, units: str, expected: tuple[str, str | None]) -> None:
    found = variant({"Nr": "sku", "W": rule}, ["A", units])
    assert (found["weight"], found.get("weight_unit")) == expected


def test_sides_share_one_unit() -> None:
    columns = {"Nr": "sku", "L": "length", "B": {"to": "width", "unit": "mm"}, "H": "height"}
    found = variant(columns, ["A", "10 cm", "55", "1 m"])
    assert (found["length"], found["width"], found["height"], found["dimension_unit"]) == ("10", "5.5", "100", "cm")


def test_computed_fields_take_several_columns() -> None:
    settings = {
        "fields": {
            "name": {"from": ["Marke", "Titel"], "separator": " – "},
            "product_type": {"constant": "Büro"},
            "price": {"from": "EK", "price": {"factor": "1.3", "ending": "0.99", "round": "up"}},
        }
    }
    columns = {"Nr": "sku", "Marke": "brand", "Titel": "ignore", "EK": "cost"}
    record, warnings = convert(columns, ["A", "Lumo", "Lamp", "10"], **settings)
    assert (record["name"], record["product_type"]) == ("Lumo – Lamp", "Büro")
    assert (record["variants"][0]["price"], record["offer"]["cost"], warnings) == ("13.99", "10", [])
    assert convert(columns, ["A", "", "Lamp", ""], **settings)[0]["variants"][0]["price"] is None


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("list.single_line_text_field", "a; b;;a", ["a", "b"]),
        ("list.single_line_text_field", '["x; y", "z"]', ["x; y", "z"]),
        ("list.number_decimal", "1,5|2", ["1.5", "2"]),
        ("boolean", "ja", True),
        ("number_integer", "1,234", 1234),
        ("multi_line_text_field", "a\r\nb", "a\nb"),
        ("single_line_text_field", "a\nb", "a b"),
        ("json", '{"a": 1.10}', {"a": "1.10"}),
        ("url", "https://x.example", "https://x.example"),
        ("date_time", "2024-01-31T10:00:00Z", "2024-01-31T10:00:00Z"),
    ],
)
def test_metafields_by_their_type(kind: str, cell: str, value: Any) -> None:
    record, warnings = convert({"Nr": "sku", "M": {"to": "metafield:custom.mm", "type": kind}}, ["A", cell])
    assert (record["metafields"]["custom.mm"], warnings) == ({"type": kind, "value": value}, [])


@given(st.lists(st.one_of(st.none(), st.text(max_size=30)), min_size=30, max_size=30))
def test_no_cell_can_break_the_conversion(cells: list[str | None]) -> None:
    targets = sorted(NAMED)[:30]
    columns: dict[str, Any] = dict(zip((f"c{n}" for n in range(30)), targets, strict=True))
    record, warnings = convert(columns, cells)
    msgspec.json.encode(record)
    assert len(record["variants"]) == 1
    assert all(isinstance(warning, str) for warning in warnings)


def test_a_record_as_flat_columns() -> None:
    record = {
        "id": 1,
        "price": {"#text": "9.5", "@cur": "EUR"},
        "img": [{"url": "a", "w": 1}, {"url": "b"}],
        "t": ["x", None, 2],
    }
    assert flatten(record) == {
        "id": 1,
        "price": "9.5",
        "price.@cur": "EUR",
        "img.url": ["a", "b"],
        "img.w": [1],
        "t": ["x", 2],
    }


def test_a_record_nested_without_end_is_flattened_to_text() -> None:
    deep: dict[str, Any] = {"x": 1}
    for _ in range(100):
        deep = {"d": deep}
    assert len(flatten(deep)) == 1


@given(
    st.dictionaries(
        st.text(max_size=5), st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)), max_size=5
    )
)
def test_the_order_of_keys_does_not_change_a_digest(record: dict[str, Any]) -> None:
    assert digest_of(record, 1) == digest_of(dict(reversed(record.items())), 1)
    assert digest_of(record, 1) != digest_of({**record, "another key": 1}, 1)


def test_keyed_records_keep_what_no_column_takes(tmp_path: Path) -> None:
    lines = '{"id": "A", "title": "Lamp", "ean": ["96385074", "4006381333931", "1"], "price": 12.50, '
    lines += '"attrs": {"Net weight": "5 kg"}, '
    lines += '"ok": true, "n": 1E+2, "text": "a\\nb", "list": ["x", "y"], "none": null, "big": 1E+999999}\n'
    lines += '{"id": "B", "title": "Chair", "late": "first seen here"}\n'
    found = stated(feed(), files(tmp_path, lines, "feed.jsonl"))
    one, two = found[0].record, found[1].record
    assert one.variants[0].barcode == "96385074"
    assert one.variants[0].identifiers == {"gtin": ["4006381333931"]}
    assert one.variants[0].price == "12.5"
    assert one.metafields == {
        "custom.net_weight": Metafield("single_line_text_field", "5 kg"),
        "custom.ok": Metafield("boolean", True),
        "custom.n_": Metafield("number_decimal", "100"),
        "custom.text": Metafield("multi_line_text_field", "a\nb"),
        "custom.list": Metafield("list.single_line_text_field", ["x", "y"]),
        "custom.big": Metafield("single_line_text_field", "1E+999999"),
    }
    assert two.metafields == {"custom.late": Metafield("single_line_text_field", "first seen here")}
    assert two.variants[0].price is msgspec.UNSET
    assert len(found[0].warnings) == 1


def test_decimals_of_json_are_never_floats(tmp_path: Path) -> None:
    source = files(
        tmp_path, '{"sku": "A", "name": "x", "price": 0.1000000000000000055511151231257827, "w": 1.10}', "a.jsonl"
    )
    record = stated(feed(), source)[0].record
    assert record.variants[0].price == "0.1000000000000000055511151231257827"
    assert record.metafields == {"custom.w_": Metafield("number_decimal", "1.1")}
    row = rows(feed(), source)[0]
    assert isinstance(row, FeedRow)
    assert isinstance(row.raw[1]["w"], Decimal)

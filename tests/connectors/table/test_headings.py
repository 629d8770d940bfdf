"""Usual headings in several languages find their field; unusual ones find none."""

from __future__ import annotations

import pytest

from mercat.connectors.table.fields import why_not_a_target
from mercat.connectors.table.headings import letters, meaning
from mercat.connectors.table.metafields import dynamic_target, metafield_of_heading
from mercat.connectors.table.vocabulary import ALIASES


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("SKU", "sku"),
        ("Variant SKU", "sku"),
        ("Artikel-Nr.", "sku"),
        ("codice_articolo", "sku"),
        ("Référence", "sku"),
        ("ProductName", "name"),
        ("PRODUCT NAME *", "name"),
        ("Bezeichnung", "name"),
        ("désignation", "name"),
        ("Nazwa produktu", "name"),
        ("Body (HTML)", "description"),
        ("Langtext", "description"),
        ("Omschrijving", "description"),
        ("Marke", "brand"),
        ("Hersteller", "manufacturer"),
        ("manufacturer_part_number", "manufacturer_part_number"),
        ("EAN-Code", "barcode"),
        ("GTIN", "barcode"),
        ("código de barras", "barcode"),
        ("VK-Preis", "price"),
        ("Prix unitaire", "price"),
        ("Cena", "price"),
        ("UVP", "compare_at_price"),
        ("EK", "cost"),
        ("Einkaufspreis (EUR)", "cost"),
        ("inkoopprijs", "cost"),
        ("Währung", "currency"),
        ("Lagerbestand", "quantity"),
        ("Qty Available", "quantity"),
        ("Ilość", "quantity"),
        ("MOQ", "minimum_order_quantity"),
        ("VE", "pack_size"),
        ("Lieferzeit (Tage)", "lead_time_days"),
        ("Gewicht", "weight"),
        ("Weight Unit", "weight_unit"),
        ("Länge", "length"),
        ("Largeur", "width"),
        ("Höhe (mm)", "height"),
        ("Warengruppe", "category"),
        ("Category Level 2", "category.2"),
        ("Kategorie 3", "category.3"),
        ("Sub-Category", "category.2"),
        ("Unterkategorie", "category.2"),
        ("Type", "product_type"),
        ("Schlagwörter", "tags"),
        ("image_link", "image_url"),
        ("Bild 4", "image_url"),
        ("img_thumb", "ignore"),
        ("Image Alt Text", "image_alt"),
        ("Option2 Value", "option2_value"),
        ("URL handle", "handle"),
        ("Zolltarifnummer", "hs_code"),
        ("Country of Origin", "country_of_origin"),
        ("parent_sku", "group"),
        ("SEO Title", "seo_title"),
    ],
)
def test_a_usual_heading_is_understood(heading: str, field: str) -> None:
    found = meaning(heading)
    assert found is not None
    assert found.field == field


@pytest.mark.parametrize(
    "heading",
    ["Colour", "State", "Country", "Customer Name", "Sales", "Profit", "D1", "attr_t_type", "Order ID", "", "***"],
)
def test_an_unusual_heading_is_not_guessed(heading: str) -> None:
    assert meaning(heading) is None


@pytest.mark.parametrize(
    ("heading", "unit", "currency"),
    [
        ("Weight (kg)", "kg", None),
        ("weight_g", "g", None),
        ("Width [mm]", "mm", None),
        ("Variant Grams", "g", None),
        ("Price (EUR)", None, "EUR"),
        ("preis_usd", None, "USD"),
        ("Price €", None, "EUR"),
        ("Price", None, None),
    ],
)
def test_units_and_currencies_in_headings(heading: str, unit: str | None, currency: str | None) -> None:
    found = meaning(heading)
    assert found is not None
    assert (found.unit, found.currency) == (unit, currency)


def test_every_field_of_the_vocabulary_is_a_target_and_no_heading_means_two_things() -> None:
    assert {field for field in ALIASES if why_not_a_target(field)} == set()
    owners: dict[str, set[str]] = {}
    for field, aliases in ALIASES.items():
        for alias in aliases.split("|"):
            owners.setdefault(letters(alias), set()).add(field)
    assert {alias: fields for alias, fields in owners.items() if len(fields) > 1} == {}


@pytest.mark.parametrize(
    ("heading", "target"),
    [
        ("Metafield: custom.CWS_A[list.single_line_text_field]", ("custom.CWS_A", "list.single_line_text_field")),
        ("Metafield: custom.Print Speed[list.single_line_text]", ("custom.Print_Speed", "list.single_line_text_field")),
        ("metafields.my_app.Size", ("my_app.Size", "single_line_text_field")),
        ("metafield:custom.weight_class", ("custom.weight_class", "single_line_text_field")),
        ("Colour (product.metafields.shopify.color-pattern)", ("shopify.color-pattern", "single_line_text_field")),
        ("Metafields", None),
        ("Colour", None),
    ],
)
def test_headings_that_are_metafields(heading: str, target: tuple[str, str] | None) -> None:
    assert metafield_of_heading(heading) == target


@pytest.mark.parametrize(
    ("column", "target"),
    [
        ("Display diagonal", "custom.display_diagonal"),
        ("attrs.Display diagonal", "custom.display_diagonal"),
        ("attr_t_type", "custom.attr_t_type"),
        ("Größe", "custom.grosse"),
        ("X", "custom.x_"),
    ],
)
def test_a_metafield_for_any_column(column: str, target: str) -> None:
    assert dynamic_target(column)[0] == target


@pytest.mark.parametrize("column", ["размер", "x" * 300, "***", "尺寸", "a.b.c", "Metafield: custom." + "y" * 100])
def test_a_metafield_name_is_one_that_shopify_takes(column: str) -> None:
    assert why_not_a_target(f"metafield:{dynamic_target(column)[0]}") is None

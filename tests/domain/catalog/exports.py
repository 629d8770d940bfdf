"""Products with everything in them, and short ways to import and export them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mercat.core.actor import Actor
from mercat.core.unit import Runtime
from mercat.domain.catalog import service as catalog
from mercat.domain.suppliers import service as suppliers
from mercat.sdk.roles import FeedFile

PERSON = Actor("person", "kim")


def full_product(**changed: Any) -> dict[str, Any]:
    """A product whose every field holds something awkward."""
    return {
        "handle": "pen-øst-42",
        "name": '=HYPERLINK("http://x","Pen") "42", 4 ″',
        "description": "<p>Ink &amp; <b>paper</b><br>second line</p>\n<ul><li>ä ö ü</li></ul>",
        "short_description": "Short\nwith two lines",
        "brand": "@cme & Sons",
        "manufacturer": "ACME Industries",
        "manufacturer_part_number": "-12/34-С",
        "product_type": "Pen",
        "tags": ["blue", "ink", "Größe 4"],
        "seo_title": "Buy a pen",
        "seo_description": "Now",
        "status": "draft",
        "category": "Office > Writing & Drawing > Pens",
        "metafields": {
            "custom.zeta": {"type": "single_line_text_field", "value": "+49 123"},
            "custom.inks": {"type": "list.single_line_text_field", "value": ["blue", "a;b", 'q"q']},
            "custom.width": {"type": "dimension", "value": {"value": "2.5", "unit": "mm"}},
            "custom.count": {"type": "number_integer", "value": 12},
            "custom.share": {"type": "number_decimal", "value": "0.125"},
            "custom.is_new": {"type": "boolean", "value": False},
            "custom.since": {"type": "date", "value": "2024-02-29"},
            "custom.notes": {"type": "multi_line_text_field", "value": "one\ntwo\r\nthree"},
            "custom.price": {"type": "money", "value": {"amount": "9.99", "currency_code": "EUR"}},
            "custom.raw": {"type": "json", "value": {"b": [1, 2.5, None, True], "a": {"x": "y"}}},
        },
        "images": [
            {"url": "https://img.example/1.jpg?a=1,2&b=3", "alt_text": "Front", "position": 1},
            {"url": "https://img.example/2.jpg", "alt_text": None, "position": 2, "source": ["icecat", "7", "high"]},
        ],
        "variants": [
            {
                "sku": "PEN-42-B",
                "barcode": "4006381333931",
                "price": "12.5",
                "compare_at_price": "15",
                "cost_price": "0.0001",
                "currency": "EUR",
                "weight": "12.25",
                "weight_unit": "g",
                "length": "1.5",
                "width": "2",
                "height": "3.125",
                "dimension_unit": "cm",
                "requires_shipping": False,
                "taxable": False,
                "track_inventory": False,
                "inventory_policy": "continue",
                "hs_code": "960810",
                "country_of_origin": "DE",
                "options": {"Colour": "Blue", "Tip": "F"},
                "identifiers": {"gtin": ["4006381333948", "4006381333931"], "etilize:productid": ["1001"]},
            },
            {
                "sku": "PEN-42-R",
                "barcode": None,
                "price": "0",
                "compare_at_price": None,
                "cost_price": None,
                "currency": "EUR",
                "weight": None,
                "weight_unit": None,
                "options": {"Colour": "Red", "Tip": "M"},
                "identifiers": {},
            },
        ],
        **changed,
    }


def small_product(number: int, **changed: Any) -> dict[str, Any]:
    """A product that holds almost nothing."""
    sku = f"S-{number:04d}"
    variant = {"sku": sku, "price": f"{number}.5", "currency": "EUR"}
    return {"handle": f"small-{number:04d}", "name": f"Small thing {number}", "variants": [variant], **changed}


def feed_of(folder: Path, products: Sequence[Mapping[str, Any]], name: str = "feed.jsonl") -> Path:
    """The products as lines of JSON."""
    path = folder / name
    path.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in products), "utf-8")
    return path


def take(runtime: Runtime, path: Path, *, supplier: str = "acme", **more: Any) -> suppliers.ImportResult:
    """Import a file as a supplier's and apply it, whatever the guards say."""
    request = suppliers.ImportRequest([FeedFile(path.name, path)], supplier=supplier, yes=True, **more)
    return suppliers.run_import(runtime, PERSON, request)


def export(runtime: Runtime, path: Path, **more: Any) -> catalog.ExportResult:
    """Export the catalogue of one moment."""
    with runtime.read(PERSON, snapshot=True) as unit:
        return catalog.export_products(unit, path, **more)

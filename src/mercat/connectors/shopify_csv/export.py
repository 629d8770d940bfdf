"""ProductRecords → Shopify's current product CSV. Reading the rows back gives the same products.

What the format has no column for is not written: see the README for the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import Any

import msgspec
from msgspec import UNSET

from mercat.connectors.shopify_csv import columns
from mercat.connectors.shopify_csv.cells import guarded
from mercat.connectors.shopify_csv.weights import to_grams
from mercat.sdk import metafields
from mercat.sdk.errors import Rejected
from mercat.sdk.pictures import own_picture
from mercat.sdk.records import ImageRecord, Metafield, ProductRecord, VariantRecord

_PRODUCT = ("title", "handle", "description", "vendor", "category", "type", "tags", "published", "status")
_VARIANT = (
    *("sku", "barcode", "option1_name", "option1_value", "option2_name", "option2_value"),
    *("option3_name", "option3_value", "price", "compare_at_price", "cost_price", "taxable", "tracker", "oversell"),
    *("grams", "weight_unit", "requires_shipping", "hs_code", "country_of_origin"),
)
_IMAGE = ("image", "image_position", "image_alt")
_SEARCH = ("seo_title", "seo_description", "mpn")
_MEANINGS = _PRODUCT + _VARIANT + _IMAGE + _SEARCH
_MOST_OPTIONS = 3
# Values of the type json hold exact decimals, which are numbers in JSON.
_json = msgspec.json.Encoder(decimal_format="number").encode
# Written as they are: a leading minus or plus is part of the number, and nothing else can stand in them.
_NUMBERS = {"price", "compare_at_price", "cost_price", "grams", "image_position"}


class ShopifyCsv:
    """Writes one file. The metafield columns have to be known before the first row: ``header`` finds them."""

    def __init__(self, metafield_names: Iterable[str] = ()) -> None:
        self._google = {f"{columns.GOOGLE}.{name}": spelled[0] for name, spelled in columns.GOOGLE_FIELDS.items()}
        self._own = sorted(set(metafield_names) - self._google.keys())

    @property
    def header(self) -> list[str]:
        """The headings, in Shopify's order: products, variants, pictures, search, Google, then our metafields."""
        own = [f"{name.partition('.')[2]} (product.metafields.{name})" for name in self._own]
        return [columns.current(meaning) for meaning in _MEANINGS] + [*self._google.values(), *own]

    def rows(self, record: ProductRecord) -> Iterator[list[str]]:
        """The rows of one product: a variant and a picture side by side until both are used up.

        Raises ``Rejected`` where the product has no handle or more options than Shopify's three.
        """
        if not isinstance(record.handle, str) or not record.handle:
            raise Rejected("a product without a handle cannot be written to Shopify's CSV", field="handle")
        names = _option_names(record)
        # What lies in this Mercat, Shopify cannot fetch; a row with its address would be refused as a whole.
        listed = record.images if isinstance(record.images, list) else []
        images = [each for each in listed if own_picture(each.url) is None]
        variants = record.variants or [VariantRecord()]
        for place, (variant, image) in enumerate(zip_longest(variants, images)):
            cells: dict[str, str] = {"handle": record.handle}
            if place == 0:
                cells |= _product_cells(record)
            if variant is not None:
                cells |= _variant_cells(variant, names, with_names=place == 0)
            if image is not None:
                cells |= _image_cells(image)
            stated = record.metafields if place == 0 and isinstance(record.metafields, dict) else {}
            yield [_cell(meaning, cells.get(meaning, "")) for meaning in _MEANINGS] + [
                guarded(_metafield_cell(stated.get(name))) for name in [*self._google, *self._own]
            ]


class ShopifyCsvExporter:
    """Plays ProductExporter: one file of products in Shopify's format."""

    def __init__(self) -> None:
        self._layout = ShopifyCsv()

    def header(self, metafields: Iterable[str]) -> list[str]:
        """Shopify's headings, and one for each of our metafields."""
        self._layout = ShopifyCsv(metafields)
        return self._layout.header

    def rows(self, record: ProductRecord) -> Iterator[list[str]]:
        """As ``ShopifyCsv.rows``."""
        return self._layout.rows(record)


def header(records: Iterable[ProductRecord]) -> list[str]:
    """The headings that these records need."""
    return ShopifyCsv(metafield_names(records)).header


def metafield_names(records: Iterable[ProductRecord]) -> set[str]:
    """Every ``namespace.key`` that occurs."""
    return {name for record in records if isinstance(record.metafields, dict) for name in record.metafields}


def rows(record: ProductRecord, metafield_names: Iterable[str] = ()) -> Iterator[list[str]]:
    """The rows of one product under the header of these metafields."""
    yield from ShopifyCsv(metafield_names).rows(record)


def _cell(meaning: str, text: str) -> str:
    return text if meaning in _NUMBERS else guarded(text)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _flag(value: Any) -> str:
    return {True: "TRUE", False: "FALSE"}[value] if isinstance(value, bool) else ""


def _product_cells(record: ProductRecord) -> dict[str, str]:
    status = record.status if isinstance(record.status, str) else ""
    return {
        "title": _text(record.name) or _text(record.handle),
        "description": _text(record.description),
        "vendor": _text(record.brand),
        "category": _text(record.category),
        "type": _text(record.product_type),
        "tags": ", ".join(record.tags) if isinstance(record.tags, list) else "",
        "published": _flag(status == "active") if status else "",
        "status": status,
        "seo_title": _text(record.seo_title),
        "seo_description": _text(record.seo_description),
        "mpn": _text(record.manufacturer_part_number),
    }


def _option_names(record: ProductRecord) -> list[str]:
    options = [variant.options for variant in record.variants if isinstance(variant.options, dict)]
    names = list(dict.fromkeys(name for stated in options for name in stated))
    if len(names) > _MOST_OPTIONS:
        raise Rejected(
            f"{record.handle!r} has {len(names)} options; Shopify's CSV has {_MOST_OPTIONS}", field="options"
        )
    return names


def _variant_cells(variant: VariantRecord, names: Sequence[str], *, with_names: bool) -> dict[str, str]:
    tracked = variant.track_inventory
    unit = _text(variant.weight_unit) or "g"
    return {
        **_option_cells(variant, names, with_names=with_names),
        "sku": _text(variant.sku),
        "barcode": _text(variant.barcode),
        "price": _text(variant.price),
        "compare_at_price": _text(variant.compare_at_price),
        "cost_price": _text(variant.cost_price),
        "taxable": _flag(variant.taxable),
        "tracker": "shopify" if tracked is True else "",
        "oversell": "" if variant.inventory_policy is UNSET else _flag(variant.inventory_policy == "continue"),
        "grams": to_grams(variant.weight, unit) if isinstance(variant.weight, str) else "",
        "weight_unit": unit if isinstance(variant.weight, str) else "",
        "requires_shipping": _flag(variant.requires_shipping),
        "hs_code": _text(variant.hs_code),
        "country_of_origin": _text(variant.country_of_origin),
    }


def _option_cells(variant: VariantRecord, names: Sequence[str], *, with_names: bool) -> dict[str, str]:
    options: Mapping[str, str] = variant.options if isinstance(variant.options, dict) else {}
    if not names:
        return {"option1_name": "Title" if with_names else "", "option1_value": "Default Title"}
    cells: dict[str, str] = {}
    for place, name in enumerate(names, start=1):
        cells[f"option{place}_name"] = name if with_names else ""
        cells[f"option{place}_value"] = options.get(name, "")
    return cells


def _image_cells(image: ImageRecord) -> dict[str, str]:
    position = "" if image.position is None else str(image.position)
    return {"image": image.url, "image_position": position, "image_alt": image.alt_text or ""}


def _metafield_cell(field: Metafield | None) -> str:
    if field is None or field.value is None:
        return ""
    if isinstance(field.value, str):
        return field.value
    if isinstance(field.value, Decimal | int) and not isinstance(field.value, bool):
        return metafields.number(field.value)
    return _json(field.value).decode()

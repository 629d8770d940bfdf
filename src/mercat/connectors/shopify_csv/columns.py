"""The headings of Shopify's product CSV: both spellings, one meaning.

Old spelling: what exports carried until 2024 (46 or 47 columns). New spelling: Shopify's current template and exports
(help.shopify.com, "Using CSV files to import and export products", read November 2026).
"""

from __future__ import annotations

import re
from functools import lru_cache

HANDLE = "handle"
TITLE = "title"

# One line per meaning: the current heading first, because that is what we write.
_SPELLINGS: dict[str, tuple[str, ...]] = {
    "title": ("Title",),
    "handle": ("URL handle", "Handle"),
    "description": ("Description", "Body (HTML)", "Body HTML", "Body"),
    "vendor": ("Vendor",),
    "category": ("Product category", "Standardized Product Type", "Standard Product Type"),
    "type": ("Type", "Custom Product Type"),
    "tags": ("Tags",),
    "published": ("Published on online store", "Published"),
    "status": ("Status",),
    "sku": ("SKU", "Variant SKU"),
    "barcode": ("Barcode", "Variant Barcode"),
    "option1_name": ("Option1 name",),
    "option1_value": ("Option1 value",),
    "option2_name": ("Option2 name",),
    "option2_value": ("Option2 value",),
    "option3_name": ("Option3 name",),
    "option3_value": ("Option3 value",),
    "price": ("Price", "Variant Price"),
    "compare_at_price": ("Compare-at price", "Variant Compare At Price", "Compare At Price"),
    "cost_price": ("Cost per item", "Variant Cost"),
    "taxable": ("Charge tax", "Variant Taxable"),
    "tracker": ("Inventory tracker", "Variant Inventory Tracker"),
    "quantity": ("Inventory quantity", "Variant Inventory Qty"),
    "oversell": ("Continue selling when out of stock", "Variant Inventory Policy"),
    "grams": ("Weight value (grams)", "Variant Grams"),
    "weight_unit": ("Weight unit for display", "Variant Weight Unit"),
    "requires_shipping": ("Requires shipping", "Variant Requires Shipping"),
    "image": ("Product image URL", "Image Src"),
    "image_position": ("Image position",),
    "image_alt": ("Image alt text",),
    "variant_image": ("Variant image URL", "Variant Image"),
    "seo_title": ("SEO title",),
    "seo_description": ("SEO description",),
    "mpn": ("Google Shopping / Manufacturer part number (MPN)", "Google Shopping / MPN"),
    "hs_code": ("Harmonized system code", "Variant HS Code"),
    "country_of_origin": ("Country/Region of origin", "Variant Country of Origin"),
}

# Shopify keeps its Google fields as metafields of this namespace; so do we, and nothing is lost.
GOOGLE = "mm-google-shopping"
GOOGLE_FIELDS: dict[str, tuple[str, ...]] = {
    "google_product_category": ("Google Shopping / Google product category",),
    "gender": ("Google Shopping / Gender",),
    "age_group": ("Google Shopping / Age group",),
    "ad_group_name": ("Google Shopping / Ad group name", "Google Shopping / AdWords Grouping"),
    "ads_labels": ("Google Shopping / Ads labels", "Google Shopping / AdWords Labels"),
    "condition": ("Google Shopping / Condition",),
    "custom_product": ("Google Shopping / Custom product",),
    "custom_label_0": ("Google Shopping / Custom label 0",),
    "custom_label_1": ("Google Shopping / Custom label 1",),
    "custom_label_2": ("Google Shopping / Custom label 2",),
    "custom_label_3": ("Google Shopping / Custom label 3",),
    "custom_label_4": ("Google Shopping / Custom label 4",),
}


def _folded(heading: str) -> str:
    return re.sub(r"[\s_]+", " ", heading.strip()).lower()


_MEANINGS = {_folded(spelling): meaning for meaning, spellings in _SPELLINGS.items() for spelling in spellings}
_GOOGLE = {_folded(spelling): f"{GOOGLE}.{name}" for name, spellings in GOOGLE_FIELDS.items() for spelling in spellings}


def meaning(heading: str) -> str | None:
    """What a heading means to us, or ``None`` where it means nothing."""
    return _MEANINGS.get(_folded(heading))


@lru_cache(maxsize=64)
def meanings(header: tuple[str, ...]) -> tuple[tuple[int, str], ...]:
    """Place and meaning of the headings that mean something; worked out once per file."""
    found = ((place, meaning(heading)) for place, heading in enumerate(header))
    return tuple((place, meant) for place, meant in found if meant is not None)


@lru_cache(maxsize=4096)
def google_metafield(heading: str) -> str | None:
    """The metafield that a Google heading stands for, or ``None``."""
    return _GOOGLE.get(_folded(heading))


def current(meaning_: str) -> str:
    """How Shopify's current template spells a meaning."""
    return _SPELLINGS[meaning_][0]


class Row(dict[str, str]):
    """One row by meaning. A column that the file does not have is absent; an empty cell is an empty string."""

    def has(self, *meanings: str) -> bool:
        """Whether any of these cells is filled."""
        return any(self.get(meaning, "").strip() for meaning in meanings)

"""How a single value from outside is understood: text, HTML, numbers, codes. Pure; every connector uses the same."""

from __future__ import annotations

from mercat.sdk.values.codes import are_ean13, brand_key, gtin, gtin14, mpn_key, slug
from mercat.sdk.values.decimals import CURRENCY_SIGNS, WEIGHT_UNITS, currency_in, decimal_text, weight_unit
from mercat.sdk.values.text import are_plain_html, neutralise_formula, plain_text, safe_html

__all__ = [
    "CURRENCY_SIGNS",
    "WEIGHT_UNITS",
    "are_ean13",
    "are_plain_html",
    "brand_key",
    "currency_in",
    "decimal_text",
    "gtin",
    "gtin14",
    "mpn_key",
    "neutralise_formula",
    "plain_text",
    "safe_html",
    "slug",
    "weight_unit",
]

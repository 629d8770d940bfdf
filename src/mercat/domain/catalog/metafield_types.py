"""Shopify's metafield types: which there are, their units, and what feeds call them.

Sources: shopify.dev, "List of data types" and "List of validation options" for metafields (read November 2026);
"Metafield content types and values" in Shopify's help centre for the measurements added since.
"""

from __future__ import annotations

from decimal import Decimal

TEXTS = frozenset({"single_line_text_field", "multi_line_text_field"})
REFERENCES = frozenset(
    "article_reference collection_reference company_reference customer_reference file_reference metaobject_reference "
    "mixed_reference order_reference page_reference product_reference product_taxonomy_value_reference "
    "variant_reference".split()
)
# Plain strings of one line whose meaning only the shop knows.
OPAQUE = REFERENCES | {"id", "language"}

# Unit → how many of the smallest one (grams, millimetres, millilitres), exactly: the international pound (1959) is
# 453.59237 g, the inch 25.4 mm, the US gallon 231 cubic inches, the imperial gallon 4.54609 l.
_OUNCE = Decimal("28.349523125")
_US_PINT = Decimal("473.176473")
_IMPERIAL_PINT = Decimal("568.26125")
UNITS: dict[str, dict[str, Decimal]] = {
    "weight": {"g": Decimal(1), "kg": Decimal(1000), "oz": _OUNCE, "lb": _OUNCE * 16},
    "dimension": {
        "mm": Decimal(1),
        "cm": Decimal(10),
        "m": Decimal(1000),
        "in": Decimal("25.4"),
        "ft": Decimal("304.8"),
        "yd": Decimal("914.4"),
    },
    "volume": {
        "ml": Decimal(1),
        "cl": Decimal(10),
        "l": Decimal(1000),
        "m3": Decimal(1_000_000),
        "us_fl_oz": _US_PINT / 16,
        "us_pt": _US_PINT,
        "us_qt": _US_PINT * 2,
        "us_gal": _US_PINT * 8,
        "imp_fl_oz": _IMPERIAL_PINT / 20,
        "imp_pt": _IMPERIAL_PINT,
        "imp_qt": _IMPERIAL_PINT * 2,
        "imp_gal": _IMPERIAL_PINT * 8,
    },
}
# The API answers with the names of its enums (WeightUnit, LengthUnit, ...) where the documentation writes short ones.
LONG_UNITS = {
    "grams": "g",
    "kilograms": "kg",
    "ounces": "oz",
    "pounds": "lb",
    "millimeters": "mm",
    "centimeters": "cm",
    "meters": "m",
    "inches": "in",
    "feet": "ft",
    "yards": "yd",
    "milliliters": "ml",
    "centiliters": "cl",
    "liters": "l",
    "cubic_meters": "m3",
}
# Further measurements: a number and a unit, which is kept as it is given.
MEASURES = frozenset(
    "antenna_gain area battery_charge_capacity battery_energy_capacity capacitance concentration data_storage_capacity "
    "data_transfer_rate display_density distance duration electric_current electrical_resistance energy frequency "
    "illuminance inductance luminous_flux mass_flow_rate power pressure resolution rotational_speed sound_level speed "
    "temperature thermal_power voltage volumetric_flow_rate".split()
) | frozenset(UNITS)

SCALARS = (
    TEXTS
    | OPAQUE
    | MEASURES
    | {"number_integer", "number_decimal", "boolean", "date", "date_time", "json", "url", "color"}
    | {"rating", "money", "rich_text_field", "link"}
)
_NEVER_LISTED = {"multi_line_text_field", "boolean", "json", "rich_text_field", "id", "language", "money"}
TYPES = SCALARS | {f"list.{name}" for name in SCALARS - _NEVER_LISTED}

_SPELLINGS = {
    "text": "single_line_text_field",
    "string": "single_line_text_field",
    "single_line_text": "single_line_text_field",
    "multi_line_text": "multi_line_text_field",
    "integer": "number_integer",
    "float": "number_decimal",
    "decimal": "number_decimal",
    "number": "number_decimal",
    "bool": "boolean",
    "datetime": "date_time",
    "json_string": "json",
    "rich_text": "rich_text_field",
}


def type_named(raw: str) -> str | None:
    """The metafield type behind an older or shortened name (``list.single_line_text``, ``integer``), or ``None``."""
    if raw in TYPES:
        return raw
    text = raw.strip().lower()
    prefix = "list." if text.startswith("list.") else ""
    name = text.removeprefix("list.")
    full = prefix + _SPELLINGS.get(name, name)
    return full if full in TYPES else None

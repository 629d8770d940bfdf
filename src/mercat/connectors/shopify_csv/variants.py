"""The variant rows of a handle → variant records: options, names for those without a SKU, prices and weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import xxhash
from msgspec import UNSET, UnsetType

from mercat.connectors.shopify_csv.cells import opened
from mercat.connectors.shopify_csv.columns import Row
from mercat.connectors.shopify_csv.weights import grams_to
from mercat.sdk import values
from mercat.sdk.records import VariantRecord
from mercat.sdk.stating import Statement

_OPTIONS = (1, 2, 3)
_MARKS_OF_A_VARIANT = ("option1_value", "sku", "price", "barcode", "grams", "cost_price")


def variants(handle: str, rows: Sequence[Row], currency: str | None, said: Statement) -> list[VariantRecord]:
    """One record per variant row. The first row always is one: a product without variants is its own."""
    names = _option_names(rows[0], said)
    found: dict[tuple[str, ...], VariantRecord] = {}
    places: set[tuple[str, ...]] = set()
    taken: set[str] = set()
    unnamed: list[str] = []
    for row in (rows[0], *(row for row in rows[1:] if row.has(*_MARKS_OF_A_VARIANT))):
        options = _options(row, names, said)
        place = tuple(options.values())
        sku = opened(row.get("sku", "")).strip()
        stated = (sku, *place)
        if place in places:
            kept = "the later row counts" if stated in found else "both are kept, as their SKUs differ"
            said.warn(f"the variant {' / '.join(place) or 'without options'} is stated twice: {kept}")
        places.add(place)
        if not sku:
            sku = _named(handle, place, taken) if stated not in found else str(found[stated].sku)
            unnamed.append(sku)
        taken.add(sku)
        found[stated] = _variant(row, sku, options, currency, said)
    if unnamed:
        said.warn(f"{len(unnamed)} variant(s) have no SKU and were named after handle and options: {unnamed[0]!r}")
    return list(found.values())


def _option_names(row: Row, said: Statement) -> list[str]:
    names = [opened(row.get(f"option{place}_name", "")).strip() for place in _OPTIONS]
    for place, name in zip(_OPTIONS, names, strict=True):
        if name and names.count(name) > 1:
            said.warn(f"the option name {name!r} is used twice: the second became 'Option{place}'")
    return [name if name not in names[:at] else f"Option{at + 1}" for at, name in enumerate(names)]


def _options(row: Row, names: Sequence[str], said: Statement) -> dict[str, str]:
    options: dict[str, str] = {}
    for place, name in zip(_OPTIONS, names, strict=True):
        value = said.text(opened(row.get(f"option{place}_value", "")))
        # Shopify's own way of saying that a product has no options.
        if not value or (name.lower() == "title" and value.lower() == "default title"):
            continue
        if not name:
            said.warn(f"option {place} has a value but no name: it is called 'Option{place}'")
        options[name or f"Option{place}"] = value
    return options


def _named(handle: str, place: Sequence[str], taken: set[str]) -> str:
    """A SKU that comes out the same on every import: handle and option values, and a mark where letters do not suffice."""
    parts = [values.slug(value) or xxhash.xxh3_64_hexdigest(value.encode())[:8] for value in place]
    name = "-".join([handle, *parts])
    return name if name not in taken else f"{name}-{xxhash.xxh3_64_hexdigest(chr(31).join(place).encode())[:8]}"


def _variant(row: Row, sku: str, options: dict[str, str], currency: str | None, said: Statement) -> VariantRecord:
    weight, unit = _weight(row, said)
    prices: dict[str, Any] = {
        name: said.decimal(name.replace("_", " "), row.get(name)) if name in row else UNSET
        for name in ("price", "compare_at_price", "cost_price")
    }
    return VariantRecord(
        sku=sku,
        barcode=said.barcode(opened(row["barcode"])) if "barcode" in row else UNSET,
        currency=currency if currency and any(isinstance(price, str) for price in prices.values()) else UNSET,
        weight=weight,
        weight_unit=unit,
        requires_shipping=said.flag("Requires Shipping", row.get("requires_shipping")),
        taxable=said.flag("Taxable", row.get("taxable")),
        track_inventory=bool(row["tracker"].strip()) if "tracker" in row else UNSET,
        inventory_policy=_policy(row, said),
        hs_code=said.text(opened(row["hs_code"])) if "hs_code" in row else UNSET,
        country_of_origin=said.text(opened(row["country_of_origin"])) if "country_of_origin" in row else UNSET,
        options=options,
        **prices,
    )


def _policy(row: Row, said: Statement) -> str | UnsetType:
    oversell = said.flag("Continue selling when out of stock", row.get("oversell"))
    if oversell is UNSET:
        return UNSET
    return "continue" if oversell else "deny"


def _weight(row: Row, said: Statement) -> tuple[str | UnsetType | None, str | UnsetType | None]:
    """Grams are what the file states; the unit beside them is how the shop shows it."""
    if "grams" not in row:
        return UNSET, UNSET
    grams = said.decimal("weight in grams", row["grams"])
    if not isinstance(grams, str):
        return grams, UNSET
    shown = row.get("weight_unit", "").strip()
    unit = values.weight_unit(shown) if shown else "g"
    if unit is None:
        said.warn(f"weight unit: {shown!r} is not g, kg, oz or lb; grams are used")
    return grams_to(grams, unit or "g"), unit or "g"

"""The flat export: a product row and image rows of one handle → ProductRecord. Pure.

Reference: the layout that Etilize delivers as a custom export, 39 fixed columns and one column per attribute. It states
no price and no stock; both stay unset, so that an import can never write a zero over a real one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from msgspec import UNSET, UnsetType

from mercat.connectors.etilize import codes
from mercat.connectors.etilize.pictures import source_of
from mercat.sdk import metafields, values
from mercat.sdk.errors import Rejected
from mercat.sdk.records import ImageRecord, Metafield, ProductRecord, Stated, VariantRecord
from mercat.sdk.stating import Statement

# Headings are compared in small letters: deliveries differ in them.
HANDLES = ("url handle", "handle")
TITLE = "title"
SKU = "sku"
_IMAGE = "product image url"
_GOOGLE = "google shopping / "
_GOOGLE_NAMESPACE = "mm-google-shopping"
_MPN = {"google shopping / mpn", "google shopping / manufacturer part number (mpn)"}
_KILO = Decimal(1000)


Row = Mapping[str, str]


class Sheet(NamedTuple):
    """One product row and the image rows of its handle, under the headings."""

    handle: str
    header: list[str]
    product: list[str]
    images: list[list[str]]


def to_record(sheet: Sheet) -> Stated:
    """Convert one product. Raises ``Rejected`` where it has no title."""
    said = Statement()
    plan = _plan(tuple(sheet.header))
    row = _row(plan, sheet.product)
    name = said.text(row.get(TITLE))
    if name is None:
        raise Rejected(f"product {sheet.handle!r} has no title", field="Title")
    fields, identifiers = _attributes(plan, row, sheet.product, said)
    record = ProductRecord(
        handle=_handle(sheet, row),
        name=name,
        description=said.html(row["description"]) if "description" in row else UNSET,
        brand=_text(row, "vendor", said),
        manufacturer_part_number=_part_number(row, said),
        product_type=_text(row, "type", said),
        tags=_tags(row),
        seo_title=_text(row, "seo title", said),
        seo_description=_text(row, "seo description", said),
        status=_status(row, said),
        metafields=fields,
        images=_images(plan, sheet, said),
        variants=[_variant(sheet, row, identifiers, said)],
    )
    return Stated(record, said.warnings)


class Plan(NamedTuple):
    """What the headings of a file mean, worked out once: places of the fixed columns, and the attribute columns."""

    fixed: dict[str, int]
    attributes: list[tuple[int, metafields.MetafieldColumn]]
    google: list[tuple[int, str]]


@lru_cache(maxsize=64)
def _plan(header: tuple[str, ...]) -> Plan:
    plan = Plan({}, [], [])
    for place, heading in enumerate(header):
        column, lowered = metafields.heading(heading), heading.lower()
        if column is not None:
            plan.attributes.append((place, column))
            continue
        plan.fixed.setdefault(lowered, place)
        if lowered.startswith(_GOOGLE) and lowered not in _MPN:
            plan.google.append((place, f"{_GOOGLE_NAMESPACE}.{metafields.key(heading[len(_GOOGLE) :])}"))
    return plan


def _row(plan: Plan, cells: Sequence[str]) -> Row:
    return {heading: cells[place] for heading, place in plan.fixed.items() if place < len(cells)}


def _text(row: Row, heading: str, said: Statement) -> str | UnsetType | None:
    return said.text(row[heading]) if heading in row else UNSET


def _handle(sheet: Sheet, row: Row) -> str:
    stated = next((row[heading].strip() for heading in HANDLES if row.get(heading, "").strip()), "")
    return values.slug(stated) or values.slug(row[TITLE]) or sheet.handle


def _part_number(row: Row, said: Statement) -> str | UnsetType | None:
    heading = next((heading for heading in _MPN if heading in row), None)
    return said.text(row[heading]) if heading else UNSET


def _tags(row: Row) -> list[str] | UnsetType:
    if "tags" not in row:
        return UNSET
    return list(dict.fromkeys(tag.strip() for tag in values.plain_text(row["tags"]).split(",") if tag.strip()))


def _status(row: Row, said: Statement) -> str | UnsetType:
    stated = row.get("status", "").strip().lower()
    if stated in {"active", "draft", "archived"}:
        return stated
    published = said.flag("Published", row.get("published"))
    return UNSET if published is UNSET else ("active" if published else "draft")


def _attributes(
    plan: Plan, row: Row, cells: Sequence[str], said: Statement
) -> tuple[dict[str, Metafield] | UnsetType, dict[str, list[str]]]:
    """Attribute columns become lists of texts; the cross-reference numbers among them become identifiers."""
    fields: dict[str, Metafield] = {}
    identifiers: dict[str, list[str]] = {}
    for place, column in plan.attributes:
        cell = cells[place]
        if not cell or cell.isspace():
            continue
        scheme = codes.scheme(column.name.partition(".")[2])
        if scheme:
            identifiers[scheme] = codes.normalised([*identifiers.get(scheme, []), *metafields.split_list(cell)])
        else:
            _add(fields, column, cell, said)
    for place, name in plan.google:
        text = said.text(cells[place])
        if text:
            fields[name] = metafields.text(text)
    if row.get("metafield_json", "").strip():
        _add_json(fields, row["metafield_json"], said)
    stated = {scheme: found for scheme, found in identifiers.items() if found}
    return (fields if fields or plan.attributes else UNSET), stated


def _add(fields: dict[str, Metafield], column: metafields.MetafieldColumn, cell: str, said: Statement) -> None:
    # One line each, as the type demands; Etilize breaks long values into lines.
    parts = (" ".join((said.text(part) or "").split("\n")) for part in metafields.split_list(cell))
    listed = list(dict.fromkeys(filter(None, parts)))
    if not listed:
        return
    already = fields.get(column.name)
    if already is not None and already.value != listed:
        said.warn(f"two columns are called {column.name}: their values were put together")
        listed = list(dict.fromkeys([*already.value, *listed]))
    fields[column.name] = Metafield(metafields.TEXT_LIST, listed)


def _add_json(fields: dict[str, Metafield], cell: str, said: Statement) -> None:
    try:
        fields["custom.metafield_json"] = Metafield("json", json.loads(cell, parse_float=str))
    except (ValueError, RecursionError):
        said.warn("metafield_json is not valid JSON and was left out")


def _images(plan: Plan, sheet: Sheet, said: Statement) -> list[ImageRecord] | UnsetType:
    if _IMAGE not in plan.fixed:
        return UNSET
    found: dict[str, ImageRecord] = {}
    for cells in [sheet.product, *sheet.images]:
        row = _row(plan, cells)
        url = row[_IMAGE].strip()
        if not url or url in found:
            continue
        position = said.whole("Image position", row.get("image position"))
        found[url] = ImageRecord(
            url=url,
            alt_text=said.text(row.get("image alt text")),
            position=position if isinstance(position, int) else None,
            source=source_of(url),
        )
    return sorted(found.values(), key=lambda image: (image.position is None, image.position or 0))


def _variant(sheet: Sheet, row: Row, identifiers: dict[str, list[str]], said: Statement) -> VariantRecord:
    sku = row.get(SKU, "").strip()
    if not sku:
        said.warn(f"the row has no SKU: {sheet.handle!r} stands in for it")
    weight, unit = _weight(row, said)
    oversell = row.get("continue selling when out of stock", "").strip().lower()
    return VariantRecord(
        sku=sku or sheet.handle,
        barcode=said.barcode(row["barcode"]) if "barcode" in row else UNSET,
        weight=weight,
        weight_unit=unit,
        requires_shipping=said.flag("Requires shipping", row.get("requires shipping")),
        taxable=said.flag("Charge tax", row.get("charge tax")),
        inventory_policy=UNSET if not oversell else ("continue" if oversell in {"continue", "true"} else "deny"),
        options=_options(row, said),
        identifiers=identifiers or UNSET,
    )


def _options(row: Row, said: Statement) -> dict[str, str]:
    name, value = said.text(row.get("option1 name")), said.text(row.get("option1 value"))
    if not name or not value or re.fullmatch(r"default title", value, re.IGNORECASE):
        return {}
    return {name: value}


def _weight(row: Row, said: Statement) -> tuple[str | UnsetType | None, str | UnsetType]:
    """Stated in grams; shown in kilograms where the file says so. Other units are kept in grams, exactly."""
    if "weight value (grams)" not in row:
        return UNSET, UNSET
    grams = said.decimal("weight in grams", row["weight value (grams)"])
    if not isinstance(grams, str):
        return grams, UNSET
    if values.weight_unit(row.get("weight unit for display", "")) == "kg":
        return metafields.number(Decimal(grams) / _KILO), "kg"
    return grams, "g"

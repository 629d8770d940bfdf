"""Shopify's rows of one handle → one ProductRecord. Pure: tables in the tests say what becomes of what."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec import UNSET, UnsetType

from mercat.connectors.shopify_csv import columns
from mercat.connectors.shopify_csv.cells import opened
from mercat.connectors.shopify_csv.columns import Row
from mercat.connectors.shopify_csv.settings import ShopifyCsvSettings
from mercat.connectors.shopify_csv.variants import variants
from mercat.sdk import metafields
from mercat.sdk.errors import Rejected
from mercat.sdk.records import ImageRecord, Metafield, OfferRecord, ProductRecord, Stated
from mercat.sdk.stating import Statement

_STATUSES = {"active": "active", "draft": "draft", "archived": "archived", "unlisted": "active"}


class Sheet(NamedTuple):
    """The rows of one handle under their headings; ``raw`` of a feed row. ``handle`` is what the rows were gathered by."""

    handle: str
    header: list[str]
    rows: list[list[str]]


def to_record(sheet: Sheet, settings: ShopifyCsvSettings) -> Stated:
    """Convert the rows of one handle. Raises ``Rejected`` where no row has a title."""
    rows = [_by_meaning(sheet.header, cells) for cells in sheet.rows]
    titled = [row for row in rows if row.has(columns.TITLE)]
    if not titled:
        raise Rejected(f"no row of {sheet.handle!r} has a title", field="Title")
    said = Statement()
    first = titled[0]
    product_rows = [first, *(row for row in rows if row is not first)]
    if not first.has(columns.HANDLE):
        said.warn(f"the row has no handle: {sheet.handle!r} was made from its title")
    record = ProductRecord(
        handle=sheet.handle,
        name=said.text(opened(first[columns.TITLE])),
        description=_html(first, "description", said),
        brand=_text(first, "vendor", said),
        manufacturer_part_number=_text(first, "mpn", said),
        product_type=_text(first, "type", said),
        tags=_tags(first),
        seo_title=_text(first, "seo_title", said),
        seo_description=_text(first, "seo_description", said),
        status=_status(first, said),
        category=_category(first, said),
        metafields=_metafields(sheet, sheet.rows[rows.index(first)], settings, said),
        images=_images(product_rows, said),
        variants=variants(sheet.handle, product_rows, settings.currency, said),
        offer=_offer(product_rows, said),
    )
    return Stated(record, said.warnings)


def _by_meaning(header: Sequence[str], cells: Sequence[str]) -> Row:
    row = Row()
    for place, meant in columns.meanings(tuple(header)):
        # Old exports carry both a standard and a custom type; whichever is filled is the one that is meant.
        if place < len(cells) and not row.has(meant):
            row[meant] = cells[place]
    return row


def _text(row: Row, meaning: str, said: Statement) -> str | UnsetType | None:
    return said.text(opened(row[meaning])) if meaning in row else UNSET


def _html(row: Row, meaning: str, said: Statement) -> str | UnsetType | None:
    return said.html(opened(row[meaning])) if meaning in row else UNSET


def _tags(row: Row) -> list[str] | UnsetType:
    if "tags" not in row:
        return UNSET
    return list(dict.fromkeys(tag.strip() for tag in opened(row["tags"]).split(",") if tag.strip()))


def _category(row: Row, said: Statement) -> str | UnsetType | None:
    stated = _text(row, "category", said)
    return re.sub(r"\s*>\s*", " > ", stated) if isinstance(stated, str) else stated


def _status(row: Row, said: Statement) -> str | UnsetType:
    """``Status`` decides; files from before it had only ``Published``: shown or not, which is active or draft."""
    stated = row.get("status", "").strip().lower()
    if stated:
        if stated in _STATUSES:
            return _STATUSES[stated]
        said.warn(f"Status: {row['status']!r} is not active, draft or archived and was left out")
    published = said.flag("Published", row.get("published"))
    if published is UNSET or "status" in row:
        return UNSET
    return "active" if published else "draft"


def _metafields(
    sheet: Sheet, cells: Sequence[str], settings: ShopifyCsvSettings, said: Statement
) -> dict[str, Metafield] | UnsetType:
    found: dict[str, Metafield] = {}
    has_columns = False
    for heading, cell in zip(sheet.header, cells, strict=False):
        google = columns.google_metafield(heading)
        column = metafields.MetafieldColumn(google, metafields.TEXT) if google else metafields.heading(heading)
        if column is None:
            continue
        has_columns = True
        if cell.strip():
            try:
                found[column.name] = _metafield(opened(cell), settings.metafield_types.get(column.name) or column.type)
            except ValueError as error:
                said.warn(f"{heading}: {error}; the value was left out")
    return found if has_columns else UNSET


def _metafield(cell: str, kind: str | None) -> Metafield:
    """The heading states no type. An array of texts is a list; everything else stays the text that it is."""
    if kind is not None:
        return metafields.typed(kind, cell)
    if cell.startswith("[") and cell.endswith("]"):
        listed = metafields.json_list(cell)
        if listed is not None:
            return Metafield(metafields.TEXT_LIST, listed)
    return metafields.text(cell)


def _images(rows: Sequence[Row], said: Statement) -> list[ImageRecord] | UnsetType:
    if not any("image" in row or "variant_image" in row for row in rows):
        return UNSET
    found: dict[str, ImageRecord] = {}
    for row in rows:
        url = row.get("image", "").strip()
        if url and url not in found:
            position = said.whole("Image Position", row.get("image_position"))
            alt = _text(row, "image_alt", said)
            found[url] = ImageRecord(
                url=url,
                alt_text=alt if isinstance(alt, str) else None,
                position=position if isinstance(position, int) else None,
            )
    ordered = sorted(found.values(), key=lambda image: (image.position is None, image.position or 0))
    extra = {row["variant_image"].strip() for row in rows if row.has("variant_image")} - found.keys()
    return ordered + [ImageRecord(url=url) for url in sorted(extra)]


def _offer(rows: Sequence[Mapping[str, str]], said: Statement) -> OfferRecord | UnsetType:
    """The stock that the file states is what this source has to offer, all variants together."""
    stated = [said.whole("Inventory Qty", row["quantity"]) for row in rows if row.get("quantity", "").strip()]
    counted = [quantity for quantity in stated if isinstance(quantity, int)]
    return OfferRecord(quantity_available=max(0, sum(counted))) if counted else UNSET

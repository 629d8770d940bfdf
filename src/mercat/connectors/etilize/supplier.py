"""Reads what Etilize delivers: the flat export, the relational set, or the flat S.P. Richards table."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from mercat.connectors.etilize import codes, flat, richards, wire
from mercat.connectors.etilize.assembling import documents
from mercat.connectors.etilize.layouts import table_name
from mercat.connectors.etilize.loading import load, orphans, parts
from mercat.connectors.etilize.settings import EtilizeSettings
from mercat.sdk import metafields
from mercat.sdk.digests import RowDigest
from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds import Member, ReadOptions, open_members
from mercat.sdk.grouping import grouped
from mercat.sdk.inspecting import inspect_records, inspect_table
from mercat.sdk.peeking import first_cells, heads
from mercat.sdk.records import BadRow, FeedRow, Stated
from mercat.sdk.roles import FeedFile, Inspection
from mercat.sdk.scratch import scratch_database
from mercat.sdk.tables import in_batches, opened, tables

_FLAT, _SET, _RICHARDS = "flat", "set", "richards"
_SAMPLE = 200
_FIELDS = {
    "title": "name",
    "url handle": "handle",
    "handle": "handle",
    "description": "description",
    "vendor": "brand",
    "type": "product_type",
    "tags": "tags",
    "published": "status",
    "status": "status",
    "sku": "variants.sku",
    "barcode": "variants.barcode",
    "option1 name": "variants.options",
    "option1 value": "variants.options",
    "charge tax": "variants.taxable",
    "continue selling when out of stock": "variants.inventory_policy",
    "weight value (grams)": "variants.weight",
    "weight unit for display": "variants.weight_unit",
    "requires shipping": "variants.requires_shipping",
    "product image url": "images",
    "image position": "images",
    "image alt text": "images",
    "seo title": "seo_title",
    "seo description": "seo_description",
    "google shopping / mpn": "manufacturer_part_number",
    "metafield_json": "metafields.custom.metafield_json",
}


class EtilizeFeed:
    """Plays ``SupplierFeed``. Keys: the SKU of the flat export, Etilize's product id otherwise."""

    def __init__(self, settings: EtilizeSettings) -> None:
        self._settings = settings
        self._digest = RowDigest("etilize", settings)
        self._options = ReadOptions(encoding=settings.encoding)

    def recognises(self, files: Sequence[FeedFile]) -> float:
        """By file names for the relational set, by the headings otherwise."""
        seen = list(heads(files))
        names = {found.table for name, _ in seen if (found := table_name(name)) is not None}
        if "product" in names and len(names) > 2:
            return 0.95
        return max((_likeness(first_cells(text)) for _, text in seen), default=0.0)

    def inspect(self, files: Sequence[FeedFile]) -> Inspection:
        """Describe the columns of a flat file, or the documents that the relational set joins to."""
        if self._set_members(files):
            rows = [row.raw[1] for row in itertools.islice(self._from_set(files), _SAMPLE) if isinstance(row, FeedRow)]
            return inspect_records("etilize", "csv", rows, lambda name: name)
        for _, table in tables(files, self._options):
            return inspect_table("etilize", table, _field)
        raise Unreadable("there is no table in the files")

    def batches(self, files: Sequence[FeedFile]) -> Iterator[list[FeedRow | BadRow]]:
        """One feed row per product. Raises ``Unreadable`` where the files are in none of the layouts."""
        return in_batches(self._from_set(files) if self._set_members(files) else self._from_tables(files))

    def to_record(self, row: FeedRow) -> Stated:
        """Convert one product."""
        layout, raw = row.raw
        if layout == _SET:
            return wire.to_record(raw, self._settings)
        return flat.to_record(flat.Sheet(*raw)) if layout == _FLAT else richards.to_record(*raw)

    def _set_members(self, files: Sequence[FeedFile]) -> list[Member]:
        members = [member for file in files for member in open_members(file, ReadOptions())]
        named = [member for member in members if table_name(member.name) is not None]
        return members if any(_table(member) == "product" for member in named) and len(named) > 1 else []

    def _from_set(self, files: Sequence[FeedFile]) -> Iterator[FeedRow | BadRow]:
        chosen, told = parts(self._set_members(files), self._settings.locale)
        yield from told
        with scratch_database(cache_mb=64) as database:
            yield from load(database, chosen, self._settings.encoding)
            for document in documents(database, self._settings):
                raw: tuple[str, Any] = (_SET, document.raw)
                yield FeedRow(str(document.productid), document.line, self._digest.of(raw), raw)
            yield from orphans(database)

    def _from_tables(self, files: Sequence[FeedFile]) -> Iterator[FeedRow | BadRow]:
        found = False
        for member, table in tables(files, self._options):
            headings = {heading.lower() for heading in table.header}
            if headings >= richards.TELLING:
                found = True
                yield from self._from_richards(member)
            elif flat.TITLE in headings and headings.intersection(flat.HANDLES):
                found = True
                yield from self._from_flat(member, table.header)
            else:
                yield BadRow(
                    1, ",".join(table.header)[:500], f"{member.name} is in none of Etilize's layouts: left out"
                )
        if not found:
            names = ", ".join(file.name for file in files)
            raise Unreadable(
                f"{names}: neither Etilize's flat export, nor its relational set, nor an S.P. Richards table"
            )

    def _from_flat(self, member: Member, header: list[str]) -> Iterator[FeedRow | BadRow]:
        lowered = [heading.lower() for heading in header]
        places = [lowered.index(heading) for heading in flat.HANDLES if heading in lowered]
        title, sku = lowered.index(flat.TITLE), lowered.index(flat.SKU) if flat.SKU in lowered else None
        salt = self._digest.of(header)

        def key_of(cells: list[str]) -> str:
            handle = next((cells[place].strip() for place in places if cells[place].strip()), "")
            return handle or (cells[sku].strip() if sku is not None else "")

        for one in grouped(partial(opened, member, self._options), key_of):
            if isinstance(one, BadRow):
                yield one
                continue
            images = [cells for cells in one.rows if not cells[title].strip()]
            products = [cells for cells in one.rows if cells[title].strip()]
            if not products:
                reason = f"{len(images)} image row(s) of {one.key!r}, which has no product row in the file"
                yield BadRow(one.line, ",".join(images[0])[:2000], reason)
            for cells in products:
                key = (cells[sku].strip() if sku is not None else "") or one.key
                raw = (_FLAT, (one.key, header, cells, images))
                yield FeedRow(key, one.line, self._digest.of([salt, cells, images]), raw)

    def _from_richards(self, member: Member) -> Iterator[FeedRow | BadRow]:
        table = opened(member, self._options)
        lowered = [heading.lower() for heading in table.header]
        place = lowered.index("productid")
        for batch in table.batches():
            for line, cells in batch:
                if len(cells) != len(table.header) or not cells[place].strip():
                    reason = f"{len(cells)} cells where {len(table.header)} belong, or no ProductId"
                    yield BadRow(line, ",".join(cells)[:2000], f"{member.name}, line {line}: {reason}")
                    continue
                raw = (_RICHARDS, (table.header, cells))
                yield FeedRow(cells[place].strip(), line, self._digest.of(raw), raw)


def _table(member: Member) -> str:
    name = table_name(member.name)
    return name.table if name else ""


def _likeness(header: Sequence[str]) -> float:
    lowered = {heading.lower() for heading in header}
    if lowered >= richards.TELLING:
        return 0.9
    if flat.TITLE not in lowered or "url handle" not in lowered:
        return 0.0
    columns = [
        column
        for heading in header
        if (column := metafields.heading(heading)) and heading.lower().startswith("metafield:")
    ]
    codes_there = any(codes.scheme(column.name.partition(".")[2]) for column in columns)
    # Shopify's own files state prices; Etilize's never do.
    return 0.0 if "price" in lowered or not (columns or "metafield_json" in lowered) else (0.97 if codes_there else 0.9)


def _field(heading: str) -> str | None:
    column = metafields.heading(heading)
    if column is None:
        google = heading.lower().startswith("google shopping / ")
        return _FIELDS.get(heading.lower()) or ("metafields.mm-google-shopping" if google else None)
    scheme = codes.scheme(column.name.partition(".")[2])
    return f"variants.identifiers.{scheme}" if scheme else f"metafields.{column.name}"

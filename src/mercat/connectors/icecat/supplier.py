"""Reads Icecat files: product XML, one or many products each, and JSON Lines."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mercat.connectors.icecat import wire, xml
from mercat.connectors.icecat.settings import IcecatSettings
from mercat.sdk.digests import RowDigest
from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds import Member, ReadOptions, iterate_xml, open_members, read_records, sniff
from mercat.sdk.inspecting import inspect_records
from mercat.sdk.peeking import heads
from mercat.sdk.records import BadRow, FeedRow, Stated
from mercat.sdk.roles import FeedFile, Inspection
from mercat.sdk.tables import in_batches

_SAMPLE = 200
_INDEX_FIELDS = {
    "id": "variants.sku",
    "title": "name",
    "name": "manufacturer_part_number",
    "supplier": "brand",
    "brand": "brand",
    "short_description": "short_description",
    "short": "short_description",
    "description": "description",
    "long": "description",
    "ean": "variants.barcode",
    "gtins": "variants.barcode",
    "price": "variants.price",
    "currency": "variants.currency",
    "part_number": "manufacturer_part_number",
    "img_high": "images",
    "image_url": "images",
    "pictures": "images",
    "category": "category",
    "categories": "category",
    "attrs": "metafields.icecat",
    "features": "metafields.icecat",
    "family": "metafields.icecat",
    "series": "metafields.icecat",
}


class IcecatFeed:
    """Plays ``SupplierFeed``. A product's key is its Icecat id."""

    def __init__(self, settings: IcecatSettings) -> None:
        self._settings = settings
        self._digest = RowDigest("icecat", settings)

    def recognises(self, files: Sequence[FeedFile]) -> float:
        """By the root of the XML, or by the fields of the first line of JSON."""
        return max((_likeness(text) for _, text in heads(files)), default=0.0)

    def inspect(self, files: Sequence[FeedFile]) -> Inspection:
        """Describe the first products."""
        rows = [row for row in itertools.islice(self._rows(files), _SAMPLE) if isinstance(row, FeedRow)]
        if not rows:
            raise Unreadable(f"{_names(files)}: no Icecat product in it")
        kind = "xml" if rows[0].raw[0] == wire.Shape.XML else "jsonl"
        return inspect_records("icecat", kind, [row.raw[1] for row in rows], _field)

    def batches(self, files: Sequence[FeedFile]) -> Iterator[list[FeedRow | BadRow]]:
        """One feed row per product. Raises ``Unreadable`` where no file is XML or JSON."""
        return in_batches(self._rows(files))

    def to_record(self, row: FeedRow) -> Stated:
        """Convert one product."""
        shape, raw = row.raw
        return wire.to_record(wire.Shape(shape), raw, self._settings)

    def _rows(self, files: Sequence[FeedFile]) -> Iterator[FeedRow | BadRow]:
        found = False
        for file in files:
            for member in open_members(file, ReadOptions()):
                if sniff(member) not in {"xml", "json", "jsonl"}:
                    yield BadRow(1, member.name, f"{member.name} is neither XML nor JSON: left out")
                    continue
                for row in self._from(member):
                    found = True
                    yield row
        if not found:
            raise Unreadable(f"{_names(files)}: there is no Icecat product in it, as XML or as JSON")

    def _from(self, member: Member) -> Iterator[FeedRow | BadRow]:
        return self._from_xml(member) if sniff(member) == "xml" else self._from_json(member)

    def _from_xml(self, member: Member) -> Iterator[FeedRow | BadRow]:
        with member.open() as stream:
            for line, _, element in iterate_xml(stream, {"Product"}, name=member.name):
                if xml.is_reference(element):
                    continue
                refused = xml.refusal(element, line)
                yield refused or self._row(line, wire.Shape.XML, xml.product(element, self._settings.language))

    def _from_json(self, member: Member) -> Iterator[FeedRow | BadRow]:
        for batch in read_records(member, ReadOptions()).batches():
            for line, record in batch:
                if isinstance(record, str):
                    yield BadRow(line, record[:2000], f"{member.name}, line {line}: not valid JSON")
                    continue
                shape = wire.shape_of(record)
                if shape is None or not str(record["id"]).strip():
                    yield BadRow(line, str(record)[:2000], f"{member.name}, line {line}: not an Icecat product")
                    continue
                yield self._row(line, shape, record)

    def _row(self, line: int, shape: wire.Shape, raw: Mapping[str, Any]) -> FeedRow:
        return FeedRow(str(raw["id"]).strip(), line, self._digest.of([shape.value, raw]), (shape.value, raw))


def _likeness(text: str) -> float:
    start = text.lstrip("\ufeff \r\n\t")
    if start.startswith("<"):
        return 1.0 if "<ICECAT-interface" in text else 0.0
    if start.startswith(("{", "[")):
        line = start.split("\n", 1)[0]
        telling = ("icecat", '"attr_', '"img_high"', '"attr_keys"', '"ean"', '"attrs"')
        found = sum(mark in line for mark in telling)
        return min(0.95, 0.3 + found * 0.25) if '"id"' in line and '"title"' in line and found else 0.0
    return 0.0


def _field(name: str) -> str | None:
    if name.startswith("attr_") and name[6:7] == "_":
        return "metafields.icecat"
    return _INDEX_FIELDS.get(name)


def _names(files: Sequence[FeedFile]) -> str:
    return ", ".join(file.name for file in files) or "no file"

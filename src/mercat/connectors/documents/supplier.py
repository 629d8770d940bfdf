"""Plays SupplierFeed for product documents. What is already right passes through untouched: exporting loses nothing."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any, BinaryIO

import msgspec
from msgspec import UNSET

from mercat.connectors.documents.settings import DocumentSettings
from mercat.sdk.digests import RowDigest
from mercat.sdk.errors import Rejected, Unreadable, VendorError
from mercat.sdk.feeds import Member, ReadOptions, open_members
from mercat.sdk.records import BadRow, FeedRow, ProductRecord, Stated, VariantRecord
from mercat.sdk.roles import Column, FeedFile, Inspection
from mercat.sdk.values import decimal_text, gtin, safe_html

_BATCH_ROWS = 1_000
_SAMPLE_ROWS = 200
_MAX_LINE = 64 * 1024 * 1024
_FIRST_LINE = 1024 * 1024
_BOM = b"\xef\xbb\xbf"
_PLACE = re.compile(r"at `\$\.?(.*?)`")
_AMOUNTS = ("price", "compare_at_price", "cost_price", "weight", "length", "width", "height")
_FIELDS = frozenset(ProductRecord.__struct_fields__)


class _Sold(msgspec.Struct):
    sku: str | None = None


class _Head(msgspec.Struct):
    """The little of a document that tells it from others."""

    variants: list[_Sold]
    handle: str | None = None
    name: str | None = None


_head = msgspec.json.Decoder(_Head)
_document = msgspec.json.Decoder(ProductRecord)
_parts = msgspec.json.Decoder(dict[str, msgspec.Raw])


class DocumentFeed:
    """Reads lines of product documents. A row's ``raw`` is the line's bytes."""

    def __init__(self, settings: DocumentSettings) -> None:
        self.settings = settings
        self._digest = RowDigest("mercat-jsonl", settings)

    def recognises(self, files: Sequence[FeedFile]) -> float:
        """1 where the first line is a document with variants, a handle or name, and no key that is not ours."""
        try:
            member = next(iter(open_members(files[0], ReadOptions())))
            with closing(member.open()) as stream:
                first = stream.readline(_FIRST_LINE).removeprefix(_BOM)
            _head.decode(first)
            return 1.0 if _FIELDS.issuperset(_parts.decode(first)) else 0.0
        except (VendorError, OSError, StopIteration, IndexError, msgspec.MsgspecError, UnicodeDecodeError):
            return 0.0

    def inspect(self, files: Sequence[FeedFile]) -> Inspection:
        """Count what the first documents state. There is nothing to map, hence no profile."""
        filled = dict.fromkeys(ProductRecord.__struct_fields__, 0)
        samples: dict[str, list[str]] = {name: [] for name in filled}
        rows = 0
        for _, line in self._lines(files):
            try:
                parts = _parts.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                continue
            rows += 1
            for name in _FIELDS.intersection(parts):
                filled[name] += 1
                if len(samples[name]) < 3:
                    samples[name].append(bytes(parts[name])[:80].decode("utf-8", "replace"))
            if rows >= _SAMPLE_ROWS:
                break
        if not rows:
            raise Unreadable("there is no product document in these files: each line must be one JSON object")
        columns = [Column(name, "json", name, samples[name], n / rows) for name, n in filled.items() if n]
        return Inspection(
            "mercat-jsonl", "jsonl", "utf-8", None, rows, columns, None, ["our own export: nothing to map"]
        )

    def batches(self, files: Sequence[FeedFile]) -> Iterator[list[FeedRow | BadRow]]:
        """Stream the documents."""
        batch: list[FeedRow | BadRow] = []
        for number, line in self._lines(files):
            batch.append(self._row(number, line))
            if len(batch) >= _BATCH_ROWS:
                yield batch
                batch = []
        if batch:
            yield batch

    def to_record(self, row: FeedRow) -> Stated:
        """The document as it stands, without unsafe HTML, wrong GTINs and amounts that are no numbers."""
        try:
            record = _document.decode(row.raw)
            unknown = [name for name in _parts.decode(row.raw) if name not in _FIELDS]
        except msgspec.ValidationError as error:
            place = _PLACE.search(str(error))
            raise Rejected(f"line {row.line}: {error}", field=place[1] if place else None, line=row.line) from None
        warnings = [f"{name!r} is no field of a product document; left out" for name in unknown]
        if isinstance(record.description, str):
            record.description = safe_html(record.description)
        for variant in record.variants:
            self._mend(variant, warnings)
        return Stated(record, warnings)

    def _row(self, number: int, line: bytes) -> FeedRow | BadRow:
        try:
            head = _head.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return BadRow(number, line.decode("utf-8", "replace"), f"is no product document: {error}")
        sku = head.variants[0].sku if head.variants else None
        # A product of several variants is known by its handle: the order of its variants may change.
        key = (sku or head.handle) if len(head.variants) == 1 else (head.handle or sku)
        if not key or not key.strip():
            return BadRow(
                number, line.decode("utf-8", "replace"), "has neither a SKU nor a handle, which tell products apart"
            )
        return FeedRow(key.strip(), number, self._digest.of(line), line)

    def _mend(self, variant: VariantRecord, warnings: list[str]) -> None:
        for name in _AMOUNTS:
            value: Any = getattr(variant, name)
            if isinstance(value, str):
                try:
                    setattr(variant, name, decimal_text(value, decimal_comma=False))
                except ValueError as error:
                    setattr(variant, name, UNSET)
                    warnings.append(f"{name}: {error}; left out")
        if isinstance(variant.barcode, str):
            value, warning = gtin(variant.barcode)
            variant.barcode = UNSET if value is None and warning else value
            if warning is not None:
                warnings.append(warning)
        if variant.currency is UNSET and self.settings.currency is not None and isinstance(variant.price, str):
            variant.currency = self.settings.currency

    def _lines(self, files: Sequence[FeedFile]) -> Iterator[tuple[int, bytes]]:
        for file in files:
            for member in open_members(file, ReadOptions()):
                with closing(member.open()) as stream:
                    yield from _numbered(stream, member)


def _numbered(raw: BinaryIO, member: Member) -> Iterator[tuple[int, bytes]]:
    """(line number, line) without blank lines."""
    stream = io.BufferedReader(raw) if isinstance(raw, io.RawIOBase) else raw
    number = 0
    while line := stream.readline(_MAX_LINE + 1):
        number += 1
        if len(line) > _MAX_LINE:
            raise Unreadable(f"{member.name}, line {number}: a product document of more than {_MAX_LINE:,} bytes")
        if number == 1:
            line = line.removeprefix(_BOM)
        if line := line.strip():
            yield number, line

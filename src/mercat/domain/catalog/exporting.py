"""Exporting: the catalogue as a file, in an order and in bytes that depend on nothing but the catalogue."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from mercat.core.errors import Invalid
from mercat.core.files import whole_file
from mercat.core.unit import ReadUnit
from mercat.domain.catalog.documents import line_of
from mercat.domain.catalog.loading import record_of, stream
from mercat.domain.catalog.product_statuses import refuse_unknown
from mercat.domain.catalog.product_table import ProductTable
from mercat.domain.catalog.record_repository import RecordRepository
from mercat.sdk.errors import Rejected
from mercat.sdk.installed import connectors
from mercat.sdk.records import ProductRecord
from mercat.sdk.roles import ProductExporter

JSONL, CSV, XLSX = "jsonl", "csv", "xlsx"
_ENDINGS = {".jsonl": JSONL, ".ndjson": JSONL, ".csv": CSV, ".xlsx": XLSX}
_STEP = 500
_BUFFER = 1 << 20
_MOST_NAMED = 20
Progress = Callable[[str, int, int | None], None]


@dataclass
class ExportResult:
    """What was written. ``rows`` are lines of the table without its header; ``left_out`` products did not fit the format."""

    file: str
    format: str
    products: int = 0
    variants: int = 0
    rows: int = 0
    left_out: int = 0
    size: int = 0
    warnings: list[str] = field(default_factory=list)


def export_products(
    unit: ReadUnit,
    path: Path,
    *,
    format: str | None = None,
    statuses: Collection[str] | None = None,
    progress: Progress = lambda _stage, _done, _total: None,
) -> ExportResult:
    """Write every product, or those of some statuses, in the order of their handles.

    ``format`` is jsonl, csv, xlsx or a connector that exports (shopify-csv); without it the file's ending says it. The
    file appears whole or not at all. Open the unit with ``snapshot=True`` for a file of one moment. Raises ``Invalid``
    for an unknown format or status and for a file that cannot be written.
    """
    unit.actor.require("catalog.export")
    chosen = format_of(path, format)
    refuse_unknown(statuses or ())
    run = _Export(unit, ExportResult(str(path), chosen), statuses, progress)
    try:
        with whole_file(path) as out:
            run.write(out)
        run.result.size = path.stat().st_size
    except OSError as failed:
        message = f"{path} cannot be written: {failed.strerror or failed}; nothing of it was left behind"
        raise Invalid(message, file=str(path)) from failed
    return run.result


def format_of(path: Path, given: str | None) -> str:
    """The format asked for, or the one that the ending says. Raises ``Invalid``, which lists them."""
    exporters = [name for name, each in connectors().items() if each.exporter is not None]
    if given is not None and given in {JSONL, CSV, XLSX, *exporters}:
        return given
    named = _ENDINGS.get(path.suffix.lower())
    if given is None and named is not None:
        return named
    subject = f"there is no format {given!r}" if given else f"the ending of {path.name} names no format"
    message = f"{subject}: .jsonl, .csv and .xlsx are written, and with --format {', '.join(exporters)}"
    raise Invalid(message)


class _Export:
    """One run: counts, and the products as they go by."""

    def __init__(
        self, unit: ReadUnit, result: ExportResult, statuses: Collection[str] | None, progress: Progress
    ) -> None:
        self.unit = unit
        self.repository = RecordRepository(unit.bulk)
        self.result = result
        self.statuses = statuses
        self.progress = progress

    def write(self, out: BinaryIO) -> None:
        if self.result.format == JSONL:
            for record in self._records():
                out.write(line_of(record))
                self.result.rows += 1
        elif self.result.format == XLSX:
            self._write_workbook(out)
        else:
            self._write_csv(out)

    def _records(self) -> Iterator[ProductRecord]:
        total = self.repository.count(self.statuses)
        for product in stream(self.unit, self.statuses):
            record = record_of(product)
            yield record
            self.result.products += 1
            self.result.variants += len(record.variants)
            if self.result.products % _STEP == 0:
                self.progress("exporting", self.result.products, total)
        self.progress("exporting", self.result.products, total)

    def _exporter(self) -> ProductExporter:
        connector = connectors().get(self.result.format)
        if connector is not None and connector.exporter is not None:
            return connector.exporter()
        return ProductTable(self.repository.identifier_schemes())

    def _write_csv(self, out: BinaryIO) -> None:
        # RFC 4180: CRLF between rows. The text goes through a buffer of ours: a TextIOWrapper that meets a full disk
        # tries again when it is collected, where nobody can catch it.
        text = io.StringIO(newline="")
        write = csv.writer(text).writerow
        exporter = self._exporter()
        write(exporter.header(self.repository.metafield_names()))
        for row in self._rows(exporter):
            write(row)
            if text.tell() > _BUFFER:
                out.write(text.getvalue().encode())
                text.seek(0)
                text.truncate()
        out.write(text.getvalue().encode())

    def _write_workbook(self, out: BinaryIO) -> None:
        from mercat.core.workbooks import LONGEST_CELL, WorkbookSink  # noqa: PLC0415  # XlsxWriter takes a
        # fifth of a second to import, and everything that touches the catalogue would wait for it.

        exporter = self._exporter()
        with WorkbookSink(out) as sink:
            sink.header(exporter.header(self.repository.metafield_names()))
            for row in self._rows(exporter):
                sink.row(row)
        if sink.cut:
            warning = f"{sink.cut} cells were longer than a workbook's {LONGEST_CELL:,} characters and are cut"
            self.result.warnings.append(f"{warning}: .csv and .jsonl hold them whole")

    def _rows(self, exporter: ProductExporter) -> Iterator[list[str]]:
        for record in self._records():
            try:
                rows = list(exporter.rows(record))
            except Rejected as refused:
                self._leave_out(refused.message)
                continue
            self.result.rows += len(rows)
            yield from rows
        more = self.result.left_out - _MOST_NAMED
        if more > 0:
            self.result.warnings.append(f"... and {more} more products were left out")

    def _leave_out(self, reason: str) -> None:
        self.result.left_out += 1
        if self.result.left_out <= _MOST_NAMED:
            self.result.warnings.append(f"left out: {reason}")

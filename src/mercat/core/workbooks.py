"""Rows into an XLSX workbook, a row at a time: every cell is a string, so nothing in it is run or reformatted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import BinaryIO, Self

from xlsxwriter import Workbook  # type: ignore[import-untyped]  # XlsxWriter ships no types
from xlsxwriter.exceptions import FileCreateError, XlsxWriterException  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from mercat.core.errors import Invalid

# Excel specifications and limits (support.microsoft.com, read November 2026).
MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
LONGEST_CELL = 32_767
# The same products are the same bytes: XlsxWriter would otherwise write down the hour.
_CREATED = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


class WorkbookSink:
    """Takes the header and then rows. A full sheet is followed by another one with the same header."""

    def __init__(self, out: BinaryIO, *, most_rows: int = MOST_ROWS) -> None:
        self.cut = 0
        self._most_rows = most_rows
        self._header: Sequence[str] = ()
        self._next_row = 0
        # XlsxWriter spools rows into files of its own, which an error would leave behind.
        self._spool = TemporaryDirectory(prefix="mercat-xlsx-")
        self._book = Workbook(out, {"constant_memory": True, "tmpdir": self._spool.name})
        self._book.set_properties({"created": _CREATED})
        self._sheet: Worksheet | None = None

    def __enter__(self) -> Self:
        return self

    def header(self, cells: Sequence[str]) -> None:
        """The headings. Raises ``Invalid`` where a workbook has not so many columns."""
        if len(cells) > MOST_COLUMNS:
            message = f"a workbook has {MOST_COLUMNS:,} columns at most, and this takes {len(cells):,}: export .csv"
            raise Invalid(message)
        self._header = cells
        self._begin_sheet()

    def row(self, cells: Sequence[str]) -> None:
        """One row."""
        if self._next_row >= self._most_rows:
            self._begin_sheet()
        self._put(cells)

    def _begin_sheet(self) -> None:
        self._sheet = self._book.add_worksheet()
        self._next_row = 0
        self._put(self._header)
        self._sheet.freeze_panes(1, 0)

    def _put(self, cells: Sequence[str]) -> None:
        if self._sheet is None:
            raise AssertionError  # unreachable: the header opened a sheet
        for column, text in enumerate(cells):
            if not text:
                continue
            if len(text) > LONGEST_CELL:
                self.cut += 1
                text = text[:LONGEST_CELL]  # noqa: PLW2901  # the rest has no place
            self._sheet.write_string(self._next_row, column, text)
        self._next_row += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._close()
            else:
                # Only to give its files back: what it writes now is thrown away.
                with suppress(XlsxWriterException, OSError, ValueError):
                    self._book.close()
        finally:
            self._spool.cleanup()

    def _close(self) -> None:
        try:
            self._book.close()
        except FileCreateError as failed:
            cause = failed.__cause__ or failed.__context__
            raise cause if isinstance(cause, OSError) else OSError(str(failed)) from failed

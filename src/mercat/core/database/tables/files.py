"""Rows of a table as a file: a sink for each format, and the readers that take them back. Both stream."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from mercat.core.database.rows import Shape, Values
from mercat.core.database.tables.cells import cell_of
from mercat.core.errors import Invalid

CSV, JSONL, XLSX, PARQUET = "csv", "jsonl", "xlsx", "parquet"
FORMATS = (CSV, JSONL, XLSX, PARQUET)
_ENDINGS = {".ndjson": JSONL, **{f".{each}": each for each in FORMATS}}
_LONGEST_CELL = 1 << 28
Put = Callable[[Sequence[Values]], None]
# (line, what it says of each column), some at a time; the header comes apart.
Lines = Iterator[list[tuple[int, Sequence[Any]]]]
AT_ONCE = 2_000


def format_of(path: Path, given: str | None = None) -> str:
    """The format asked for, or the one that the file's ending names. Raises ``Invalid``, which lists them."""
    found = given or _ENDINGS.get(path.suffix.lower(), "")
    if found not in FORMATS:
        message = f"a table is kept as {', '.join(FORMATS)}: {path.name} ends in none of them"
        raise Invalid(message)
    return found


def sink(out: BinaryIO, shape: Shape, format: str) -> AbstractContextManager[Put]:
    """Takes rows as ``read_rows`` gives them. Raises ``Invalid`` for what the format cannot hold."""
    if format == PARQUET:
        from mercat.core.database.tables.parquet import parquet_sink  # noqa: PLC0415  # an optional dependency

        return parquet_sink(out, shape)
    return {CSV: _csv_sink, JSONL: _jsonl_sink, XLSX: _xlsx_sink}[format](out, shape)


@contextmanager
def _jsonl_sink(out: BinaryIO, shape: Shape) -> Iterator[Put]:
    encode = msgspec.json.Encoder().encode_lines

    def put(rows: Sequence[Values]) -> None:
        out.write(encode([dict(zip(shape.names, row, strict=True)) for row in rows]))

    yield put


@contextmanager
def _csv_sink(out: BinaryIO, shape: Shape) -> Iterator[Put]:
    # RFC 4180: CRLF between rows. The text goes through a buffer of ours, so that a full disk is met where it is handled.
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    kinds = [each.kind for each in shape.columns]

    def flush() -> None:
        out.write(text.getvalue().encode())
        text.seek(0)
        text.truncate()

    def put(rows: Sequence[Values]) -> None:
        writer.writerows([cell_of(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in rows)
        flush()

    writer.writerow(shape.names)
    flush()
    yield put


@contextmanager
def _xlsx_sink(out: BinaryIO, shape: Shape) -> Iterator[Put]:
    from mercat.core.workbooks import LONGEST_CELL, MOST_ROWS, WorkbookSink  # noqa: PLC0415  # XlsxWriter takes a
    # fifth of a second to import.

    kinds = [each.kind for each in shape.columns]
    done = 0
    with WorkbookSink(out) as book:
        book.header(shape.names)

        def put(rows: Sequence[Values]) -> None:
            nonlocal done
            done += len(rows)
            if done >= MOST_ROWS:
                message = f"a sheet has {MOST_ROWS - 1:,} rows at most: export .csv, .jsonl or .parquet"
                raise Invalid(message)
            for row in rows:
                cells = [cell_of(value, kind, is_printable=True) for value, kind in zip(row, kinds, strict=True)]
                if any(len(each) > LONGEST_CELL for each in cells):
                    message = (
                        f"a cell holds {LONGEST_CELL:,} letters at most, and a row has more: export .csv or .jsonl"
                    )
                    raise Invalid(message)
                book.row(cells)

        yield put


# -- reading --------------------------------------------------------------------------------------------------------------


def header_of(path: Path, format: str) -> list[str]:
    """The columns that a file of CSV, JSON Lines or Parquet speaks of; of JSON Lines those of its first line."""
    if format == PARQUET:
        from mercat.core.database.tables.parquet import parquet_header  # noqa: PLC0415  # an optional dependency

        return parquet_header(path)
    return _csv_header(path) if format == CSV else _jsonl_header(path)


def lines_of(path: Path, format: str, header: Sequence[str]) -> Lines:
    """Its rows, in the order of the header. Cells of CSV are texts. Raises ``Invalid`` naming the line."""
    if format == PARQUET:
        from mercat.core.database.tables.parquet import parquet_lines  # noqa: PLC0415  # an optional dependency

        return parquet_lines(path, header)
    return _csv_lines(path, header) if format == CSV else _jsonl_lines(path, header)


@contextmanager
def _csv_rows(path: Path) -> Iterator[Any]:
    csv.field_size_limit(_LONGEST_CELL)
    try:
        with path.open(encoding="utf-8-sig", newline="") as given:
            yield csv.reader(given, strict=True)
    except UnicodeDecodeError as wrong:
        message = f"{path.name} is not UTF-8: {wrong.reason}"
        raise Invalid(message) from wrong
    except csv.Error as wrong:
        message = f"{path.name} is not CSV as RFC 4180 has it: {wrong}"
        raise Invalid(message) from wrong


def _csv_header(path: Path) -> list[str]:
    with _csv_rows(path) as rows:
        return next(rows, [])


def _csv_lines(path: Path, header: Sequence[str]) -> Lines:
    with _csv_rows(path) as rows:
        next(rows, None)
        some: list[tuple[int, Sequence[Any]]] = []
        for cells in rows:
            if not cells:
                continue
            if len(cells) != len(header):
                message = f"{path.name}, line {rows.line_num}: {len(cells)} cells, and there are {len(header)} columns"
                raise Invalid(message)
            some.append((rows.line_num, cells))
            if len(some) == AT_ONCE:
                yield some
                some = []
        yield some


_decode = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode


def _documents(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open("rb") as given:
        for number, line in enumerate(given, 1):
            if not line.strip():
                continue
            try:
                yield number, _decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
                message = f"{path.name}, line {number}: no JSON object ({wrong})"
                raise Invalid(message) from wrong


def _jsonl_header(path: Path) -> list[str]:
    _, first = next(_documents(path), (0, {}))
    return list(first)


def _jsonl_lines(path: Path, header: Sequence[str]) -> Lines:
    wanted = set(header)
    some: list[tuple[int, Sequence[Any]]] = []
    for number, document in _documents(path):
        if document.keys() != wanted:
            message = f"{path.name}, line {number}: it does not name the same columns as the first line"
            raise Invalid(message)
        some.append((number, [document[name] for name in header]))
        if len(some) == AT_ONCE:
            yield some
            some = []
    yield some

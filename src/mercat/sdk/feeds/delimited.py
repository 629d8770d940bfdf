"""Delimited text: the standard library's reader at its full speed, and a careful one where quoting is broken."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from itertools import chain, islice, repeat
from operator import attrgetter, itemgetter

import structlog

from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds.archives import Member
from mercat.sdk.feeds.dialects import Dialect, looks_like_header, sniff_dialect
from mercat.sdk.feeds.encodings import encoding_for
from mercat.sdk.feeds.options import ReadLimits, ReadOptions
from mercat.sdk.feeds.quotes import Careful, csv_reader
from mercat.sdk.feeds.streams import REPAIR, Gauge, TooLong, buffered, decoding, text_stream
from mercat.sdk.feeds.tables import Row, Table, heading

log = structlog.get_logger()
SAMPLE_LINES = 400
SAMPLE_CHARS = 512 * 1024
WIDE = ("utf-16", "utf-32")


def read_delimited(member: Member, options: ReadOptions) -> Table:
    """Delimited text of any layout. Raises ``Unreadable`` where it is empty or a stated option cannot be true.

    A quote that is never closed, or that closes in the middle of a cell, costs nothing but itself: the row is read
    from its own line as well as it goes, reading resumes on the next line, and the log says how often that was so.
    """
    encoding = encoding_for(member, options.encoding)
    with decoding(member.name, encoding):
        sample = _sample(member, options, encoding)
        dialect = sniff_dialect(sample, member.name, options)
        reader = _Reader(member, options, encoding, dialect)
        lines = sample[1:] if dialect.sep_line else sample
        first = [cells for _, cells in Careful(lines, dialect, reader, 1).rows()]
    if not first:
        raise Unreadable(
            f"{member.name} is empty; fetch it again or ask the supplier for the full file", member=member.name
        )
    has_header = looks_like_header(first) if options.header is None else options.header
    widest = max(map(len, first))
    reader.has_header = has_header
    reader.width = len(first[0]) if has_header else widest
    header = heading(first[0]) if has_header else [str(place) for place in range(1, widest + 1)]
    return Table(member.name, "csv", header, reader.batches, encoding=encoding, delimiter=dialect.delimiter)


def _sample(member: Member, options: ReadOptions, encoding: str) -> list[str]:
    """The first lines, after those to be skipped; whole ones only unless there is but one."""
    lines: list[str] = []
    size = 0
    with _lines(member, options, encoding, options.skip_rows) as (gauge, text):
        while len(lines) < SAMPLE_LINES and size < SAMPLE_CHARS and (line := text.readline(SAMPLE_CHARS)):
            lines.append(line)
            size += len(line)
            gauge.reset()
    if len(lines) > 1 and size >= SAMPLE_CHARS:
        lines.pop()
    return lines


@contextmanager
def _lines(member: Member, options: ReadOptions, encoding: str, skip: int) -> Iterator[tuple[Gauge, TextIOWrapper]]:
    """The member as text, ``skip`` lines down."""
    gauge = Gauge(
        member.open(),
        member.name,
        window_limit=options.limits.max_record_bytes,
        drop_zeros=not encoding.startswith(WIDE),
    )
    with text_stream(buffered(gauge), encoding, "strict" if options.encoding else REPAIR) as text:
        for _ in islice(text, skip):
            gauge.reset()
        yield gauge, text


class _Reader:
    """Everything that reading the rows of one member needs to know."""

    def __init__(self, member: Member, options: ReadOptions, encoding: str, dialect: Dialect) -> None:
        self.name = member.name
        self.member = member
        self.options = options
        self.limits: ReadLimits = options.limits
        self.encoding = encoding
        self.dialect = dialect
        self.has_header = False
        self.width = 0

    def batches(self, size: int) -> Iterator[list[Row]]:
        """The rows below the header, in batches."""
        start = self.options.skip_rows + 1
        if self.dialect.sep_line:
            start += 1
        drop_first = self.has_header
        with decoding(self.name, self.encoding):
            for batch in self._rows(start, size):
                if drop_first:
                    drop_first = False
                    del batch[0]
                if batch:
                    yield batch

    def _rows(self, start: int, size: int) -> Iterator[list[Row]]:
        """At the speed of the csv module until quoting is broken or a row is huge; carefully from that batch on."""
        line = start
        try:
            with _lines(self.member, self.options, self.encoding, start - 1) as (gauge, text):
                # As many blank lines as come before: the reader's count of lines is then the line where the next row
                # starts.
                reader = csv_reader(chain(repeat("", start), text), self.dialect, self.limits)
                for _ in islice(reader, start):
                    pass
                # zip asks the first iterator first, so each row comes with the count before it; all in C.
                rows = zip(map(attrgetter("line_num"), repeat(reader)), reader, strict=False)
                while batch := list(islice(rows, size)):
                    line = reader.line_num
                    gauge.reset()
                    yield batch if self._is_regular(batch) else [row for row in batch if self.is_row(row[1], row[0])]
                    csv.field_size_limit(self.limits.max_cell_chars)
        except (csv.Error, TooLong):
            yield from self._carefully(line, size)

    def _is_regular(self, batch: list[Row]) -> bool:
        """Whether all rows are as wide as the header and none is blank; judged in C for the sake of speed."""
        widths = set(map(len, map(itemgetter(1), batch)))
        return widths == {self.width} and all(map(any, map(itemgetter(1), batch)))

    def _carefully(self, line: int, size: int) -> Iterator[list[Row]]:
        """The rows from ``line`` on."""
        batch: list[Row] = []
        with _lines(self.member, self.options, self.encoding, line - 1) as (gauge, text):
            careful = Careful(text, self.dialect, self, line)
            for row in careful.rows():
                batch.append(row)
                if len(batch) >= size or gauge.is_full:
                    gauge.reset()
                    yield batch
                    batch = []
        if careful.mended:
            log.warning("quotes_mended", member=self.name, rows=careful.mended, first_line=careful.first_mended)
        if batch:
            yield batch

    def is_row(self, cells: list[str], line: int) -> bool:
        """Whether there is anything in it. Raises ``Unreadable`` where a row has more cells than we put up with."""
        if len(cells) > self.limits.max_columns:
            raise Unreadable(
                f"{self.name}, line {line}: {len(cells):,} cells in one row; "
                "state the right delimiter, or split the table",
                member=self.name,
                line=line,
            )
        # Old exports end in a Ctrl-Z.
        return any(cells) and not (len(cells) == 1 and not cells[0].strip("\x1a\ufeff \t"))

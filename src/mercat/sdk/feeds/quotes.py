"""Reading on where quoting is broken: one row at a time, and never further astray than that row."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds.dialects import Dialect, escapes_only
from mercat.sdk.feeds.options import ReadLimits

if TYPE_CHECKING:
    from _csv import Reader

# Comes after the last line of a row that is tried on its own: whoever swallows it had an open quote.
END = "\x00end of row\x00"


class Judge(Protocol):
    """What the careful reader asks about the table."""

    name: str
    limits: ReadLimits
    width: int

    def is_row(self, cells: list[str], line: int) -> bool: ...


def csv_reader(lines: Iterable[str], dialect: Dialect, limits: ReadLimits, *, strict: bool = True) -> Reader:
    """The standard library's reader. The limit on cells is global to the process, so it is set afresh each time."""
    csv.field_size_limit(limits.max_cell_chars)
    source = escapes_only(lines, dialect) if dialect.escape else lines
    return csv.reader(source, **dialect.parameters(strict=strict))  # type: ignore[arg-type]  # built by us above


class Careful:
    """Rows from lines that break the rules of quoting somewhere. ``mended`` counts the rows that did."""

    def __init__(self, lines: Iterable[str], dialect: Dialect, table: Judge, line: int) -> None:
        self._lines = iter(lines)
        self._dialect = dialect
        self._table = table
        self._line = line
        self._waiting: deque[str] = deque()
        self._taken: list[str] = []
        self.mended = 0
        self.first_mended: int | None = None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else next(self._lines)
        self._taken.append(line)
        return line

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """(1-based line where the row starts, cells). Raises ``Unreadable`` for a cell over the limit."""
        reader = csv_reader(self, self._dialect, self._table.limits)
        while True:
            self._taken.clear()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                if not self._taken:
                    return
                cells, used = self._mend()
                self._waiting.extendleft(reversed(self._taken[used:]))
                del self._taken[used:]
            if self._table.is_row(cells, self._line):
                yield self._line, cells
            self._line += len(self._taken)

    def _mend(self) -> tuple[list[str], int]:
        """The likeliest cells of the row that starts with the taken lines, and how many of those lines it uses."""
        self.mended += 1
        self.first_mended = self.first_mended or self._line
        try:
            return self._likeliest()
        except csv.Error as error:
            raise Unreadable(
                f"{self._table.name}, line {self._line}: {error}; a cell may hold at most "
                f"{self._table.limits.max_cell_chars:,} characters: check for a quote that is never closed",
                member=self._table.name,
                line=self._line,
            ) from error

    def _likeliest(self) -> tuple[list[str], int]:
        width = self._table.width
        alone = self._taken[:1]
        if not self._dialect.escape:
            escaped = Dialect(self._dialect.delimiter, self._dialect.quote, escape=True)
            found = self._try(self._taken, escaped, strict=True)
            if found is not None and len(found[0]) == width:
                return found
        lenient = self._try(alone, self._dialect, strict=False)
        if lenient is not None:
            return lenient
        literal = next(csv_reader(alone, Dialect(self._dialect.delimiter, None), self._table.limits))
        if len(literal) != width:
            spread = self._try(self._taken, self._dialect, strict=False)
            if spread is not None and len(spread[0]) == width:
                return spread
        return literal, 1

    def _try(self, lines: list[str], dialect: Dialect, *, strict: bool) -> tuple[list[str], int] | None:
        """The first row of ``lines``, or ``None`` if it does not end within them."""
        reader = csv_reader([*lines, END], dialect, self._table.limits, strict=strict)
        try:
            cells = next(reader)
        except csv.Error:
            return None
        return None if cells and END in cells[-1] else (cells, reader.line_num)

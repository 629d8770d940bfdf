"""What readers hand out: a table of positional cells, or keyed records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Row = tuple[int, list[str]]
Record = tuple[int, dict[str, Any] | str]


def heading(cells: list[str]) -> list[str]:
    """Column names from a header row: stripped, the blank ones named for their place, repeated ones numbered."""
    names: list[str] = []
    taken: set[str] = set()
    for place, cell in enumerate(cells, 1):
        wanted = " ".join(cell.split()) or f"column {place}"
        name, number = wanted, 1
        while name in taken:
            number += 1
            name = f"{wanted} ({number})"
        taken.add(name)
        names.append(name)
    return names


class Table:
    """Rows of cells by position. ``encoding`` and ``delimiter`` are ``None`` where the format has none."""

    def __init__(
        self,
        name: str,
        kind: str,
        header: list[str],
        rows: Callable[[int], Iterator[list[Row]]],
        *,
        encoding: str | None = None,
        delimiter: str | None = None,
    ) -> None:
        self.name = name
        self.format = kind
        self.header = header
        self.encoding = encoding
        self.delimiter = delimiter
        self._rows = rows

    def batches(self, size: int = 500) -> Iterator[list[Row]]:
        """Read from the start: lists of at most ``size`` (1-based line where the row starts, cells).

        Ragged rows come as they are, shorter or longer than the header; wholly blank lines are left out. Raises
        ``Unreadable`` at a torn place. Batches of 500 stay in the processor's cache: those of 5,000 take a
        quarter longer.
        """
        return self._rows(size)


class Records:
    """Keyed records. A record that is a string is a line that could not be parsed, kept as it stands."""

    def __init__(
        self, name: str, kind: str, records: Callable[[int], Iterator[list[Record]]], *, encoding: str | None = None
    ) -> None:
        self.name = name
        self.format = kind
        self.encoding = encoding
        self._records = records

    def batches(self, size: int = 1000) -> Iterator[list[Record]]:
        """Read from the start: lists of at most ``size`` (1-based line or record number, record).

        JSON decimals are ``decimal.Decimal``, never float. Raises ``Unreadable`` at a torn place.
        """
        return self._records(size)

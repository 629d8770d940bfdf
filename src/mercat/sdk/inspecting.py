"""Describes a table or records from a sample: which columns are filled, with what, and what each becomes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from mercat.sdk.feeds import Table
from mercat.sdk.roles import Column, Inspection

_SAMPLE = 1000
_SAMPLES = 3
_LONGEST = 80
_NUMBER = re.compile(r"[-+]?[\d.,]*\d[\d.,]*")


def inspect_table(connector: str, table: Table, field_of: Callable[[str], str | None]) -> Inspection:
    """Inspect the first thousand rows. Columns without a field are named in the notes."""
    rows = next(iter(table.batches(_SAMPLE)), [])
    columns = [
        _column(heading, field_of(heading), [cells[at] if at < len(cells) else "" for _, cells in rows])
        for at, heading in enumerate(table.header)
    ]
    return Inspection(
        connector=connector,
        format=table.format,
        encoding=table.encoding,
        delimiter=table.delimiter,
        rows_sampled=len(rows),
        columns=columns,
        profile=None,
        notes=_notes(columns),
    )


def inspect_records(
    connector: str, kind: str, records: Sequence[Mapping[str, Any]], field_of: Callable[[str], str | None]
) -> Inspection:
    """Inspect records that are already at hand."""
    names = dict.fromkeys(name for record in records for name in record)
    columns = [_column(name, field_of(name), [_shown(record.get(name)) for record in records]) for name in names]
    return Inspection(
        connector=connector,
        format=kind,
        encoding=None,
        delimiter=None,
        rows_sampled=len(records),
        columns=columns,
        profile=None,
        notes=_notes(columns),
    )


def _column(name: str, field: str | None, cells: Sequence[str]) -> Column:
    filled = [cell for cell in cells if cell.strip()]
    samples = list(dict.fromkeys(cell[:_LONGEST] for cell in filled))[:_SAMPLES]
    share = round(len(filled) / len(cells), 3) if cells else 0.0
    return Column(name=name, kind=_kind(filled), field=field, samples=samples, filled=share)


def _kind(cells: Iterable[str]) -> str:
    kinds = {"number" if _NUMBER.fullmatch(cell.strip()) else "text" for cell in cells}
    return kinds.pop() if len(kinds) == 1 else ("text" if kinds else "empty")


def _notes(columns: Sequence[Column]) -> list[str]:
    lost = [column.name for column in columns if column.field is None and column.filled > 0]
    return [f"not taken over: {', '.join(lost)}"] if lost else []


def _shown(value: Any) -> str:
    return "" if value is None or value == [] else str(value)

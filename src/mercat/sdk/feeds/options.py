"""What a reader may be told: every option may be left out, and is then detected."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

MIB = 1024 * 1024
GIB = 1024 * MIB

Format = Literal["csv", "xlsx", "xls", "ods", "json", "jsonl", "xml"]


@dataclass(frozen=True)
class ReadLimits:
    """How much of a hostile file we put up with before we refuse it. Sizes are bytes unless the name says otherwise.

    ``max_ratio`` (expanded to packed) is judged only once 10 MiB have come out, because small texts pack very well.
    ``max_record_bytes`` bounds one line, row or record; ``max_workbook_memory`` bounds the child that opens a workbook.
    """

    max_expanded_bytes: int = 20 * GIB
    max_ratio: int = 200
    max_members: int = 10_000
    max_depth: int = 3
    max_cell_chars: int = 1_000_000
    max_columns: int = 20_000
    max_record_bytes: int = 64 * MIB
    max_workbook_memory: int = 3 * GIB
    max_workbook_seconds: int = 600


@dataclass(frozen=True)
class ReadOptions:
    """How to read a file. ``None`` means: find out.

    ``header=False`` names the columns "1", "2", …; ``sheet`` defaults to the first one that has rows; ``record_path``
    says where records lie in XML or JSON ("catalog/product", "data.products"); ``members`` is a pattern over the names
    inside an archive ("*.csv", "inner.zip/*"); ``skip_rows`` counts lines (rows of a sheet) before the header.
    """

    format: Format | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    header: bool | None = None
    sheet: str | None = None
    record_path: str | None = None
    members: str | None = None
    skip_rows: int = 0
    limits: ReadLimits = field(default_factory=ReadLimits)

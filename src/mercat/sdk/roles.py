"""The roles that a connector can play. A role not played is a field not given."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from mercat.sdk.records import BadRow, FeedRow, ProductRecord, Stated


@dataclass(frozen=True)
class FeedFile:
    """A file on this machine. ``name`` is what the supplier calls it (the path may be a content hash)."""

    name: str
    path: Path


@dataclass(frozen=True)
class Column:
    """One column of an inspected feed. ``field`` is the proposed target or ``None`` where nothing fits."""

    name: str
    kind: str
    field: str | None
    samples: list[str]
    filled: float


@dataclass(frozen=True)
class Inspection:
    """What ``mercat feed inspect`` shows. ``profile`` is TOML, ready to be saved and edited.

    ``targets``: the fields that a column may be mapped to, where the connector lets people say so.
    """

    connector: str
    format: str
    encoding: str | None
    delimiter: str | None
    rows_sampled: int
    columns: list[Column]
    profile: str | None
    notes: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)


@runtime_checkable
class SupplierFeed(Protocol):
    """Reads a supplier's files. ``batches`` streams: memory does not grow with the file."""

    def recognises(self, files: Sequence[FeedFile]) -> float:
        """0 = surely not mine … 1 = surely mine. Reads the first kilobytes only and never raises."""

    def inspect(self, files: Sequence[FeedFile]) -> Inspection:
        """Describe the files from a sample. Raises ``Unreadable``."""

    def batches(self, files: Sequence[FeedFile]) -> Iterator[list[FeedRow | BadRow]]:
        """Stream the products, a few thousand at a time. Raises ``Unreadable`` before the first or at a torn place."""

    def to_record(self, row: FeedRow) -> Stated:
        """Convert one row. Raises ``Rejected`` with the field and the reason; pure and repeatable."""


@runtime_checkable
class ConvertsMany(Protocol):
    """A ``SupplierFeed`` that can convert ordinary rows by the hundred, sooner than one by one."""

    def to_records(self, rows: Sequence[FeedRow]) -> list[Stated] | None:
        """Each row as ``to_record`` would have it; ``None`` where that is not plain and each is to be asked for itself."""


@runtime_checkable
class ProductExporter(Protocol):
    """Lays products out as the rows of a table that some other system imports. One object writes one file."""

    def header(self, metafields: Collection[str]) -> list[str]:
        """The headings, asked for once and first. ``metafields``: every ``namespace.key`` that the products hold."""

    def rows(self, record: ProductRecord) -> Iterator[list[str]]:
        """The rows of one product, each as long as the header. Raises ``Rejected`` for what the format cannot hold.

        Cells that a spreadsheet would run as a formula are neutralised.
        """

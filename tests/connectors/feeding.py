"""Runs a feed over files made for a test."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mercat.sdk.connector import Connector
from mercat.sdk.records import BadRow, FeedRow, Stated
from mercat.sdk.roles import FeedFile, SupplierFeed


def feed(connector: Connector, **settings: Any) -> SupplierFeed:
    """The connector's feed under these settings."""
    assert connector.supplier is not None
    return connector.supplier(connector.settings(**settings))


def file(folder: Path, name: str, content: str | bytes, encoding: str = "utf-8") -> FeedFile:
    """A file with this content."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return FeedFile(name, path)


def rows(source: SupplierFeed, files: Iterable[FeedFile]) -> list[FeedRow]:
    """The good rows."""
    return [row for row in every(source, files) if isinstance(row, FeedRow)]


def bad(source: SupplierFeed, files: Iterable[FeedFile]) -> list[BadRow]:
    """The rows that could not be read."""
    return [row for row in every(source, files) if isinstance(row, BadRow)]


def every(source: SupplierFeed, files: Iterable[FeedFile]) -> list[FeedRow | BadRow]:
    """All rows as they come."""
    return [row for batch in source.batches(list(files)) for row in batch]


def stated(source: SupplierFeed, files: Iterable[FeedFile]) -> dict[str, Stated]:
    """What each key states; the last row of a key counts, as it does on import."""
    return {row.key: source.to_record(row) for row in rows(source, files)}

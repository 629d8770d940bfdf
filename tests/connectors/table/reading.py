"""Small files for the table connector, and what it makes of them."""

from __future__ import annotations

from pathlib import Path

from mercat.connectors.table import TableFeed, TableSettings
from mercat.sdk.records import BadRow, FeedRow, Stated
from mercat.sdk.roles import FeedFile


def feed(profile: str | None = None, **settings: object) -> TableFeed:
    return TableFeed(TableSettings.model_validate({"profile": profile, **settings}))


def files(folder: Path, content: str | bytes, name: str = "feed.csv") -> list[FeedFile]:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return [FeedFile(name, path)]


def rows(feed: TableFeed, files: list[FeedFile]) -> list[FeedRow | BadRow]:
    return [row for batch in feed.batches(files) for row in batch]


def stated(feed: TableFeed, files: list[FeedFile]) -> list[Stated]:
    return [feed.to_record(row) for row in rows(feed, files) if isinstance(row, FeedRow)]

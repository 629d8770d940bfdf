"""What the tests of the readers share: files from bytes, rows from files."""

from pathlib import Path

from mercat.sdk.feeds import Member, ReadOptions, Records, Table, read
from mercat.sdk.roles import FeedFile


def feed_file(folder: Path, content: bytes, name: str = "feed.csv") -> FeedFile:
    path = folder / name
    path.write_bytes(content)
    return FeedFile(name, path)


def member(path: Path) -> Member:
    return Member(path.name, path.stat().st_size, lambda: path.open("rb"), path)


def the_table(file: FeedFile, options: ReadOptions | None = None) -> Table:
    (table,) = read(file, options)
    assert isinstance(table, Table)
    return table


def the_records(file: FeedFile, options: ReadOptions | None = None) -> Records:
    (records,) = read(file, options)
    assert isinstance(records, Records)
    return records


def lines(table: Table, size: int = 1000) -> list[tuple[int, list[str]]]:
    return [row for batch in table.batches(size) for row in batch]


def cells(table: Table) -> list[list[str]]:
    return [row for _, row in lines(table)]

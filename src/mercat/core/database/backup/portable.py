"""The portable form: every table as lines of JSON, which every one of the databases takes back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

import msgspec
from sqlalchemy import Connection

from mercat.core.database.backup.archive import Archive, ArchiveWriter, TableEntry
from mercat.core.database.bulk import Bulk
from mercat.core.database.first_load import can_rebuild, indexes_after
from mercat.core.database.partitions import ensure_months, partition_column
from mercat.core.database.rows import Column, Shape, Values, insert_rows, read_rows, shapes
from mercat.core.errors import Conflict

Advance = Callable[[str, int], None]
Source = Callable[[Shape], Iterable[list[Values]]]
_encode_lines = msgspec.json.Encoder().encode_lines
_decode_lines = msgspec.json.Decoder(list[Any]).decode_lines


def nothing(_stage: str, _rows: int) -> None:
    """Nobody watches."""


def table_part(name: str) -> str:
    """The part of the archive that holds a table."""
    return f"tables/{name}.jsonl"


def dump(connection: Connection, archive: ArchiveWriter, advance: Advance = nothing) -> None:
    """Write every table, as the connection's transaction sees it. Streams."""
    for shape in shapes().values():
        with archive.entry(table_part(shape.table)) as out:
            entry = _write(read_rows(connection, shape), shape, out, advance)
        archive.manifest.tables.append(entry)


def hash_tables(
    connection: Connection, advance: Advance = nothing, *, tables: Iterable[Shape] | None = None
) -> list[TableEntry]:
    """Count and hash the rows of these tables, or of all that the models describe, without keeping them."""
    wanted = shapes().values() if tables is None else tables
    return [_write(read_rows(connection, shape), shape, None, advance) for shape in wanted]


def _write(rows: Iterable[list[Values]], shape: Shape, out: IO[bytes] | None, advance: Advance) -> TableEntry:
    count, digest = 0, hashlib.sha256()
    for some in rows:
        lines = _encode_lines(some)
        digest.update(lines)
        if out is not None:
            out.write(lines)
        count += len(some)
        advance(shape.table, len(some))
    columns = tuple((each.name, each.kind) for each in shape.columns)
    return TableEntry(shape.table, count, digest.hexdigest(), columns, shape.key)


def shapes_of(archive: Archive) -> dict[str, Shape]:
    """The tables as they were when the archive was made."""
    return {
        each.name: Shape(each.name, tuple(Column(name, kind) for name, kind in each.columns), each.key)
        for each in archive.manifest.tables
    }


def rows_in(archive: Archive) -> Source:
    """The rows of an archive's tables, some at a time."""

    def read(shape: Shape) -> Iterator[list[Values]]:
        rest = b""
        for chunk in archive.chunks(table_part(shape.table)):
            # A line holds no other line feed: JSON writes those of a text as two characters.
            whole, _, rest = (rest + chunk).rpartition(b"\n")
            if whole:
                yield _decode_lines(whole)

    return read


def rows_of(connection: Connection) -> Source:
    """The rows of a database's tables."""
    return lambda shape: read_rows(connection, shape)


def load(bulk: Bulk, tables: Mapping[str, Shape], source: Source, advance: Advance = nothing) -> dict[str, int]:
    """Put these rows in the place of all that is there, in the caller's transaction; how many by table.

    ``tables`` are all of the database's, each after those that it points to. The transaction holds all of it or none. Raises ``Conflict`` where the rows do not fit together.
    """
    counts: dict[str, int] = {}
    with _emptied(bulk, list(tables)):
        for name in tables:
            counts[name] = 0
            partition = partition_column(name)
            for some in source(tables[name]):
                if partition is not None:
                    place = tables[name].names.index(partition)
                    ensure_months(bulk, name, (row[place] for row in some))
                insert_rows(bulk, tables[name], some)
                counts[name] += len(some)
                advance(name, len(some))
    _refuse_loose_ends(bulk)
    return counts


@contextmanager
def _emptied(bulk: Bulk, names: list[str]) -> Iterator[None]:
    """Inside, the tables are empty, have no index but their keys where that can be, and point where they like."""
    if bulk.is_sqlite:
        bulk.run("PRAGMA defer_foreign_keys = ON")
    elif not bulk.is_postgres:
        bulk.run("SET foreign_key_checks = 0")
        bulk.run("SET unique_checks = 0")
    if bulk.is_postgres:
        bulk.run(f"TRUNCATE {', '.join(map(bulk.quoted, names))}")
    else:
        for name in reversed(names):
            bulk.run(f"DELETE FROM {bulk.quoted(name)}")
    if can_rebuild(bulk):
        # PostgreSQL tells of an index over partitions in words that would make it of none of them.
        whole = [each for each in names if bulk.is_sqlite or partition_column(each) is None]
        with indexes_after(bulk, whole):
            yield
        return
    try:
        yield
    finally:
        bulk.run("SET foreign_key_checks = 1")
        bulk.run("SET unique_checks = 1")


def _refuse_loose_ends(bulk: Bulk) -> None:
    """PostgreSQL has looked when it built its foreign keys again; SQLite is asked; MariaDB takes what others have proved."""
    if bulk.is_sqlite and (found := bulk.fetch("PRAGMA foreign_key_check")):
        message = f"a row of {found[0][0]} points to a row of {found[0][2]} that the backup does not hold"
        raise Conflict(message)

"""Rows that belong together by a key, though they may stand apart: product, variant and image rows of one handle.

Rows of one key nearly always stand together, so they are gathered as they come. Where they do not, nothing may be lost
and memory may not grow with the file: a first pass notes which keys come back after others (8 bytes for every run of
equal keys), and only the rows of those keys are kept in a temporary database until the end of the file.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

import msgspec
import xxhash

from mercat.sdk.feeds import Table
from mercat.sdk.records import BadRow
from mercat.sdk.scratch import scratch_database

KeyOf = Callable[[list[str]], str]
_BUCKETS = 256
_BATCH = 1000
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[str]).decode


class Group(NamedTuple):
    """All rows of one key in the order of the file. ``line`` is where the first of them starts."""

    key: str
    line: int
    rows: list[list[str]]


def grouped(opened: Callable[[], Table], key_of: KeyOf) -> Iterator[Group | BadRow]:
    """Gather a table's rows by key; rows with an empty key or with the wrong number of cells become ``BadRow``.

    Keys that stand together come in file order; keys that are scattered follow at the end, by their first line.
    """
    scattered = _scattered_keys(opened(), key_of)
    table = opened()
    if not scattered:
        yield from _runs(table, key_of)
        return
    with scratch_database() as database:
        database.execute("CREATE TABLE rows (key TEXT, line INTEGER, cells BLOB)")
        database.execute("BEGIN")
        yield from _runs(table, key_of, put_aside=_Aside(database, scattered))
        database.execute("COMMIT")
        yield from _put_back(database)


class _Aside:
    """Rows of scattered keys, on disk until the file has been read."""

    def __init__(self, database: sqlite3.Connection, keys: set[int]) -> None:
        self._database = database
        self._keys = keys

    def takes(self, key: str, line: int, cells: list[str]) -> bool:
        if _hash(key) not in self._keys:
            return False
        self._database.execute("INSERT INTO rows VALUES (?, ?, ?)", (key, line, _encode(cells)))
        return True


def _runs(table: Table, key_of: KeyOf, put_aside: _Aside | None = None) -> Iterator[Group | BadRow]:
    current: Group | None = None
    for line, cells in _lines(table):
        fault = _fault(cells, table.header)
        key = "" if fault else key_of(cells)
        if fault or not key:
            yield BadRow(line, _shown(cells), fault or "the row names no product: its handle is empty")
            continue
        if current is not None and current.key == key:
            current.rows.append(cells)
            continue
        if put_aside is not None and put_aside.takes(key, line, cells):
            continue
        if current is not None:
            yield current
        current = Group(key, line, [cells])
    if current is not None:
        yield current


def _put_back(database: sqlite3.Connection) -> Iterator[Group]:
    database.execute("CREATE TABLE firsts AS SELECT key, min(line) AS first FROM rows GROUP BY key")
    ordered = "SELECT rows.key, line, cells FROM rows JOIN firsts USING (key) ORDER BY first, line"
    current: Group | None = None
    for key, line, cells in database.execute(ordered):
        if current is not None and current.key == key:
            current.rows.append(_decode(cells))
            continue
        if current is not None:
            yield current
        current = Group(key, line, [_decode(cells)])
    if current is not None:
        yield current


def _scattered_keys(table: Table, key_of: KeyOf) -> set[int]:
    buckets = [array("Q") for _ in range(_BUCKETS)]
    last = ""
    for _, cells in _lines(table):
        key = "" if _fault(cells, table.header) else key_of(cells)
        if key and key != last:
            hashed = _hash(key)
            buckets[hashed % _BUCKETS].append(hashed)
            last = key
    scattered: set[int] = set()
    # Bucket by bucket, so that sorting never holds more than a small part of the hashes as Python numbers.
    for bucket in buckets:
        ordered = sorted(bucket)
        scattered.update(one for one, other in pairwise(ordered) if one == other)
    return scattered


def _lines(table: Table) -> Iterator[tuple[int, list[str]]]:
    for batch in table.batches(_BATCH):
        yield from batch


def _fault(cells: list[str], header: list[str]) -> str | None:
    """Why a row cannot be trusted: a torn or shifted row has the wrong number of cells."""
    if len(cells) == len(header) or (len(cells) > len(header) and not any(cells[len(header) :])):
        return None
    return f"the row has {len(cells)} cells where the header has {len(header)}: it is cut off or a quote is missing"


def _hash(key: str) -> int:
    return xxhash.xxh3_64_intdigest(key.encode())


def _shown(cells: list[str]) -> str:
    return ",".join(cells)[:2000]

"""What the same input costs with nothing around it: the floors that ratios are taken against.

    python -m benchmarks.floors executemany FILE NEW_DATABASE_FILE
    python -m benchmarks.floors copy FILE POSTGRESQL_URL
    python -m benchmarks.floors parse-and-hash FILE
    python -m benchmarks.floors diff FILE NEW_DATABASE_FILE

Each prints one JSON document with ``seconds`` and ``cpu_seconds``, from before the file is opened until the last row is
safe; the start of the process is in neither.
"""

from __future__ import annotations

import csv
import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url
from xxhash import xxh3_64_intdigest

_BLOCK = 1 << 20
_BATCH = 4_000


def executemany(file: str, target: str) -> int:
    """The standard library's parser into one table without an index, in one transaction, SQLite as it comes."""
    with closing(sqlite3.connect(target)) as database, Path(file).open(newline="", encoding="utf-8") as text:
        rows = csv.reader(text)
        header = next(rows)
        database.execute(f"CREATE TABLE products ({', '.join(f'{name} TEXT' for name in header)})")
        cursor = database.executemany(f"INSERT INTO products VALUES ({', '.join('?' * len(header))})", rows)
        database.commit()
        return cursor.rowcount


def copy(file: str, url: str) -> int:
    """The file's bytes to ``COPY … FROM STDIN``, into one table of text columns without an index."""
    with Path(file).open("rb") as data, psycopg.connect(_plain_url(url)) as connection:
        header = data.readline().decode().strip().split(",")
        connection.execute(f"CREATE TABLE bare ({', '.join(f'{name} TEXT' for name in header)})")
        with connection.cursor() as cursor:
            with cursor.copy("COPY bare FROM STDIN (FORMAT csv)") as copying:
                while block := data.read(_BLOCK):
                    copying.write(block)
            connection.commit()
            return cursor.rowcount


def _plain_url(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def parse_and_hash(file: str) -> int:
    """Every row parsed and its cells hashed: what knowing that nothing changed costs at the very least."""
    with Path(file).open(newline="", encoding="utf-8") as text:
        rows = csv.reader(text)
        next(rows)
        return len({xxh3_64_intdigest("\x1f".join(cells).encode()) for cells in rows})


def diff(file: str, target: str) -> int:
    """Each row compared field by field with what stands, each difference a line of a change log, the row kept as JSON.

    The standard library alone: no types, no matching, no guards, no undo, two tables.
    """
    with closing(sqlite3.connect(target)) as database, Path(file).open(newline="", encoding="utf-8") as text:
        database.execute("CREATE TABLE products (sku TEXT PRIMARY KEY, document TEXT)")
        database.execute("CREATE TABLE changes (sku TEXT, field TEXT, old TEXT, new TEXT, line INTEGER)")
        count = 0
        reader = csv.DictReader(text)
        while batch := list(islice(reader, _BATCH)):
            database.executemany("INSERT INTO changes VALUES (?, ?, ?, ?, ?)", _differences(database, batch, count + 2))
            documents = ((row["sku"], json.dumps(row)) for row in batch)
            database.executemany("INSERT OR REPLACE INTO products VALUES (?, ?)", documents)
            count += len(batch)
        database.commit()
        return count


def _differences(database: sqlite3.Connection, rows: list[dict[str, str]], line: int) -> Iterator[tuple[Any, ...]]:
    for number, row in enumerate(rows, line):
        sku = row["sku"]
        stands = database.execute("SELECT document FROM products WHERE sku = ?", (sku,)).fetchone()
        old = {} if stands is None else json.loads(stands[0])
        yield from ((sku, name, old.get(name), new, number) for name, new in row.items() if old.get(name) != new)


FLOORS: dict[str, Callable[..., int]] = {
    "executemany": executemany,
    "copy": copy,
    "parse-and-hash": parse_and_hash,
    "diff": diff,
}


def main() -> None:
    """Run one and print what it took."""
    name, *arguments = sys.argv[1:]
    started, worked = time.perf_counter(), time.process_time()
    rows = FLOORS[name](*arguments)
    seconds, cpu = time.perf_counter() - started, time.process_time() - worked
    json.dump({"floor": name, "rows": rows, "seconds": seconds, "cpu_seconds": cpu}, sys.stdout)


if __name__ == "__main__":
    main()

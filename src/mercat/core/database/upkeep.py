"""Figures of tables, and what keeps a database quick: VACUUM, ANALYZE, REINDEX as fits."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

from mercat.core.database.rows import shapes


@dataclass(frozen=True)
class TableFigures:
    """A table: its rows (exact, unless ``is_estimate``) and, where the database tells, its bytes with its indexes."""

    name: str
    rows: int
    is_estimate: bool
    bytes: int | None


def table_figures(connection: Connection, *, is_exact: bool = False) -> list[TableFigures]:
    """Every table of ours, largest first. Without ``is_exact`` servers estimate the rows from their statistics."""
    estimates, sizes = _known(connection)
    found = []
    for name in shapes():
        is_estimate = not is_exact and estimates.get(name, -1) >= 0
        rows = estimates[name] if is_estimate else _count(connection, name)
        found.append(TableFigures(name, rows, is_estimate, sizes.get(name)))
    return sorted(found, key=lambda each: (each.bytes or 0, each.rows), reverse=True)


def database_bytes(connection: Connection) -> int:
    """How large the whole database is."""
    if connection.dialect.name == "sqlite":
        pages, size = (connection.scalar(text(f"PRAGMA {each}")) for each in ("page_count", "page_size"))
        return int(pages or 0) * int(size or 0)
    if connection.dialect.name == "postgresql":
        return int(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    total = "SELECT SUM(data_length + index_length) FROM information_schema.tables WHERE table_schema = database()"
    return int(connection.scalar(text(total)) or 0)


def _count(connection: Connection, name: str) -> int:
    quoted = connection.dialect.identifier_preparer.quote(name)
    return int(connection.scalar(text(f"SELECT count(*) FROM {quoted}")) or 0)


def _known(connection: Connection) -> tuple[dict[str, int], dict[str, int]]:
    """(estimated rows, bytes) by table, as far as the database's own books go."""
    if connection.dialect.name == "postgresql":
        sql = (
            "SELECT c.relname, CAST(c.reltuples AS bigint), pg_total_relation_size(c.oid) FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')"
        )
    elif connection.dialect.name == "sqlite":
        # dbstat reads every page: not for a look in passing.
        return {}, {}
    else:
        sql = (
            "SELECT table_name, table_rows, data_length + index_length FROM information_schema.tables"
            " WHERE table_schema = database()"
        )
    rows = connection.execute(text(sql)).all()
    return {name: int(count or 0) for name, count, _ in rows}, {name: int(size or 0) for name, _, size in rows}


def optimize(engine: Engine, advance: Callable[[str], None] = lambda _step: None) -> dict[str, float]:
    """Give space back, sort indexes anew, and have statistics taken; seconds by step.

    Others go on meanwhile on servers; SQLite's VACUUM holds writers up for as long as it copies the file.
    """
    took: dict[str, float] = {}
    with _outside_transactions(engine) as run:
        for step, statements in _steps(engine.dialect.name).items():
            advance(step)
            started = time.perf_counter()
            for each in statements:
                run(each)
            took[step] = round(time.perf_counter() - started, 2)
    return took


@contextmanager
def _outside_transactions(engine: Engine) -> Iterator[Callable[[str], object]]:
    if engine.dialect.name != "sqlite":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection.exec_driver_sql
        return
    # Our own engine begins a transaction with every connection, and VACUUM takes none.
    direct = sqlite3.connect(str(engine.url.database), isolation_level=None, timeout=600)
    try:
        yield direct.execute
    finally:
        direct.close()


def _steps(dialect: str) -> dict[str, list[str]]:
    names = list(shapes())
    if dialect == "sqlite":
        return {
            "vacuum": ["VACUUM"],
            "reindex": ["REINDEX"],
            "analyze": ["PRAGMA analysis_limit = 1000", "ANALYZE"],
            "checkpoint": ["PRAGMA wal_checkpoint(TRUNCATE)"],
        }
    if dialect == "postgresql":
        return {"vacuum": [f"VACUUM (ANALYZE) {name}" for name in names]}
    return {
        "analyze": [f"ANALYZE TABLE `{name}`" for name in names],
        "optimize": [f"OPTIMIZE TABLE `{name}`" for name in names],
    }

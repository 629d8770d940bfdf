"""The first load of empty tables: rows first, indexes and foreign keys after them, all in the one transaction.

An index that is built over a million rows at once is sorted and written once; one that grows with each row is walked and
rewritten a million times. SQLite and PostgreSQL both keep such changes of the schema inside the transaction, so a load
that fails or is killed leaves the tables as they were. MariaDB commits at each of them and is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mercat.core.database.bulk import Bulk

_SQLITE = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?"
_POSTGRES_INDEXES = """
    SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = CAST(? AS regclass) AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)
"""
_POSTGRES_KEYS = """
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = CAST(? AS regclass) AND contype IN ('f', 'u') ORDER BY contype, conname
"""


def can_rebuild(bulk: Bulk) -> bool:
    """Whether this database changes its schema inside a transaction."""
    return bulk.is_sqlite or bulk.is_postgres


@contextmanager
def indexes_after(bulk: Bulk, tables: Sequence[str]) -> Iterator[None]:
    """Inside, the tables have no secondary index; at the end they have all of them again.

    For empty tables only: PostgreSQL locks them for everybody else until the transaction ends.
    """
    remakes: list[str] = []
    for table in tables:
        remakes += _drop(bulk, table)
    yield
    if bulk.is_postgres:
        # One sort in memory instead of many on disk; for this transaction only.
        bulk.run("SET LOCAL maintenance_work_mem = '256MB'")
    for sql in remakes:
        bulk.run(sql)
    if bulk.is_sqlite:
        bulk.run("PRAGMA analysis_limit = 1000")
    for table in tables:
        bulk.run(f"ANALYZE {table}")


def _drop(bulk: Bulk, table: str) -> list[str]:
    remakes = []
    if bulk.is_sqlite:
        for name, sql in bulk.fetch(_SQLITE, (table,)):
            bulk.run(f'DROP INDEX "{name}"')
            remakes.append(sql)
        return remakes
    keys = bulk.fetch(_POSTGRES_KEYS, (table,))
    for name, _ in keys:
        bulk.run(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, sql in bulk.fetch(_POSTGRES_INDEXES, (table,)):
        bulk.run(f'DROP INDEX "{name}"')
        remakes.append(sql)
    return remakes + [f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {sql}' for name, sql in keys]

"""What a revision is made of, beside Alembic's own operations: the same on a live database and in a script of SQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self, cast

from alembic import op
from sqlalchemy import Connection
from sqlalchemy.engine import Dialect


class _Script:
    """Stands where a connection stands when a script is written: what is said to it goes into the script."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect

    @contextmanager
    def begin_nested(self) -> Iterator[Self]:
        """A script has one transaction."""
        yield self

    def exec_driver_sql(self, sql: str) -> None:
        """Write it down."""
        op.execute(sql)


def bind() -> Connection:
    """Where a revision sends statements of its own, by ``exec_driver_sql``: the database, or the script that is written."""
    if op.get_context().as_sql:
        return cast("Connection", _Script(op.get_context().dialect))
    return op.get_bind()


def create_index(name: str, table: str, columns: Sequence[str], **more: Any) -> None:
    """An index on a table that may be large and in use; nobody who writes waits for it.

    PostgreSQL builds it after the revision's transaction, concurrently (``migrate.upgrade`` builds what the models have and
    the database has not); MariaDB's InnoDB builds it beside writers by itself. SQLite has one writer anyway.
    """
    if op.get_context().dialect.name == "postgresql" and not op.get_context().as_sql:
        return
    op.create_index(name, table, list(columns), **more)


def drop_index(name: str, table: str) -> None:
    """The way back."""
    op.drop_index(name, table_name=table, if_exists=op.get_context().dialect.name == "postgresql")

"""Statements that took long: noted in the log, without their values."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError

from mercat.core.database.drivers import said_by_driver
from mercat.core.log import get_logger

log = get_logger(__name__)
EVENT = "statement_slow"
_LONGEST = 2_000
_STARTED = "mercat_started"
# Whatever the schema that somebody put it into.
_BOOK = (
    "SELECT quote_ident(n.nspname) || '.pg_stat_statements' FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace"
    " WHERE e.extname = 'pg_stat_statements'"
)
_STATEMENTS = (
    "SELECT query, calls, total_exec_time / 1000, max_exec_time / 1000 FROM {book} s"
    " JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database() AND max_exec_time >= :least"
    " ORDER BY total_exec_time DESC LIMIT 50"
)


class _Limit:
    """From how many seconds on a statement is slow, in this process; nothing is where it is 0."""

    def __init__(self) -> None:
        self.seconds = 1.0


_limit = _Limit()


def watch(engine: Engine, limit_ms: int) -> None:
    """Note what takes longer than that on this engine, and in bulk statements of this process."""
    _limit.seconds = limit_ms / 1000
    if limit_ms:
        event.listen(engine, "before_cursor_execute", _begin)
        event.listen(engine, "after_cursor_execute", _end)


def _begin(_connection: Connection, _cursor: Any, _statement: str, _values: Any, context: Any, *_many: Any) -> None:
    if context is not None:
        setattr(context, _STARTED, time.perf_counter())


def _end(_connection: Connection, _cursor: Any, statement: str, _values: Any, context: Any, *_many: Any) -> None:
    started = getattr(context, _STARTED, None)
    if started is not None:
        _judge(statement, started)


@contextmanager
def timed(statement: str) -> Iterator[None]:
    """Around a statement that goes past the engine."""
    started = time.perf_counter()
    yield
    _judge(statement, started)


def _judge(statement: str, started: float) -> None:
    took = time.perf_counter() - started
    if _limit.seconds and took >= _limit.seconds:
        # At this level it is kept in the database, and troubles nobody at a terminal.
        log.info(EVENT, statement=" ".join(statement.split())[:_LONGEST], seconds=round(took, 3))


def server_slow(connection: Connection, least_s: float) -> list[dict[str, Any]] | None:
    """What PostgreSQL's own book (pg_stat_statements) has of slow statements since it was begun.

    ``None`` where there is no such book, or it cannot be read: the extension is there, but the server was not started with it.
    """
    if connection.dialect.name != "postgresql":
        return None
    book = connection.scalar(text(_BOOK))
    if not book:
        return None
    try:
        with connection.begin_nested():
            rows = connection.execute(text(_STATEMENTS.format(book=book)), {"least": least_s * 1000}).all()
    except DBAPIError as refused:
        log.info("statements_not_read", reason=said_by_driver(refused))
        return None
    return [
        {
            "statement": " ".join(query.split())[:_LONGEST],
            "times": int(calls),
            "total_s": round(total, 3),
            "longest_s": round(most, 3),
        }
        for query, calls, total, most in rows
    ]

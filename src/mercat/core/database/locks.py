"""A named lock across processes (and, on a server, across hosts). It ends with its holder, however that ends."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from mercat.core.errors import Conflict

_LONGEST_WAIT_S = 86_400


@contextmanager
def named_lock(engine: Engine, name: str, *, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the lock ``name``; whoever comes second waits (``on_wait`` is called once) until the first is done or dead.

    A file lock beside a SQLite database, an advisory lock on PostgreSQL, GET_LOCK on MariaDB/MySQL: the operating
    system or the server frees each when the holder is killed, so nothing has to be cleaned up.
    """
    if engine.dialect.name == "sqlite":
        with _file_lock(Path(f"{engine.url.database}.{name}.lock"), on_wait):
            yield
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        key = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
        if connection.dialect.name == "postgresql":
            take, wait = (
                text("SELECT pg_try_advisory_lock(:key)"),
                text("SELECT pg_advisory_lock(:key)"),
            )
            free, bound = text("SELECT pg_advisory_unlock(:key)"), {"key": key}
        else:
            # MySQL's named locks are global to the server: the database's name keeps two installations apart.
            bound = {"key": f"mercat.{engine.url.database}.{name}"[:64]}  # type: ignore[dict-item]  # text here
            take, wait = (
                text("SELECT GET_LOCK(:key, 0)"),
                text(f"SELECT GET_LOCK(:key, {_LONGEST_WAIT_S})"),
            )
            free = text("SELECT RELEASE_LOCK(:key)")
        if not connection.scalar(take, bound):
            on_wait()
            if connection.scalar(wait, bound) == 0:
                message = f"another run has held {name} for a day: look for it with your database's process list"
                raise Conflict(message)
        try:
            yield
        finally:
            connection.execute(free, bound)


@contextmanager
def _file_lock(path: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    with path.open("ab") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(held, fcntl.LOCK_EX)
        yield

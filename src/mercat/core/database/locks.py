"""A named lock across processes (and, on a server, across hosts). It ends with its holder, however that ends."""

from __future__ import annotations

import fcntl
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy import Engine, text

# Not one long wait: whoever waits must hear that it should stop.
_LOOK_EVERY_S = 0.1


@contextmanager
def named_lock(engine: Engine, name: str, *, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the lock ``name``; whoever comes second waits until the first is done or dead.

    ``on_wait`` is called each time the lock is found taken; what it raises ends the wait.

    A file lock beside a SQLite database, an advisory lock on PostgreSQL, GET_LOCK on MariaDB/MySQL: the operating
    system or the server frees each when the holder is killed, so nothing has to be cleaned up.
    """
    if engine.dialect.name == "sqlite" and engine.url.database in {None, "", ":memory:"}:
        # A database in memory is its own process's.
        yield
        return
    if engine.dialect.name == "sqlite":
        with _file_lock(Path(f"{engine.url.database}.{name}.lock"), on_wait):
            yield
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        key = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
        if connection.dialect.name == "postgresql":
            take, free = text("SELECT pg_try_advisory_lock(:key)"), text("SELECT pg_advisory_unlock(:key)")
            bound = {"key": key}
        else:
            # MySQL's named locks are global to the server: the database's name keeps two installations apart.
            bound = {"key": f"mercat.{engine.url.database}.{name}"[:64]}  # type: ignore[dict-item]  # text here
            take, free = text("SELECT GET_LOCK(:key, 0)"), text("SELECT RELEASE_LOCK(:key)")
        while not connection.scalar(take, bound):
            on_wait()
            time.sleep(_LOOK_EVERY_S)
        try:
            yield
        finally:
            connection.execute(free, bound)


@contextmanager
def _file_lock(path: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    with path.open("ab") as held:
        while not _took(held):
            on_wait()
            time.sleep(_LOOK_EVERY_S)
        yield


def _took(held: IO[bytes]) -> bool:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

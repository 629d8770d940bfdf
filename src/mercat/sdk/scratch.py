"""A temporary SQLite file for what must be sorted or joined and may not fit in memory."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def scratch_database(cache_mb: int = 32) -> Iterator[sqlite3.Connection]:
    """A database that is gone afterwards. Nothing in it needs to survive a crash, so it writes no journal."""
    with (
        tempfile.TemporaryDirectory(prefix="mercat-") as folder,
        closing(sqlite3.connect(Path(folder) / "scratch.db", isolation_level=None)) as database,
    ):
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.execute(f"PRAGMA cache_size = -{cache_mb * 1024}")
        # Sorts spill to files, never to memory: a feed may be larger than the machine.
        database.execute("PRAGMA temp_store = FILE")
        yield database

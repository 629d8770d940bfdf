"""How a dispatcher notices that a job was written, without asking all the time."""

from __future__ import annotations

import threading
from typing import Any, Protocol

from sqlalchemy import Engine, text

from mercat.core.jobs.outbox import CHANNEL

_GLANCE_S = 0.02


class Waker(Protocol):
    """Waits for a commit that may concern us."""

    def wait(self, stop: threading.Event, at_most_s: float) -> None:
        """Return when something was written, when ``stop`` is set, or after so long."""

    def close(self) -> None:
        """Give the connection back."""


def waker_for(engine: Engine) -> Waker:
    """PostgreSQL says so; SQLite shows it cheaply; elsewhere one looks often."""
    match engine.dialect.name:
        case "postgresql":
            return _Listening(engine)
        case "sqlite":
            return _Glancing(engine)
        case _:
            return _Pausing()


class _Pausing:
    def wait(self, stop: threading.Event, at_most_s: float) -> None:
        stop.wait(min(at_most_s, 0.1))

    def close(self) -> None:
        pass


class _Glancing:
    """SQLite counts the commits of other connections in ``data_version``: reading it costs microseconds."""

    def __init__(self, engine: Engine) -> None:
        self._connection: Any = engine.raw_connection()
        self._seen = self._version()

    def _version(self) -> int:
        return int(self._connection.driver_connection.execute("PRAGMA data_version").fetchone()[0])

    def wait(self, stop: threading.Event, at_most_s: float) -> None:
        for _ in range(max(1, round(at_most_s / _GLANCE_S))):
            # Waited first: as long as jobs run here, every look would find that they have written.
            if stop.wait(_GLANCE_S):
                return
            version = self._version()
            if version != self._seen:
                self._seen = version
                return

    def close(self) -> None:
        self._connection.close()


class _Listening:
    def __init__(self, engine: Engine) -> None:
        self._connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._connection.execute(text(f"LISTEN {CHANNEL}"))

    def wait(self, stop: threading.Event, at_most_s: float) -> None:
        if stop.is_set():
            return
        driver: Any = self._connection.connection.driver_connection
        for _ in driver.notifies(timeout=at_most_s, stop_after=1):
            pass

    def close(self) -> None:
        # Not back into the pool: it would go on listening there.
        self._connection.invalidate()
        self._connection.close()

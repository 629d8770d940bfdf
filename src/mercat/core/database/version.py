"""Whether the database still holds what it held: two looks that see the same version have nothing committed between them."""

from __future__ import annotations

import threading

from sqlalchemy import Engine
from sqlalchemy.pool import PoolProxiedConnection

from mercat.core.log import get_logger

log = get_logger(__name__)

# SQLite: changes when another connection has committed (sqlite.org/pragma.html#pragma_data_version).
# PostgreSQL: a snapshot's text names the transactions that it does not see (functions-info, "pg_snapshot").
_QUESTIONS = {"sqlite": "PRAGMA data_version", "postgresql": "SELECT pg_current_snapshot()::text"}


class DataVersion:
    """Looks over a connection of its own, which never writes. MariaDB has nothing to be asked."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._question = _QUESTIONS.get(engine.dialect.name)
        self._connection: PoolProxiedConnection | None = None
        self._lock = threading.Lock()
        # A look at SQLite is a look at shared memory: it takes microseconds and waits for nobody.
        self.is_instant = engine.dialect.name == "sqlite"

    def look(self) -> str | None:
        """The version, or ``None`` where it cannot be known: any other database, or one that is away."""
        if self._question is None:
            return None
        with self._lock:
            try:
                return self._ask(self._question)
            except Exception as failed:  # noqa: BLE001  # the driver's own errors: it is asked past SQLAlchemy
                log.warning("version_unknown", reason=str(failed))
                self._let_go()
                return None

    def _ask(self, question: str) -> str:
        if self._connection is None:
            self._connection = self._engine.raw_connection()
            if not self.is_instant:
                self._connection.dbapi_connection.autocommit = True  # type: ignore[union-attr]  # psycopg's
        cursor = self._connection.cursor()
        try:
            cursor.execute(question)
            [version] = cursor.fetchone()  # type: ignore[misc]  # both questions have one answer
        finally:
            cursor.close()
        return str(version)

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection = None

    def close(self) -> None:
        """Give the connection up."""
        with self._lock:
            self._let_go()

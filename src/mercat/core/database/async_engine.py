"""The engine behind asynchronous sessions: the same databases, reached by drivers that wait without a thread."""

from __future__ import annotations

import datetime as dt
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, make_url
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from mercat.core.database.engine import tune_sqlite
from mercat.core.errors import Invalid
from mercat.core.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

_DRIVERS = {
    "sqlite": ("sqlite+aiosqlite", "aiosqlite"),
    "postgresql": ("postgresql+asyncpg", "asyncpg"),
    "postgres": ("postgresql+asyncpg", "asyncpg"),
    "mysql": ("mysql+asyncmy", "asyncmy"),
    "mariadb": ("mariadb+asyncmy", "asyncmy"),
}


def make_async_engine(settings: Settings) -> AsyncEngine:
    """The engine for ``settings.url``. Raises ``Invalid`` where its driver is not installed.

    It keeps no connections: one that outlives its event loop can neither be used nor closed.
    """
    backend = make_url(settings.url).get_backend_name()
    name, driver = _DRIVERS.get(backend, ("", ""))
    if not name or find_spec(driver) is None or find_spec("greenlet") is None:
        message = f"there is no asynchronous driver for {backend}: pip install 'mercat[async]'"
        raise Invalid(message)
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415  # an optional dependency

    url = make_url(settings.url).set(drivername=name)
    if backend == "sqlite":
        engine = create_async_engine(url, poolclass=NullPool)
        tune_sqlite(engine.sync_engine, settings)
        return engine
    options: dict[str, Any] = {}
    if driver == "asyncpg":
        # Bulk statements make temporary tables of one name again and again: a statement that was prepared for the last
        # one would be refused.
        options["connect_args"] = {"statement_cache_size": 0}
        url = url.update_query_dict({"prepared_statement_cache_size": "0"})
    else:
        url = url.update_query_dict({"charset": "utf8mb4"})
    engine = create_async_engine(url, poolclass=NullPool, isolation_level="READ COMMITTED", **options)
    if driver == "asyncpg":
        event.listen(engine.sync_engine, "connect", _take_times_as_text)
    return engine


def _take_times_as_text(connection: Any, _record: ConnectionPoolEntry) -> None:
    """Bulk code says instants as text, and so does the server; asyncpg's own form takes objects only."""

    async def tell(driver: Any) -> None:
        await driver.set_type_codec(
            "timestamptz",
            schema="pg_catalog",
            encoder=lambda at: at.isoformat() if isinstance(at, dt.datetime) else at,
            decoder=dt.datetime.fromisoformat,
            format="text",
        )

    connection.run_async(tell)

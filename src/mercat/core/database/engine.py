"""One engine per dialect, tuned where it is made."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from mercat.core.database.slow import watch
from mercat.core.errors import Invalid
from mercat.core.settings import Settings, masked_url

WRITES = "mercat_writes"
_BACK_AT = "mercat_back_at"
# A connection that answered so lately is taken to be there.
_SURELY_THERE_S = 1.0

# Pages that a connection to SQLite keeps, in KiB (SQLite counts these negatively). A reader finds the rest with the
# operating system; only a bulk load goes through its own pages again and again. A server has many readers.
_READING, _WRITING = -4_096, -65_536
_DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}

# At every parameter of another type than int, float, str and bytearray, the driver looks for an adapter, and longest where
# there is none: it took ten times as long to bind a NULL as a number.
sqlite3.register_adapter(type(None), lambda nothing: nothing)
sqlite3.register_adapter(bool, int)
sqlite3.register_adapter(bytes, bytearray)


def make_engine(settings: Settings) -> Engine:
    """The engine for ``settings.url``. Raises ``Invalid`` for a URL of no known form."""
    try:
        url = make_url(settings.url)
    except ArgumentError as wrong:
        message = f"MERCAT_DATABASE_URL is no database URL: {masked_url(settings.url)}"
        raise Invalid(message) from wrong
    engine = _sqlite(settings, url.database) if url.get_backend_name() == "sqlite" else _server(settings, url)
    watch(engine, settings.database_slow_ms)
    return engine


def _server(settings: Settings, url: URL) -> Engine:
    name = _DRIVERS.get(url.drivername, url.drivername)
    if name.partition("+")[0] not in {"postgresql", "mysql", "mariadb"}:
        message = f"MERCAT_DATABASE_URL: {url.drivername} is not SQLite, PostgreSQL, MariaDB or MySQL"
        raise Invalid(message)
    url = url.set(drivername=name)
    if name.endswith("+pymysql"):
        url = url.update_query_dict({"charset": "utf8mb4"})
    engine = create_engine(
        url,
        isolation_level="READ COMMITTED",
        pool_size=settings.database_pool_size,
        max_overflow=settings.database_pool_overflow,
        pool_recycle=settings.database_pool_recycle_s,
        pool_timeout=30,
        # The one that was used last comes first: it need not be asked whether it is still there.
        pool_use_lifo=True,
    )
    _ask_idle_ones(engine)
    return engine


def _ask_idle_ones(engine: Engine) -> None:
    """Ask a connection that lay idle whether it is still there before somebody relies on it, and replace it if not.

    SQLAlchemy's own way asks each time, which is as dear as any other question.
    """
    dialect = engine.dialect

    @event.listens_for(engine, "checkin")
    def _came_back(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info[_BACK_AT] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _goes_out(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        back_at = record.info.get(_BACK_AT)
        if back_at is None or time.monotonic() - back_at < _SURELY_THERE_S:
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as failed:
            if dialect.is_disconnect(failed, connection, None):
                raise InvalidatePoolError from failed
            raise


def is_sqlite(settings: Settings) -> bool:
    """Whether the database is a file."""
    return make_url(settings.url).get_backend_name() == "sqlite"


def is_jobs_file(settings: Settings) -> bool:
    """Whether the jobs' engine keeps its own tables in a file in the home folder."""
    name = make_url(settings.jobs_url or settings.url).drivername
    return not _DRIVERS.get(name, name).startswith("postgresql")


def make_jobs_engine(settings: Settings) -> Engine:
    """Where the jobs' engine keeps its own tables: a schema beside ours on PostgreSQL, else a file in the home folder.

    ``MERCAT_JOBS_URL`` names another PostgreSQL, which lets workers on several hosts share the work of a MariaDB.
    """
    if not is_jobs_file(settings):
        return create_engine(
            make_url(settings.jobs_url or settings.url).set(drivername="postgresql+psycopg"),
            pool_size=settings.database_pool_size,
            max_overflow=settings.database_pool_overflow,
            pool_recycle=settings.database_pool_recycle_s,
            pool_pre_ping=True,
        )
    if settings.jobs_url:
        message = f"MERCAT_JOBS_URL is a PostgreSQL, not {masked_url(settings.jobs_url)}; empty is a file in the home"
        raise Invalid(message)
    settings.home.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{settings.home / 'jobs.db'}", pool_size=settings.database_pool_size)

    @event.listens_for(engine, "connect")
    def _tune(connection: Any, _record: ConnectionPoolEntry) -> None:
        # The engine relies on the driver's own way to begin, and on its writers taking turns.
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("busy_timeout = 60000", "journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    return engine


def _sqlite(settings: Settings, database: str | None) -> Engine:
    options: dict[str, Any] = {}
    if database and database != ":memory:":
        Path(database).parent.mkdir(parents=True, exist_ok=True)
        # The connection that was used last comes first: each that is in use fills a cache of its own. A database in
        # memory has no such pool: it is its one connection.
        options["pool_use_lifo"] = True
    engine = create_engine(f"sqlite:///{database or ':memory:'}", pool_size=settings.database_pool_size, **options)
    tune_sqlite(engine, settings)
    return engine


def tune_sqlite(engine: Engine, settings: Settings) -> None:
    """Every connection set up, and every transaction begun as what it is."""
    pragmas = (
        # Set first: switching to WAL itself needs a lock.
        f"busy_timeout = {settings.database_busy_timeout_s * 1000}",
        # Of a new file only. Half the pages to keep in order, and less of them left blank, than with the usual 4 KiB.
        "page_size = 8192",
        "journal_mode = WAL",
        # A bulk load fills the usual thousand pages at every step, and would copy and sync them at every step.
        "wal_autocheckpoint = 8192",
        "foreign_keys = ON",
        # With WAL, NORMAL survives a killed process whole; only a power cut may lose the last commits, never corrupt.
        "synchronous = NORMAL",
        f"cache_size = {_READING}",
        "mmap_size = 67108864",
        "temp_store = MEMORY",
        # A bulk load leaves a large log behind; give the space back at the next checkpoint.
        "journal_size_limit = 67108864",
    )

    @event.listens_for(engine, "connect")
    def _tune(connection: Any, _record: ConnectionPoolEntry) -> None:
        # The driver's own BEGIN comes late and is never IMMEDIATE: we say it ourselves, below.
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer that starts as a reader and upgrades later is refused with "database is locked" when another one
        # wrote in between; taking the write lock at once makes it wait its turn instead.
        writes = bool(connection.get_execution_options().get(WRITES))
        _fit_cache(connection, writes=writes)
        if writes or connection.dialect.is_async:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
        else:
            # It waits for nobody, and stands before every read: past all that SQLAlchemy does around a statement.
            driver: Any = connection.connection.driver_connection
            driver.execute("BEGIN").close()


def _fit_cache(connection: Connection, *, writes: bool) -> None:
    """Give the connection the cache that its next transaction needs; what a bulk load filled is given back."""
    size = _WRITING if writes else _READING
    if connection.info.get("cache_size", _READING) != size:
        connection.exec_driver_sql(f"PRAGMA cache_size = {size}").close()
        connection.info["cache_size"] = size

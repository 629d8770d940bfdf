"""Opening the database for a script: which one, and sessions on it.

Safe among threads: each opens a session of its own, and all of them share one pool of connections.
"""

from __future__ import annotations

import getpass
import os
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from mercat.core.actor import Actor
from mercat.core.database import migrate
from mercat.core.database.async_engine import make_async_engine
from mercat.core.database.engine import WRITES
from mercat.core.database.revision import current, head
from mercat.core.errors import Conflict
from mercat.core.settings import Settings, load, masked_url
from mercat.core.unit import Runtime
from mercat.database.sessions import GUARDED_HERE, ScriptSession, guard, session_for
from mercat.domain import register_configurable, register_data_steps, register_hearing, register_jobs, register_tables
from mercat.domain.catalog import service as catalog
from mercat.domain.operations import service as operations

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


@dataclass
class _Opened:
    runtime: Runtime | None = None


_lock = threading.RLock()
_opened = _Opened()


def init_database(url: str | None = None, *, settings: Settings | None = None) -> Runtime:
    """Open the database that scripts work on, made and brought up to date where it has to be.

    ``url`` is a SQLAlchemy URL; without one, the settings in force say (``MERCAT_DATABASE_URL``, else SQLite in the home
    folder). Another database takes the place of the one before, whose connections are closed. Raises ``Invalid`` for a URL
    of no known form.
    """
    wanted = settings or load()
    if url is not None:
        wanted = replace(wanted, database_url=url)
    with _lock:
        runtime = _open(wanted)
        try:
            migrate.upgrade(runtime.engine)
            catalog.index_pending(runtime)
            with runtime.write(script_actor()) as unit:
                operations.ensure_nightly(unit)
            register_data_steps()
            operations.run_data_steps(runtime, script_actor())
        except BaseException:
            runtime.close()
            raise
        _take_place(runtime)
        return runtime


def close_database() -> None:
    """Give all connections back; the next session opens the database of the settings in force."""
    with _lock:
        _take_place(None)


def database() -> Runtime:
    """The database that scripts work on; that of the settings in force unless ``init_database`` said another.

    Raises ``Conflict`` where its schema is not of this version.
    """
    with _lock:
        if _opened.runtime is None:
            runtime = _open(load())
            if current(runtime.engine) != head():
                runtime.close()
                message = "the database is not there yet, or of another version: call init_database() first"
                raise Conflict(message)
            _opened.runtime = runtime
        return _opened.runtime


def script_actor(name: str | None = None) -> Actor:
    """Who a script's changes are by: the given name, or the operating system's user."""
    if name is None:
        try:
            name = getpass.getuser()
        except (OSError, KeyError):
            name = f"uid {os.getuid()}"
    return Actor("script", name, via="script")


@contextmanager
def db_session_scope(by: str | None = None) -> Iterator[Session]:
    """A session whose work is committed when the block ends; an exception rolls all of it back.

    What it does to products is one change set with the origin ``script``, made by ``by``. Raises ``Invalid`` and
    ``Conflict`` at the end of the block for what the catalogue cannot take.
    """
    actor = script_actor(by)
    with database().write(actor, session_on=lambda engine: session_for(engine, actor)) as unit:
        yield unit.session


def get_db_session(by: str | None = None) -> Session:
    """A session in the caller's hands: its ``with`` block closes it, and ``session.commit()`` keeps its work.

    It begins as a reader, which holds nobody up, and becomes a writer with the first row that it flushes.
    """
    return session_for(database().engine, script_actor(by))


@asynccontextmanager
async def async_session_scope(by: str | None = None) -> AsyncIterator[AsyncSession]:
    """As ``db_session_scope``, for asynchronous programs: ``await session.execute(...)``, ``await session.get(...)``.

    Repositories are used with ``await session.run_sync(lambda sync: ProductRepository(sync).get_all())``. Each scope has a
    connection of its own. Raises ``Invalid`` where the driver is not installed: it comes with ``mercat[async]``.
    """
    runtime, actor = database(), script_actor(by)
    engine = make_async_engine(runtime.settings)
    from sqlalchemy.ext.asyncio import AsyncSession as Opened  # noqa: PLC0415  # an optional dependency

    guard(engine.sync_engine)
    bound = engine.execution_options(**{WRITES: True, GUARDED_HERE: True})
    async with Opened(bound, sync_session_class=ScriptSession, actor=actor) as session, session.begin():
        yield session


def pool_status() -> dict[str, int]:
    """Connections: ``size`` kept at most, ``idle``, ``in_use``, and ``overflow`` beyond the size."""
    pool: Any = database().engine.pool
    if not hasattr(pool, "checkedout"):
        # A database in memory has a connection for each thread, and no pool.
        return {"size": 1, "idle": 0, "in_use": 0, "overflow": 0}
    return {
        "size": pool.size(),
        "idle": pool.checkedin(),
        "in_use": pool.checkedout(),
        "overflow": max(0, pool.overflow()),
    }


def database_url() -> str:
    """Where the database is, without its password."""
    return masked_url(database().settings.url)


def _open(settings: Settings) -> Runtime:
    register_tables()
    register_hearing()
    register_jobs()
    register_configurable()
    runtime = Runtime(settings)
    guard(runtime.engine)
    return runtime


def _take_place(runtime: Runtime | None) -> None:
    if _opened.runtime is not None:
        _opened.runtime.close()
    _opened.runtime = runtime

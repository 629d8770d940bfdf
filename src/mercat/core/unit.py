"""Units of work: transactions begin and end only here."""

from __future__ import annotations

import datetime as dt
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from mercat.core.actor import SYSTEM, Actor
from mercat.core.border import is_unit_open, unit_open
from mercat.core.clock import now
from mercat.core.database.base import Row
from mercat.core.database.bulk import Bulk
from mercat.core.database.drivers import drivers_own
from mercat.core.database.engine import WRITES, make_engine
from mercat.core.files import FileStore
from mercat.core.jobs.messages import NORMAL_PRIORITY, Message
from mercat.core.jobs.outbox import order_of, put
from mercat.core.log import get_logger
from mercat.core.redaction import hide
from mercat.core.secrets import FILE, Secrets
from mercat.core.settings import Settings

log = get_logger(__name__)
T = TypeVar("T")
Fact = TypeVar("Fact")
_Heard = Callable[["WriteUnit", Any], None]
# PostgreSQL: serialization failure, deadlock, lock not available, unique violation. MariaDB: deadlock, lock wait, duplicate.
_WORTH_ANOTHER_TRY = {
    "40001",
    "40P01",
    "55P03",
    "23505",
    "1213",
    "1205",
    "1062",
    "1020",
}
_TRIES = 4


class ReadUnit:
    """A transaction that only reads: a list, a report, a preview. ``now`` is one instant for all of it."""

    def __init__(self, session: Session, actor: Actor) -> None:
        self.session = session
        self.actor = actor
        self.now: dt.datetime = now()

    @property
    def bulk(self) -> Bulk:
        """Set-based statements in this transaction."""
        return Bulk(self.session.connection())


class WriteUnit(ReadUnit):
    """A transaction that commits at its end or not at all."""

    def __init__(self, session: Session, actor: Actor, ears: dict[type, list[_Heard]]) -> None:
        super().__init__(session, actor)
        self._ears = ears

    def add(self, *rows: Row) -> None:
        """Put new rows into the database now, so that what follows may point to them."""
        self.session.add_all(rows)
        self.session.flush()

    def save(self) -> None:
        """Write what has changed on loaded rows now: set-based statements do not see the session."""
        self.session.flush()

    def remove(self, row: Row) -> None:
        """Delete a loaded row."""
        self.session.delete(row)
        self.session.flush()

    def expect_many(self) -> None:
        """Bulk work follows: look rows up by index (see ``Bulk.prefer_indexes``)."""
        self.bulk.prefer_indexes()

    def announce(self, fact: object) -> None:
        """Tell whoever listens (``@on``) that something happened, inside this transaction: all of it holds or none."""
        self.session.flush()
        for hear in self._ears.get(type(fact), ()):
            hear(self, fact)

    def enqueue(
        self,
        message: Message,
        *,
        key: str | None = None,
        run_after: dt.datetime | dt.timedelta | None = None,
        priority: int = NORMAL_PRIORITY,
        queue: str | None = None,
        subject: tuple[str, str] | None = None,
        parent_id: UUID | None = None,
    ) -> UUID:
        """Have something done by a worker once this transaction is committed, and not at all if it is not.

        ``key``: a job of this kind and key that still waits is joined instead (its id is returned, its message stays),
        and jobs of one key never run beside each other. ``priority`` goes from 1, first, to 100. ``run_after``: not
        before then. ``queue`` instead of the message's own. ``subject``: what it is about, as (kind of thing, id).
        """
        self.session.flush()
        when = self.now + run_after if isinstance(run_after, dt.timedelta) else run_after
        more = {"queue": queue, "subject": subject, "parent_id": parent_id}
        return put(self, order_of(message, key=key, run_after=when, priority=priority, **more))


_ears: dict[type, list[_Heard]] = defaultdict(list)


def on(
    fact: type[Fact],
) -> Callable[[Callable[[WriteUnit, Fact], None]], Callable[[WriteUnit, Fact], None]]:
    """Listen to a fact of a lower room. The function runs in the transaction that announces it."""

    def register(
        hear: Callable[[WriteUnit, Fact], None],
    ) -> Callable[[WriteUnit, Fact], None]:
        if hear not in _ears[fact]:
            _ears[fact].append(hear)
        return hear

    return register


@contextmanager
def unit_within(connection: Connection, actor: Actor) -> Iterator[WriteUnit]:
    """A unit that writes inside a transaction that somebody else ends. If it fails, nothing of it is left there."""
    joined = Session(connection, expire_on_commit=False, join_transaction_mode="rollback_only")
    with connection.begin_nested(), joined as session:
        yield WriteUnit(session, actor, _ears)
        session.flush()


def _session_on(engine: Engine) -> Session:
    return Session(engine, expire_on_commit=False)


class Runtime:
    """What a process holds for its whole life: settings, engine, files, secrets. Make it once, in ``main``."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.engine: Engine = make_engine(settings)
        is_postgres = self.engine.dialect.name == "postgresql"
        self._singly = self.engine.execution_options(isolation_level="AUTOCOMMIT") if is_postgres else self.engine
        self.files = FileStore(settings.home / "files")
        self.secrets = Secrets(settings.home / FILE, settings.secret_key)
        hide(
            *settings.secret_key.split(","),
            *settings.feed_passwords.values(),
            settings.backup_password,
            settings.backup_s3_login,
        )
        self._turn = threading.Lock()

    @contextmanager
    def read(self, actor: Actor = SYSTEM, *, snapshot: bool = False, singly: bool = False) -> Iterator[ReadUnit]:
        """A unit that reads. Whatever was changed in its session is thrown away.

        ``snapshot``: all of it sees one moment, however long it takes (SQLite's readers always do). ``singly``: a few plain
        questions, which need no transaction around them: PostgreSQL saves the way there and back for its begin and end.
        """
        _refuse_nesting()
        engine = self._singly if singly else self.engine
        if snapshot and engine.dialect.name != "sqlite":
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with unit_open(), Session(engine, autoflush=False) as session:
            yield ReadUnit(session, actor)

    @contextmanager
    def write(
        self, actor: Actor = SYSTEM, *, session_on: Callable[[Engine], Session] = _session_on
    ) -> Iterator[WriteUnit]:
        """A unit that writes. It commits when the block ends; an exception rolls all of it back.

        ``session_on`` makes its session, for scripts have one of their own.
        """
        _refuse_nesting()
        engine = self.engine.execution_options(**{WRITES: True})
        with unit_open(), self._in_turn(), session_on(engine) as session:
            yield WriteUnit(session, actor, _ears)
            session.commit()

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Threads that write to SQLite queue here: its own way to wait is to sleep and look again, up to 100 ms each."""
        is_mine = self.engine.dialect.name == "sqlite" and self._turn.acquire(
            timeout=self.settings.database_busy_timeout_s
        )
        try:
            yield
        finally:
            if is_mine:
                self._turn.release()

    def attempt(self, work: Callable[[WriteUnit], T], actor: Actor = SYSTEM) -> T:
        """Run ``work`` in a write unit; a deadlock or a race for the same key is tried again from the start.

        ``work`` must be safe to repeat: it reads everything it decides on inside the unit.
        """
        for attempt in range(1, _TRIES + 1):
            try:
                with self.write(actor) as unit:
                    return work(unit)
            except Exception as failed:
                # Whatever the driver's own class: bulk statements go past SQLAlchemy, which would wrap it.
                if attempt == _TRIES or _code(failed) not in _WORTH_ANOTHER_TRY:
                    raise
                log.info("unit_tried_again", attempt=attempt, code=_code(failed))
        raise AssertionError  # unreachable: the last try returns or raises

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _code(failed: Exception) -> str:
    """The database's own number of what failed; empty for what no database said."""
    original = drivers_own(failed)
    if original is None:
        return ""
    # PyMySQL gives MariaDB's own number first; its SQLSTATE is too coarse to tell a race from a fault.
    number = original.args[0] if original.args else ""
    return str(number if isinstance(number, int) else getattr(original, "sqlstate", None) or "")


def _refuse_nesting() -> None:
    if is_unit_open():
        message = "units do not nest: pass the open unit on"
        raise RuntimeError(message)

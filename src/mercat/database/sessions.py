"""Sessions for scripts: what they do to the catalogue becomes a change set, and nothing goes past that.

When such a session is flushed, which is at its commit unless somebody asks sooner, the values that the script set are read
from its objects and handed to the catalogue, in the same transaction; the objects then show what stands there. Statements
that write the same tables past the objects are refused before they reach the database.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast
from weakref import WeakSet

from sqlalchemy import Connection, Engine, event, inspect
from sqlalchemy.orm import Session, make_transient_to_detached

from mercat.core.actor import Actor
from mercat.core.database.engine import WRITES
from mercat.core.errors import Invalid
from mercat.core.unit import WriteUnit, unit_within
from mercat.database.reading import GUARDED, WHOLE, Touched, said_in, touched_in
from mercat.domain.catalog import service as catalog

GUARDED_HERE = "mercat_script"
_TABLES = {each.__tablename__ for each in GUARDED}
_WRITES = re.compile(
    r"\b(?:INSERT\s+(?:OR\s+\w+\s+|IGNORE\s+)?INTO|REPLACE\s+INTO|MERGE\s+INTO|DELETE\s+FROM|UPDATE(?:\s+OR\s+\w+)?|COPY"
    r"|TRUNCATE(?:\s+TABLE)?|DROP\s+TABLE|ALTER\s+TABLE|LOAD\s+DATA\b.*?\bINTO\s+TABLE)"
    r"\s+(?:ONLY\s+|IF\s+EXISTS\s+)?(?:[\"`\[]?\w+[\"`\]]?\s*\.\s*)?[\"`\[]?(\w+)",
    re.IGNORECASE | re.DOTALL,
)
_CHANGES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER)\b", re.IGNORECASE)
# Connections whose transaction has the place of the writer; each transaction of a session has a connection of its own.
_writers: WeakSet[Connection] = WeakSet()
_is_service_at_work: ContextVar[bool] = ContextVar("is_service_at_work", default=False)


class ScriptSession(Session):
    """A SQLAlchemy session whose writes to the catalogue keep its promises."""

    def __init__(self, *arguments: Any, actor: Actor, **options: Any) -> None:
        # Flushed once, at the end: one transaction is one change set.
        super().__init__(*arguments, autoflush=False, expire_on_commit=False, **options)
        self.actor = actor

    def flush(self, objects: Any = None) -> None:
        """Write what is pending. Raises ``Invalid`` and ``Conflict`` for what the catalogue cannot take; nothing is lost then."""
        if self.new or self.dirty or self.deleted:
            become_writer(self.connection())
        if touched := touched_in(self):
            script = said_in(self, touched)
            if script:
                with unit_of(self, forget=False) as unit:
                    catalog.apply_script(unit, script)
            _show_what_stands(self, touched)
        super().flush(objects)


def session_for(engine: Engine, actor: Actor) -> ScriptSession:
    """A session on an engine that ``guard`` was told of."""
    return ScriptSession(engine.execution_options(**{GUARDED_HERE: True}), actor=actor)


def become_writer(connection: Connection) -> None:
    """Have SQLite's one place for a writer, in a transaction that began as a reader's.

    A reader that goes on as a writer is refused by SQLite once another has written. So its view ends here and it goes on
    with the newest one, as each statement does on the other databases; a value of the catalogue that moved is noticed.
    """
    is_done = connection in _writers or connection.get_execution_options().get(WRITES)
    if connection.dialect.name != "sqlite" or is_done or connection.in_nested_transaction():
        return
    _writers.add(connection)
    driver: Any = connection.connection.driver_connection
    driver.execute("COMMIT").close()
    driver.execute("BEGIN IMMEDIATE").close()


@contextmanager
def unit_of(session: Session, *, forget: bool = True) -> Iterator[WriteUnit]:
    """A unit inside the session's transaction, for calling services: all of it is committed with the session, or none.

    What was pending in the session is written first, and its objects are read anew afterwards.
    """
    own = cast("ScriptSession", session)
    if forget:
        own.flush()
    become_writer(own.connection())
    mark = _is_service_at_work.set(True)
    try:
        with unit_within(own.connection(), own.actor) as unit:
            yield unit
    finally:
        _is_service_at_work.reset(mark)
    if forget:
        own.expire_all()


def guard(engine: Engine) -> None:
    """Have the statements of script sessions looked at before they are sent."""
    event.listen(engine, "before_cursor_execute", _refuse_going_past)


def _refuse_going_past(connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
    if _is_service_at_work.get() or not connection.get_execution_options().get(GUARDED_HERE):
        return
    for found in _WRITES.finditer(statement):
        table = found[1].lower()
        if table in _TABLES:
            message = (
                f"{table} are not written by statements, for nobody could then explain or undo it: set the fields of"
                " loaded objects, or call a service with `with unit_of(session) as unit:`"
            )
            raise Invalid(message, table=table)
    if _CHANGES.match(statement):
        become_writer(connection)


def _show_what_stands(session: Session, touched: Touched) -> None:
    """Products and variants as the database has them by now, those that were made among them.

    Their metafields, pictures and codes are rows of their own that were written anew: a list shows them when it is read.
    """
    for each in (*touched.new, *touched.dirty, *touched.deleted):
        if each in session and (each in session.new or not isinstance(each, WHOLE)):
            session.expunge(each)
    made = [each for each in touched.new if isinstance(each, WHOLE)]
    for each in made:
        # Without its lists: adding it would put what stands in them into the session anew.
        for relationship in inspect(each).mapper.relationships:
            each.__dict__.pop(relationship.key, None)
        make_transient_to_detached(each)
    session.add_all(made)
    for each in list(session.identity_map.values()):
        if isinstance(each, GUARDED):
            session.expire(each)

"""Schema migrations: Alembic, driven from inside the wheel.

It is imported where it is needed: it takes 12 MB and a tenth of a second, which servers and most commands have better uses
for.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Index, inspect, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import CreateIndex

from mercat.core.database.base import Base
from mercat.core.database.engine import WRITES
from mercat.core.database.locks import named_lock
from mercat.core.database.partitions import is_partition
from mercat.core.database.revision import current, head
from mercat.core.errors import Conflict, Invalid
from mercat.core.log import get_logger

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext

log = get_logger(__name__)
SCRIPTS = "mercat:migrations"


# Nobody waits behind a migration that itself waits for a table: it lets go and tries again.
_LOCK_WAIT_S = 3
_TRIES = 20
_PAUSE_S = 0.5
_LOCKED = frozenset({"55P03", "1205"})


@contextmanager
def _config(engine: Engine) -> Iterator[Config]:
    """Alembic's configuration with one connection. On SQLite foreign keys rest while batch mode rebuilds tables."""
    from alembic.config import Config

    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", SCRIPTS)
    with engine.connect().execution_options(**{WRITES: True}) as connection:
        if engine.dialect.name == "sqlite":
            # The pragma is ignored inside a transaction; the driver is in autocommit until SQLAlchemy says BEGIN.
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")  # type: ignore[union-attr]
        config.attributes["connection"] = connection
        try:
            with connection.begin(), redirect_stdout(io.StringIO()):
                _wait_briefly(connection)
                yield config
        finally:
            if engine.dialect.name == "sqlite":
                connection.connection.driver_connection.execute("PRAGMA foreign_keys = ON")  # type: ignore[union-attr]


def _wait_briefly(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_LOCK_WAIT_S}s'")
    elif connection.dialect.name != "sqlite":
        # MariaDB commits at each step of a schema: what was begun cannot be tried again from the start, so it waits longer.
        connection.exec_driver_sql(f"SET SESSION lock_wait_timeout = {_LOCK_WAIT_S * _TRIES}")


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to ``revision``. Two processes that start together take turns.

    On a live PostgreSQL it never waits for a table for longer than a few seconds, since everybody else would wait behind
    it: it lets go and tries again. Indexes of large tables are built afterwards, beside writers. Raises ``Conflict`` where
    somebody holds a table all the while, ``Invalid`` for a revision that there is not.
    """
    from alembic import command

    _refuse_unknown(revision)
    with named_lock(engine, "migrate"):
        _patiently(engine, lambda config: command.upgrade(config, revision))
        if current(engine) == head():
            build_indexes(engine)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the schema back to ``revision`` (``base`` is empty). Waits and refuses as ``upgrade`` does."""
    from alembic import command

    _refuse_unknown(revision)
    with named_lock(engine, "migrate"):
        _patiently(engine, lambda config: command.downgrade(config, revision))


def _patiently(engine: Engine, run: Callable[[Config], None]) -> None:
    left = _TRIES if engine.dialect.name == "postgresql" else 1
    while left:
        left -= 1
        try:
            with _config(engine) as config:
                run(config)
        except OperationalError as refused:
            if not _is_locked(refused):
                raise
            if not left:
                message = (
                    "the schema could not be changed, for somebody holds a table that has to change: stop workers and servers,"
                    " or end the long transactions that `mercat db health` names, and try again"
                )
                raise Conflict(message) from refused
            log.info("migration_waits", tries_left=left)
            time.sleep(_PAUSE_S)
        else:
            return


def _is_locked(refused: OperationalError) -> bool:
    original: Any = refused.orig
    return str(getattr(original, "sqlstate", None) or (original.args or [""])[0]) in _LOCKED


def build_indexes(engine: Engine) -> list[str]:
    """On PostgreSQL, build the indexes that the models have and the database has not, or only half; which they were.

    Concurrently: whoever writes goes on. One that was broken off, by a kill or a double value, is dropped and begun anew.
    The caller has every room's tables registered.
    """
    if engine.dialect.name != "postgresql":
        return []
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        valid = {str(name): bool(is_valid) for name, is_valid in connection.execute(text(_INDEXES))}
        built = []
        for index in _described():
            name = str(connection.dialect.identifier_preparer.format_index(index)).strip('"')
            if valid.get(name):
                continue
            if name in valid:
                connection.exec_driver_sql(f'DROP INDEX CONCURRENTLY "{name}"')
            sql = str(CreateIndex(index).compile(dialect=connection.dialect))
            # PostgreSQL builds no index of a partitioned table concurrently.
            if index.table is not None and not index.table.dialect_options["postgresql"].get("partition_by"):
                sql = sql.replace(" INDEX ", " INDEX CONCURRENTLY ", 1)
            connection.exec_driver_sql(sql)
            built.append(name)
            log.info("index_built", index=name)
    return built


_INDEXES = (
    "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
    " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'"
)


def _described() -> list[Index]:
    """The indexes of the models."""
    tables = Base.metadata.sorted_tables
    return [each for table in tables for each in sorted(table.indexes, key=lambda index: str(index.name))]


def missing_indexes(connection: Connection) -> list[str]:
    """Indexes that the models have and the database has not."""
    there = {
        each["name"] for names in inspect(connection).get_multi_indexes().values() for each in names if each["name"]
    }
    names = (str(connection.dialect.identifier_preparer.format_index(each)).strip('"`') for each in _described())
    return [name for name in names if name not in there]


def is_ours(_object: object, name: str | None, kind: str, *_rest: object) -> bool:
    """Leave out what the models do not describe: the search index's own tables, and the partitions of one that they do."""
    if kind not in {"table", "index"} or name is None:
        return True
    return not (name.startswith(("search_", "ix_search_")) or is_partition(name))


def differences(engine: Engine) -> list[str]:
    """What the models say and the database does not, in words; empty when they agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": same_type,
                "include_object": is_ours,
                "target_metadata": Base.metadata,
            },
        )
        return [str(each) for each in compare_metadata(context, Base.metadata)]


def same_type(
    context: MigrationContext,
    _column: object,
    _meta_column: object,
    inspected: object,
    described: object,
) -> bool | None:
    """Alembic's own comparison, except where a database spells one of our types in a way of its own."""
    dialect = context.dialect
    shown = str(inspected.compile(dialect=dialect)).upper()  # type: ignore[attr-defined]  # a TypeEngine
    wanted = str(described.dialect_impl(dialect).compile(dialect=dialect)).upper()  # type: ignore[attr-defined]
    # MariaDB keeps JSON as LONGTEXT with a check, and booleans as TINYINT(1).
    alike = {("LONGTEXT", "JSON"), ("TINYINT", "BOOL"), ("TINYINT(1)", "BOOL")}
    if shown.split(" CHARACTER SET")[0].split(" COLLATE")[0] == wanted.split(" CHARACTER SET")[0].split(" COLLATE")[0]:
        return False
    return False if (shown.split(" ")[0], wanted) in alike else None


def integrity(connection: Connection) -> list[str]:
    """SQLite's own foreign key check; other databases keep theirs true by themselves."""
    if connection.dialect.name != "sqlite":
        return []
    return [
        f"{row[0]} row {row[1]} points to a missing row of {row[2]}"
        for row in connection.execute(text("PRAGMA foreign_key_check"))
    ]


@dataclass(frozen=True)
class Revision:
    """A step of the schema, and what it does in a line."""

    revision: str
    title: str


def revisions() -> list[Revision]:
    """Every step that this version knows, newest first."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    return [Revision(each.revision, each.doc) for each in ScriptDirectory.from_config(config).walk_revisions()]


def place_of(revision: str) -> int:
    """How many steps there are up to a revision; ``base`` is 0, ``head`` all of them. Raises ``Invalid`` where there is none."""
    known = [each.revision for each in reversed(revisions())]
    if revision in {"base", "head"}:
        return 0 if revision == "base" else len(known)
    if revision not in known:
        message = (
            f"there is no revision {revision}: they go from {known[0]} to {known[-1]}; base is empty, head the newest"
        )
        raise Invalid(message)
    return known.index(revision) + 1


def _refuse_unknown(revision: str) -> None:
    # Alembic knows steps from here, such as -1, too.
    if not revision.startswith(("-", "+")):
        place_of(revision)


def make_revision(engine: Engine, message: str) -> str:
    """Write the next step from what the models say and the database does not; its path. For a checkout of the source.

    Raises ``Conflict`` where the database is not at the newest step, for the comparison would then hold that too.
    """
    from alembic import command

    if current(engine) != head():
        refusal = (
            f"the database is at revision {current(engine)}, the newest is {head()}: run `mercat db upgrade` first"
        )
        raise Conflict(refusal)
    with _config(engine) as config:
        config.set_main_option("file_template", "v%%(rev)s_%%(slug)s")
        made = command.revision(config, message, autogenerate=True, rev_id=f"{int(head()) + 1:04}")
    return str(getattr(made, "path", ""))

"""Schema migrations: Alembic, driven from inside the wheel.

It is imported where it is needed: it takes 12 MB and a tenth of a second, which servers and most commands have better uses
for.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, text

from mercat.core.database.base import Base
from mercat.core.database.engine import WRITES
from mercat.core.database.locks import named_lock
from mercat.core.database.partitions import is_partition
from mercat.core.database.revision import current, head
from mercat.core.errors import Conflict

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext

SCRIPTS = "mercat:migrations"


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
                yield config
        finally:
            if engine.dialect.name == "sqlite":
                connection.connection.driver_connection.execute("PRAGMA foreign_keys = ON")  # type: ignore[union-attr]


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to ``revision``. Two processes that start together take turns."""
    from alembic import command

    with named_lock(engine, "migrate"), _config(engine) as config:
        command.upgrade(config, revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the schema back to ``revision`` (``base`` is empty)."""
    from alembic import command

    with named_lock(engine, "migrate"), _config(engine) as config:
        command.downgrade(config, revision)


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

"""Migrations as a script of SQL: for who has to read, approve and run it by hand."""

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import event

from mercat.core.database import migrate
from mercat.core.database.engine import make_engine
from mercat.core.errors import Invalid
from mercat.core.settings import Settings

DIALECTS = ("sqlite", "postgresql", "mariadb")
_CHANGES = re.compile(r"\s*(?:CREATE|ALTER|DROP|INSERT|UPDATE|DELETE)\b", re.IGNORECASE)


def sql_between(dialect: str, first: str, last: str) -> str:
    """The statements that take a database of this kind from one revision to another (``base`` is empty, ``head`` the newest).

    Raises ``Invalid`` for a revision or a kind of database that there is not.
    """
    kind = "mariadb" if dialect == "mysql" else dialect
    known = [each.revision for each in reversed(migrate.revisions())]
    start, end = migrate.place_of(first), migrate.place_of(last)
    if kind not in DIALECTS:
        message = f"there is no database {dialect!r}: {', '.join(DIALECTS)}"
        raise Invalid(message)
    if start == end:
        return ""
    return _played(known, start, end) if kind == "sqlite" else _written(kind, first, last, is_up=start < end)


def _written(dialect: str, first: str, last: str, *, is_up: bool) -> str:
    out = io.StringIO()
    config = Config(output_buffer=out, stdout=io.StringIO())
    config.set_main_option("script_location", migrate.SCRIPTS)
    config.attributes["dialect"] = dialect
    run = command.upgrade if is_up else command.downgrade
    newest = migrate.revisions()[0].revision
    run(config, ":".join(newest if each == "head" else each for each in (first, last)), sql=True)
    return out.getvalue()


def _played(known: list[str], start: int, end: int) -> str:
    """SQLite rebuilds tables from what it finds in them: the way is gone on an empty file, and written down."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if _CHANGES.match(statement):
            said.append(_with_values(statement, parameters))

    names = ["base", *known]
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(Settings(home=Path(folder)))
        try:
            if start:
                migrate.upgrade(engine, names[start])
            event.listen(engine, "before_cursor_execute", note)
            (migrate.upgrade if start < end else migrate.downgrade)(engine, names[end])
        finally:
            engine.dispose()
    return "".join(
        f"{each.strip()};\n\n"
        for each in ["PRAGMA foreign_keys = OFF", "BEGIN", *said, "COMMIT", "PRAGMA foreign_keys = ON"]
    )


def _with_values(statement: str, parameters: Any) -> str:
    """Alembic's own lines about its version are the only ones with values."""
    texts = iter(parameters or ())
    return (
        re.sub(r"\?", lambda _mark: "'" + str(next(texts)).replace("'", "''") + "'", statement)
        if parameters
        else statement
    )

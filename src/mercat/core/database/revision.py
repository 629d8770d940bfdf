"""Which revision a database is at, and which is the newest: what every command asks, so without loading Alembic."""

from __future__ import annotations

import re
from importlib.resources import files

from sqlalchemy import Engine, inspect, text

_NAME = re.compile(r"v(\d{4})_\w+\.py")


def current(engine: Engine) -> str | None:
    """The revision that the database is at, or ``None`` for an empty one."""
    with engine.connect() as connection:
        # Alembic's own table.
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def head() -> str:
    """The newest revision that this version of Mercat knows: a revision's file is named for it (a house test looks)."""
    names = (each.name for each in files("mercat.migrations").joinpath("versions").iterdir())
    return max(found[1] for name in names if (found := _NAME.fullmatch(name)))

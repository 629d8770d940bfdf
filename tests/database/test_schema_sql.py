"""Migrations as a script: run by hand, it makes the schema that the migrations make."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from mercat.core.database import migrate
from mercat.core.database.revision import current, head
from mercat.core.database.scripting import sql_between
from mercat.core.errors import Invalid
from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from mercat.domain import register_tables

register_tables()


def test_the_script_for_sqlite_makes_the_schema_and_takes_it_back(tmp_path: Path) -> None:
    path = tmp_path / "mercat.db"
    with sqlite3.connect(path) as by_hand:
        by_hand.executescript(sql_between("sqlite", "base", "head"))
    runtime = Runtime(Settings(home=tmp_path))
    assert current(runtime.engine) == head()
    assert migrate.differences(runtime.engine) == []
    runtime.close()
    with sqlite3.connect(path) as by_hand:
        by_hand.executescript(sql_between("sqlite", "head", "0009"))
        assert by_hand.execute("SELECT version_num FROM alembic_version").fetchone() == ("0009",)


def test_the_script_of_a_server_makes_the_schema(runtime: Runtime) -> None:
    if runtime.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has a test of its own")
    migrate.downgrade(runtime.engine, "base")
    engine = create_engine(runtime.engine.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as by_hand:
        by_hand.exec_driver_sql("DROP TABLE alembic_version")
        for statement in sql_between(runtime.engine.dialect.name, "base", "head").split(";\n"):
            if lines := [line for line in statement.splitlines() if line.strip() and not line.startswith("--")]:
                by_hand.exec_driver_sql("\n".join(lines).replace("%", "%%"))
    engine.dispose()
    assert migrate.differences(runtime.engine) == []


def test_a_revision_or_a_database_that_is_not_there_is_refused() -> None:
    with pytest.raises(Invalid, match="there is no revision 9999"):
        sql_between("sqlite", "base", "9999")
    with pytest.raises(Invalid, match="there is no database 'oracle'"):
        sql_between("oracle", "base", "head")
    assert sql_between("postgresql", "head", "head") == ""

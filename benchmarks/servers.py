"""A fresh database for one measurement, dropped afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, make_url, text

SERVERS = {
    "postgresql": "postgresql+psycopg://postgres@127.0.0.1:5432/postgres",
    "mariadb": "mariadb+pymysql://root@127.0.0.1:3306/test",
}


@contextmanager
def fresh_url(database: str, purpose: str) -> Iterator[str]:
    """The URL of an empty database of our own; ``""`` for SQLite, which lies in the home folder.

    ``MERCAT_TEST_POSTGRESQL_URL`` and ``MERCAT_TEST_MARIADB_URL`` say where the servers are, as they do for the tests.
    """
    if database == "sqlite":
        yield ""
        return
    server = os.environ.get(f"MERCAT_TEST_{database.upper()}_URL", SERVERS[database])
    own = f"mercat_benchmark_{purpose}_{os.getpid()}"
    _administer(server, f"DROP DATABASE IF EXISTS {own}", f"CREATE DATABASE {own}")
    try:
        yield make_url(server).set(database=own).render_as_string(hide_password=False)
    finally:
        _administer(server, f"DROP DATABASE {own}")


def _administer(server: str, *statements: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()

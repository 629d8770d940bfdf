"""Which index a connection has."""

from __future__ import annotations

from sqlalchemy import Connection

from mercat.core.database.bulk import Bulk
from mercat.core.database.search.engines import Engine
from mercat.core.database.search.mariadb import MariaDB
from mercat.core.database.search.postgresql import PostgreSQL
from mercat.core.database.search.sqlite import SQLite

_ENGINES: dict[str, Engine] = {
    "sqlite": SQLite(),
    "postgresql": PostgreSQL(),
    "mysql": MariaDB(),
    "mariadb": MariaDB(),
}


def engine_of(where: Bulk | Connection) -> Engine:
    """The index of this connection's database."""
    return _ENGINES[where.dialect if isinstance(where, Bulk) else where.dialect.name]

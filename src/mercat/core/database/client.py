"""The database's own program for people who type SQL. A password goes by the environment, never on the command line."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Engine

from mercat.core.errors import Invalid


@dataclass(frozen=True)
class Client:
    """What is to be started. ``environment`` holds the password: it is not shown."""

    command: list[str]
    environment: dict[str, str] = field(default_factory=dict, repr=False)


def client_of(engine: Engine) -> Client:
    """sqlite3, psql or mariadb, on this database. Raises ``Invalid`` naming the program that is not installed."""
    url = engine.url
    if engine.dialect.name == "sqlite":
        return Client([_found("sqlite3"), str(url.database)])
    host = {"--host": url.host, "--port": url.port}
    if engine.dialect.name == "postgresql":
        given = {**host, "--username": url.username, "--dbname": url.database}
        environment = {"PGPASSWORD": str(url.password)} if url.password else {}
        return Client([_found("psql"), *_options(given)], environment)
    given = {**host, "--user": url.username, "--default-character-set": "utf8mb4"}
    environment = {"MYSQL_PWD": str(url.password)} if url.password else {}
    return Client([_found("mariadb", "mysql"), *_options(given), str(url.database)], environment)


def _options(given: Mapping[str, object]) -> list[str]:
    return [f"{name}={value}" for name, value in given.items() if value]


def _found(*names: str) -> str:
    for name in names:
        if path := shutil.which(name):
            return path
    message = f"{names[0]} is not installed: install the database's client programs"
    raise Invalid(message)

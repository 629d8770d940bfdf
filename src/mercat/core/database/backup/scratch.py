"""Databases for a while: where what is to be restored is brought up to date before it takes the place of anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine, create_engine, text

from mercat.core.database import migrate
from mercat.core.database.backup.archive import Archive
from mercat.core.database.backup.native import PARTS, put_in_mariadb
from mercat.core.database.backup.portable import load, rows_in, shapes_of
from mercat.core.database.bulk import Bulk
from mercat.core.database.engine import WRITES, make_engine
from mercat.core.database.revision import current, head
from mercat.core.errors import Conflict
from mercat.core.settings import Settings


@contextmanager
def opened(archive: Archive, settings: Settings, folder: Path) -> Iterator[Engine]:
    """A database that holds the archive, at the newest revision, and is gone afterwards. Raises ``Conflict``.

    A file in ``folder`` for the portable form and for SQLite's own; for MariaDB's own another database on its server.
    """
    form = archive.manifest.form
    if form in {"mariadb", "mysql"}:
        with _on_mariadb(archive, settings, folder) as engine:
            yield engine
        return
    path = folder / "scratch.db"
    if form == "sqlite":
        archive.extract(PARTS[form], path)
    engine = make_engine(replace(settings, database_url=f"sqlite:///{path}"))
    try:
        if form != "sqlite":
            migrate.upgrade(engine, archive.manifest.revision)
            with engine.execution_options(**{WRITES: True}).begin() as connection:
                load(Bulk(connection), shapes_of(archive), rows_in(archive))
        _bring_up(engine, archive)
        yield engine
    finally:
        engine.dispose()


def _bring_up(engine: Engine, archive: Archive) -> None:
    if current(engine) != archive.manifest.revision:
        message = (
            f"{archive.shown} is at revision {current(engine)}, not {archive.manifest.revision} as its manifest says"
        )
        raise Conflict(message)
    if archive.manifest.revision != head():
        migrate.upgrade(engine)


@contextmanager
def _on_mariadb(archive: Archive, settings: Settings, folder: Path) -> Iterator[Engine]:
    live = make_engine(settings)
    if live.dialect.name not in {"mysql", "mariadb"}:
        live.dispose()
        message = f"{archive.shown} is in MariaDB's own form: restore it on a MariaDB, or make a portable backup"
        raise Conflict(message)
    # One name for each database, so that what a killed restore left behind is gone with the next one.
    name = f"{str(live.url.database)[:40]}_mercat_restoring"
    url = live.url.set(database=name)
    server = create_engine(live.url, isolation_level="AUTOCOMMIT")
    try:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS `{name}`"))
            connection.execute(text(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"))
        archive.extract(PARTS["mariadb"], folder / "dump.sql")
        put_in_mariadb(folder / "dump.sql", url)
        engine = make_engine(replace(settings, database_url=url.render_as_string(hide_password=False)))
        try:
            _bring_up(engine, archive)
            yield engine
        finally:
            engine.dispose()
    finally:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS `{name}`"))
        server.dispose()
        live.dispose()

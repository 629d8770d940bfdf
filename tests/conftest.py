"""Fixtures that every test may use."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from mercat.core.database import migrate
from mercat.core.settings import Settings
from mercat.core.unit import Runtime

# The same examples in every run, so that a change is judged and not luck; HYPOTHESIS_PROFILE=default looks for new ones.
# None has a deadline: how long an example takes says what else the machine does.
hypothesis.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

DATABASES = {
    "sqlite": "",
    "postgresql": os.environ.get("MERCAT_TEST_POSTGRESQL_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"),
    "mariadb": os.environ.get("MERCAT_TEST_MARIADB_URL", "mariadb+pymysql://root@127.0.0.1:3306/test"),
}


def _why_silent(url: str) -> str | None:
    try:
        engine = create_engine(url, connect_args={"connect_timeout": 3})
        with engine.connect():
            return None
    except OperationalError as refused:
        return str(refused.orig).splitlines()[0]
    finally:
        engine.dispose()


_silent = {name: _why_silent(url) for name, url in DATABASES.items() if url}


def pytest_report_header() -> list[str]:
    """Say which databases take part."""
    return [f"database {name}: {_silent.get(name) or 'answers'}" for name in DATABASES]


@pytest.fixture(autouse=True)
def _own_loop(request: pytest.FixtureRequest) -> Iterator[None]:
    """A browser that earlier tests used keeps a loop running in this thread; whoever needs no browser may run one of their own."""
    running = None if "browser" in request.fixturenames else asyncio._get_running_loop()
    if running is None:
        yield
        return
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(running)


@pytest.fixture(params=list(DATABASES))
def database(request: pytest.FixtureRequest) -> str:
    """The name of each database in turn; one that does not answer is skipped and says so."""
    name = str(request.param)
    if why := _silent.get(name):
        pytest.skip(f"no {name} answers: {why}")
    return name


def _empty_url(name: str, worker: str) -> str:
    """A URL of a server database of this worker's own, made if it is not there, and emptied."""
    url = make_url(DATABASES[name])
    own = re.sub(r"\W", "_", f"mercat_test_{worker}_{os.getpid()}")
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {own}" + (" WITH (FORCE)" if name == "postgresql" else "")))
        connection.execute(text(f"CREATE DATABASE {own}"))
    admin.dispose()
    return url.set(database=own).render_as_string(hide_password=False)


def _drop(name: str, url: str) -> None:
    admin = create_engine(make_url(DATABASES[name]), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        own = make_url(url).database
        connection.execute(text(f"DROP DATABASE IF EXISTS {own}" + (" WITH (FORCE)" if name == "postgresql" else "")))
    admin.dispose()


@pytest.fixture(scope="session")
def _server_urls() -> Iterator[dict[str, str]]:
    made: dict[str, str] = {}
    yield made
    for name, url in made.items():
        _drop(name, url)


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file, copied for each test: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("template") / "mercat.db"
    runtime = Runtime(Settings(home=path.parent))
    migrate.upgrade(runtime.engine)
    with runtime.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    runtime.close()
    return path


@pytest.fixture
def database_url(
    database: str, tmp_path: Path, worker_id: str, _sqlite_template: Path, _server_urls: dict[str, str]
) -> str:
    """A URL of a migrated, empty database of this test's own."""
    home = tmp_path / "home"
    home.mkdir()
    if database == "sqlite":
        target = home / "mercat.db"
        target.write_bytes(_sqlite_template.read_bytes())
        return f"sqlite:///{target}"
    if database not in _server_urls:
        _server_urls[database] = _empty_url(database, worker_id)
        runtime = Runtime(Settings(home=home, database_url=_server_urls[database]))
        migrate.upgrade(runtime.engine)
        runtime.close()
    else:
        _truncate(_server_urls[database])
    return _server_urls[database]


def _truncate(url: str) -> None:
    """Empty every table but the migration's own."""
    engine = create_engine(url)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            names = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
            listed = ", ".join(name for name in names if name != "alembic_version")
            connection.execute(text(f"TRUNCATE {listed} CASCADE"))
        else:
            names = connection.scalars(
                text("SELECT table_name FROM information_schema.tables WHERE table_schema = database()")
            ).all()
            connection.execute(text("SET foreign_key_checks = 0"))
            for name in names:
                if name != "alembic_version":
                    connection.execute(text(f"DELETE FROM {name}"))
            connection.execute(text("SET foreign_key_checks = 1"))
    engine.dispose()


@pytest.fixture
def runtime(database_url: str, tmp_path: Path) -> Iterator[Runtime]:
    """A runtime on a fresh database, once for each database that answers."""
    made = Runtime(Settings(home=tmp_path / "home", database_url=database_url))
    yield made
    made.close()


@pytest.fixture
def sqlite_runtime(tmp_path: Path, _sqlite_template: Path) -> Iterator[Runtime]:
    """A runtime on SQLite only, for what does not depend on the database."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    (home / "mercat.db").write_bytes(_sqlite_template.read_bytes())
    made = Runtime(Settings(home=home))
    yield made
    made.close()

"""The scripts' door, open on a database of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from mercat.database import close_database, init_database


@pytest.fixture
def opened(database_url: str, tmp_path: Path) -> Iterator[Runtime]:
    """Once for each database that answers."""
    yield init_database(settings=Settings(home=tmp_path / "home", database_url=database_url))
    close_database()


@pytest.fixture
def opened_sqlite(sqlite_runtime: Runtime) -> Iterator[Runtime]:
    """For what does not depend on the database."""
    yield init_database(settings=sqlite_runtime.settings)
    close_database()

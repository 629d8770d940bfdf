"""kill -9 at any moment of an import, then the same command again: the same end as without the kill."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mercat.core.database import migrate
from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from tests.shops import catalogue, offers, write_csv

ROWS = 3000
KILLS = 5


def _rows(price: str) -> list[dict[str, object]]:
    return [
        {"sku": f"K{number}", "name": f"Thing {number}", "price": price, "cost": "1", "category": f"A > B{number % 7}"}
        for number in range(ROWS)
    ]


def _command(path: Path) -> list[str]:
    return [sys.executable, "-m", "mercat.main", "import", str(path), "--supplier", "acme", "--json"]


def _environment(home: Path, url: str) -> dict[str, str]:
    return {**os.environ, "MERCAT_HOME": str(home), "MERCAT_DATABASE_URL": url}


def _state(runtime: Runtime) -> tuple[Any, ...]:
    with runtime.read() as unit:
        counts = [
            unit.bulk.fetch(f"SELECT COUNT(*) FROM {table}")[0][0]  # a name from here
            for table in ("changes", "categories", "search_documents")
        ]
        running = unit.bulk.fetch("SELECT COUNT(*) FROM change_sets WHERE status IN ('planning', 'planned')")[0][0]
    return catalogue(runtime), offers(runtime), counts, running


def _run(path: Path, environment: dict[str, str]) -> float:
    started = time.monotonic()
    done = subprocess.run(_command(path), env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - started


def test_a_killed_import_ends_as_if_it_had_not_been(
    database: str, database_url: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if database == "mariadb":
        pytest.skip("the same code path as PostgreSQL, and a kill takes as long")
    first = write_csv(tmp_path / "first.csv", _rows("10.00"))
    second = write_csv(tmp_path / "second.csv", _rows("10.50"))
    calm = tmp_path_factory.mktemp("calm")
    with_calm = _environment(calm, f"sqlite:///{calm / 'mercat.db'}")
    undisturbed = Runtime(Settings(home=calm))
    migrate.upgrade(undisturbed.engine)
    lasts = _run(first, with_calm)
    _run(second, with_calm)
    expected = _state(undisturbed)
    undisturbed.close()

    environment = _environment(tmp_path / "home", database_url)
    dice = random.Random(7)
    for path in (first, second):
        for _ in range(KILLS):
            _kill_within(path, environment, dice.uniform(0.3, 1.1) * lasts)
        _run(path, environment)
    runtime = Runtime(Settings(home=tmp_path / "home", database_url=database_url))
    assert _state(runtime) == expected
    runtime.close()


def _kill_within(path: Path, environment: dict[str, str], seconds: float) -> None:
    """Start the import and kill it, with all that it started, after so long or at its end, whichever comes first."""
    process = subprocess.Popen(
        _command(path),
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

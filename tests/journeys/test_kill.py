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
from mercat.domain.operations import service as operations
from tests.shops import catalogue, offers, write_csv

ROWS = 800
KILLS = 4


def _rows(price: str) -> list[dict[str, object]]:
    return [
        {"sku": f"K{number}", "name": f"Thing {number}", "price": price, "cost": "1", "category": f"A > B{number % 7}"}
        for number in range(ROWS)
    ]


def _mercat(*arguments: object) -> list[str]:
    return [str(Path(sys.executable).with_name("mercat")), *map(str, arguments)]


def _import(path: Path) -> list[str]:
    return _mercat("import", path, "--supplier", "acme", "--json")


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


def _run(command: list[str], environment: dict[str, str]) -> float:
    started = time.monotonic()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
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
    lasts = _run(_import(first), with_calm)
    _run(_import(second), with_calm)
    expected = _state(undisturbed)
    assert len(expected[0]) == ROWS
    undisturbed.close()

    environment = _environment(tmp_path / "home", database_url)
    dice = random.Random(7)
    for path in (first, second):
        for _ in range(KILLS):
            _kill_within(_import(path), environment, dice.uniform(0.3, 1.1) * lasts)
        _run(_import(path), environment)
    runtime = Runtime(Settings(home=tmp_path / "home", database_url=database_url))
    assert _state(runtime) == expected
    runtime.close()


def test_a_killed_feed_run_is_a_job_that_ends_as_if_it_had_not_been(
    database: str, database_url: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if database == "mariadb":
        pytest.skip("the same code path as PostgreSQL, and a kill takes as long")
    path = write_csv(tmp_path / "first.csv", _rows("10.00"))
    add = _mercat("feed", "add", "acme", "--location", path, "--connector", "table")
    run = _mercat("feed", "run", "acme", "--json")
    calm = tmp_path_factory.mktemp("calm")
    undisturbed = Runtime(Settings(home=calm))
    migrate.upgrade(undisturbed.engine)
    _run(add, _environment(calm, ""))
    lasts = _run(run, _environment(calm, ""))

    environment = _environment(tmp_path / "home", database_url)
    _run(add, environment)
    dice = random.Random(7)
    for _ in range(KILLS):
        _kill_within(run, environment, dice.uniform(0.3, 1.1) * lasts)
    _run(run, environment)
    runtime = Runtime(Settings(home=tmp_path / "home", database_url=database_url))
    assert _state(runtime) == _state(undisturbed)
    with runtime.read() as unit:
        assert {each.status for each in operations.list_jobs(unit, kind="suppliers.run_feed")} == {"completed"}
        assert operations.list_runs(unit, sync_type="feed_import").data[0].status == "success"
    runtime.close()
    undisturbed.close()


def _kill_within(command: list[str], environment: dict[str, str], seconds: float) -> None:
    """Start the import and kill it, with all that it started, after so long or at its end, whichever comes first."""
    process = subprocess.Popen(
        command,
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

"""How the database is, what it holds, and keeping it quick; at the terminal and over HTTP."""

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from mercat.core.actor import Actor
from mercat.core.database import migrate
from mercat.core.unit import Runtime
from mercat.database import SystemLog
from mercat.domain import register_hearing, register_tables
from mercat.domain.operations import service as operations
from tests.database.terminal import mercat
from tests.shops import feed

ROOT = Actor("user", "root")
LAMPS = [{"sku": f"A-{n}", "name": f"Lamp {n}", "price": f"{n}.50"} for n in range(1, 10)]
register_tables()


def test_a_sound_database_is_well(runtime: Runtime, tmp_path: Path) -> None:
    feed(runtime, tmp_path, LAMPS)
    found = operations.database_health(runtime, ROOT)
    assert {name: each["state"] for name, each in found["checks"].items() if each["state"] != "ok"} == {}
    assert {"connection", "migrations", "bloat", "disk"} <= found["checks"].keys()
    code, told = mercat(runtime, "health")
    assert (code, told["state"]) == (0, "ok")


def test_a_schema_of_another_version_is_failing(runtime: Runtime) -> None:
    migrate.downgrade(runtime.engine, "-1")
    try:
        code, told = mercat(runtime, "health")
        assert (code, told["checks"]["migrations"]["mend"]) == (2, "mercat db upgrade")
    finally:
        migrate.upgrade(runtime.engine)


def test_a_table_that_differs_is_looked_at(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.write() as unit:
        unit.bulk.run("DROP INDEX ix_products_part_key")
    code, told = mercat(sqlite_runtime, "health")
    assert (code, told["checks"]["migrations"]["facts"]["differences"]) == (1, 1)


def test_a_row_that_points_nowhere_is_found(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    feed(sqlite_runtime, tmp_path, LAMPS)
    with sqlite_runtime.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys = OFF")
        driver.execute("DELETE FROM products WHERE rowid = 1")
        driver.execute("PRAGMA foreign_keys = ON")
    found = operations.database_health(sqlite_runtime, ROOT)
    assert (found["state"], found["checks"]["foreign_keys"]["state"]) == ("failing", "failing")


def test_a_database_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "MERCAT_HOME": str(tmp_path),
        "MERCAT_DATABASE_URL": "postgresql://ann:hush@127.0.0.1:1/away",
    }
    command = [Path(sys.executable).with_name("mercat"), "db", "health", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, json.loads(done.stdout)["checks"]["connection"]["state"]) == (2, "failing")
    assert "hush" not in done.stdout + done.stderr


def test_figures_name_every_table_and_count(runtime: Runtime, tmp_path: Path) -> None:
    feed(runtime, tmp_path, LAMPS)
    found = operations.database_figures(runtime, ROOT, is_exact=True)
    rows = {each["name"]: each["rows"] for each in found["tables"]}
    assert (rows["products"], rows["product_variants"], rows["users"]) == (9, 9, 0)
    assert found["bytes"] > 0


def test_optimizing_changes_no_row(runtime: Runtime, tmp_path: Path) -> None:
    feed(runtime, tmp_path, LAMPS)
    before = operations.database_figures(runtime, ROOT, is_exact=True)["tables"]
    assert "analyze" in operations.optimize_database(runtime, ROOT) or runtime.engine.dialect.name == "postgresql"
    after = operations.database_figures(runtime, ROOT, is_exact=True)["tables"]
    assert {(each["name"], each["rows"]) for each in before} == {(each["name"], each["rows"]) for each in after}


def test_cleaning_up_takes_what_is_older_than_asked(runtime: Runtime) -> None:
    with runtime.write() as unit:
        for age in (5, 40):
            line = SystemLog(level="info", event="x", message="x", logger_name="x")
            line.created_at = unit.now - dt.timedelta(days=age)
            unit.add(line)
    assert mercat(runtime, "cleanup", "--all", "--days", "30", "--dry-run")[1]["rows"]["system_logs"] == 1
    assert mercat(runtime, "cleanup", "--all", "--days", "30")[1]["rows"]["system_logs"] == 1
    assert operations.tidy(runtime, ROOT, days=30, dry_run=True)["system_logs"] == 0


def test_the_steps_of_the_schema_are_listed(sqlite_runtime: Runtime) -> None:
    _, told = mercat(sqlite_runtime, "history")
    assert told["data"][0]["is_current"]
    assert told["data"][-1]["revision"] == "0001"


def test_growth_is_told_from_the_day_it_was_noted(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    assert operations.note_growth(sqlite_runtime, ROOT)
    assert not operations.note_growth(sqlite_runtime, ROOT)
    feed(sqlite_runtime, tmp_path, LAMPS)
    found = operations.database_figures(sqlite_runtime, ROOT)
    grown = {each["name"]: each["grown"] for each in found["tables"]}
    assert (grown["products"], grown["users"], found["since"] is None) == (9, 0, False)


def test_many_slow_statements_are_worth_a_look(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.write() as unit:
        for _ in range(100):
            data = {"statement": "SELECT 1", "seconds": 2.0}
            unit.add(SystemLog(level="info", event="statement_slow", message="", logger_name="x", data=data))
    found = operations.database_health(sqlite_runtime, ROOT)["checks"]["statements"]
    assert (found["state"], found["mend"]) == ("degraded", "mercat db slow names them")


def test_cleaning_up_takes_alerts_and_suggestions_too(runtime: Runtime) -> None:
    register_hearing()
    rows = operations.tidy(runtime, ROOT, days=30, dry_run=True)
    assert {"alerts", "notifications", "suggestions", "system_logs"} <= rows.keys()
    assert operations.tidy(runtime, ROOT, days=30)["alerts"] == 0

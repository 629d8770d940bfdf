"""Looking at how the database works: slow statements, plans of what is asked all the time, its own program, its months."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from mercat.core.actor import Actor
from mercat.core.database import slow
from mercat.core.database.client import client_of
from mercat.core.database.engine import make_engine
from mercat.core.database.partitions import ensure_partitions
from mercat.core.errors import NotFound
from mercat.core.settings import Settings, child_environment
from mercat.core.unit import Runtime
from mercat.database import SystemLog
from mercat.domain.market import service as market
from mercat.domain.operations import service as operations
from mercat.domain.reports import service as reports
from tests.database.terminal import mercat

ROOT = Actor("user", "root")


def test_every_hot_query_is_answered_by_an_index(runtime: Runtime) -> None:
    runtime.attempt(lambda unit: market.make_months(unit, 0), ROOT)
    with runtime.read(ROOT) as unit:
        names = [each["name"] for each in reports.list_hot_queries(unit)]
        plans = {name: reports.explain_query(unit, name, only_indexes=True) for name in names}
    assert len(plans) > 15
    assert [name for name, plan in plans.items() if not plan["indexes"]] == []
    assert [name for name, plan in plans.items() if plan["is_scan"]] == []
    with runtime.read(ROOT) as unit, pytest.raises(NotFound, match="there is no query 'x': there are product-by-sku"):
        reports.explain_query(unit, "x")


def test_a_statement_that_takes_long_is_noted_without_its_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whatever another test of this process left as the level.
    monkeypatch.setattr(
        slow, "log", structlog.wrap_logger(None, wrapper_class=structlog.make_filtering_bound_logger(0))
    )
    runtime = Runtime(Settings(home=tmp_path, database_slow_ms=1))
    counting = (
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000)"
        " SELECT count(*) FROM n WHERE 'hush' <> ?"
    )
    with capture_logs() as lines:
        with runtime.read() as unit:
            unit.bulk.fetch(counting, ["secret"])
            unit.session.connection().exec_driver_sql(counting, ("secret",))
        Runtime(Settings(home=tmp_path)).close()
    runtime.close()
    noted = [each for each in lines if each["event"] == "statement_slow"]
    assert len(noted) >= 2
    assert "secret" not in str(noted)


def test_slow_statements_are_told_by_what_they_cost_in_all(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.write() as unit:
        for statement, seconds in (("SELECT a", 1.5), ("SELECT b", 4.0), ("SELECT a", 3.5)):
            data = {"statement": statement, "seconds": seconds}
            unit.add(SystemLog(level="info", event="statement_slow", message="", logger_name="x", data=data))
    code, told = mercat(sqlite_runtime, "slow")
    assert (code, told["source"], told["limit_s"]) == (0, "the log", 1.0)
    assert [(each["statement"], each["times"], each["total_s"], each["longest_s"]) for each in told["data"]] == [
        ("SELECT a", 2, 5.0, 3.5),
        ("SELECT b", 1, 4.0, 4.0),
    ]


def test_a_book_that_the_server_was_not_started_with_is_passed_over(runtime: Runtime) -> None:
    with runtime.read() as unit:
        asked = "SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_stat_statements'"
        if not unit.bulk.is_postgres or unit.bulk.fetch(asked) == [(0,)]:
            pytest.skip("PostgreSQL with its additional modules only")
    with runtime.write() as unit:
        unit.bulk.run("CREATE EXTENSION pg_stat_statements")
        unit.bulk.run("CREATE SCHEMA elsewhere")
        unit.bulk.run("ALTER EXTENSION pg_stat_statements SET SCHEMA elsewhere")
        loaded = "pg_stat_statements" in unit.bulk.fetch("SHOW shared_preload_libraries")[0][0]
    try:
        code, told = mercat(runtime, "slow")
        assert (code, told["source"]) == (0, "pg_stat_statements" if loaded else "the log")
    finally:
        with runtime.write() as unit:
            unit.bulk.run("DROP EXTENSION pg_stat_statements")
            unit.bulk.run("DROP SCHEMA elsewhere")


def test_the_databases_own_program_opens_on_it(runtime: Runtime) -> None:
    client = client_of(runtime.engine)
    if shutil.which(client.command[0]) is None:
        pytest.skip(f"{client.command[0]} is not here")
    done = subprocess.run(
        client.command,
        env=child_environment(**client.environment),
        input="SELECT version_num FROM alembic_version;\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (
        operations.database_health(runtime, ROOT, is_thorough=False)["checks"]["migrations"]["facts"]["head"]
        in done.stdout
    )


@pytest.mark.parametrize("server", ["postgresql", "mariadb"])
def test_a_password_goes_by_the_environment(tmp_path: Path, server: str) -> None:
    engine = make_engine(Settings(home=tmp_path, database_url=f"{server}://ann:hush@db.example:99/shop"))
    client = client_of(engine)
    assert "hush" not in str(client)
    assert list(client.environment.values()) == ["hush"]
    assert {"--host=db.example", "--port=99"} <= set(client.command)


def test_months_are_made_ahead_and_dropped_when_they_are_old(runtime: Runtime) -> None:
    made = runtime.attempt(lambda unit: market.make_months(unit, 5), ROOT)
    with runtime.read(ROOT) as unit:
        listed = market.list_months(unit)
    if runtime.engine.dialect.name != "postgresql":
        assert (made, listed) == ([], [])
        assert json.dumps(mercat(runtime, "partitions", "list")[1]["data"]) == "[]"
        return
    assert {each.month for each in listed} >= set(made)
    assert len(listed) >= 6
    with runtime.write() as unit:
        ensure_partitions(unit.bulk, "product_snapshots", [(2024, 3)])
    code, told = mercat(runtime, "partitions", "drop", "--dry-run")
    assert (code, told["partitions_dropped"]) == (0, 1)
    assert mercat(runtime, "partitions", "drop")[1]["partitions_dropped"] == 1
    assert "2024-03" not in [each["month"] for each in mercat(runtime, "partitions", "list")[1]["data"]]

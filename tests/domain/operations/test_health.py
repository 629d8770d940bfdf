"""Health and figures: what is wrong is said, and nothing of it costs much."""

import datetime as dt
import fcntl
from collections.abc import Callable
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text, update

from mercat.core.actor import Actor
from mercat.core.database import migrate
from mercat.core.errors import Forbidden
from mercat.core.jobs.models import Job
from mercat.core.unit import Runtime
from mercat.domain.operations import service as operations
from mercat.domain.operations.models import SyncFreshness
from mercat.sdk.channels import Call
from tests.core.jobs.conftest import working
from tests.core.jobs.work import Mark
from tests.domain.operations.conftest import ME


def state(runtime: Runtime, check: str | None = None) -> str:
    found = operations.health(runtime, ME)
    return str(found["state"] if check is None else found["checks"][check]["state"])


def put(runtime: Runtime, key: str, value: str) -> None:
    with runtime.write(ME) as unit:
        operations.set_configuration(unit, runtime.secrets, key, value)


def test_with_a_worker_all_is_well_and_without_one_it_is_not(runtime: Runtime) -> None:
    assert (state(runtime), state(runtime, "workers")) == ("degraded", "degraded")
    with working(runtime) as worker:
        found = operations.health(runtime, ME)
        assert found["state"] == "ok"
        assert found["checks"]["workers"]["alive"] == [worker.name]
        assert operations.health(runtime, ME)["checks"]["workers"]["alive"] == [worker.name]
    assert state(runtime, "workers") == "degraded"
    assert operations.is_ready(runtime)


def test_a_job_that_waits_too_long_is_noticed(runtime: Runtime) -> None:
    with runtime.write(ME) as unit:
        for name in ("handed", "fresh", "later"):
            unit.enqueue(Mark("x", name), run_after=dt.timedelta(hours=1) if name == "later" else None)
    assert state(runtime, "queue") == "ok"
    assert operations.health(runtime, ME)["checks"]["queue"]["waiting"] == 2

    with runtime.write() as unit:
        old = unit.now - dt.timedelta(seconds=1_000)
        handed = unit.session.query(Job).order_by(Job.id).first()
        assert handed is not None
        handed.run_after, handed.handed_at = old, old
    queue = operations.health(runtime, ME)["checks"]["queue"]
    assert queue["state"] == "degraded"
    assert 1_000 <= queue["oldest_wait_s"] < 1_100
    put(runtime, "health.longest_wait_s", "2000")
    assert state(runtime, "queue") == "ok"


def test_feeds_and_stores_are_fresh_until_they_fail_or_are_too_old(runtime: Runtime) -> None:
    def note(status: str) -> None:
        with runtime.write(ME) as unit:
            operations.note_freshness(unit, "feed_import", source="acme", target="catalogue", status=status)

    note("success")
    assert state(runtime, "freshness") == "ok"
    note("failed")
    assert state(runtime, "freshness") == "degraded"
    note("partial")
    put(runtime, "health.stale_hours", "24")
    assert state(runtime, "freshness") == "ok"
    with runtime.write() as unit:
        long_ago = unit.now - dt.timedelta(hours=25)
        unit.session.execute(update(SyncFreshness).values(last_success_at=long_ago))
    (run,) = operations.health(runtime, ME)["checks"]["freshness"]["runs"]
    assert (run["state"], run["source"], run["last_status"]) == ("degraded", "acme", "partial")
    assert run["age_s"] >= 25 * 3600
    with runtime.write(ME) as unit:
        operations.forget_freshness(unit, "feed_import", "acme")
    assert operations.health(runtime, ME)["checks"]["freshness"]["runs"] == []


def test_a_full_disk_is_noticed(sqlite_runtime: Runtime) -> None:
    put(sqlite_runtime, "health.least_disk_mb", "9999999")
    assert state(sqlite_runtime, "disk") in {"degraded", "failing"}
    put(sqlite_runtime, "health.least_disk_mb", "0")
    assert state(sqlite_runtime, "disk") == "ok"


def test_a_schema_of_another_version_is_failing(sqlite_runtime: Runtime) -> None:
    migrate.downgrade(sqlite_runtime.engine, "0008")
    migrate.downgrade(sqlite_runtime.engine, "0006")
    found = operations.health(sqlite_runtime, ME)

    assert (found["state"], found["checks"]["migrations"]["state"]) == ("failing", "failing")
    assert not operations.is_ready(sqlite_runtime)


def test_a_database_that_does_not_answer_is_failing(sqlite_runtime: Runtime) -> None:
    away = Runtime(replace(sqlite_runtime.settings, database_url="postgresql://mercat:pw9876543@127.0.0.1:1/none"))
    found = operations.health(away, ME)
    away.close()

    assert found["state"] == found["checks"]["database"]["state"] == "failing"
    assert "pw9876543" not in str(found)


def test_whoever_looks_is_not_taken_for_a_worker(sqlite_runtime: Runtime) -> None:
    folder = sqlite_runtime.settings.home / "workers"
    folder.mkdir()
    with (folder / "1.lock").open("ab") as held:
        assert state(sqlite_runtime, "workers") == "degraded"
        fcntl.flock(held, fcntl.LOCK_EX)
        assert state(sqlite_runtime, "workers") == "ok"


def figures(runtime: Runtime, meters: operations.Meters) -> dict[tuple[str, ...], float]:
    """Every sample as Prometheus' own parser reads it, by its name and its labels in the order of their names."""
    told = operations.metrics(runtime, ME, meters).decode()
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(told)
        for sample in family.samples
    }


def test_figures_are_what_prometheus_reads(runtime: Runtime) -> None:
    meters = operations.Meters()
    meters.observe("GET", "/api/v1/jobs/{job_id}", 200, 0.02)
    meters.observe("GET", "/api/v1/jobs/{job_id}", 404, 3.0)
    meters.observe("BREW", "", 404, 0.001)
    calls = [Call("shopify", "products", status, 250.0, 2.0) for status in (200, 200, 500)]
    with runtime.write(ME) as unit:
        unit.enqueue(Mark("x", "y"))
        operations.record_calls(unit, calls, account=None)
        for status in ("success", "failed"):
            operations.note_freshness(unit, "store_publish", target='m"ain\n', status=status)
        run = operations.begin_run(unit, "feed_import", source="acme", target="catalogue", files=[])
        operations.finish_run(unit, run.id, operations.RunResult("success"))
        now = unit.now
    found = figures(runtime, meters)
    store = ("", 'm"ain\n', "store_publish")

    assert found["mercat_http_requests_total", "GET", "/api/v1/jobs/{job_id}", "200"] == 1
    assert found["mercat_http_requests_total", "", "unmatched", "404"] == 1
    assert found["mercat_http_request_seconds_bucket", "0.025", "GET", "/api/v1/jobs/{job_id}"] == 1
    assert found["mercat_http_request_seconds_count", "GET", "/api/v1/jobs/{job_id}"] == 2
    assert found["mercat_jobs", "testing.mark", "pending"] == 1
    assert found["mercat_runs_1h", "success", "feed_import"] == 1
    assert found["mercat_calls_1m", "shopify"] == 3
    assert found["mercat_call_errors_1m", "shopify"] == 1
    assert found["mercat_call_points_1m", "shopify"] == 6
    assert found["mercat_call_seconds_1m", "shopify"] == 0.75
    assert (found["mercat_sync_runs_total", *store], found["mercat_sync_failures_total", *store]) == (2, 1)
    assert found["mercat_sync_is_failing", *store] == 1
    assert abs(found["mercat_sync_last_success_timestamp_seconds", *store] - now.timestamp()) < 1
    assert found["mercat_workers",] == 0


def test_only_who_may_sees_it(sqlite_runtime: Runtime) -> None:
    eve = Actor("user", "Eve", frozenset({"operations.read"}))
    asked: list[Callable[[], object]] = [
        lambda: operations.health(sqlite_runtime, eve),
        lambda: operations.metrics(sqlite_runtime, eve, operations.Meters()),
    ]
    for ask in asked:
        with pytest.raises(Forbidden):
            ask()


def test_the_watchers_token_opens_health_and_nothing_else(sqlite_runtime: Runtime) -> None:
    token = "mm_" + "a1" * 15
    assert operations.find_watcher(sqlite_runtime, token) is None
    put(sqlite_runtime, "metrics.token", token)
    watcher = operations.find_watcher(sqlite_runtime, token)

    assert watcher is not None
    assert watcher.actor.permissions == {"operations.health"}
    assert operations.find_watcher(sqlite_runtime, token + "x") is None
    assert operations.find_watcher(sqlite_runtime, "mk_else") is None
    with sqlite_runtime.engine.connect() as connection:
        assert token not in str(connection.execute(text("SELECT * FROM configurations")).all())

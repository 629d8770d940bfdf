"""What the work itself is heard and watched for: each becomes an alert, and is over by itself when it is over."""

import datetime as dt
from uuid import uuid4

from sqlalchemy import select, update

from mercat.core.ids import new_id
from mercat.core.jobs.messages import JobFailed
from mercat.core.jobs.models import Job, Schedule
from mercat.core.unit import Runtime
from mercat.domain import register_hearing
from mercat.domain.access import service as access
from mercat.domain.access.models import ApiKey
from mercat.domain.alerts import service as alerts
from mercat.domain.alerts.models import Alert
from mercat.domain.operations import service as operations
from mercat.domain.operations.models import SyncFreshness
from mercat.sdk.channels import Call
from tests.domain.alerts.signals import HOUR, ME, kept, person

register_hearing()


def standing(runtime: Runtime, kind: str) -> list[tuple[str, str]]:
    return [(each.status, each.severity) for each in kept(runtime, alert_type=kind)]


def run(runtime: Runtime, status: str, feed: str = "acme") -> None:
    with runtime.write(ME) as unit:
        operations.note_freshness(unit, "feed_import", source=feed, target="catalogue", status=status)


def watch(runtime: Runtime) -> dict[str, int]:
    return runtime.attempt(alerts.watch, ME)


def test_runs_that_fail_are_one_alert_until_one_goes_well(runtime: Runtime):
    run(runtime, "success")
    assert standing(runtime, "sync_failed") == []
    for _ in range(2):
        run(runtime, "failed")
    run(runtime, "held")
    assert standing(runtime, "sync_failed") == [("open", "warning")]
    run(runtime, "failed")
    assert standing(runtime, "sync_failed") == [("open", "critical")]
    [alert] = kept(runtime)
    assert (alert.title, alert.occurrences) == ("feed import of acme failed 3 times in a row", 3)
    run(runtime, "partial")
    assert standing(runtime, "sync_failed") == [("resolved", "critical")]


def test_a_feed_that_falls_silent_is_an_alert_by_its_own_rhythm(runtime: Runtime):
    run(runtime, "success")
    run(runtime, "success", "quarterly")
    with runtime.write(ME) as unit:
        for name, every_s in (("acme", 3600), ("quarterly", 8_000_000)):
            unit.add(
                Schedule(name=f"feed {name}", kind="suppliers.run_feed", payload={"name": name}, queue="feeds",
                         every_s=every_s, timezone="UTC", next_at=unit.now, actor="Ada")
            )  # fmt: skip
        unit.session.execute(update(SyncFreshness).values(last_success_at=unit.now - 3 * HOUR))
    watch(runtime)
    [alert] = kept(runtime, alert_type="feed_stale")
    assert (alert.status, alert.subject_label, alert.severity) == ("open", "acme", "warning")
    with runtime.write(ME) as unit:
        unit.session.execute(update(SyncFreshness).values(last_success_at=unit.now - 7 * HOUR))
    watch(runtime)
    assert standing(runtime, "feed_stale") == [("open", "critical")]
    run(runtime, "success")
    watch(runtime)
    assert standing(runtime, "feed_stale") == [("resolved", "critical")]


def jobs(runtime: Runtime, count: int, status: str) -> None:
    with runtime.write(ME) as unit:
        for _ in range(count):
            unit.add(
                Job(id=new_id(), kind="x.y", title="x", queue="default", status=status, max_attempts=5, priority=50,
                    run_after=unit.now - HOUR, actor="Ada")
            )  # fmt: skip


def test_jobs_that_are_given_up_are_an_alert_from_the_eleventh_on(runtime: Runtime):
    jobs(runtime, 10, "failed")
    with runtime.write(ME) as unit:
        unit.announce(JobFailed(new_id(), "x.y", {}, "broken"))
    assert standing(runtime, "job_dead_letter") == []
    jobs(runtime, 1, "failed")
    with runtime.write(ME) as unit:
        unit.announce(JobFailed(new_id(), "x.y", {}, "broken"))
    assert standing(runtime, "job_dead_letter") == [("open", "critical")]
    with runtime.write(ME) as unit:
        some = unit.session.scalars(select(Job.id).limit(6)).all()
        unit.session.execute(update(Job).where(Job.id.in_(some)).values(status="completed"))
    watch(runtime)
    assert standing(runtime, "job_dead_letter") == [("resolved", "critical")]


def test_a_rate_of_failures_needs_enough_jobs_to_be_one(runtime: Runtime):
    jobs(runtime, 5, "failed")
    watch(runtime)
    assert standing(runtime, "failure_rate") == []
    jobs(runtime, 15, "completed")
    watch(runtime)
    assert standing(runtime, "failure_rate") == [("open", "critical")]
    jobs(runtime, 35, "completed")
    watch(runtime)
    assert standing(runtime, "failure_rate") == [("resolved", "critical")]


def test_a_queue_that_grows_is_an_alert(sqlite_runtime: Runtime):
    with sqlite_runtime.write(ME) as unit:
        alerts.ensure_rules(unit)
        alerts.change_rule(unit, "queue_depth", {"threshold": 4})
    jobs(sqlite_runtime, 5, "pending")
    watch(sqlite_runtime)
    assert standing(sqlite_runtime, "queue_depth") == [("open", "critical")]


def test_a_budget_that_is_nearly_spent_is_over_with_a_larger_one(runtime: Runtime):
    def call(count: int) -> None:
        with runtime.write(ME) as unit:
            calls = [Call("shopify", "products", 200, 12.0, 1.0, None, None) for _ in range(count)]
            operations.record_calls(unit, calls, account=uuid4())

    with runtime.write(ME) as unit:
        operations.set_budget(unit, "shopify", 10)
    call(8)
    [alert] = kept(runtime, alert_type="budget_nearly_spent")
    assert (alert.status, alert.severity, alert.new_value) == ("open", "warning", "8")
    watch(runtime)
    assert standing(runtime, "budget_nearly_spent") == [("open", "warning")]
    with runtime.write(ME) as unit:
        operations.set_budget(unit, "shopify", 1000)
    watch(runtime)
    assert standing(runtime, "budget_nearly_spent") == [("resolved", "warning")]


def test_a_key_that_runs_out_is_an_alert_until_it_is_renewed_or_gone(runtime: Runtime):
    vera = person(runtime)
    with runtime.read(ME) as unit:
        soon = unit.now + dt.timedelta(days=6)
    for name, when in (("soon", soon), ("later", soon + dt.timedelta(days=60)), ("never", None)):
        access.create_key(runtime, ME, access.KeyDraft(name, ["catalog.read"], when), owner=vera.id)
    watch(runtime)
    assert [each.subject_label for each in kept(runtime, alert_type="token_expiring")] == ["soon"]
    with runtime.write(ME) as unit:
        unit.session.execute(update(ApiKey).where(ApiKey.name == "soon").values(revoked_at=unit.now))
    watch(runtime)
    assert standing(runtime, "token_expiring") == [("resolved", "warning")]


def test_a_snooze_that_ends_is_noticed(runtime: Runtime):
    run(runtime, "failed")
    [alert] = kept(runtime)
    with runtime.write(ME) as unit:
        alerts.snooze(unit, [alert.id], unit.now + HOUR)
    assert watch(runtime)["woken"] == 0
    with runtime.write(ME) as unit:
        unit.session.execute(update(Alert).values(snoozed_until=unit.now - HOUR))
    assert watch(runtime)["woken"] == 1
    assert standing(runtime, "sync_failed") == [("open", "warning")]


def test_the_watch_is_scheduled_once(runtime: Runtime):
    with runtime.write(ME) as unit:
        alerts.ensure_watch(unit)
        alerts.ensure_watch(unit)
        assert unit.session.scalars(select(Schedule.kind)).all() == ["alerts.watch"]

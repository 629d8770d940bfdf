"""Retention: what is older than it is to be kept goes, and nothing else."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy import select

from mercat.core.actor import Actor
from mercat.core.clock import now
from mercat.core.database.base import Row
from mercat.core.errors import Forbidden
from mercat.core.ids import first_id, new_id
from mercat.core.jobs.models import Job, JobEvent, Schedule
from mercat.core.unit import Runtime
from mercat.domain import register_jobs
from mercat.domain.operations import service as operations
from mercat.domain.operations.models import (
    ApiUsage,
    IdempotentRequest,
    ProcessedHash,
    SystemLog,
    WebhookDelivery,
    WebhookEndpoint,
)
from tests.core.jobs.conftest import ended, working
from tests.domain.operations.conftest import ME

register_jobs()
TABLES: Sequence[type[Row]] = (SystemLog, JobEvent, ApiUsage, ProcessedHash, WebhookDelivery, IdempotentRequest)


def born(age: dt.timedelta, number: int) -> dict[str, object]:
    """The id and the times of a row that is so old."""
    at = now() - age
    return {"id": UUID(int=first_id(at).int + number), "created_at": at, "updated_at": at}


def a_job(runtime: Runtime, status: str) -> UUID:
    job = Job(kind="testing.mark", title="x", queue="default", status=status, max_attempts=5, priority=50, actor="Ada")
    job.run_after = now()
    with runtime.write() as unit:
        unit.add(job)
    return job.id


def plant(runtime: Runtime, days: float, *, count: int = 1) -> None:
    """Rows of this age in every table, and with them some that never go by age alone."""
    age = dt.timedelta(days=days)
    done, failed = a_job(runtime, "completed"), a_job(runtime, "failed")
    endpoint = WebhookEndpoint(name=str(new_id()), url="https://x.test", secrets="", created_by="Ada")
    with runtime.write() as unit:
        unit.add(endpoint)
        for number in range(count):
            at = born(age, number)
            unit.add(
                SystemLog(level="info", event="x", **at),
                JobEvent(job_id=done, at=at["created_at"], level="info", message="x", **at),
                JobEvent(job_id=failed, at=at["created_at"], level="info", message="stays", **{**at, "id": new_id()}),
                ApiUsage(service="x", endpoint="x", status=200, latency_ms=1, recorded_at=at["created_at"], **at),
                ProcessedHash(source="x", delivery_key=str(new_id()), state="done", received_at=at["created_at"], **at),
                ProcessedHash(source="x", delivery_key=str(new_id()), state="claimed", received_at=at["created_at"]),
                WebhookDelivery(endpoint_id=endpoint.id, event="x", payload="{}", status="delivered", **at),
                WebhookDelivery(
                    endpoint_id=endpoint.id, event="x", payload="{}", status="pending", **{**at, "id": new_id()}
                ),
                IdempotentRequest(owner="x", request_key=str(new_id()), digest="x", received_at=at["created_at"], **at),
            )


def counts(runtime: Runtime) -> dict[str, int]:
    with runtime.read() as unit:
        return {each.__tablename__: len(unit.session.scalars(select(each)).all()) for each in TABLES}


def test_what_is_old_goes_and_what_is_young_or_waits_for_somebody_stays(runtime: Runtime) -> None:
    plant(runtime, 500, count=3)
    plant(runtime, 0.5)
    counted = operations.tidy(runtime, ME, dry_run=True)
    before = counts(runtime)
    gone = operations.tidy(runtime, ME)

    # Rooms above, where somebody loaded them, have nothing that is old.
    gone, counted = ({name: rows for name, rows in told.items() if rows} for told in (gone, counted))
    assert gone == counted == dict.fromkeys((each.__tablename__ for each in TABLES), 3)
    assert {name: before[name] - left for name, left in counts(runtime).items()} == gone
    with runtime.read() as unit:
        assert len(unit.session.scalars(select(JobEvent).where(JobEvent.message == "stays")).all()) == 4
        assert len(unit.session.scalars(select(ProcessedHash).where(ProcessedHash.state == "claimed")).all()) == 4
        assert len(unit.session.scalars(select(WebhookDelivery).where(WebhookDelivery.status == "pending")).all()) == 4
    assert sum(operations.tidy(runtime, ME).values()) == 0


def test_ages_are_configurations_and_zero_keeps_for_ever(sqlite_runtime: Runtime) -> None:
    plant(sqlite_runtime, 5)
    with sqlite_runtime.write(ME) as unit:
        operations.set_configuration(unit, sqlite_runtime.secrets, "retention.logs_days", "4")
        operations.set_configuration(unit, sqlite_runtime.secrets, "retention.webhooks_days", "0")
    gone = operations.tidy(sqlite_runtime, ME)

    assert gone["system_logs"] == 1
    assert "webhook_deliveries" not in gone


def test_calls_of_this_month_stay_for_the_budget(sqlite_runtime: Runtime) -> None:
    plant(sqlite_runtime, 0)
    with sqlite_runtime.write(ME) as unit:
        operations.set_configuration(unit, sqlite_runtime.secrets, "retention.usage_days", "1")
        for each in unit.session.scalars(select(ApiUsage)):
            first = unit.now.replace(day=1, hour=0, minute=0, second=1)
            each.id, each.recorded_at = first_id(first), first

    assert operations.tidy(sqlite_runtime, ME)["api_usage"] == 0


def test_it_goes_in_steps_between_which_it_can_be_stopped(sqlite_runtime: Runtime) -> None:
    plant(sqlite_runtime, 500, count=2_100)
    looks: list[int] = []

    def check() -> None:
        looks.append(1)
        if len(looks) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        operations.tidy(sqlite_runtime, ME, check=check)

    assert counts(sqlite_runtime)["system_logs"] == 100
    assert operations.tidy(sqlite_runtime, ME)["system_logs"] == 100


def test_it_is_due_every_night_and_a_worker_does_it(runtime: Runtime) -> None:
    plant(runtime, 500)
    for _ in range(2):
        with runtime.write(ME) as unit:
            operations.ensure_nightly(unit)
    with runtime.read() as unit:
        (schedule,) = unit.session.scalars(select(Schedule)).all()
        assert (schedule.next_at - unit.now) <= dt.timedelta(days=1)
    with runtime.write(ME) as unit:
        job_id = operations.run_schedule(unit, "tidy")
    with working(runtime):
        job = ended(runtime, job_id)

    assert (job.status, job.result["system_logs"]) == ("completed", 1)  # type: ignore[index]  # a map


def test_who_may_not_configure_may_not_tidy(sqlite_runtime: Runtime) -> None:
    with pytest.raises(Forbidden):
        operations.tidy(sqlite_runtime, Actor("user", "Eve", frozenset({"operations.read"})))

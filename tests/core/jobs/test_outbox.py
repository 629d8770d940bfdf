"""A job is written with its cause, and those of one key are one."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from sqlalchemy import func, select

from mercat.core.errors import Invalid
from mercat.core.jobs.models import Job
from mercat.core.jobs.repository import JobRepository
from mercat.core.jobs.running import claim
from mercat.core.unit import Runtime
from tests.core.jobs.work import Mark

DO = Mark("/nowhere")


def jobs(runtime: Runtime) -> list[Job]:
    with runtime.read() as unit:
        return list(unit.session.scalars(select(Job).order_by(Job.id)))


def test_a_job_shares_the_fate_of_its_transaction(runtime: Runtime) -> None:
    with pytest.raises(ZeroDivisionError), runtime.write() as unit:
        unit.enqueue(DO)
        raise ZeroDivisionError
    with runtime.write() as unit:
        id_ = unit.enqueue(DO, subject=("product", "7"), priority=20)
    [job] = jobs(runtime)
    assert (job.id, job.kind, job.status, job.payload) == (
        id_,
        "testing.mark",
        "pending",
        {"folder": "/nowhere", "name": "mark"},
    )
    assert (job.subject_type, job.subject_id, job.priority) == ("product", "7", 20)


def test_a_queued_job_of_the_same_key_is_joined_and_takes_the_more_urgent_terms(runtime: Runtime) -> None:
    with runtime.write() as unit:
        first = unit.enqueue(DO, key="a", run_after=dt.timedelta(hours=1), priority=60)
        assert unit.enqueue(DO, key="a", priority=40) == first
        assert unit.enqueue(DO, key="b") != first
    with runtime.write() as unit:
        assert unit.enqueue(DO, key="a", run_after=dt.timedelta(hours=2), priority=80) == first
    joined = jobs(runtime)[0]
    assert joined.priority == 40
    assert joined.run_after < joined.created_at + dt.timedelta(minutes=1)
    assert len(jobs(runtime)) == 2


def test_a_running_job_of_the_same_key_leads_to_one_more_after_it(runtime: Runtime) -> None:
    with runtime.write() as unit:
        running = unit.enqueue(DO, key="a")
    with runtime.write() as unit:
        assert claim(unit, running, 0, "somebody") is not None
    with runtime.write() as unit:
        after = unit.enqueue(DO, key="a")
        assert unit.enqueue(DO, key="a") == after != running
    with runtime.read() as unit:
        assert JobRepository(unit.session).due(unit.now, None, most=10) == []
    with runtime.write() as unit:
        assert claim(unit, after, 0, "somebody else") is None, "it runs beside its predecessor"
        JobRepository(unit.session).get_job(running).status = "completed"
    with runtime.write() as unit:
        assert claim(unit, after, 1, "somebody else") is not None


def test_writers_at_the_same_time_queue_one_job_of_a_key(runtime: Runtime) -> None:
    ids: list[Any] = []

    def enqueue() -> None:
        ids.extend(runtime.attempt(lambda unit: unit.enqueue(DO, key="one")) for _ in range(5))

    threads = [threading.Thread(target=enqueue) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(ids) == 30
    assert len(set(ids)) == 1
    with runtime.read() as unit:
        assert unit.session.scalar(select(func.count()).select_from(Job)) == 1


def test_a_claim_is_for_one_generation_and_ends_what_died_too_often(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.write() as unit:
        id_ = unit.enqueue(DO)
    for _ in range(5):
        with sqlite_runtime.write() as unit:
            assert claim(unit, id_, 1, "w") is None
            assert claim(unit, id_, 0, "w") is not None
    with sqlite_runtime.write() as unit:
        assert claim(unit, id_, 0, "w") is None
    [job] = jobs(sqlite_runtime)
    assert job.status == "failed"
    assert "5 times" in (job.error or "")


@pytest.mark.parametrize(
    "wrong",
    [{"run_after": dt.datetime(2026, 1, 1)}, {"key": "k" * 300}],  # noqa: DTZ001  # a time without a zone is the point
)
def test_what_cannot_be_queued_is_refused(sqlite_runtime: Runtime, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid), sqlite_runtime.write() as unit:
        unit.enqueue(DO, **wrong)

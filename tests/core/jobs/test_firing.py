"""A schedule fires once, whoever looks."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from mercat.core.errors import Conflict, Invalid, NotFound
from mercat.core.jobs.firing import fire_due
from mercat.core.jobs.models import Job, Schedule
from mercat.core.unit import Runtime
from mercat.domain.operations import service as operations
from tests.core.jobs.conftest import enqueue
from tests.core.jobs.work import Mark

DRAFT = operations.ScheduleDraft("nightly", Mark.kind, {"folder": "/nowhere"}, every_s=3600)


def add(runtime: Runtime, *, late: dt.timedelta, **more: Any) -> UUID:
    """A schedule that was due so long ago."""
    with runtime.write() as unit:
        schedule = operations.add_schedule(unit, operations.ScheduleDraft(**{**vars(DRAFT), **more}))
        schedule.next_at = unit.now - late
        return schedule.id


def count(runtime: Runtime) -> int:
    with runtime.read() as unit:
        return unit.session.scalar(select(func.count()).select_from(Job)) or 0


def get(runtime: Runtime, id_: UUID) -> Schedule:
    with runtime.read() as unit:
        found = unit.session.get(Schedule, id_)
        assert found is not None
        return found


def test_many_workers_fire_it_once_and_what_was_missed_is_not_made_up_for(runtime: Runtime) -> None:
    id_ = add(runtime, late=dt.timedelta(hours=30, minutes=10))
    threads = [threading.Thread(target=fire_due, args=(runtime,)) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert count(runtime) == 1
    after = get(runtime, id_)
    assert dt.timedelta() < after.next_at - after.updated_at <= dt.timedelta(hours=1)
    with runtime.read() as unit:
        [job] = unit.session.scalars(select(Job))
    assert (job.kind, job.schedule_id, job.title) == (Mark.kind, id_, "nightly")
    assert after.last_job_id == job.id


def test_it_does_not_fire_while_its_last_job_is_at_work_unless_it_may(sqlite_runtime: Runtime) -> None:
    hour = dt.timedelta(hours=1)
    id_ = add(sqlite_runtime, late=hour)
    other = add(sqlite_runtime, late=hour, name="eager", may_overlap=True)
    assert fire_due(sqlite_runtime) == 2
    assert fire_due(sqlite_runtime) == 0, "it is not due again yet"
    for each in (id_, other):
        with sqlite_runtime.write() as unit:
            schedule = unit.session.get(Schedule, each)
            assert schedule is not None
            schedule.next_at = unit.now - hour
    assert fire_due(sqlite_runtime) == 1
    assert (get(sqlite_runtime, id_).skipped, get(sqlite_runtime, other).skipped) == (1, 0)


def test_it_can_be_run_at_once_and_be_removed(sqlite_runtime: Runtime) -> None:
    id_ = add(sqlite_runtime, late=-dt.timedelta(hours=1))
    before = get(sqlite_runtime, id_).next_at
    with sqlite_runtime.write() as unit:
        job_id = operations.run_schedule(unit, "nightly")
    assert get(sqlite_runtime, id_).next_at == before
    with sqlite_runtime.write() as unit:
        operations.remove_schedule(unit, "nightly")
    with sqlite_runtime.read() as unit:
        assert operations.get_job(unit, str(job_id)).schedule_id is None
        assert operations.find_schedule(unit, "nightly") is None


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"cron": "* * * * *"}, Invalid),
        ({"every_s": None}, Invalid),
        ({"every_s": 0}, Invalid),
        ({"every_s": None, "cron": "never"}, Invalid),
        ({"timezone": "Mars/Olympus"}, Invalid),
        ({"payload": {}}, Invalid),
        ({"kind": "nobody.knows"}, NotFound),
        ({"name": " "}, Invalid),
        ({"name": "taken"}, Conflict),
    ],
)
def test_what_could_never_run_is_refused(sqlite_runtime: Runtime, wrong: dict[str, Any], error: type) -> None:
    add(sqlite_runtime, late=dt.timedelta(), name="taken")
    with pytest.raises(error), sqlite_runtime.write() as unit:
        operations.add_schedule(unit, operations.ScheduleDraft(**{**vars(DRAFT), **wrong}))


def test_jobs_are_counted_and_found_by_the_end_of_their_ids(sqlite_runtime: Runtime) -> None:
    ids = enqueue(sqlite_runtime, Mark("/a"), Mark("/b"))
    with sqlite_runtime.read() as unit:
        assert operations.count_jobs(unit) == {"pending": 2}
        assert operations.get_job(unit, str(ids[0])[-8:]).id == ids[0]
        assert [each.id for each in operations.list_jobs(unit, kind=Mark.kind)] == ids[::-1]
        with pytest.raises(NotFound):
            operations.get_job(unit, "00000000")

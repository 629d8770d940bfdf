"""A worker does what was asked for, tries again what may succeed, and tells people of the rest."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from dbos import DBOS

from mercat.core.actor import Actor
from mercat.core.database.locks import named_lock
from mercat.core.jobs import JobUnauthorized
from mercat.core.jobs.models import Job
from mercat.core.jobs.repository import JobRepository
from mercat.core.unit import Runtime, WriteUnit, on
from mercat.domain.operations import service as operations
from tests.core.jobs.conftest import ended, enqueue, job, log_of, working
from tests.core.jobs.work import Ask, Line, Mark, One, Spin, Walk, marks, until

Answers = list[tuple[int, dict[str, str]]]
WAITING = "waiting for another run"
_told: list[JobUnauthorized] = []


@on(JobUnauthorized)
def _note(_unit: WriteUnit, fact: JobUnauthorized) -> None:
    _told.append(fact)


@pytest.fixture
def server() -> Iterator[tuple[str, Answers]]:
    """A server that gives these answers one after the other, and 200 when they are used up."""
    answers: Answers = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers = answers.pop(0) if answers else (200, {})
            self.send_response(status)
            for name, value in {"Content-Length": "2", "Connection": "close", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}/", answers
        made.shutdown()
        thread.join()


def test_jobs_run_once_and_say_how_it_went(runtime: Runtime, folder: Path) -> None:
    with working(runtime):
        ids = enqueue(runtime, *(Mark(str(folder), f"m{n}") for n in range(12)), Walk(str(folder), steps=2))
        done = [ended(runtime, each) for each in ids]
    assert {each.status for each in done} == {"completed"}
    assert marks(folder) == {**{f"m{n}": 1 for n in range(12)}, "step-0": 1, "step-1": 1}
    walked = done[-1]
    assert (walked.result, walked.progress, walked.items_done, walked.current_stage) == (2, 100, 2, "walking")
    assert (walked.attempts, walked.steps_done) == (1, 2)
    assert log_of(runtime, walked.id)[1:] == ["stepped", "stepped", "completed"]


def test_a_job_that_is_handed_over_again_and_again_runs_once(sqlite_runtime: Runtime, folder: Path) -> None:
    """A dispatcher that dies between handing over and writing that down, or runs beside another, hands over twice."""
    [id_] = enqueue(sqlite_runtime, Mark(str(folder)))
    with sqlite_runtime.read() as unit:
        due = JobRepository(unit.session).due(unit.now, None, most=1)
    with working(sqlite_runtime) as worker:
        for _ in range(3):
            worker._engine.hand_over(due)
        ended(sqlite_runtime, id_)
        worker._engine.hand_over(due)
        [after] = enqueue(sqlite_runtime, Mark(str(folder), "after"))
        ended(sqlite_runtime, after)
    assert marks(folder) == {"mark": 1, "after": 1}
    assert job(sqlite_runtime, id_).attempts == 1


BUSY = (500, {})
LIMITED = (429, {"Retry-After": "0"})
REFUSED = (401, {})
ABSENT = (404, {})


@pytest.mark.parametrize(
    ("answers", "status", "attempts"),
    [
        ([BUSY, BUSY], "completed", 3),
        ([LIMITED] * 7, "completed", 1),
        ([BUSY] * 9, "failed", 5),
        ([REFUSED], "failed", 1),
        ([ABSENT], "failed", 1),
    ],
    ids=["away for a while", "told when to come", "away for good", "locked out", "nothing there"],
)
def test_what_may_succeed_is_tried_again(
    sqlite_runtime: Runtime, server: tuple[str, Answers], answers: Answers, status: str, attempts: int
) -> None:
    url, given = server
    given.extend(answers)
    _told.clear()
    with working(sqlite_runtime):
        [id_] = enqueue(sqlite_runtime, Ask(url))
        done = ended(sqlite_runtime, id_)
    assert (done.status, done.attempts) == (status, attempts)
    assert (done.error is None) == (status == "completed")
    assert [fact.job_id for fact in _told] == ([id_] if answers == [REFUSED] else [])


def test_a_failed_job_is_found_and_goes_on_where_it_failed(
    sqlite_runtime: Runtime, server: tuple[str, Answers]
) -> None:
    url, given = server
    given.append(ABSENT)
    someone = Actor("user", "ada")
    with working(sqlite_runtime):
        [id_] = enqueue(sqlite_runtime, Ask(url))
        assert "404" in (ended(sqlite_runtime, id_).error or "")
        with sqlite_runtime.read() as unit:
            assert [each.id for each in operations.list_jobs(unit, status="failed")] == [id_]
        with sqlite_runtime.write(someone) as unit:
            operations.retry_job(unit, str(id_))
        done = ended(sqlite_runtime, id_)
        with sqlite_runtime.write(someone) as unit:
            again = operations.retry_job(unit, str(id_)).id
        assert again != id_
        assert ended(sqlite_runtime, again).parent_id == id_
    assert (done.status, done.result, done.attempts, done.error) == ("completed", "ok", 1, None)
    assert "ada has it tried again" in log_of(sqlite_runtime, id_)


def test_a_running_job_that_is_cancelled_stops(runtime: Runtime, folder: Path) -> None:
    with working(runtime):
        [id_] = enqueue(runtime, Spin(str(folder)))
        until(lambda: job(runtime, id_).current_stage == "spinning")
        with runtime.write() as unit:
            operations.cancel_job(unit, str(id_))
        done = ended(runtime, id_)
    assert done.status == "cancelled"
    assert marks(folder) == {"spinning": 1}


def test_a_job_that_waits_for_a_lock_hears_that_it_should_stop(runtime: Runtime, folder: Path) -> None:
    with named_lock(runtime.engine, "narrow"):
        with working(runtime):
            cancelled, interrupted = enqueue(runtime, Line(str(folder)), Line(str(folder)))
            until(lambda: {job(runtime, id_).current_stage for id_ in (cancelled, interrupted)} == {WAITING})
            with runtime.write() as unit:
                operations.cancel_job(unit, str(cancelled))
            assert ended(runtime, cancelled).status == "cancelled"
        assert log_of(runtime, interrupted)[-1] == "put back: its worker was stopped"
    with working(runtime):
        assert ended(runtime, interrupted).status == "completed"
    assert marks(folder) == {"in": 1}


def test_a_retry_that_goes_on_after_its_steps_keeps_its_place(runtime: Runtime, folder: Path) -> None:
    with runtime.write() as unit:
        late = unit.enqueue(Walk(str(folder), steps=2, pause_at=1), priority=90, queue="narrow")
    with working(runtime):
        until(lambda: marks(folder).get("waiting") == 1)
    with runtime.write() as unit:
        early = unit.enqueue(One(str(folder)), priority=20)
    (folder / "go").touch()
    with working(runtime):
        ended_at = {each: ended(runtime, each).completed_at for each in (early, late)}
    assert str(ended_at[early]) < str(ended_at[late])
    assert marks(folder)["step-0"] == 1


def test_a_waiting_job_that_is_cancelled_never_runs(sqlite_runtime: Runtime, folder: Path) -> None:
    first, second = enqueue(sqlite_runtime, Mark(str(folder), "never"), Mark(str(folder), "later"))
    with sqlite_runtime.write() as unit:
        assert operations.cancel_job(unit, str(first)).status == "cancelled"
    with working(sqlite_runtime):
        ended(sqlite_runtime, second)
    assert marks(folder) == {"later": 1}


def test_a_queue_that_is_narrow_runs_one_at_a_time(sqlite_runtime: Runtime, folder: Path) -> None:
    with working(sqlite_runtime):
        for id_ in enqueue(sqlite_runtime, *(One(str(folder)) for _ in range(6))):
            ended(sqlite_runtime, id_)
    assert marks(folder) == {"alone": 6}


def test_what_the_engine_has_lost_is_handed_over_anew(sqlite_runtime: Runtime, folder: Path) -> None:
    """Somebody deleted the engine's file, or restored an older one, while a job was in hand."""
    waiting, running = enqueue(sqlite_runtime, Mark(str(folder), "waiting"), Mark(str(folder), "running"))
    with sqlite_runtime.write() as unit:
        for id_, status in ((waiting, "pending"), (running, "running")):
            row = unit.session.get(Job, id_)
            assert row is not None
            row.handed_at, row.status = unit.now, status
    with working(sqlite_runtime):
        assert {ended(sqlite_runtime, id_).status for id_ in (waiting, running)} == {"completed"}
    assert marks(folder) == {"waiting": 1, "running": 1}


def test_what_is_urgent_goes_first(sqlite_runtime: Runtime, folder: Path) -> None:
    with sqlite_runtime.write() as unit:
        ids = {each: unit.enqueue(One(str(folder)), priority=each) for each in (80, 20, 50, 100, 1)}
    with working(sqlite_runtime):
        begun = {priority: ended(sqlite_runtime, id_).started_at for priority, id_ in ids.items()}
    assert sorted(begun, key=lambda priority: str(begun[priority])) == [1, 20, 50, 80, 100]


def test_a_rationed_queue_starts_no_more_than_it_may(sqlite_runtime: Runtime, folder: Path) -> None:
    with sqlite_runtime.write() as unit:
        ids = [unit.enqueue(Mark(str(folder), f"m{n}"), queue="rationed") for n in range(5)]
        other = unit.enqueue(Mark(str(folder), "other"), run_after=dt.timedelta(seconds=1))
    with working(sqlite_runtime):
        until(lambda: len(marks(folder)) >= 2)
        ended(sqlite_runtime, other)
    assert [job(sqlite_runtime, id_).status for id_ in ids].count("completed") == 2


def test_a_queue_that_nobody_declared_is_worked_all_the_same(sqlite_runtime: Runtime, folder: Path) -> None:
    with sqlite_runtime.write() as unit:
        id_ = unit.enqueue(Mark(str(folder)), queue="of-its-own")
    with working(sqlite_runtime):
        assert ended(sqlite_runtime, id_).status == "completed"


def test_a_worker_keeps_its_own_concurrency_whatever_others_say(sqlite_runtime: Runtime, folder: Path) -> None:
    with working(sqlite_runtime):
        queue = DBOS.retrieve_queue("default")
        assert queue is not None
        queue.set_worker_concurrency(1)  # what another worker does that is started with --concurrency 1
        ids = enqueue(sqlite_runtime, *(Walk(str(folder), steps=1, pause_at=0) for _ in range(3)))
        until(lambda: marks(folder).get("waiting") == 3)
        (folder / "go").touch()
        assert {ended(sqlite_runtime, id_).status for id_ in ids} == {"completed"}

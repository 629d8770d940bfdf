"""A job that somebody waits for is done by a worker if one lives, and here if none does."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from mercat.core.actor import Actor
from mercat.core.database.locks import named_lock
from mercat.core.errors import Conflict
from mercat.core.jobs import Message
from mercat.core.jobs.attending import attend, put_back_orphans
from mercat.core.jobs.models import Job
from mercat.core.jobs.presence import is_worked
from mercat.core.jobs.running import claim_waiting
from mercat.core.jobs.worker import Pace, Worker
from mercat.core.unit import Runtime
from mercat.domain.operations import service as operations
from mercat.sdk.errors import Unavailable
from tests.core.jobs.conftest import ended, enqueue, job, working
from tests.core.jobs.work import Fail, Mark, Sulk, Walk, marks, until

ADA = Actor("user", "ada")


def wait_for(runtime: Runtime, message: Message, *, key: str | None = None) -> Any:
    return attend(
        runtime, ADA, lambda unit: unit.enqueue(message, key=key), queue="default", progress=lambda *_told: None
    )


def only_job(runtime: Runtime) -> Job:
    with runtime.read() as unit:
        [found] = operations.list_jobs(unit)
        return found


def test_without_a_worker_it_is_done_here_and_what_it_says_is_heard(runtime: Runtime, folder: Path) -> None:
    heard: list[tuple[str, int, int | None]] = []
    result = attend(
        runtime,
        ADA,
        lambda unit: unit.enqueue(Walk(str(folder), steps=2)),
        queue="default",
        progress=lambda *told: heard.append(told),
    )
    done = only_job(runtime)
    assert (result, heard) == (2, [("walking", 1, 2), ("walking", 2, 2)])
    assert (done.status, done.result, done.worker, done.attempts, done.actor) == (
        "completed", 2, "terminal-1", 1, "ada",
    )  # fmt: skip


def test_a_worker_that_lives_does_it(runtime: Runtime, folder: Path) -> None:
    with working(runtime) as worker:
        assert wait_for(runtime, Mark(str(folder))) == {"name": "mark"}
        assert only_job(runtime).worker == worker.name
    assert marks(folder) == {"mark": 1}


def test_a_worker_that_looks_elsewhere_does_not(runtime: Runtime, folder: Path) -> None:
    worker = Worker(runtime, only=["narrow"], pace=Pace(heartbeat_s=0.2, takeover_s=1.5))
    worker.start()
    try:
        assert (is_worked(runtime, "narrow"), is_worked(runtime, "default")) == (True, False)
        wait_for(runtime, Mark(str(folder)))
    finally:
        worker.stop()
    assert only_job(runtime).worker == "terminal-1"


def test_what_it_raises_is_raised_and_the_job_is_given_up(runtime: Runtime) -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        wait_for(runtime, Fail())
    failed = only_job(runtime)
    assert (failed.status, failed.error, failed.attempts) == ("failed", "the shop does not answer", 1)


def test_one_that_is_cancelled_elsewhere_says_so(sqlite_runtime: Runtime, folder: Path) -> None:
    def cancel() -> None:
        until(lambda: marks(folder).get("waiting") == 1)
        with sqlite_runtime.write(ADA) as unit:
            operations.cancel_job(unit, str(operations.list_jobs(unit).data[0].id))

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(Conflict, match="was cancelled"):
        wait_for(sqlite_runtime, Walk(str(folder), steps=1, pause_at=0))
    thread.join()
    assert only_job(sqlite_runtime).status == "cancelled"


def test_what_a_terminal_left_is_gone_on_with_when_it_is_asked_for_again(runtime: Runtime, folder: Path) -> None:
    message = Mark(str(folder))
    for _ in range(7):  # more often than a worker may die of it
        with runtime.write(ADA) as unit:
            left = unit.enqueue(message, key="it")
            assert claim_waiting(unit, left, "terminal-1") is not None
        put_back_orphans(runtime)
    assert wait_for(runtime, message, key="it") == {"name": "mark"}
    assert (only_job(runtime).id, only_job(runtime).status) == (left, "completed")


def test_a_worker_goes_on_with_what_a_dead_terminal_left_and_leaves_a_living_one_alone(
    runtime: Runtime, folder: Path
) -> None:
    dead, alive, other = enqueue(runtime, *(Mark(str(folder), name) for name in ("dead", "alive", "other")))
    with runtime.write() as unit:
        assert claim_waiting(unit, dead, "terminal-8") is not None
        assert claim_waiting(unit, alive, "terminal-9") is not None
    with named_lock(runtime.engine, "terminal-9"), working(runtime):
        assert {ended(runtime, each).status for each in (dead, other)} == {"completed"}
        assert (job(runtime, alive).status, job(runtime, alive).worker) == ("running", "terminal-9")
    assert marks(folder) == {"dead": 1, "other": 1}


def test_what_a_dead_worker_left_is_done_here(runtime: Runtime, folder: Path, start: Any) -> None:
    if runtime.engine.dialect.name == "postgresql":
        pytest.skip("it is believed to live until its silence has lasted for half a minute")
    process = start(runtime)
    with runtime.write() as unit:
        left = unit.enqueue(Sulk(str(folder)), key="it")
    until(lambda: marks(folder).get("sulking") == 1)
    process.kill()
    process.wait()
    (folder / "go").touch()
    wait_for(runtime, Sulk(str(folder)), key="it")
    assert (only_job(runtime).id, only_job(runtime).worker, marks(folder)["sulking"]) == (left, "terminal-1", 2)

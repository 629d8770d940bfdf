"""Workers in this process and in others."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest

from mercat.core.jobs import Message
from mercat.core.jobs.models import Job, JobEvent
from mercat.core.jobs.worker import Pace, Worker
from mercat.core.unit import Runtime
from tests.core.jobs.work import until

ROOT = Path(__file__).parents[3]
OVER = {"completed", "failed", "cancelled"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where handlers leave their marks."""
    made = tmp_path / "marks"
    made.mkdir()
    return made


@contextmanager
def working(runtime: Runtime) -> Iterator[Worker]:
    """A worker in this process."""
    worker = Worker(runtime, concurrency=4, pace=Pace(heartbeat_s=0.2, takeover_s=1.5, stop_within_s=5))
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start workers as processes; what is left of them ends with the test."""
    made: list[subprocess.Popen[str]] = []

    def begin(runtime: Runtime, *options: str) -> subprocess.Popen[str]:
        arguments = [str(runtime.settings.home), runtime.settings.url, *options]
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.core.jobs.worker_process", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        made.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().strip(), "the worker did not start"
        return process

    yield begin
    for process in made:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def enqueue(runtime: Runtime, *messages: Message) -> list[UUID]:
    with runtime.write() as unit:
        return [unit.enqueue(each) for each in messages]


def job(runtime: Runtime, id_: UUID) -> Job:
    with runtime.read() as unit:
        found = unit.session.get(Job, id_)
        assert found is not None
        return found


def log_of(runtime: Runtime, id_: UUID) -> list[str]:
    with runtime.read() as unit:
        events = unit.session.query(JobEvent).filter_by(job_id=id_).order_by(JobEvent.id)
        return [each.message for each in events]


def ended(runtime: Runtime, id_: UUID) -> Job:
    """The job when it is over."""
    until(lambda: job(runtime, id_).status in OVER)
    return job(runtime, id_)

"""Durable jobs: how soon one starts, how many run in a second, and how soon a dead worker's are taken over.

    uv run python -m benchmarks.jobs [--databases sqlite,postgresql] [--jobs 1000] [--probes 40]

Workers are processes of their own, with the settings that everybody gets. Times are taken from the jobs' own rows.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from benchmarks.servers import fresh_url
from mercat.core.database import migrate
from mercat.core.jobs import JobContext, Message, handles
from mercat.core.jobs.models import Job, JobEvent
from mercat.core.jobs.serving import serve
from mercat.core.jobs.worker import Worker
from mercat.core.settings import Settings
from mercat.core.unit import Runtime

_PATIENCE_S = 600.0
_BETWEEN_PROBES_S = 0.173  # no multiple of any interval at which a worker looks


@dataclass(frozen=True)
class Noop(Message, kind="benchmark.noop"):
    """Nothing."""


@dataclass(frozen=True)
class Wait(Message, kind="benchmark.wait"):
    """Wait for a file."""

    path: str


@handles(Noop)
def noop(_job: JobContext, _message: Noop) -> None:
    """Do nothing."""


@handles(Wait)
def wait(_job: JobContext, message: Wait) -> None:
    """Wait for a file, saying nothing."""
    while not Path(message.path).exists():
        time.sleep(0.05)


def measure(database: str, *, jobs: int, probes: int) -> dict[str, Any]:
    """All figures of one database."""
    with tempfile.TemporaryDirectory() as home, fresh_url(database, "jobs") as url:
        runtime = Runtime(Settings(home=Path(home), database_url=url))
        migrate.upgrade(runtime.engine)
        with _worker(runtime) as process:
            warm = _enqueue(runtime)
            _until(lambda: _done(runtime, [warm]))
            found = {"start_ms": _starts(runtime, probes), "jobs_per_second": _rate(runtime, jobs)}
            found["idle_cpu_share"] = _idle(process.pid)
        found["take_over_s"] = _take_over(runtime, Path(home) / "go")
        runtime.close()
    return found


def _starts(runtime: Runtime, probes: int) -> dict[str, float]:
    """Milliseconds from the start of the transaction that enqueues to the claim of the job, one at a time."""
    took = []
    for _ in range(probes):
        time.sleep(_BETWEEN_PROBES_S)
        id_ = _enqueue(runtime)
        _until(lambda id_=id_: _done(runtime, [id_]))
        with runtime.read() as unit:
            row = unit.session.get(Job, id_)
            took.append((row.started_at - row.created_at).total_seconds() * 1000)
    took.sort()
    return {"p50": round(median(took), 1), "p95": round(took[int(len(took) * 0.95)], 1), "max": round(took[-1], 1)}


def _rate(runtime: Runtime, jobs: int) -> float:
    """Jobs in a second, all enqueued in one transaction, from its commit to the end of the last one."""
    with runtime.write() as unit:
        ids = [unit.enqueue(Noop()) for _ in range(jobs)]
    with runtime.read() as unit:
        began = unit.now
    _until(lambda: _done(runtime, ids[-1:]) and _all_done(runtime))
    with runtime.read() as unit:
        ended = unit.session.scalar(select(func.max(Job.completed_at)))
    return round(jobs / (ended - began).total_seconds(), 1)


def _take_over(runtime: Runtime, go: Path) -> float:
    """Seconds from kill -9 of a worker in the middle of a job to the job's second start at another worker."""
    with _worker(runtime) as dies:
        with runtime.write() as unit:
            id_ = unit.enqueue(Wait(str(go)))
        _until(lambda: len(_begun(runtime, id_)) == 1)
        with _worker(runtime):
            dies.kill()
            with runtime.read() as unit:
                killed = unit.now
            _until(lambda: len(_begun(runtime, id_)) == 2)
            go.touch()
            _until(lambda: _done(runtime, [id_]))
    return round((_begun(runtime, id_)[1] - killed).total_seconds(), 2)


def _idle(pid: int) -> float:
    """The share of a core that a worker takes while there is nothing to do (Linux)."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return -1.0
    before, began = _ticks(stat), time.monotonic()
    time.sleep(5)
    return round((_ticks(stat) - before) / 100 / (time.monotonic() - began), 3)


def _ticks(stat: Path) -> int:
    fields = stat.read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _enqueue(runtime: Runtime) -> UUID:
    with runtime.write() as unit:
        return unit.enqueue(Noop())


def _done(runtime: Runtime, ids: list[UUID]) -> bool:
    with runtime.read() as unit:
        rows = select(func.count()).where(Job.id.in_(ids), Job.status == "completed")
        return unit.session.scalar(rows) == len(ids)


def _all_done(runtime: Runtime) -> bool:
    with runtime.read() as unit:
        return unit.session.scalar(select(Job.id).where(Job.status != "completed").limit(1)) is None


def _begun(runtime: Runtime, id_: UUID) -> list[Any]:
    rows = select(JobEvent.at).where(JobEvent.job_id == id_, JobEvent.message.startswith("started by"))
    with runtime.read() as unit:
        return list(unit.session.scalars(rows.order_by(JobEvent.id)))


def _until(holds: Any) -> None:
    given = time.monotonic() + _PATIENCE_S
    while not holds():
        if time.monotonic() > given:
            message = "the worker does not get on"
            raise RuntimeError(message)
        time.sleep(0.02)


@contextmanager
def _worker(runtime: Runtime) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "benchmarks.jobs", "--worker", str(runtime.settings.home), runtime.settings.url]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        process.stdout.close()


def main() -> None:
    """Measure and print, or be a worker."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--probes", type=int, default=40)
    parser.add_argument("--worker", nargs=2, metavar=("HOME", "URL"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        home, url = given.worker
        runtime = Runtime(Settings(home=Path(home), database_url=url))
        serve(Worker(runtime), on_start=lambda name: print(name, flush=True))
        runtime.close()
        return
    found = {name: measure(name, jobs=given.jobs, probes=given.probes) for name in given.databases.split(",")}
    json.dump(found, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()

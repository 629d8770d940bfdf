"""Messages and handlers that tests have done. A handler leaves its marks in files, which outlive a killed process."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mercat.core.database.locks import named_lock
from mercat.core.jobs import JobContext, Message, declare_queue, handles
from mercat.sdk.errors import Unavailable
from mercat.sdk.http import check, client

_PATIENCE_S = 120.0


@dataclass(frozen=True)
class Mark(Message, kind="testing.mark"):
    """Write ``name`` into the folder, once for each time it runs."""

    folder: str
    name: str = "mark"


@dataclass(frozen=True)
class Walk(Message, kind="testing.walk"):
    """Go so many steps, each of which leaves a mark; before the step ``pause_at`` wait for the file ``go``."""

    folder: str
    steps: int = 3
    pause_at: int | None = None


@dataclass(frozen=True)
class Spin(Message, kind="testing.spin"):
    """Report progress until stopped."""

    folder: str


@dataclass(frozen=True)
class Sulk(Message, kind="testing.sulk"):
    """Neither report nor listen until the file ``go`` is there."""

    folder: str


@dataclass(frozen=True)
class Ask(Message, kind="testing.ask"):
    """Ask a server."""

    url: str


@dataclass(frozen=True)
class One(Message, kind="testing.one", queue="narrow"):
    """Leave a mark that says how many run at once."""

    folder: str


@dataclass(frozen=True)
class Line(Message, kind="testing.line"):
    """Leave a mark while nobody else holds the lock ``narrow``."""

    folder: str


@dataclass(frozen=True)
class Fail(Message, kind="testing.fail"):
    """Meet a shop that does not answer."""


declare_queue("narrow", at_once=1)
declare_queue("rationed", limit=2, period_s=3600)
_inside = threading.Semaphore(1)


@handles(Mark)
def mark(_job: JobContext, message: Mark) -> dict[str, str]:
    leave(message.folder, message.name)
    return {"name": message.name}


@handles(Walk)
def walk(job: JobContext, message: Walk) -> int:
    for number in range(message.steps):
        if number == message.pause_at:
            leave(message.folder, "waiting")
            until(lambda: job.is_cancelled or Path(message.folder, "go").exists())
        job.step(f"step {number}", lambda number=number: leave(message.folder, f"step-{number}"))
        job.log("stepped", number=number)
        job.progress(number + 1, message.steps, "walking")
    return message.steps


@handles(Spin)
def spin(job: JobContext, message: Spin) -> None:
    leave(message.folder, "spinning")
    done = 0
    while True:
        done += 1
        job.progress(done, None, "spinning")
        time.sleep(0.01)


@handles(Sulk)
def sulk(_job: JobContext, message: Sulk) -> None:
    leave(message.folder, "sulking")
    until(lambda: Path(message.folder, "go").exists())


@handles(Ask, first_wait_s=0.05)
def ask(job: JobContext, message: Ask) -> str:
    def answer() -> str:
        with client(allow_private=True) as http:
            return check(http.get(message.url)).text

    return job.step("ask", answer)


@handles(One)
def one(_job: JobContext, message: One) -> None:
    is_alone = _inside.acquire(blocking=False)
    leave(message.folder, "alone" if is_alone else "beside")
    if is_alone:
        _inside.release()


@handles(Fail)
def fail(_job: JobContext, _message: Fail) -> None:
    raise Unavailable("the shop does not answer")


@handles(Line)
def line(job: JobContext, message: Line) -> None:
    with named_lock(job.runtime.engine, "narrow", on_wait=job.watch.stand_in_line):
        leave(message.folder, "in")


def leave(folder: str, name: str) -> None:
    """One byte more in a file: appending is atomic, and outlives the process."""
    with (Path(folder) / name).open("ab") as file:
        file.write(b".")
        file.flush()
        os.fsync(file.fileno())


def marks(folder: Path) -> dict[str, int]:
    """How often each name was left."""
    return {path.name: path.stat().st_size for path in sorted(folder.iterdir()) if path.is_file()}


def until(holds: Callable[[], object]) -> None:
    """Wait for something that another thread or process brings about."""
    moment, given = threading.Event(), time.monotonic() + _PATIENCE_S
    while not holds():
        assert time.monotonic() < given, "it did not come to pass"
        moment.wait(0.02)

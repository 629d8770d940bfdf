"""What a handler is given: who it works for, and how to tell how far it has come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from uuid import UUID

import msgspec
from structlog.contextvars import bound_contextvars

from mercat.core.jobs.watch import Watch
from mercat.core.redaction import scrub

if TYPE_CHECKING:
    from mercat.core.actor import Actor
    from mercat.core.unit import Runtime

T = TypeVar("T")


_current: ContextVar[UUID | None] = ContextVar("current_job", default=None)


def current_job() -> UUID | None:
    """The job that runs in this context, if one does."""
    return _current.get()


@contextmanager
def job_running(job_id: UUID, *, actor: str, request_id: str | None) -> Iterator[None]:
    """While this lasts, everything that is done and logged here belongs to the job, its actor and the request behind it."""
    mark = _current.set(job_id)
    request = {} if request_id is None else {"request_id": request_id}
    try:
        with bound_contextvars(job_id=str(job_id), actor=actor, **request):
            yield
    finally:
        _current.reset(mark)


class Cancelled(BaseException):
    """Somebody asked for the job to stop. No ``Exception``: a handler that catches everything lets it through."""


class Interrupted(BaseException):
    """The worker is being stopped: the job is put back and goes on elsewhere, from its last finished step."""


class Superseded(BaseException):
    """This worker was taken for dead and another one has the job: whatever is said here no longer counts."""


def sayable(text: str) -> str:
    """Text that every database takes: what comes from outside may hold NUL and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


class Steps(Protocol):
    """Where finished steps are remembered."""

    def run(self, name: str, work: Callable[[], Any]) -> Any:
        """What ``work`` returned, now or in an earlier life of the same job."""


class Told:
    """What a running job has said and what it is to be told, shared between its thread and the worker's.

    The handler only touches memory: it may report from inside an open unit, where a second transaction would wait for
    the first for ever.
    """

    def __init__(self, job_id: UUID, claim: UUID) -> None:
        self.job_id = job_id
        self.claim = claim
        self.stop: type[BaseException] | None = None
        self.steps_done = 0
        self._lock = threading.Lock()
        self._progress: tuple[int, int | None, str | None] | None = None
        self._lines: list[tuple[str, str, dict[str, Any] | None]] = []

    def report(self, done: int, total: int | None, stage: str | None) -> None:
        with self._lock:
            self._progress = (done, total, stage)

    def line(self, level: str, message: str, data: dict[str, Any] | None) -> None:
        with self._lock:
            self._lines.append((level, message, data))

    def take(self) -> tuple[tuple[int, int | None, str | None] | None, list[tuple[str, str, dict[str, Any] | None]]]:
        """What was said since the last time."""
        with self._lock:
            said = self._progress, self._lines
            self._progress, self._lines = None, []
        return said

    def give_back(self, lines: list[tuple[str, str, dict[str, Any] | None]]) -> None:
        """Lines that could not be written wait for the next time."""
        with self._lock:
            self._lines = lines + self._lines


class JobContext:
    """A running job. ``progress``, ``log`` and ``step`` are also where it stops when it is cancelled."""

    def __init__(self, runtime: Runtime, actor: Actor, told: Told, steps: Steps) -> None:
        self.runtime = runtime
        self.actor = actor
        self.job_id = told.job_id
        self._told = told
        self._steps = steps

    @property
    def is_cancelled(self) -> bool:
        """Whether the job should stop, for whatever reason; ``check`` raises accordingly."""
        return self._told.stop is not None

    def check(self) -> None:
        """Raises where the job should stop. Let it through."""
        if self._told.stop is not None:
            raise self._told.stop

    @property
    def watch(self) -> Watch:
        """This job as whoever watches the work that it does."""
        return Watch(
            progress=lambda stage, done, total: self.progress(done, total, stage), check=self.check, job_id=self.job_id
        )

    def progress(self, done: int, total: int | None = None, stage: str | None = None) -> None:
        """How far it has come; cheap enough to be called for every item, and safe inside an open unit."""
        self.check()
        self._told.report(done, total, None if stage is None else sayable(stage))

    def log(self, message: str, *, level: str = "info", **data: Any) -> None:
        """A line of the job's log, for people: no secrets, and data of plain values."""
        self.check()
        kept = msgspec.json.decode(msgspec.json.encode(data)) if data else None
        self._told.line(level, sayable(scrub(message)), kept)

    def step(self, name: str, work: Callable[[], T]) -> T:
        """Run ``work`` once: after a crash or a retry what it returned is taken from memory instead.

        Steps must come in the same order each time; results are small plain values. A step that was cut off in the
        middle is run again, so it has to be safe to repeat.
        """
        self.check()
        result: T = self._steps.run(name, work)
        self._told.steps_done += 1
        return result

"""What running jobs say is written where people look, and what people ask for is told to the jobs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from mercat.core.jobs.context import Cancelled, Interrupted, Superseded, Told
from mercat.core.jobs.repository import JobRepository
from mercat.core.jobs.running import values_of
from mercat.core.unit import Runtime, WriteUnit


class Mirror:
    """The jobs that run in this process."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._lock = threading.Lock()
        self._running: set[Told] = set()
        self._is_stopping = False

    @contextmanager
    def watching(self, told: Told) -> Iterator[None]:
        """As long as the job runs."""
        with self._lock:
            self._running.add(told)
            if self._is_stopping:
                told.stop = Interrupted
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(told)

    def running(self) -> list[Told]:
        """What runs just now."""
        with self._lock:
            return list(self._running)

    def interrupt(self) -> None:
        """Ask all to stop at their next step, and those that are yet to begin as well."""
        with self._lock:
            self._is_stopping = True
            for each in self._running:
                each.stop = each.stop or Interrupted

    def listen(self) -> None:
        """Tell jobs that were cancelled, or are another worker's by now. Only reads: a writer may be at work for long."""
        running = self.running()
        if not running:
            return
        with self._runtime.read() as unit:
            flags = JobRepository(unit.session).flags(each.claim for each in running)
        for each in running:
            if each.claim not in flags:
                # It may have ended in the meantime; then nobody reads this any more.
                each.stop = Superseded
            elif flags[each.claim]:
                each.stop = Cancelled

    def write(self) -> None:
        """Write down what was said since the last time, all in one transaction."""
        said = [(each, *each.take()) for each in self.running()]
        said = [each for each in said if each[1] is not None or each[2]]
        if not said:
            return

        def work(unit: WriteUnit) -> None:
            repository = JobRepository(unit.session)
            for told, progress, lines in said:
                job = repository.held(told.job_id, told.claim)
                if job is not None:
                    for name, value in values_of(progress, job.started_at, unit.now).items():
                        setattr(job, name, value)
                    job.steps_done = told.steps_done
                # It may be over by now: what it said last still belongs to its log.
                if job is not None or repository.is_there(told.job_id):
                    repository.append(told.job_id, unit.now, lines)

        try:
            self._runtime.attempt(work)
        except Exception:
            for told, _, lines in said:
                told.give_back(lines)
            raise

"""A worker: hands over what was written, runs what the engine gives it, fires schedules, and looks after the dead."""

from __future__ import annotations

import datetime as dt
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from uuid import UUID

from mercat.core.database.engine import make_jobs_engine
from mercat.core.errors import Recovery
from mercat.core.jobs.attending import put_back_orphans
from mercat.core.jobs.context import Interrupted, Told
from mercat.core.jobs.engine import EngineSteps, JobEngine
from mercat.core.jobs.firing import fire_due
from mercat.core.jobs.mirroring import Mirror
from mercat.core.jobs.models import PENDING, TERMINAL
from mercat.core.jobs.presence import Heartbeats, Places, Presence, is_on_one_host, living
from mercat.core.jobs.recovering import recovery_of
from mercat.core.jobs.registry import QueueTerms, queues
from mercat.core.jobs.repository import JobRepository
from mercat.core.jobs.running import claim, put_back, reason_of, run
from mercat.core.jobs.waking import waker_for
from mercat.core.log import get_logger
from mercat.core.unit import Runtime, WriteUnit

log = get_logger(__name__)
T = TypeVar("T")
_AT_ONCE = 50
_HOUR_S = 3600.0


@dataclass(frozen=True)
class Pace:
    """How often a worker looks, in seconds. ``heartbeat_s`` and ``takeover_s`` come from the settings."""

    heartbeat_s: float
    takeover_s: float
    poll_s: float = 0.05
    glance_s: float = 0.5
    mirror_s: float = 0.25
    schedules_s: float = 0.5
    stop_within_s: int = 8


class Worker:
    """One in a process. Start it, let it run, stop it; jobs that are in hand then are finished or put back."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        only: Sequence[str] | None = None,
        concurrency: int | None = None,
        pace: Pace | None = None,
    ) -> None:
        settings = runtime.settings
        self.runtime = runtime
        self.only = None if only is None else list(only)
        self.concurrency = concurrency or settings.jobs_concurrency
        self.pace = pace or Pace(settings.jobs_heartbeat_s, settings.jobs_takeover_s)
        self._mirror = Mirror(runtime)
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """From here on jobs are run."""
        self._database = make_jobs_engine(self.runtime.settings)
        self._presence = self._arrive()
        self._engine = JobEngine(database=self._database, name=self._presence.name, run=self._run)
        self._engine.start(queues(), only=self.only, concurrency=self.concurrency, poll_s=self.pace.poll_s)
        self._reconcile()
        self._loop("dispatch", self._dispatch)
        self._loop("mirror", self._write)
        self._loop("watch", self._watch)
        log.info("worker_started", name=self._presence.name, queues=self.only, concurrency=self.concurrency)

    def stop(self) -> None:
        """Take nothing new; ask what runs to finish its step and be put back; wait for it a few seconds, then end."""
        self._mirror.interrupt()
        self._stop.set()
        self._engine.stop(within_s=self.pace.stop_within_s)
        for each in self._threads:
            each.join(timeout=1)
        left = [str(each.job_id) for each in self._mirror.running()]
        if left:
            # The engine still has them: they go on from their last finished step when this worker, or another, is back.
            log.warning("jobs_cut_off", jobs=left)
        else:
            self._presence.leave()
        self._database.dispose()
        log.info("worker_stopped", name=self._presence.name)

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs here just now."""
        return not self._mirror.running()

    @property
    def name(self) -> str:
        """What it is called in the jobs that it runs."""
        return self._presence.name

    def is_work_due(self) -> bool:
        """Whether a job waits whose time has come, or one was left by a worker that died. Ask when this one is idle."""
        with self.runtime.read() as unit:
            repository = JobRepository(unit.session)
            if repository.is_due(self.only, unit.now):
                return True
            running = repository.running()
        others = {*living(self.runtime)} - {self.name}
        left = (queue for _, worker, queue in running if worker not in others and not worker.startswith(TERMINAL))
        return any(self.only is None or queue in self.only for queue in left)

    def _arrive(self) -> Presence:
        # Heartbeats would be held up by a long writer to SQLite.
        if is_on_one_host(self.runtime.settings):
            return Places(self.runtime.settings.home, queues=self.only, every_s=self.pace.heartbeat_s)
        return Heartbeats(
            self.runtime,
            queues=self.only,
            concurrency=self.concurrency,
            every_s=self.pace.heartbeat_s,
            silent_s=self.pace.takeover_s,
        )

    def _run(self, job_id: UUID, generation: int, steps: EngineSteps) -> None:
        """What the engine calls for each job that it gives to this worker."""
        mine = self._surely(lambda unit: claim(unit, job_id, generation, self._presence.name))
        if mine is None:
            return
        told = Told(mine.id, mine.claim)
        with self._mirror.watching(told):
            run(self.runtime, mine, told, steps, self._surely)

    def _surely(self, work: Callable[[WriteUnit], T]) -> T:
        """Raises ``Interrupted`` where the worker is stopped meanwhile: the engine keeps the job for the next one."""
        while True:
            try:
                return self.runtime.attempt(work)
            except Exception as failed:
                if recovery_of(failed) is not Recovery.LATER:
                    raise
                log.warning("database_away", reason=reason_of(failed))
            if self._stop.wait(1.0):
                raise Interrupted

    def _reconcile(self) -> None:
        """Hand over anew what the engine has lost: its file was deleted, or is older than the database after a restore."""
        after: UUID | None = None
        while True:
            with self.runtime.read() as unit:
                begun = JobRepository(unit.session).begun(after, most=_AT_ONCE)
            if not begun:
                return
            after = begun[-1][0]
            for job_id in self._engine.missing(begun):
                self.runtime.attempt(partial(_hand_anew, job_id=job_id))

    def _dispatch(self) -> None:
        waker = waker_for(self.runtime.engine)
        fired = 0.0
        try:
            while not self._stop.is_set():
                if time.monotonic() - fired >= self.pace.schedules_s:
                    fired = time.monotonic()
                    fire_due(self.runtime)
                handed, wait_s = self._hand_over()
                if handed < _AT_ONCE:
                    waker.wait(self._stop, wait_s)
        finally:
            waker.close()

    def _hand_over(self) -> tuple[int, float]:
        """Hand over what is due: how much it was, and for how long nothing more will come of itself."""
        with self.runtime.read() as unit:
            repository = JobRepository(unit.session)
            due = repository.due(unit.now, self.only, most=_AT_ONCE)
            later = repository.next_due(unit.now) if len(due) < _AT_ONCE else None
            wait_s = self.pace.glance_s
            if later is not None:
                wait_s = min(wait_s, max(0.001, (later - unit.now).total_seconds()))
        for queue in {each.queue for each in due}:
            self._engine.know(QueueTerms(queue))
        if due:
            self._engine.hand_over(due)
            self.runtime.attempt(lambda unit: JobRepository(unit.session).mark_handed(due, unit.now))
        return len(due), wait_s

    def _write(self) -> None:
        while not self._stop.wait(self.pace.mirror_s):
            self._mirror.write()

    def _watch(self) -> None:
        tidied = time.monotonic()
        searched = 0.0
        while not self._stop.wait(self.pace.mirror_s):
            self._mirror.listen()
            self._presence.watch(self._engine.take_over)
            if time.monotonic() - searched >= self.pace.heartbeat_s:
                searched = time.monotonic()
                put_back_orphans(self.runtime)
            if time.monotonic() - tidied >= _HOUR_S:
                tidied = time.monotonic()
                self._tidy()

    def _tidy(self) -> None:
        """Remove old jobs, here and in the engine."""
        while not self._stop.is_set():
            with self.runtime.read() as unit:
                before = unit.now - dt.timedelta(days=self.runtime.settings.jobs_kept_days)
                old = JobRepository(unit.session).old(before, most=_AT_ONCE)
            if not old:
                return
            self._engine.forget(old)
            self.runtime.attempt(partial(_purge, ids=[job_id for job_id, _ in old]))

    def _loop(self, name: str, work: Callable[[], None]) -> None:
        def forever() -> None:
            while not self._stop.is_set():
                try:
                    work()
                except Exception as failed:  # noqa: BLE001  # the database may be away for a while; a worker outlives that
                    if not self._stop.is_set():
                        log.warning("worker_stumbled", loop=name, reason=str(failed).splitlines()[:1])
                    self._stop.wait(1.0)

        thread = threading.Thread(target=forever, name=f"jobs-{name}", daemon=True)
        thread.start()
        self._threads.append(thread)


def _hand_anew(unit: WriteUnit, job_id: UUID) -> None:
    job = JobRepository(unit.session).locked(job_id)
    if job is None:
        return
    if job.status == PENDING:
        job.handed_at = None
    else:
        put_back(unit, job, after_s=0)


def _purge(unit: WriteUnit, ids: Sequence[UUID]) -> None:
    JobRepository(unit.session).purge(ids)


def exit_now(code: int) -> None:
    """End the process although threads of jobs still run: their jobs go on elsewhere."""
    os._exit(code)

"""Jobs that somebody waits for: a worker does one where a worker lives, this very process where none does.

A process that does a job itself (a *terminal*) does without the engine, which takes a second or two to start: it claims the
job, runs it, and writes down what came of it, as a worker would. Meanwhile it holds a lock of its own, which ends with it:
whoever finds that lock free puts back what the terminal left.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.database.locks import named_lock
from mercat.core.errors import Conflict
from mercat.core.jobs.context import Told
from mercat.core.jobs.mirroring import Mirror
from mercat.core.jobs.models import CANCELLED, COMPLETED, FAILED, PENDING, TERMINAL, Job
from mercat.core.jobs.presence import is_worked
from mercat.core.jobs.repository import JobRepository
from mercat.core.jobs.running import claim_waiting, put_back_orphan, run
from mercat.core.jobs.watch import Progress
from mercat.core.log import get_logger
from mercat.core.unit import Runtime, WriteUnit

log = get_logger(__name__)
_MOST_TERMINALS = 64
_LOOK_EVERY_S = 0.2
_MIRROR_EVERY_S = 0.25


def attend(
    runtime: Runtime, actor: Actor, enqueue: Callable[[WriteUnit], UUID], *, queue: str, progress: Progress
) -> Any:
    """Have a job of this queue enqueued and wait for its end; its result. Ctrl-C cancels it.

    Raises what the job raised if it ran here; ``Conflict`` with the reason if it was given up elsewhere, or cancelled.
    """
    put_back_orphans(runtime, None if is_worked(runtime, queue) else queue)
    job_id = runtime.attempt(enqueue, actor)
    try:
        return _result(runtime, actor, job_id, progress)
    except KeyboardInterrupt:
        runtime.attempt(partial(_stop, job_id=job_id))
        raise


def put_back_orphans(runtime: Runtime, unworked: str | None = None) -> None:
    """Put back what terminals left when they died, and what is left running in a queue that no worker looks into."""
    with runtime.read() as unit:
        running = JobRepository(unit.session).running()
    for job_id, worker, queue in running:
        if worker.startswith(TERMINAL):
            with ExitStack() as held:
                if _is_free(runtime, worker, held):
                    runtime.attempt(partial(put_back_orphan, job_id=job_id, worker=worker))
        elif queue == unworked:
            runtime.attempt(partial(put_back_orphan, job_id=job_id, worker=worker))


def _result(runtime: Runtime, actor: Actor, job_id: UUID, progress: Progress) -> Any:
    while True:
        with runtime.read() as unit:
            job = JobRepository(unit.session).get_job(job_id)
            is_due = job.status == PENDING and job.run_after <= unit.now
        if job.status == COMPLETED:
            return job.result
        if job.status in {FAILED, CANCELLED} or (job.status == PENDING and job.error is not None):
            raise Conflict(_reason(job), job_id=str(job_id))
        if is_due and not is_worked(runtime, job.queue):
            put_back_orphans(runtime, job.queue)
            if _run_here(runtime, actor, job_id, progress):
                continue
        progress(_stage(job), job.items_done or 0, job.items_total)
        time.sleep(_LOOK_EVERY_S)


def _stage(job: Job) -> str:
    return job.current_stage or ("waiting for its turn" if job.status == PENDING else "running")


def _reason(job: Job) -> str:
    if job.status == CANCELLED:
        return f"the job {job.id} was cancelled"
    if job.status == FAILED:
        return job.error or f"the job {job.id} was given up"
    return f"{job.error}; a worker tries again: mercat jobs show {job.id}"


def _run_here(runtime: Runtime, actor: Actor, job_id: UUID, progress: Progress) -> bool:
    """Run the job if it is still to be had; whether it was. Raises what its handler raised, after noting it."""
    with _terminal(runtime) as name:
        mine = runtime.attempt(lambda unit: claim_waiting(unit, job_id, name))
        if mine is None:
            return False
        told = _Heard(mine.id, mine.claim, progress)
        with _mirrored(runtime, told):
            # Whoever waits is told at once, and tries again when they like.
            failed = run(runtime, replace(mine, actor=actor), told, _Unremembered(), runtime.attempt, tries_again=False)
    if failed is not None:
        raise failed
    return True


class _Heard(Told):
    """What is said is heard at once."""

    def __init__(self, job_id: UUID, claim: UUID, hear: Progress) -> None:
        super().__init__(job_id, claim)
        self._hear = hear

    def report(self, done: int, total: int | None, stage: str | None) -> None:
        super().report(done, total, stage)
        self._hear(stage or "", done, total)


class _Unremembered:
    """Steps are done again after a crash: handlers are safe to repeat."""

    def run(self, _name: str, work: Callable[[], Any]) -> Any:
        return work()


@contextmanager
def _terminal(runtime: Runtime) -> Iterator[str]:
    """A name whose lock is held as long as this process lives and needs it."""
    with ExitStack() as held:
        for number in range(1, _MOST_TERMINALS + 1):
            name = f"{TERMINAL}{number}"
            if _is_free(runtime, name, held):
                yield name
                return
    message = f"{_MOST_TERMINALS} commands run jobs already: wait for one, or leave this to a worker with --detach"
    raise Conflict(message)


class _Taken(Exception):  # it goes no further than this file
    pass


def _refuse() -> None:
    raise _Taken


def _is_free(runtime: Runtime, name: str, held: ExitStack) -> bool:
    """Whether nobody holds the lock of this terminal; then ``held`` does."""
    try:
        held.enter_context(named_lock(runtime.engine, name, on_wait=_refuse))
    except _Taken:
        return False
    return True


@contextmanager
def _mirrored(runtime: Runtime, told: Told) -> Iterator[None]:
    """While this lasts, what the job says is written down, and it hears what it is asked."""
    mirror, over = Mirror(runtime), threading.Event()

    def again_and_again(work: Callable[[], None]) -> None:
        while not over.wait(_MIRROR_EVERY_S):
            try:
                work()
            except Exception as failed:  # noqa: BLE001  # it is told again the next time
                log.warning("mirror_stumbled", reason=str(failed).splitlines()[:1])

    # Two, for writing waits as long as the job holds a transaction open, and listening need not.
    threads = [
        threading.Thread(target=again_and_again, args=(each,), daemon=True) for each in (mirror.listen, mirror.write)
    ]
    with mirror.watching(told):
        for each in threads:
            each.start()
        try:
            yield
        finally:
            over.set()
            for each in threads:
                each.join()


def _stop(unit: WriteUnit, job_id: UUID) -> None:
    repository = JobRepository(unit.session)
    if not repository.cancel_waiting(job_id, unit.now):
        repository.ask_to_stop(job_id, unit.now)

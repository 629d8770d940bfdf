"""The engine behind the jobs: DBOS Transact, which keeps queues and finished steps. The only module that knows it.

Imported by workers only: it takes a second or two.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from dbos import DBOS, DBOSClient, DBOSConfig, SetWorkflowID, error
from sqlalchemy import Engine as DatabaseEngine
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from mercat.core.jobs.registry import QueueTerms
from mercat.core.jobs.repository import Due
from mercat.core.log import get_logger

log = get_logger(__name__)
_APPLICATION = "mercat"
_WORKFLOW = "mercat_job"
SCHEMA = "mercat_engine"
# The engine resumes a workflow only under the version that began it. Handlers are safe to repeat and messages bear
# new fields, so a new Mercat goes on with the jobs of the old one; what changes this number is a change of this file.
_VERSION = "1"
# A start that never ends well is counted by the job itself (attempts), in sight of people.
_ENGINES_OWN_LIMIT = 1_000_000
_ALL_STEPS = 1_000_000_000
# A queue that nobody looks into.
_HELD = "mercat_held"
_BUSY_FOR_S = 0.5
_BUSY_POLL_S = 0.01

Run = Callable[[UUID, int, "EngineSteps"], None]


class _StepFailed(BaseException):
    """Carries a step's failure past the engine, which would remember an ``Exception`` and repeat it for ever."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class EngineSteps:
    """Steps that the engine remembers, inside a job that it runs."""

    def run(self, name: str, work: Callable[[], Any]) -> Any:
        """What ``work`` returns, or returned before; what it raises is not remembered."""

        def step() -> list[Any]:
            try:
                # In a list: the engine takes a bare None for nothing remembered.
                return [work()]
            except Exception as failure:
                raise _StepFailed(failure) from failure

        try:
            return DBOS.run_step({"name": name}, step)[0]
        except _StepFailed as failed:
            raise failed.error from failed.error.__cause__


class JobEngine:
    """One engine in this process, between ``start`` and ``stop``."""

    def __init__(self, *, database: DatabaseEngine, name: str, run: Run) -> None:
        self.name = name
        self._database = database
        self._busy_until = 0.0
        self._ended = threading.Condition()
        self._known: set[str] = set()
        self._here: dict[str, int] = {}
        _quieten()
        config: DBOSConfig = {
            "name": _APPLICATION,
            "system_database_engine": database,
            "dbos_system_schema": SCHEMA,
            "application_version": _VERSION,
            "executor_id": name,
            "use_listen_notify": False,
            "enable_otlp": False,
            "log_level": "WARNING",
            # Its own scheduler has nothing to do: schedules of ours enqueue jobs of ours.
            "scheduler_polling_interval_sec": 3600.0,
        }
        self._dbos = DBOS(config=config)

        @DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=_ENGINES_OWN_LIMIT)
        def job(job_id: str) -> None:
            # The workflow's id says which generation it is: its input stays the same when a job is put back.
            _, _, generation = (DBOS.workflow_id or "").partition(".")
            try:
                run(UUID(job_id), int(generation or 0), EngineSteps())
            finally:
                self._busy_until = time.monotonic() + _BUSY_FOR_S
                with self._ended:
                    self._ended.notify_all()

    def start(
        self, queues: Mapping[str, QueueTerms], *, only: Sequence[str] | None, concurrency: int, poll_s: float
    ) -> None:
        """Run what comes: from all queues or ``only`` some, so many jobs of one queue at once in this process."""
        if only is not None:
            DBOS.listen_queues(list(only))
        DBOS.launch()
        self._concurrency, self._poll_s = concurrency, poll_s
        self._client = DBOSClient(
            system_database_engine=self._database, dbos_system_schema=SCHEMA, application_name=_APPLICATION
        )
        self._keep_own_terms()
        for terms in queues.values():
            self.know(terms)

    def know(self, terms: QueueTerms) -> None:
        """See to it that somebody looks into the queue; one that is known stays as it is."""
        if terms.name in self._known:
            return
        most = self._concurrency
        self._here[terms.name] = min(most, terms.at_once_per_worker or most, terms.at_once or most)
        DBOS.register_queue(
            terms.name,
            worker_concurrency=self._here[terms.name],
            global_concurrency=terms.at_once,
            limiter=None if terms.limit is None else {"limit": terms.limit, "period": terms.period_s},
            polling_interval_sec=self._poll_s,
            on_conflict="always_update",
        )
        self._known.add(terms.name)

    def _keep_own_terms(self) -> None:
        """Read each queue with this process's own limit, and look into it sooner while jobs come and go.

        The engine keeps a queue's terms in its database, ``worker_concurrency`` among them, so the worker that started
        last would set it for all. It has no public way to say it per process (3.4); everything else is shared on purpose.
        It takes up as many jobs as have room each time it looks: looking late leaves threads idle, and looking for one
        job at a time costs more than the job. Each look would also read the terms and the newest version anew, an eighth
        of all its work: terms hold for half a second, and there is one version, which every job bears.
        """
        system = self._dbos._sys_db  # noqa: SLF001  # see above
        stored = system.get_queue
        read: dict[str, tuple[float, Any]] = {}

        def get_queue(name: str, **more: Any) -> Any:
            now = time.monotonic()
            good_until, found = read.get(name, (0.0, None))
            if found is None or now >= good_until:
                found = stored(name, **more)
                read[name] = now + _BUSY_FOR_S, found
            if found is not None and name in self._here:
                is_busy = now < self._busy_until
                found._worker_concurrency = self._here[name]  # noqa: SLF001  # see above
                found._polling_interval_sec = min(self._poll_s, _BUSY_POLL_S) if is_busy else self._poll_s  # noqa: SLF001  # see above
                if is_busy:
                    self._wait_for_room(name)
            return found

        system.get_queue = get_queue  # type: ignore[method-assign]  # see above
        system._is_latest_version = lambda *_: True  # type: ignore[method-assign]  # noqa: SLF001  # see above

    def _wait_for_room(self, queue: str) -> None:
        """Until a quarter of what may run at once has ended, or the time of an ordinary look has come."""
        running, enough = self._dbos._active_workflows_set, self._here[queue] * 3 // 4  # noqa: SLF001  # see above
        with self._ended:
            self._ended.wait_for(lambda: running.count_for_queue(queue) <= enough, timeout=self._poll_s)

    def hand_over(self, due: Sequence[Due]) -> None:
        """Give the engine jobs. Safe to repeat: it has each generation of a job once."""
        self._busy_until = time.monotonic() + _BUSY_FOR_S
        self._enqueue([each for each in due if not each.has_steps])
        self._enqueue([each for each in due if each.has_steps and not self._goes_on(each)])

    def _enqueue(self, due: Sequence[Due]) -> None:
        """From their first step, all in one transaction."""
        if not due:
            return
        with self._database.begin() as connection:
            for each in due:
                self._client.enqueue_in_transaction(
                    connection,
                    {
                        "workflow_name": _WORKFLOW,
                        "queue_name": each.queue,
                        "workflow_id": _id(each.id, each.generation),
                        "app_version": _VERSION,
                        "priority": each.priority,
                    },
                    str(each.id),
                )

    def _goes_on(self, due: Due) -> bool:
        """Whether the engine has the job after its finished steps, now or since before."""
        try:
            with SetWorkflowID(_id(due.id, due.generation)):
                DBOS.fork_workflow(
                    _id(due.id, due.generation - 1),
                    _ALL_STEPS,
                    application_version=_VERSION,
                    queue_name=_HELD,
                )
        except IntegrityError:
            log.debug("handed_over_before", job_id=str(due.id))
        except error.DBOSNonExistentWorkflowError:
            log.info("steps_forgotten", job_id=str(due.id))
            return False
        self._rank(due)
        return True

    def _rank(self, due: Due) -> None:
        """Let a job that goes on after its finished steps into its queue, with its priority.

        The engine's way to go on knows no priority (3.4) and would put it first, so it waits where nobody looks meanwhile.
        """
        prefix = f"{SCHEMA}." if self._database.dialect.name == "postgresql" else ""
        ranked = text(
            f"UPDATE {prefix}workflow_status SET priority = :priority, queue_name = :queue "  # noqa: S608  # ours
            "WHERE workflow_uuid = :id AND queue_name = :held"
        )
        values = {"priority": due.priority, "queue": due.queue, "id": _id(due.id, due.generation), "held": _HELD}
        with self._database.begin() as connection:
            connection.execute(ranked, values)

    def missing(self, jobs: Iterable[tuple[UUID, int]]) -> set[UUID]:
        """Of these jobs and generations those that the engine never had, or has forgotten."""
        wanted = {_id(job_id, generation): job_id for job_id, generation in jobs}
        if not wanted:
            return set()
        found = DBOS.list_workflows(workflow_ids=list(wanted), load_input=False, load_output=False)
        known = {each.workflow_id for each in found}
        return {job_id for id_, job_id in wanted.items() if id_ not in known}

    def take_over(self, dead: str) -> int:
        """Put what a dead worker was running back into its queues. The caller sees to it that nobody else does so."""
        left = DBOS.list_workflows(
            status="PENDING", executor_id=dead, app_version=_VERSION, load_input=False, load_output=False
        )
        for each in left:
            DBOS.resume_workflow(each.workflow_id, queue_name=each.queue_name)
        return len(left)

    def forget(self, jobs: Iterable[tuple[UUID, int]]) -> None:
        """Remove all generations of jobs that are over."""
        ids = [_id(job_id, each) for job_id, generation in jobs for each in range(generation + 1)]
        if ids:
            DBOS.delete_workflows(ids)

    def stop(self, *, within_s: int) -> None:
        """Take nothing new, wait for what runs, and let go."""
        self._client.destroy()
        DBOS.destroy(workflow_completion_timeout_sec=within_s, destroy_registry=True)


def _id(job_id: UUID, generation: int) -> str:
    return f"{job_id}.{generation}" if generation else str(job_id)


class _Forward(logging.Handler):
    """The engine's warnings among our own log lines."""

    def emit(self, record: logging.LogRecord) -> None:
        log.warning("engine_said", message=record.getMessage(), level=record.levelname.lower())


def _quieten() -> None:
    # A handler that is there keeps the engine from writing to the console by itself.
    logger = logging.getLogger("dbos")
    if not any(isinstance(each, _Forward) for each in logger.handlers):
        logger.addHandler(_Forward())
        logger.propagate = False

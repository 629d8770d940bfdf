"""What workers ask and tell the database about jobs."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Update, delete, or_, select, update
from sqlalchemy import Row as RowOf
from sqlalchemy.orm import Session

from mercat.core.database.results import rows_of
from mercat.core.errors import NotFound
from mercat.core.ids import new_id
from mercat.core.jobs.models import CANCELLED, COMPLETED, PENDING, RUNNING, TERMINAL, Job, JobEvent
from mercat.core.jobs.statements import APPEND, BEGIN, COMPLETE, DUE, DUE_OF_QUEUES, NEXT_DUE, SEEN

Line = tuple[str, str, dict[str, Any] | None]


@dataclass(frozen=True)
class Due:
    """A job that the engine does not have yet, or has to get anew."""

    id: UUID
    queue: str
    priority: int
    generation: int
    steps_done: int

    @property
    def has_steps(self) -> bool:
        """Whether a generation before this one finished steps."""
        return bool(self.generation and self.steps_done)


class JobRepository:
    """Jobs as workers see them: statements, no loaded rows."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def due(self, now: dt.datetime, queues: Sequence[str] | None, *, most: int) -> list[Due]:
        """What is to be handed over: pending, its time come, and nobody of its key before it."""
        bound = {"now": now, "most": most}
        if queues is None:
            rows = self._past().execute(DUE, bound)
        else:
            rows = self._past().execute(DUE_OF_QUEUES, {**bound, "queues": list(queues)})
        return [Due(*row) for row in rows]

    def is_due(self, queues: Sequence[str] | None, now: dt.datetime) -> bool:
        """Whether something waits whose time has come."""
        rows = select(Job.id).where(Job.status == PENDING, Job.run_after <= now).limit(1)
        if queues is not None:
            rows = rows.where(Job.queue.in_(queues))
        return self.session.scalar(rows) is not None

    def mark_handed(self, handed: Sequence[Due], now: dt.datetime) -> None:
        """The engine has these. One that was put back meanwhile is of a later generation, and stays."""
        by_generation: dict[int, list[UUID]] = defaultdict(list)
        for each in handed:
            by_generation[each.generation].append(each.id)
        for generation, ids in by_generation.items():
            alike = update(Job).where(Job.id.in_(ids), Job.generation == generation, Job.handed_at.is_(None))
            self._run(alike.values(handed_at=now))

    def next_due(self, now: dt.datetime) -> dt.datetime | None:
        """When the next job that waits for its time is due."""
        return self._past().scalar(NEXT_DUE, {"now": now})

    def seen(self, job_id: UUID) -> RowOf[*tuple[Any, ...]] | None:
        """What a claim is decided on, locked until the unit ends; plain columns, for it is asked for every job."""
        return self._past().execute(SEEN, {"job": job_id}).first()

    def begin(self, job_id: UUID, values: dict[str, Any]) -> None:
        """Note a claim on a job that this unit has locked."""
        self._past().execute(BEGIN, {"job": job_id, **values})

    def locked(self, job_id: UUID) -> Job | None:
        """The job, and every other one of its key that is at work or waits, locked until the unit ends."""
        job = self.session.scalars(select(Job).where(Job.id == job_id).with_for_update()).first()
        if job is not None and job.merge_key is not None:
            alike = select(Job.id).where(Job.merge_key == job.merge_key, Job.status.in_((PENDING, RUNNING)))
            self.session.execute(alike.order_by(Job.id).with_for_update()).all()
        return job

    def complete(self, claim: UUID, values: dict[str, Any]) -> bool:
        """End the job that this claim holds, in one statement. Whether it still held."""
        return rows_of(self._past().execute(COMPLETE, {"held": claim, **values})) == 1

    def is_key_busy(self, job: Job) -> bool:
        """Whether another job of the same key is at work."""
        if job.merge_key is None:
            return False
        rows = select(Job.id).where(Job.merge_key == job.merge_key, Job.status == RUNNING, Job.id != job.id).limit(1)
        return self.session.scalar(rows) is not None

    def held(self, job_id: UUID, claim: UUID) -> Job | None:
        """The job if this claim still holds it, locked until the unit ends."""
        rows = select(Job).where(Job.id == job_id, Job.claim == claim, Job.status == RUNNING).with_for_update()
        return self.session.scalars(rows).first()

    def flags(self, claims: Iterable[UUID]) -> dict[UUID, bool]:
        """Of these claims those that still hold, and whether the job was asked to stop."""
        rows = select(Job.claim, Job.cancel_requested_at).where(Job.claim.in_(list(claims)), Job.status == RUNNING)
        return {claim: at is not None for claim, at in self.session.execute(rows) if claim is not None}

    def running(self) -> list[tuple[UUID, str, str]]:
        """Every job that is at work: its id, its worker, its queue."""
        rows = select(Job.id, Job.worker, Job.queue).where(Job.status == RUNNING)
        return [(row.id, row.worker or "", row.queue) for row in self.session.execute(rows)]

    def is_queued(self, key: str) -> bool:
        """Whether a job of this key waits to be joined."""
        return self.session.scalar(select(Job.id).where(Job.queued_key == key)) is not None

    def get_job(self, job_id: UUID) -> Job:
        """Raises ``NotFound``."""
        found = self.session.get(Job, job_id)
        if found is None:
            message = f"there is no job {job_id}: mercat jobs list shows them"
            raise NotFound(message, job_id=str(job_id))
        return found

    def is_there(self, job_id: UUID) -> bool:
        """Whether the job has not been purged."""
        return self.session.scalar(select(Job.id).where(Job.id == job_id)) is not None

    def begun(self, after: UUID | None, *, most: int) -> list[tuple[UUID, int]]:
        """Jobs that the engine should know, with their generation, in order of their ids."""
        rows = (
            select(Job.id, Job.generation)
            .where(Job.status.in_((PENDING, RUNNING)), Job.handed_at.is_not(None))
            .where(or_(Job.worker.is_(None), ~Job.worker.startswith(TERMINAL)))
            .order_by(Job.id)
            .limit(most)
        )
        if after is not None:
            rows = rows.where(Job.id > after)
        return [(row.id, row.generation) for row in self.session.execute(rows)]

    def old(self, before: dt.datetime, *, most: int) -> list[tuple[UUID, int]]:
        """Jobs that went well or were cancelled before then. Failed ones stay until a person decides."""
        rows = (
            select(Job.id, Job.generation)
            .where(Job.status.in_((COMPLETED, CANCELLED)), Job.completed_at < before)
            .order_by(Job.id)
            .limit(most)
        )
        return [(row.id, row.generation) for row in self.session.execute(rows)]

    def purge(self, ids: Sequence[UUID]) -> None:
        """Remove jobs with their logs."""
        self.session.execute(delete(JobEvent).where(JobEvent.job_id.in_(ids)))
        self.session.execute(delete(Job).where(Job.id.in_(ids)))

    def append(self, job_id: UUID, now: dt.datetime, lines: Sequence[Line]) -> None:
        """Lines of the job's log."""
        if lines:
            rows = [
                {
                    "id": new_id(),
                    "job_id": job_id,
                    "at": now,
                    "level": level,
                    "message": message,
                    "data": data,
                    "created_at": now,
                    "updated_at": now,
                }
                for level, message, data in lines
            ]
            self._past().execute(APPEND, rows)

    def cancel_waiting(self, job_id: UUID, now: dt.datetime) -> bool:
        """Cancel a job that nobody has begun. Whether it was so."""
        changes = {"status": CANCELLED, "completed_at": now, "queued_key": None, "cancel_requested_at": now}
        return self._run(update(Job).where(Job.id == job_id, Job.status == PENDING).values(**changes)) == 1

    def ask_to_stop(self, job_id: UUID, now: dt.datetime) -> bool:
        """Ask a running job to stop. Whether one was running."""
        asked = update(Job).where(Job.id == job_id, Job.status == RUNNING).values(cancel_requested_at=now)
        return self._run(asked) == 1

    def _past(self) -> Connection:
        """The session's own transaction, past its bookkeeping."""
        return self.session.connection()

    def _run(self, statement: Update) -> int:
        return rows_of(self.session.execute(statement, execution_options={"synchronize_session": False}))

"""Jobs for people: seeing them, stopping them, and having them done again."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from mercat.core.errors import Conflict
from mercat.core.jobs.models import CANCELLED, COMPLETED, FAILED, PENDING, RUNNING, Job, JobEvent
from mercat.core.jobs.outbox import Order, put
from mercat.core.jobs.repository import JobRepository
from mercat.core.jobs.running import put_back
from mercat.core.page import Page
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.operations.job_repository import JobEventRepository, JobViewRepository

_LINES = 1000
OVER = frozenset({COMPLETED, FAILED, CANCELLED})


def list_jobs(
    unit: ReadUnit, *, status: str | None = None, kind: str | None = None, page: int = 1, per_page: int = 50
) -> Page[Job]:
    """Jobs, newest first. Those of the status ``failed`` were given up and wait for a person."""
    return JobViewRepository(unit.session).newest(status=status, kind=kind, page=page, per_page=per_page)


def count_jobs(unit: ReadUnit) -> dict[str, int]:
    """How many jobs there are of each status that occurs."""
    return JobViewRepository(unit.session).counts()


def get_job(unit: ReadUnit, reference: str) -> Job:
    """A job by its id or the end of it. Raises ``NotFound``."""
    return JobViewRepository(unit.session).get_by_reference(reference)


def job_log(
    unit: ReadUnit, job_id: UUID, *, after: UUID | None = None, most: int = _LINES, is_latest: bool = False
) -> Sequence[JobEvent]:
    """What a job has said, oldest first; ``after`` a line that is known already. ``is_latest``: the last ones of many."""
    return JobEventRepository(unit.session).of(job_id, after=after, most=most, is_latest=is_latest)


def cancel_job(unit: WriteUnit, reference: str) -> Job:
    """A waiting job is cancelled at once, a running one as soon as it reports, logs or begins a step.

    Raises ``NotFound``, and ``Conflict`` for one that is over.
    """
    unit.actor.require("operations.cancel")
    job = JobRepository(unit.session).locked(get_job(unit, reference).id)
    if job is None or job.status in OVER:
        message = f"the job {reference} is over: nothing to cancel"
        raise Conflict(message)
    job.cancel_requested_at = unit.now
    if job.status == PENDING:
        job.status, job.completed_at, job.queued_key = CANCELLED, unit.now, None
    JobRepository(unit.session).append(job.id, unit.now, [("warning", f"{unit.actor.name} cancels it", None)])
    unit.save()
    return job


def retry_job(unit: WriteUnit, reference: str) -> Job:
    """Have a job done again: one that failed or was cancelled goes on after its finished steps.

    One that waits for its next try need not wait any longer; one that went well is done anew as another job. Raises
    ``NotFound``, and ``Conflict`` for one that is running.
    """
    unit.actor.require("operations.retry")
    repository = JobViewRepository(unit.session)
    found = repository.get_by_reference(reference)
    job = JobRepository(unit.session).locked(found.id) or found
    if job.status == RUNNING:
        message = f"the job {reference} is running: wait for its end, or cancel it first"
        raise Conflict(message)
    if job.status == COMPLETED:
        return repository.get(put(unit, _anew(job)))
    if job.status == PENDING:
        job.run_after = unit.now
    else:
        put_back(unit, job, after_s=0)
        job.attempts, job.error = 0, None
        job.completed_at = job.cancel_requested_at = None
        if (
            job.merge_key is not None
            and not job.started_at
            and not JobRepository(unit.session).is_queued(job.merge_key)
        ):
            job.queued_key = job.merge_key
        job.started_at = None
    JobRepository(unit.session).append(job.id, unit.now, [("info", f"{unit.actor.name} has it tried again", None)])
    unit.save()
    return job


def _anew(job: Job) -> Order:
    subject = None if job.subject_type is None else (job.subject_type, job.subject_id or "")
    return Order(
        kind=job.kind,
        title=job.title,
        queue=job.queue,
        payload=job.payload,
        priority=job.priority,
        max_attempts=job.max_attempts,
        subject=subject,
        parent_id=job.id,
    )

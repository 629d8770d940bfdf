"""One job from claim to outcome. Whoever runs it (the engine, a test, a command) brings the memory for its steps."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar
from uuid import UUID, uuid4

import msgspec

from mercat.core.actor import Actor
from mercat.core.errors import MercatError
from mercat.core.jobs.context import Cancelled, Interrupted, JobContext, Steps, Superseded, Told, job_running, sayable
from mercat.core.jobs.messages import JobFailed, JobUnauthorized
from mercat.core.jobs.models import CANCELLED, COMPLETED, FAILED, PENDING, RUNNING, Job
from mercat.core.jobs.recovering import Again, GiveUp, verdict
from mercat.core.jobs.registry import handler_of, message_of
from mercat.core.jobs.repository import JobRepository, Line
from mercat.core.log import get_logger
from mercat.core.redaction import scrub
from mercat.core.unit import Runtime, WriteUnit

log = get_logger(__name__)
T = TypeVar("T")
_SOON_S = 1.0
Outcome = Callable[[WriteUnit, Job], None]


class Surely(Protocol):
    """Runs a unit until the database has taken it, however long that is away."""

    def __call__(self, work: Callable[[WriteUnit], T], /) -> T: ...


@dataclass(frozen=True)
class Claimed:
    """A job that is ours to run."""

    id: UUID
    kind: str
    payload: Any
    actor: Actor
    claim: UUID
    attempts: int
    max_attempts: int
    request_id: str | None = None


def claim(unit: WriteUnit, job_id: UUID, generation: int, worker: str) -> Claimed | None:
    """Take the job, or ``None`` where there is nothing to do: it is over, was cancelled, or this is an old generation.

    A running job is taken from whoever had it: the engine gives it out again only when that one is dead.
    """
    repository = JobRepository(unit.session)
    job = repository.seen(job_id)
    if job is None or job.generation != generation or job.status not in {PENDING, RUNNING}:
        return None
    is_plain = job.cancel_requested_at is None and job.merge_key is None and job.attempts < job.max_attempts
    if not is_plain and not _may_begin(unit, job_id):
        return None
    token, attempts = uuid4(), job.attempts + 1
    repository.begin(
        job_id,
        {
            "status": RUNNING,
            "worker": worker,
            "claim": token,
            "started_at": job.started_at or unit.now,
            "handed_at": job.handed_at or unit.now,
            "queued_key": None,
            "attempts": attempts,
            "updated_at": unit.now,
        },
    )
    attempt = "" if attempts == 1 else f", attempt {attempts} of {job.max_attempts}"
    repository.append(job_id, unit.now, [("info", f"started by {worker}{attempt}", None)])
    return Claimed(
        job_id,
        job.kind,
        job.payload,
        Actor("job", job.actor, id=job.user_id),
        token,
        attempts,
        job.max_attempts,
        request_id=job.request_id,
    )


def claim_waiting(unit: WriteUnit, job_id: UUID, worker: str) -> Claimed | None:
    """Take a job that waits past the engine: to whatever the engine was told of it this is a new generation."""
    job = JobRepository(unit.session).locked(job_id)
    if job is None or job.status != PENDING or job.run_after > unit.now:
        return None
    job.generation += 1
    unit.save()
    return claim(unit, job_id, job.generation, worker)


def put_back_orphan(unit: WriteUnit, job_id: UUID, worker: str) -> None:
    """Put a job back whose process died, if it still had it; asked for again, it is joined. That uses up no start."""
    repository = JobRepository(unit.session)
    job = repository.locked(job_id)
    if job is None or job.status != RUNNING or job.worker != worker:
        return
    job.attempts -= 1
    put_back(unit, job, after_s=0)
    if job.merge_key is not None and not repository.is_queued(job.merge_key):
        job.queued_key = job.merge_key
    _append(unit, job, ("warning", f"put back: {worker} died", None))


def _may_begin(unit: WriteUnit, job_id: UUID) -> bool:
    """What is seldom: cancelled meanwhile, another of its key at work, begun too often."""
    repository = JobRepository(unit.session)
    job = repository.locked(job_id)
    if job is None:
        return False
    if job.cancel_requested_at is not None:
        _end(unit, job, CANCELLED, ("warning", "cancelled before it went on", None))
    elif job.status == PENDING and repository.is_key_busy(job):
        put_back(unit, job, after_s=_SOON_S)
    elif job.attempts >= job.max_attempts:
        fail(unit, job, f"given up: it was begun {job.attempts} times and its worker died each time")
    else:
        return True
    return False


def run(
    runtime: Runtime, mine: Claimed, told: Told, steps: Steps, surely: Surely, *, tries_again: bool = True
) -> Exception | None:
    """Run the handler and write down what came of it; what it raised, if that is an error.

    ``surely`` runs a unit until the database has taken it. Without ``tries_again`` any error gives the job up.
    """
    with job_running(mine.id, actor=mine.actor.name, request_id=mine.request_id):
        return _run(JobContext(runtime, mine.actor, told, steps), mine, told, surely, tries_again=tries_again)


def _run(context: JobContext, mine: Claimed, told: Told, surely: Surely, *, tries_again: bool) -> Exception | None:
    def conclude(outcome: Outcome) -> None:
        _conclude(surely, told, outcome)

    try:
        handler = handler_of(mine.kind)
        result = _plain(handler.run(context, message_of(mine.kind, mine.payload)))
    except Superseded:
        log.warning("job_lost", job_id=str(mine.id), claim=str(mine.claim))
    except Cancelled:
        conclude(_cancel)
    except KeyboardInterrupt:
        conclude(_cancel)
        raise
    except Interrupted:
        conclude(_interrupt)
    except Exception as error:  # noqa: BLE001  # whatever it was, it is written down where people look
        conclude(_failing(error, tries_again=tries_again))
        return error
    else:
        try:
            surely(lambda unit: _complete(unit, told, mine.id, result))
        except Exception as error:  # noqa: BLE001  # such as a result that the database does not take
            conclude(_failing(error, tries_again=tries_again))
            return error
    return None


def put_back(unit: WriteUnit, job: Job, *, after_s: float) -> None:
    """Pending again, after a while, as a new generation that goes on after the steps that are done."""
    job.status, job.claim, job.worker = PENDING, None, None
    job.generation += 1
    job.handed_at = None
    job.run_after = unit.now + dt.timedelta(seconds=after_s)


def fail(
    unit: WriteUnit, job: Job, reason: str, error: BaseException | None = None, *, at_account: bool = False
) -> None:
    """Give the job up where people see it, and tell whoever listens."""
    job.error = reason
    _end(unit, job, FAILED, ("error", reason, None))
    subject = None if job.subject_type is None else (job.subject_type, job.subject_id or "")
    if at_account:
        facts = dict(getattr(error, "facts", {}))
        unit.announce(JobUnauthorized(job.id, job.kind, job.payload, reason, subject, facts))
    else:
        unit.announce(JobFailed(job.id, job.kind, job.payload, reason, subject))


def _conclude(surely: Surely, told: Told, outcome: Outcome) -> None:
    try:
        surely(lambda unit: _write(unit, told, outcome))
    except Exception as failed:
        # Whoever listens to failures may fail as well; then nobody is told, but people see it all the same.
        log.exception("job_outcome_refused", job_id=str(told.job_id))
        reason = f"its outcome could not be written: {reason_of(failed)}"
        surely(lambda unit: _write(unit, told, partial(_fail_silently, reason=reason)))


def _write(unit: WriteUnit, told: Told, outcome: Outcome) -> None:
    repository = JobRepository(unit.session)
    job = repository.held(told.job_id, told.claim)
    if job is None:
        log.warning("job_lost", job_id=str(told.job_id), claim=str(told.claim))
        return
    progress, lines = told.take()
    try:
        for name, value in values_of(progress, job.started_at, unit.now).items():
            setattr(job, name, value)
        repository.append(job.id, unit.now, lines)
        job.steps_done = told.steps_done
        outcome(unit, job)
        unit.save()
    except Exception:
        told.give_back(lines)
        raise


def _fail_silently(unit: WriteUnit, job: Job, *, reason: str) -> None:
    job.error = reason
    _end(unit, job, FAILED, ("error", reason, None))


def _complete(unit: WriteUnit, told: Told, job_id: UUID, result: Any) -> None:
    """Nearly all jobs end like this, so it is one statement and the log."""
    repository = JobRepository(unit.session)
    progress, lines = told.take()
    values = {
        **values_of(progress, None, unit.now),
        "result": result,
        "error": None,
        "progress": 100,
        "estimated_seconds": None,
        "steps_done": told.steps_done,
        "status": COMPLETED,
        "completed_at": unit.now,
        "updated_at": unit.now,
    }
    try:
        if not repository.complete(told.claim, values):
            log.warning("job_lost", job_id=str(job_id), claim=str(told.claim))
            return
        repository.append(job_id, unit.now, [*lines, ("info", "completed", None)])
    except Exception:
        told.give_back(lines)
        raise


def _cancel(unit: WriteUnit, job: Job) -> None:
    _end(unit, job, CANCELLED, ("warning", "cancelled", None))


def _interrupt(unit: WriteUnit, job: Job) -> None:
    job.attempts -= 1
    put_back(unit, job, after_s=0)
    _append(unit, job, ("info", "put back: its worker was stopped", None))


def _failing(error: Exception, *, tries_again: bool) -> Outcome:
    reason = reason_of(error)

    def outcome(unit: WriteUnit, job: Job) -> None:
        wait = handler_of(job.kind).first_wait_s if _is_known(job.kind) else 0.0
        decided = verdict(
            error,
            attempts=job.attempts,
            max_attempts=job.max_attempts,
            first_wait_s=wait,
            dice=random.SystemRandom(),
        )
        match decided:
            case Again(after_s, counts) if tries_again:
                job.error = reason
                job.attempts -= 0 if counts else 1
                put_back(unit, job, after_s=after_s)
                _append(unit, job, ("warning", f"{reason}; next try in {after_s:.0f} s", None))
            case _:
                fail(unit, job, reason, error, at_account=decided == GiveUp(is_unauthorized=True))

    log.info("job_failed", reason=reason, error=type(error).__name__, exc_info=not _is_foreseen(error))
    return outcome


def _end(unit: WriteUnit, job: Job, status: str, line: Line) -> None:
    job.status, job.completed_at = status, unit.now
    job.queued_key = None
    _append(unit, job, line)


def _append(unit: WriteUnit, job: Job, line: Line) -> None:
    JobRepository(unit.session).append(job.id, unit.now, [line])


def values_of(
    progress: tuple[int, int | None, str | None] | None, started_at: dt.datetime | None, now: dt.datetime
) -> dict[str, Any]:
    """A report as columns: counts, a percentage where the total is known, and how long it may take in all."""
    if progress is None:
        return {}
    done, total, stage = progress
    percent = min(100, max(0, done * 100 // total)) if total else None
    estimate = None
    if percent and started_at is not None:
        estimate = round((now - started_at).total_seconds() * 100 / percent)
    return {
        "items_done": done,
        "items_total": total,
        "current_stage": None if stage is None else stage[:255],
        "progress": percent,
        "estimated_seconds": estimate,
    }


def reason_of(error: BaseException) -> str:
    """What people read. Errors of ours say the mend themselves; of the others the kind says something, too."""
    message = getattr(error, "message", None)
    if _is_foreseen(error) and isinstance(message, str):
        return sayable(scrub(message))
    original = getattr(error, "orig", None)
    lines = str(original or error).strip().splitlines()
    # Nobody has looked through what a library says, and it is going to be kept.
    return sayable(scrub(f"unexpected {type(original or error).__name__}: {lines[0] if lines else ''}".rstrip(": ")))


def _is_foreseen(error: BaseException) -> bool:
    return isinstance(error, MercatError) or hasattr(type(error), "recovery")


def _is_known(kind: str) -> bool:
    try:
        handler_of(kind)
    except MercatError:
        return False
    return True


def _plain(result: Any) -> Any:
    """A handler's result as JSON values. Raises ``TypeError`` for what is none."""
    return msgspec.json.decode(msgspec.json.encode(result))

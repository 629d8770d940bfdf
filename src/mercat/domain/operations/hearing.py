"""What operations does when a job is given up: whoever wants to know outside is told."""

from __future__ import annotations

from mercat.core.jobs.messages import JobFailed, JobUnauthorized
from mercat.core.unit import WriteUnit, on
from mercat.domain.operations.emitting import emit
from mercat.domain.operations.messages import Deliver


@on(JobUnauthorized)
def tell_of_refusal(unit: WriteUnit, fact: JobUnauthorized) -> None:
    """A failure like any other, seen from outside."""
    tell_of_failure(unit, fact)


@on(JobFailed)
def tell_of_failure(unit: WriteUnit, fact: JobFailed) -> None:
    """Not of deliveries themselves: telling of them would fail as well."""
    if fact.kind != Deliver.kind:
        subject = None if fact.subject is None else {"type": fact.subject[0], "id": fact.subject[1]}
        emit(unit, "job.failed", {"job_id": fact.job_id, "kind": fact.kind, "error": fact.error, "subject": subject})

"""The jobs of the suppliers' room."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mercat.core.jobs import JobContext, declare_queue, handles
from mercat.domain.suppliers.feeding import run_feed
from mercat.domain.suppliers.messages import RunFeed

# Imports take turns at the catalogue anyway; a second one can fetch its files meanwhile.
declare_queue("feeds", at_once_per_worker=2)


@handles(RunFeed, first_wait_s=60)
def import_feed(job: JobContext, message: RunFeed) -> dict[str, Any]:
    """Safe to repeat: files that were decided about are left out, and the rest is one transaction each."""
    result = run_feed(
        job.runtime,
        job.actor,
        message.name,
        plan_only=message.plan_only,
        yes=message.yes,
        again=message.again,
        progress=lambda stage, done, total: job.progress(done, total, stage),
    )
    return asdict(result)

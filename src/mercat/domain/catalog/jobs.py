"""The jobs of the catalogue."""

from __future__ import annotations

from typing import Any

from mercat.core.jobs import JobContext, handles
from mercat.domain.catalog.messages import DecideSet
from mercat.domain.catalog.verdicts import decide


@handles(DecideSet)
def decide_set(job: JobContext, message: DecideSet) -> dict[str, Any]:
    """One transaction: a worker that is killed leaves the set as it was."""
    decided = decide(job.runtime, job.actor, message.change_set, message.verdict, watch=job.watch)  # type: ignore[arg-type]  # checked where it was enqueued
    return {"change_set": str(decided["id"]), "status": decided["status"], "counts": decided["counts"]}

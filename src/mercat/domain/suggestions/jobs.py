"""The jobs of suggestions. Each may be repeated: what is suggested is not suggested twice."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mercat.core.jobs import JobContext, handles
from mercat.domain.suggestions.consulting import consult, consult_by_schedule
from mercat.domain.suggestions.gathering import advise
from mercat.domain.suggestions.margins import check_margins
from mercat.domain.suggestions.messages import Advise, AskModel, CheckMargins


@handles(CheckMargins)
def look_at_margins(job: JobContext, _message: CheckMargins) -> dict[str, int]:
    """What a change of the catalogue leads to."""
    return job.runtime.attempt(check_margins, job.actor)


@handles(Advise)
def have_advisers_look(job: JobContext, _message: Advise) -> dict[str, int]:
    """What an alert leads to."""
    return job.runtime.attempt(advise, job.actor)


@handles(AskModel, first_wait_s=300)
def ask_the_model(job: JobContext, message: AskModel) -> dict[str, Any]:
    """What a person asks for, or a schedule every morning."""
    if message.skus:
        return asdict(consult(job.runtime, job.actor, skus=message.skus, watch=job.watch))
    return asdict(consult_by_schedule(job.runtime, job.actor, watch=job.watch))

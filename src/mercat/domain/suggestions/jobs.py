"""The jobs of suggestions. Each may be repeated: what is suggested is not suggested twice."""

from __future__ import annotations

from mercat.core.jobs import JobContext, handles
from mercat.domain.suggestions.gathering import advise
from mercat.domain.suggestions.margins import check_margins
from mercat.domain.suggestions.messages import Advise, CheckMargins


@handles(CheckMargins)
def look_at_margins(job: JobContext, _message: CheckMargins) -> dict[str, int]:
    """What a change of the catalogue leads to."""
    return job.runtime.attempt(check_margins, job.actor)


@handles(Advise)
def have_advisers_look(job: JobContext, _message: Advise) -> dict[str, int]:
    """What an alert leads to."""
    return job.runtime.attempt(advise, job.actor)

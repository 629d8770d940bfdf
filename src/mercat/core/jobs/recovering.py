"""What becomes of a job that did not succeed: facts in, decision out."""

from __future__ import annotations

import random
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from mercat.core.errors import Recovery

_LONGEST_WAIT_S = 3600.0


@dataclass(frozen=True)
class Again:
    """Try again after so many seconds. ``counts``: it uses up one of the job's attempts."""

    after_s: float
    counts: bool = True


@dataclass(frozen=True)
class GiveUp:
    """A person has to look. ``is_unauthorized``: at the credentials, and the account should rest until then."""

    is_unauthorized: bool = False


def verdict(
    error: BaseException, *, attempts: int, max_attempts: int, first_wait_s: float, dice: random.Random
) -> Again | GiveUp:
    """How to go on after ``attempts`` starts, the last of which ended with ``error``."""
    recovery = recovery_of(error)
    if recovery is Recovery.PERSON:
        return GiveUp(is_unauthorized=True)
    if recovery is Recovery.AFTER:
        # The other side said when: obeying it is no failure, and everybody coming back at that very instant would be.
        after = max(0.0, float(getattr(error, "after_s", 0.0)))
        return Again(after + dice.uniform(0, 0.1 * after + 0.1), counts=False)
    if recovery is Recovery.LATER and attempts < max_attempts:
        return Again(wait_before(attempts, first_wait_s, dice))
    return GiveUp()


def recovery_of(error: BaseException) -> Recovery:
    """What would help. A database that went away or lost a race comes back; what nobody foresaw does not."""
    declared = getattr(error, "recovery", None)
    if isinstance(declared, Recovery):
        return declared
    is_passing = isinstance(error, DBAPIError) and (
        error.connection_invalidated or type(error).__name__ in {"OperationalError", "InternalError"}
    )
    return Recovery.LATER if is_passing else Recovery.NEVER


def wait_before(attempts: int, first_wait_s: float, dice: random.Random) -> float:
    """Seconds before the next try: four times longer each time, at most an hour; half fixed, half by chance.

    "Equal jitter" of the AWS Architecture Blog, "Exponential Backoff And Jitter" (March 2015).
    """
    full = min(_LONGEST_WAIT_S, first_wait_s * 4.0 ** max(0, attempts - 1))
    return full / 2 + dice.uniform(0, full / 2)

"""When a delivery that was not taken is tried again: facts in, decision out."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass

# Standard Webhooks 1.0.0, "Deliverability and reliability": waits between tries, three days in all.
_MINUTE, _HOUR = 60, 3600
WAITS_S = (5, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR, 24 * _HOUR)
MOST_TRIES = len(WAITS_S) + 1
_LONGEST_S = 24 * _HOUR
_JITTER = 0.1
GONE = 410


@dataclass(frozen=True)
class Try:
    """What came of one try. ``status`` is what was answered, or ``None`` where nothing was; ``error`` says why."""

    at: dt.datetime
    status: int | None
    latency_ms: int
    answer: str | None = None
    error: str | None = None
    retry_after_s: float | None = None

    @property
    def is_taken(self) -> bool:
        """Whether it arrived: 200 to 299 and nothing else, redirects are not followed."""
        return self.status is not None and 200 <= self.status < 300


def wait_after(tries: int, told_s: float | None, dice: random.Random) -> float | None:
    """Seconds until the next try after so many, or ``None`` for no more.

    The schedule, a tenth more or less by chance, so that what failed together does not come together; never sooner
    than the receiver asked (``told_s``), but for a day at most.
    """
    if tries >= MOST_TRIES:
        return None
    planned = WAITS_S[tries - 1] * dice.uniform(1 - _JITTER, 1 + _JITTER)
    return max(planned, min(told_s or 0.0, _LONGEST_S))


def is_to_be_switched_off(failing_since: dt.datetime | None, now: dt.datetime, days: int) -> bool:
    """Whether nothing but failure for so many days is enough; 0 days never are."""
    return days > 0 and failing_since is not None and now - failing_since >= dt.timedelta(days=days)

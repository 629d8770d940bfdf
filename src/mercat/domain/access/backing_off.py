"""How long to wait after failures: nothing after a few, then twice as long each time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """``free`` failures cost nothing; the next one costs ``first_s`` seconds, each further one twice as many as the last."""

    free: int
    first_s: int
    most_s: int
    forgotten_after: dt.timedelta


# A person mistypes a few times. 15 minutes at most: whoever wants to lock somebody out should get little for their trouble,
# and four guesses an hour get nowhere.
ACCOUNT = Patience(free=5, first_s=30, most_s=900, forgotten_after=dt.timedelta(days=1))
# Behind one address may sit a whole office.
ADDRESS = Patience(free=30, first_s=30, most_s=900, forgotten_after=dt.timedelta(hours=1))


@dataclass(frozen=True)
class Count:
    """Where somebody stands: failures so far, the last of them, and until when they are not listened to."""

    failures: int = 0
    last_at: dt.datetime | None = None
    locked_until: dt.datetime | None = None

    def wait_s(self, now: dt.datetime) -> float:
        """How many seconds are left to wait; 0 for none."""
        return 0.0 if self.locked_until is None else max(0.0, (self.locked_until - now).total_seconds())


def counted(before: Count, patience: Patience, now: dt.datetime) -> Count:
    """One failure more, and what it costs."""
    is_forgotten = before.last_at is None or now - before.last_at > patience.forgotten_after
    failures = (0 if is_forgotten else before.failures) + 1
    return Count(failures, now, _until(failures, patience, now))


def taken_back(before: Count, patience: Patience) -> Count:
    """One failure less: it was none. Whatever wait it had caused is over."""
    failures = max(0, before.failures - 1)
    return Count(failures, before.last_at, None if failures < patience.free else before.locked_until)


def _until(failures: int, patience: Patience, now: dt.datetime) -> dt.datetime | None:
    beyond = failures - patience.free
    if beyond < 0:
        return None
    # Bounded before it is raised: 2 to the power of a million is a number of a million bits.
    seconds = min(patience.most_s, patience.first_s * 2 ** min(beyond, 20))
    return now + dt.timedelta(seconds=seconds)

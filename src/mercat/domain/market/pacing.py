"""When a listing is looked at next, whatever came of the last look; and which go first where not all can."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID

import xxhash

Outcome = Literal["seen", "not_found", "failed"]
_FIRST_WAIT = dt.timedelta(minutes=5)
_LEAST_LONGEST_WAIT = dt.timedelta(hours=6)
# A suspicion is looked into sooner than a weekly rhythm would.
_SUSPICION = dt.timedelta(hours=12)
LEASE = dt.timedelta(minutes=10)
"""Nobody else asks about what is asked about meanwhile; if we never tell what came of it, it is due again."""
_NOT_FOUND_AT_LEAST = 3
_NOT_FOUND_FOR = dt.timedelta(hours=24)
_JITTER = 0.05
_MOST_JITTER = dt.timedelta(minutes=10)


@dataclass(frozen=True)
class Pace:
    """How a listing stands with being looked at."""

    id: UUID
    every_s: int
    due_at: dt.datetime
    failures: int = 0
    not_found: int = 0
    not_found_since: dt.datetime | None = None
    is_unlisted: bool = False


@dataclass(frozen=True)
class Next:
    """What follows a look. ``has_vanished``: the marketplace knows it no more, and that is certain now."""

    due_at: dt.datetime
    failures: int = 0
    not_found: int = 0
    not_found_since: dt.datetime | None = None
    has_vanished: bool = False


def following(pace: Pace, outcome: Outcome, now: dt.datetime) -> Next:
    """Decide. What goes well keeps its rhythm; what fails is tried again later and later, and never given up.

    Three times not found over 24 hours is unlisted; such a listing is looked at on, for it may come back.
    """
    every = dt.timedelta(seconds=pace.every_s)
    if outcome == "failed":
        failures = pace.failures + 1
        longest = max(every, _LEAST_LONGEST_WAIT)
        wait = min(_FIRST_WAIT * 2 ** min(failures - 1, 20), longest)
        return Next(now + wait + jitter(pace.id, wait), failures, pace.not_found, pace.not_found_since)
    if outcome == "seen":
        return Next(_slot(pace, every, now))
    count, since = pace.not_found + 1, pace.not_found_since or now
    is_certain = count >= _NOT_FOUND_AT_LEAST and now - since >= _NOT_FOUND_FOR
    due = _slot(pace, every, now)
    if not is_certain and not pace.is_unlisted:
        due = min(due, now + _SUSPICION)
    return Next(due, 0, count, since, has_vanished=is_certain and not pace.is_unlisted)


def _slot(pace: Pace, every: dt.timedelta, now: dt.datetime) -> dt.datetime:
    """The next of its slots, which lie whole intervals apart. What was missed meanwhile is not made up for."""
    base = pace.due_at - jitter(pace.id, every)
    steps = max(1, int((now - base) / every) + 1)
    return base + steps * every + jitter(pace.id, every)


def jitter(listing: UUID, span: dt.timedelta) -> dt.timedelta:
    """How much later than its slot a listing is due, always the same: those of one rhythm are spread, not a herd."""
    most = min(span * _JITTER, _MOST_JITTER)
    return dt.timedelta(seconds=most.total_seconds() * xxhash.xxh3_64_intdigest(listing.bytes) / 2**64)


@dataclass(frozen=True)
class Candidate:
    """A listing that is due."""

    id: UUID
    due_at: dt.datetime
    every_s: int
    volatility: Decimal
    is_ours: bool


def first(candidates: Sequence[Candidate], most: int | None, now: dt.datetime) -> list[UUID]:
    """Which are looked at now, where a budget allows so many: those that wait longest by their own measure.

    A restless listing counts up to one interval more, one of ours another half: what is overdue long enough still comes
    before them, so that nothing is left behind for ever.
    """

    def urgency(each: Candidate) -> float:
        overdue = (now - each.due_at).total_seconds() / each.every_s
        return overdue + float(each.volatility) + (0.5 if each.is_ours else 0.0)

    ordered = sorted(candidates, key=lambda each: (-urgency(each), each.due_at, each.id))
    return [each.id for each in (ordered if most is None else ordered[: max(0, most)])]


def resting(failures: int, now: dt.datetime) -> dt.datetime:
    """Until when a source that does not answer is left alone: a minute at first, at most a quarter of an hour."""
    minutes: int = min(2 ** min(failures - 1, 10), 15)
    return now + dt.timedelta(minutes=minutes)

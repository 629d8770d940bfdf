"""Whether a signal is worth an alert, and what then becomes of the one that is there: pure, so that it can be tried on the past."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import xxhash

from mercat.core.ids import new_id
from mercat.domain.alerts.conditions import Truth, holds
from mercat.domain.alerts.models import (
    ACKNOWLEDGED,
    BY_ITSELF,
    BY_PERSON,
    BY_SUCCESSOR,
    CRITICAL,
    OPEN,
    RESOLVED,
    SEVERITIES,
    SNOOZED,
)
from mercat.domain.alerts.schemas import Signal, Subject

UPPER = frozenset({"most", "below"})


@dataclass(frozen=True)
class Terms:
    """A rule as signals are judged by it."""

    id: UUID
    key: str
    kind: str
    severity: str
    condition: Any = None
    comparison: str | None = None
    threshold: Decimal | None = None
    critical_threshold: Decimal | None = None
    hysteresis_pct: int = 0
    cooldown: dt.timedelta = dt.timedelta(days=1)
    is_event: bool = False
    auto_resolve: bool = True
    channels: tuple[str, ...] = ()

    @property
    def is_upper(self) -> bool:
        """Whether a measure passes the threshold from above."""
        return self.comparison in UPPER


@dataclass
class Standing:
    """The youngest alert of a rule and a subject."""

    id: UUID
    key: str
    status: str
    severity: str
    opened_at: dt.datetime
    last_seen_at: dt.datetime
    measure: Decimal | None = None
    occurrences: int = 1
    snoozed_until: dt.datetime | None = None
    resolved_at: dt.datetime | None = None
    resolution: str | None = None
    # What it was last seen by, and whose: only of what this batch touched.
    signal: Signal | None = None
    terms: Terms | None = None
    is_new: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it still needs a person."""
        return self.status != RESOLVED


@dataclass
class Book:
    """Alerts as they stand, by key, and what a batch of signals does to them."""

    last: dict[str, Standing] = field(default_factory=dict)
    fresh: list[Standing] = field(default_factory=list)
    changed: dict[UUID, Standing] = field(default_factory=dict)
    # What people are to be told of: opened, or worse than it was, or awake again.
    loud: dict[UUID, Standing] = field(default_factory=dict)
    cleared: list[Standing] = field(default_factory=list)
    repeated: int = 0
    suppressed: int = 0

    def yield_to(self, others: Collection[UUID]) -> None:
        """Alerts of this batch that somebody else opened just before: theirs stand, and people were told of them."""
        taken = set(others)
        self.fresh = [each for each in self.fresh if each.id not in taken]
        self.loud = {each: standing for each, standing in self.loud.items() if each not in taken}
        self.repeated += len(taken)


def key_of(rule: str, subject: Subject) -> str:
    """What an alert is known by: of one key one is open at most."""
    return xxhash.xxh3_128_hexdigest(f"{rule}\0{subject.type}\0{subject.id}".encode())


def passes(comparison: str | None, measure: Decimal | None, threshold: Decimal | None) -> Truth:
    """Whether a measure passes a threshold; unknown without a measure. Nothing to compare with is passed."""
    if comparison is None or threshold is None:
        return True
    if measure is None:
        return None
    if comparison == "abs_least":
        return abs(measure) >= threshold
    if comparison == "least":
        return measure >= threshold
    if comparison == "above":
        return measure > threshold
    return measure <= threshold if comparison == "most" else measure < threshold


def relaxed(comparison: str | None, threshold: Decimal | None, hysteresis_pct: int) -> Decimal | None:
    """The threshold that has to be left again for it to be over: so many percent of it to the quiet side."""
    if threshold is None or comparison is None:
        return threshold
    slack = abs(threshold) * hysteresis_pct / 100
    return threshold + slack if comparison in UPPER else threshold - slack


def verdict(terms: Terms, signal: Signal, threshold: Decimal | None, *, is_open: bool) -> Truth:
    """Whether it is on, over, or not to be told. An open alert of a lasting state is over only beyond the hysteresis."""
    if not signal.is_on:
        return False
    if is_open and not terms.is_event:
        threshold = relaxed(terms.comparison, threshold, terms.hysteresis_pct)
    of_measure = passes(terms.comparison, signal.measure, threshold)
    of_facts = holds(terms.condition, signal.facts)
    if of_measure is False or of_facts is False:
        return False
    return None if of_measure is None or of_facts is None else True


def severity_of(terms: Terms, measure: Decimal | None) -> str:
    """The rule's, or critical from its critical threshold on."""
    if terms.critical_threshold is None or measure is None:
        return terms.severity
    return CRITICAL if passes(terms.comparison or "least", measure, terms.critical_threshold) else terms.severity


def enter(
    book: Book, terms: Terms, signal: Signal, at: dt.datetime, *, threshold: Decimal | None, is_muted: bool = False
) -> None:
    """Let one signal change the book."""
    key = key_of(terms.key, signal.subject)
    last = book.last.get(key)
    is_open = last is not None and last.is_open
    truth = verdict(terms, signal, threshold, is_open=is_open)
    if truth is None:
        return
    if not truth:
        if last is not None and is_open and terms.auto_resolve and not terms.is_event:
            _close(book, last, at, BY_ITSELF)
            book.cleared.append(last)
    elif is_muted:
        book.suppressed += 1
    elif last is None:
        _open(book, key, terms, signal, at)
    elif terms.is_event:
        _again(book, last, terms, signal, at)
    else:
        _still(book, last, terms, signal, at)


def _again(book: Book, last: Standing, terms: Terms, signal: Signal, at: dt.datetime) -> None:
    """An event happened after another of its rule and subject."""
    if at <= last.last_seen_at:
        book.suppressed += 1  # the same observation once more, or an older one
    elif _has_turned(last.measure, signal.measure) or at - last.opened_at >= terms.cooldown:
        # The other way round it is news, however soon.
        if last.is_open:
            _close(book, last, at, BY_SUCCESSOR)
        _open(book, last.key, terms, signal, at)
    elif last.is_open:
        _repeat(book, last, terms, signal, at)
    else:
        book.suppressed += 1


def _still(book: Book, last: Standing, terms: Terms, signal: Signal, at: dt.datetime) -> None:
    """A state lasts, or has begun again."""
    if last.is_open:
        _repeat(book, last, terms, signal, at)
    elif last.resolution == BY_PERSON and last.resolved_at is not None and at - last.resolved_at < terms.cooldown:
        book.suppressed += 1  # they know, and said that it is settled
    elif last.resolution == BY_ITSELF and at - last.opened_at < terms.cooldown:
        # What comes and goes is one alert: seen in the list, told once.
        last.status, last.resolved_at, last.resolution = OPEN, None, None
        book.changed[last.id] = last
        _repeat(book, last, terms, signal, at)
    else:
        _open(book, last.key, terms, signal, at)


def _open(book: Book, key: str, terms: Terms, signal: Signal, at: dt.datetime) -> None:
    severity = severity_of(terms, signal.measure)
    made = Standing(new_id(), key, OPEN, severity, at, at, signal.measure, signal=signal, terms=terms, is_new=True)
    book.last[key] = made
    book.fresh.append(made)
    book.loud[made.id] = made


def _repeat(book: Book, last: Standing, terms: Terms, signal: Signal, at: dt.datetime) -> None:
    severity = severity_of(terms, signal.measure)
    is_worse = SEVERITIES.index(severity) > SEVERITIES.index(last.severity)
    is_awake = last.status == SNOOZED and last.snoozed_until is not None and last.snoozed_until <= at
    if is_awake or (is_worse and last.status == ACKNOWLEDGED):
        last.status, last.snoozed_until = OPEN, None
    if (is_awake or is_worse) and last.status == OPEN:
        book.loud[last.id] = last
    last.occurrences += 1
    last.last_seen_at, last.measure, last.severity = max(at, last.last_seen_at), signal.measure, severity
    last.signal, last.terms = signal, terms
    book.repeated += 1
    book.changed[last.id] = last


def _close(book: Book, last: Standing, at: dt.datetime, resolution: str) -> None:
    last.status, last.resolved_at, last.resolution, last.snoozed_until = RESOLVED, at, resolution, None
    book.loud.pop(last.id, None)
    book.changed[last.id] = last


def _has_turned(before: Decimal | None, after: Decimal | None) -> bool:
    return before is not None and after is not None and before * after < 0

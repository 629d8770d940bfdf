"""Backtesting: how often a rule would have fired on what was recorded, by the very rules that judge what is seen now."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mercat.core.errors import Conflict, Invalid
from mercat.core.unit import ReadUnit
from mercat.domain.alerts.catalogue import KINDS
from mercat.domain.alerts.judging import Book, enter
from mercat.domain.alerts.ruling import changed_terms, get_rule, terms_of
from mercat.domain.alerts.schemas import Backtest, Signal

_SAMPLES = 10
_MOST_DAYS = 3660
# Signals of the past, oldest first: (unit, the instant from which on) → what was seen since then.
History = Callable[[ReadUnit, str, dt.datetime], Iterable[Signal]]
_histories: dict[str, History] = {}


def replays(*kinds: str) -> Callable[[History], History]:
    """Register a function that tells what was seen of these kinds in the past; a room does so in its ``replaying.py``."""

    def register(tell: History) -> History:
        for kind in kinds:
            if kind not in KINDS:
                message = f"{kind!r} is no kind of signal"
                raise ValueError(message)
            _histories[kind] = tell
        return tell

    return register


def backtest(unit: ReadUnit, key: str, *, days: int = 90, changes: Mapping[str, Any] | None = None) -> Backtest:
    """How often the rule, or the rule with these changes, would have fired in so many days.

    Raises ``NotFound``, ``Invalid``, and ``Conflict`` where nothing is recorded of what the rule watches.
    """
    unit.actor.require("alerts.rules")
    if not 1 <= days <= _MOST_DAYS:
        message = f"days go from 1 to {_MOST_DAYS}"
        raise Invalid(message, field="days")
    rule = get_rule(unit, key)
    terms = terms_of(rule) if not changes else changed_terms(rule, changes)
    tell = _histories.get(rule.kind)
    if tell is None:
        message = f"nothing is recorded of {rule.kind}: it can be tried on {', '.join(sorted(_histories)) or 'nothing'}"
        raise Conflict(message)
    book, seen, subjects = Book(), 0, set()
    for signal in tell(unit, rule.kind, unit.now - dt.timedelta(days=days)):
        seen += 1
        subjects.add(signal.subject.id)
        enter(book, terms, signal, signal.at or unit.now, threshold=terms.threshold)
    by_day = Counter(str(each.opened_at.date()) for each in book.fresh)
    samples = [
        {"at": each.opened_at, "title": each.signal.title if each.signal else "", "severity": each.severity}
        for each in book.fresh[:_SAMPLES]
    ]
    fired = dict(sorted(by_day.items()))
    return Backtest(key, days, seen, len(subjects), len(book.fresh), fired, samples)

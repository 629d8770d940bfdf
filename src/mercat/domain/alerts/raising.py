"""Raising: signals are judged by the rules, alerts opened, repeated or resolved, people and programs told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.access import service as access
from mercat.domain.access.schemas import Recipient
from mercat.domain.alerts.catalogue import KINDS
from mercat.domain.alerts.judging import Book, Standing, Terms, enter, key_of
from mercat.domain.alerts.messages import AlertsRaised, AlertsResolved
from mercat.domain.alerts.notifying import notify
from mercat.domain.alerts.repository import AlertRepository
from mercat.domain.alerts.rule_repository import MuteRepository, RuleRepository, ThresholdRepository
from mercat.domain.alerts.ruling import ensure_rules, terms_of
from mercat.domain.alerts.schemas import Signal, Subject, Tally
from mercat.domain.alerts.steps import page_of
from mercat.domain.alerts.thresholds import Thresholds, grouped
from mercat.domain.operations import service as operations

# Which of a user's own defaults a kind of alert has its threshold from.
PREFERRED = {
    "price_change": "price_threshold_pct",
    "rank_improved": "rank_threshold_pct",
    "rank_dropped": "rank_threshold_pct",
}
_PAGE_OF_ALERTS = 100


@dataclass(frozen=True)
class _Mutes:
    """What nobody wants to hear of: rules, subjects, and both together."""

    rules: frozenset[UUID]
    subjects: frozenset[tuple[str | None, str | None]]
    both: frozenset[tuple[UUID, str | None, str | None]]

    def hold(self, rule_id: UUID, subject: Subject) -> bool:
        return (
            rule_id in self.rules
            or (subject.type, subject.id) in self.subjects
            or (rule_id, subject.type, subject.id) in self.both
        )


def judge(unit: WriteUnit, signals: Iterable[Signal]) -> Tally:
    """Let the rules judge what was seen, in the order of its time. In sets: a hundred thousand signals are one call.

    Of two units that open the same alert at once the second repeats what the first opened; neither fails.
    """
    given = sorted(signals, key=lambda each: each.at or unit.now)
    terms = _terms(unit, {each.kind for each in given})
    if not given or not terms:
        return Tally()
    users = access.list_recipients(unit, "alerts.read")
    thresholds = _thresholds(unit, terms, given, users)
    book = Book(AlertRepository(unit.session).standings(*_wanted(unit, terms, given)))
    mutes = _mutes(unit)
    ids = [each.id for each in users]
    for signal in given:
        for rule in terms.get(signal.kind, ()):
            subject = signal.subject
            known = thresholds[rule.id]
            threshold = known.loosest(signal, users=ids, is_upper=rule.is_upper)
            is_muted = mutes.hold(rule.id, subject)
            enter(book, rule, signal, signal.at or unit.now, threshold=threshold, is_muted=is_muted)
    return _settle(unit, book, users, thresholds)


def raise_once(unit: WriteUnit, signal: Signal) -> Tally:
    """One signal: the same again while its alert is open changes that alert, and tells nobody."""
    return judge(unit, [signal])


def clear(unit: WriteUnit, kind: str, subjects: Collection[Subject]) -> Tally:
    """What these alerts were about is over: those that are open are resolved by themselves."""
    return judge(unit, [Signal(kind, each, "", is_on=False) for each in subjects])


def highest_threshold(unit: ReadUnit, kind: str) -> Decimal | None:
    """The highest threshold of any active rule of a kind, for anybody: what lies beyond concerns nobody."""
    rules = RuleRepository(unit.session).active([kind])
    found = [each.threshold for each in rules if each.threshold is not None]
    rows = ThresholdRepository(unit.session).of_rules([each.id for each in rules])
    return max([*found, *(each.threshold for each in rows)], default=None)


def open_subjects(unit: WriteUnit, kind: str, subject_type: str) -> set[str]:
    """The ids of what an alert of this kind is open for."""
    return set(AlertRepository(unit.session).open_subjects(kind, subject_type))


def clear_others(unit: WriteUnit, kind: str, subject_type: str, but: Collection[str]) -> Tally:
    """The same of all that is open of this kind, but for these subjects."""
    gone = open_subjects(unit, kind, subject_type) - set(but)
    return clear(unit, kind, [Subject(subject_type, each) for each in sorted(gone)])


def _terms(unit: WriteUnit, kinds: Collection[str]) -> dict[str, list[Terms]]:
    unknown = [each for each in kinds if each not in KINDS]
    if unknown:
        message = f"{unknown[0]!r} is no kind of signal: alerts/catalogue.py lists them"
        raise ValueError(message)
    ensure_rules(unit)
    found: dict[str, list[Terms]] = {}
    for each in RuleRepository(unit.session).active(kinds):
        found.setdefault(each.kind, []).append(terms_of(each))
    return found


def _wanted(
    unit: WriteUnit, terms: Mapping[str, Sequence[Terms]], given: Sequence[Signal]
) -> tuple[list[str], dt.datetime]:
    keys = {key_of(rule.key, each.subject): None for each in given for rule in terms.get(each.kind, ())}
    longest = max(rule.cooldown for group in terms.values() for rule in group)
    return list(keys), min(given[0].at or unit.now, unit.now) - longest


def _thresholds(
    unit: WriteUnit, terms: Mapping[str, Sequence[Terms]], given: Sequence[Signal], users: Sequence[Recipient]
) -> dict[UUID, Thresholds]:
    rules = [rule for group in terms.values() for rule in group]
    own: dict[UUID, Decimal | None] = {rule.id: rule.threshold for rule in rules}
    subjects = list({each.subject.id for each in given})
    found = grouped(ThresholdRepository(unit.session).bearing_on(list(own), subjects), own)
    for rule in rules:
        name = PREFERRED.get(rule.kind)
        for user in users if name is not None else ():
            preferred = getattr(user.settings, name or "")
            if preferred is not None:
                found[rule.id].preferred[user.id] = preferred
    return found


def _mutes(unit: WriteUnit) -> _Mutes:
    there = MuteRepository(unit.session).in_force(unit.now)
    both = [(each.rule_id, each.subject_type, each.subject_id) for each in there if each.rule_id and each.subject_id]
    return _Mutes(
        frozenset(each.rule_id for each in there if each.rule_id and each.subject_id is None),
        frozenset((each.subject_type, each.subject_id) for each in there if each.rule_id is None),
        frozenset(both),
    )


def _settle(unit: WriteUnit, book: Book, users: Sequence[Recipient], thresholds: Mapping[UUID, Thresholds]) -> Tally:
    unit.save()
    book.yield_to(AlertRepository(unit.session).write(book.fresh, list(book.changed.values()), unit.now))
    counts: dict[UUID, int] = {}
    for each in book.fresh:
        if each.terms is not None:
            counts[each.terms.id] = counts.get(each.terms.id, 0) + 1
    RuleRepository(unit.session).note_fired(counts, unit.now)
    loud = list(book.loud.values())
    opened, resolved = [each.id for each in loud], [each.id for each in book.cleared if not each.is_open]
    notify(unit, loud, users, thresholds)
    if opened:
        told = [_told(each) for each in loud] if operations.is_wanted(unit, "alert.raised") else []
        operations.emit_pages(unit, "alert.raised", {}, name="alerts", items=told, size=_PAGE_OF_ALERTS)
        unit.announce(AlertsRaised(opened))
    if resolved:
        operations.emit_ids(unit, "alert.resolved", {}, name="alert_ids", ids=[each.bytes for each in resolved])
        unit.announce(AlertsResolved(resolved))
    return Tally(opened, resolved, book.repeated, book.suppressed)


def _told(each: Standing) -> dict[str, object]:
    signal, terms = each.signal, each.terms
    if signal is None or terms is None:
        raise AssertionError
    return {
        "alert_id": each.id,
        "type": terms.kind,
        "rule": terms.key,
        "severity": each.severity,
        "title": signal.title,
        "message": signal.message,
        "subject": {"type": signal.subject.type, "id": signal.subject.id, "label": signal.subject.label},
        "old_value": signal.old_value,
        "new_value": signal.new_value,
        "opened_at": each.opened_at,
        "action_url": signal.action_url or page_of(each.id),
    }

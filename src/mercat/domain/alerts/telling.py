"""Who is told of an alert, by which channels and when: facts in, decision out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from mercat.domain.access.schemas import Recipient, SettingsView
from mercat.domain.alerts.judging import Standing, passes
from mercat.domain.alerts.models import CRITICAL, HIGH, INFO, LOW, NORMAL, URGENT
from mercat.domain.alerts.schemas import Signal
from mercat.domain.alerts.steps import page_of, pages_of
from mercat.domain.alerts.thresholds import Thresholds

# Of one type of alert in one batch, people are told so many one by one; more come as one notification.
MOST_SINGLY = 20
# When a daily digest comes, by the user's own clock.
DIGEST_HOUR = 8
_TWICE = 2


@dataclass(frozen=True)
class Telling:
    """One notification to be."""

    user_id: UUID
    alert_id: UUID | None
    type: str
    title: str
    message: str
    priority: str
    channel: str
    count: int = 1
    action_url: str | None = None


def tellings(
    loud: Sequence[Standing], recipients: Sequence[Recipient], thresholds: Mapping[UUID, Thresholds]
) -> Iterator[Telling]:
    """What each of these people is told, by each channel that they chose."""
    by_rule: dict[str, list[Standing]] = {}
    for each in loud:
        if each.terms is not None:
            by_rule.setdefault(each.terms.key, []).append(each)
    for user in recipients:
        for group in by_rule.values():
            yield from _of_rule(user, [each for each in group if is_wanted(user.id, each, thresholds)])


def is_wanted(user_id: UUID, standing: Standing, thresholds: Mapping[UUID, Thresholds]) -> bool:
    """Whether it passes the user's own threshold too."""
    signal, terms = standing.signal, standing.terms
    if signal is None or terms is None or terms.id not in thresholds:
        return True
    own = thresholds[terms.id].for_user(user_id, signal)
    return passes(terms.comparison, signal.measure, own) is not False


def channels_for(settings: SettingsView, kind: str, default: Sequence[str]) -> Sequence[str]:
    """What the user chose for this type of alert, or for all others, or the rule's own channels."""
    chosen = settings.notification_preferences or {}
    return tuple(chosen.get(kind, chosen.get("*", default)))


def priority_of(severity: str, measure: Decimal | None, threshold: Decimal | None) -> str:
    """Urgent what is critical; high what passes its threshold twice over."""
    if severity == CRITICAL:
        return URGENT
    if measure is not None and threshold and abs(measure) >= _TWICE * abs(threshold):
        return HIGH
    return LOW if severity == INFO else NORMAL


def due_at(now: dt.datetime, priority: str, settings: SettingsView) -> dt.datetime:
    """When something may be sent: not in quiet hours, and with the next digest, unless it is urgent."""
    if priority == URGENT:
        return now
    zone = ZoneInfo(settings.timezone or "UTC")
    due = now
    if settings.digest == "hourly":
        due = (now + dt.timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    elif settings.digest == "daily":
        due = _next_local(now, dt.time(DIGEST_HOUR), zone)
    if settings.quiet_from is None or settings.quiet_to is None:
        return due
    begins, ends = dt.time.fromisoformat(settings.quiet_from), dt.time.fromisoformat(settings.quiet_to)
    local = due.astimezone(zone).time()
    is_quiet = begins <= local < ends if begins <= ends else local >= begins or local < ends
    return _next_local(due, ends, zone) if is_quiet else due


def _of_rule(user: Recipient, group: Sequence[Standing]) -> Iterator[Telling]:
    if not group or group[0].terms is None:
        return
    terms = group[0].terms
    for channel in channels_for(user.settings, terms.kind, terms.channels):
        if len(group) > MOST_SINGLY:
            yield _summary(user, group, channel)
            continue
        for each in group:
            signal = _signal(each)
            priority = priority_of(each.severity, signal.measure, terms.threshold)
            text, page = signal.message or signal.title, signal.action_url or page_of(each.id)
            yield Telling(user.id, each.id, terms.kind, signal.title[:255], text, priority, channel, action_url=page)


def _summary(user: Recipient, group: Sequence[Standing], channel: str) -> Telling:
    terms = group[0].terms
    kind = "" if terms is None else terms.kind
    is_critical = any(each.severity == CRITICAL for each in group)
    first = "; ".join(_signal(each).title for each in group[:5])
    title = f"{len(group):,} alerts: {kind.replace('_', ' ')}"
    text = f"{first}; and {len(group) - 5:,} more"
    priority, page = URGENT if is_critical else NORMAL, pages_of(kind)
    return Telling(user.id, None, kind, title, text, priority, channel, count=len(group), action_url=page)


def _signal(standing: Standing) -> Signal:
    if standing.signal is None:
        raise AssertionError
    return standing.signal


def _next_local(now: dt.datetime, time: dt.time, zone: ZoneInfo) -> dt.datetime:
    """The next instant at which the clocks of the zone show this time."""
    local = now.astimezone(zone)
    found = dt.datetime.combine(local.date(), time, zone)
    if found.astimezone(dt.UTC) <= now:
        found = dt.datetime.combine(local.date() + dt.timedelta(days=1), time, zone)
    return found.astimezone(dt.UTC)

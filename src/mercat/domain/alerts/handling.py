"""Handling: what a person does about an alert."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from uuid import UUID

from mercat.core.errors import Conflict, Invalid, NotFound
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.alerts.messages import AlertsRaised, AlertsResolved
from mercat.domain.alerts.models import ACKNOWLEDGED, BY_PERSON, OPEN, RESOLVED, SNOOZED, Alert
from mercat.domain.alerts.repository import AlertRepository

_LONGEST_SNOOZE = dt.timedelta(days=366)
_LONGEST_NOTES = 10_000


def get_alert(unit: ReadUnit, reference: str) -> Alert:
    """By id, or the end of one. Raises ``NotFound``."""
    unit.actor.require("alerts.read")
    return AlertRepository(unit.session).get_by_reference(reference)


def acknowledge(unit: WriteUnit, ids: Sequence[UUID]) -> list[Alert]:
    """Somebody looks after it: it stays open, and is told again only if it becomes worse. Raises ``NotFound``, ``Conflict``."""

    def change(alert: Alert) -> None:
        alert.status, alert.snoozed_until = ACKNOWLEDGED, None
        alert.acknowledged_by, alert.acknowledged_at = unit.actor.name, unit.now

    return _each(unit, ids, change)


def snooze(unit: WriteUnit, ids: Sequence[UUID], until: dt.datetime) -> list[Alert]:
    """Silent until then, and told again if it is still so. Raises ``Invalid``, ``NotFound``, ``Conflict``."""
    if not unit.now < until <= unit.now + _LONGEST_SNOOZE:
        message = "an alert is snoozed until some time within the next year"
        raise Invalid(message, field="until")

    def change(alert: Alert) -> None:
        alert.status, alert.snoozed_until = SNOOZED, until

    return _each(unit, ids, change)


def resolve(unit: WriteUnit, ids: Sequence[UUID], *, notes: str | None = None) -> list[Alert]:
    """It is settled: nothing is raised of the same for the rule's cooldown. Raises ``NotFound``, ``Conflict``."""
    if notes is not None and len(notes) > _LONGEST_NOTES:
        message = f"notes have at most {_LONGEST_NOTES:,} characters"
        raise Invalid(message, field="notes")

    def change(alert: Alert) -> None:
        alert.status, alert.snoozed_until, alert.open_key = RESOLVED, None, None
        alert.resolved_by, alert.resolved_at, alert.resolution = unit.actor.name, unit.now, BY_PERSON
        alert.resolution_notes = notes

    done = _each(unit, ids, change)
    unit.announce(AlertsResolved([each.id for each in done]))
    return done


def reopen(unit: WriteUnit, ids: Sequence[UUID]) -> list[Alert]:
    """As if nobody had looked at it: open, and told again if it becomes worse. Also what a person resolved.

    Raises ``NotFound``, and ``Conflict`` for what is over by itself or was raised anew meanwhile.
    """
    unit.actor.require("alerts.handle")
    alerts, repository = _these(unit, ids), AlertRepository(unit.session)
    taken = repository.open_keys([each.dedupe_key for each in alerts if each.status == RESOLVED])
    was_over = [each for each in alerts if each.status == RESOLVED]
    for each in was_over:
        if each.resolution != BY_PERSON or each.dedupe_key in taken:
            why = "it was raised anew" if each.dedupe_key in taken else "it is over by itself"
            message = f"the alert {each.title!r} cannot be opened again: {why}"
            raise Conflict(message, alert_id=str(each.id))
        taken.add(each.dedupe_key)
        each.open_key, each.resolution_notes = each.dedupe_key, None
        each.resolved_by = each.resolved_at = each.resolution = None
    for each in alerts:
        each.status = OPEN
        each.snoozed_until = each.acknowledged_by = each.acknowledged_at = None
    unit.save()
    if was_over:
        unit.announce(AlertsRaised([each.id for each in was_over]))
    return alerts


def wake_snoozed(unit: WriteUnit) -> int:
    """Alerts whose snooze is over are open again; how many."""
    alerts = AlertRepository(unit.session).snoozed(unit.now)
    for each in alerts:
        each.status, each.snoozed_until = OPEN, None
    if alerts:
        unit.save()
        unit.announce(AlertsRaised([each.id for each in alerts]))
    return len(alerts)


def _each(unit: WriteUnit, ids: Sequence[UUID], change: Callable[[Alert], None]) -> list[Alert]:
    """All of them or none."""
    unit.actor.require("alerts.handle")
    alerts = _these(unit, ids)
    for each in alerts:
        if each.status == RESOLVED:
            how = "by itself" if each.resolution != BY_PERSON else f"by {each.resolved_by}"
            message = f"the alert {each.title!r} is resolved already, {how}: there is nothing left to do"
            raise Conflict(message, alert_id=str(each.id))
        change(each)
    unit.save()
    return alerts


def _these(unit: WriteUnit, ids: Sequence[UUID]) -> list[Alert]:
    alerts = AlertRepository(unit.session).locked(ids)
    missing = set(ids) - {each.id for each in alerts}
    if missing:
        message = f"there is no alert {min(missing)}"
        raise NotFound(message)
    return alerts

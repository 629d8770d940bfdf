"""Notifying: people are told of alerts, each as they chose; and reading what one was told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from uuid import UUID

from mercat.core.errors import Unauthenticated
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.access.schemas import Recipient
from mercat.domain.alerts.configurable import SMTP_HOST
from mercat.domain.alerts.judging import Standing
from mercat.domain.alerts.messages import SendMail
from mercat.domain.alerts.models import EMAIL, FAILED, IN_APP, PENDING, SENT, UNREAD
from mercat.domain.alerts.notification_repository import NotificationRepository, Placed
from mercat.domain.alerts.telling import Telling, due_at, tellings
from mercat.domain.alerts.thresholds import Thresholds
from mercat.domain.operations import service as operations

_EVENT = "notification.made"


def notify(
    unit: WriteUnit, loud: Sequence[Standing], users: Sequence[Recipient], thresholds: Mapping[UUID, Thresholds]
) -> int:
    """Tell people of alerts that were opened or became worse; how many notifications that makes."""
    if not loud or not users:
        return 0
    return tell(unit, list(tellings(loud, users, thresholds)), users)


def tell(unit: WriteUnit, told: Sequence[Telling], users: Sequence[Recipient]) -> int:
    """Write notifications down, and have sent what is to be sent. E-mails are left out where no server takes them."""
    by_id = {each.id: each for each in users}
    has_mail = operations.value_of(unit, SMTP_HOST) is not None
    placed = [_placed(unit, each, by_id[each.user_id]) for each in told if each.channel != EMAIL or has_mail]
    NotificationRepository(unit.session).insert(placed, unit.now)
    due: dict[UUID, dt.datetime] = {}
    for each, status, when, *_ in placed:
        if status == PENDING and when is not None:
            due[each.user_id] = min(when, due.get(each.user_id, when))
    for user_id, when in sorted(due.items()):
        put_mail(unit, by_id[user_id], when)
    return len(placed)


def put_mail(unit: WriteUnit, user: Recipient, when: dt.datetime) -> None:
    """Have a worker send a user what is due then; one run at a time for each."""
    about = ("user", str(user.id))
    unit.enqueue(SendMail(user.id, user.username), key=str(user.id), run_after=when, priority=40, subject=about)


def unread_count(unit: ReadUnit) -> int:
    """How many notifications the actor has not read."""
    unit.actor.require("alerts.read")
    return NotificationRepository(unit.session).unread(_own(unit))


def mark_read(unit: WriteUnit, ids: Sequence[UUID] | None = None) -> int:
    """The actor has read these of their notifications, or all; how many were unread."""
    unit.actor.require("alerts.read")
    return NotificationRepository(unit.session).mark_read(_own(unit), ids, unit.now)


def _own(unit: ReadUnit) -> UUID:
    if unit.actor.id is None:
        message = "notifications belong to a user: sign in"
        raise Unauthenticated(message)
    return unit.actor.id


def _placed(unit: WriteUnit, each: Telling, user: Recipient) -> Placed:
    if each.channel == IN_APP:
        return each, UNREAD, None, None, None
    if each.channel == EMAIL:
        return each, PENDING, due_at(unit.now, each.priority, user.settings), None, None
    facts = {
        "user": user.username,
        "type": each.type,
        "title": each.title,
        "message": each.message,
        "priority": each.priority,
        "alert_id": each.alert_id,
        "count": each.count,
        "action_url": each.action_url,
    }
    if operations.emit(unit, _EVENT, facts):
        return each, SENT, None, unit.now, None
    reason = f"no webhook endpoint takes the event {_EVENT}: `mercat webhook add NAME URL --event {_EVENT}`"
    return each, FAILED, None, None, reason

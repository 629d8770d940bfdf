"""Who was told of what."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import func, select, update

from mercat.core.database.bulk import Bulk
from mercat.core.database.results import rows_of
from mercat.core.ids import new_id_bytes
from mercat.core.repository import Repository
from mercat.domain.alerts.models import EMAIL, IN_APP, PENDING, READ, UNREAD, Notification
from mercat.domain.alerts.telling import Telling

_COLUMNS = (
    "id", "user_id", "alert_id", "type", "title", "message", "data", "priority", "channel", "status", "sent_at", "error",
    "action_url", "next_at", "attempts", "tries", "created_at", "updated_at",
)  # fmt: skip
_SILENT = {"synchronize_session": False}
Placed = tuple[Telling, str, dt.datetime | None, dt.datetime | None, str | None]


class NotificationRepository(Repository[Notification]):
    """Notifications by user."""

    model = Notification

    def insert(self, rows: Iterable[Placed], now: dt.datetime) -> None:
        """(what, status, when it is due, when it was sent, what went wrong), all at once."""
        bulk = Bulk(self.session.connection())
        given, time = list(rows), bulk.time(now)
        values = [
            (
                bulk.id(born), bulk.id(each.user_id.bytes), None if each.alert_id is None else bulk.id(each.alert_id.bytes),
                each.type, each.title, each.message, json.dumps({"count": each.count}), each.priority, each.channel, status,
                None if sent is None else bulk.time(sent), error, each.action_url, None if due is None else bulk.time(due),
                0, "[]", time, time,
            )
            for born, (each, status, due, sent, error) in zip(new_id_bytes(len(given)), given, strict=True)
        ]  # fmt: skip
        bulk.insert("notifications", _COLUMNS, values)

    def unread(self, user_id: UUID) -> int:
        """How many a user has not read."""
        rows = select(func.count()).select_from(Notification)
        return self.session.scalar(rows.where(Notification.user_id == user_id, Notification.status == UNREAD)) or 0

    def mark_read(self, user_id: UUID, ids: Sequence[UUID] | None, now: dt.datetime) -> int:
        """A user's own, all of them or these; how many were unread."""
        statement = update(Notification).where(
            Notification.user_id == user_id, Notification.status == UNREAD, Notification.channel == IN_APP
        )
        if ids is not None:
            statement = statement.where(Notification.id.in_(ids))
        values = {"status": READ, "read_at": now, "updated_at": now}
        return rows_of(self.session.execute(statement.values(**values), execution_options=_SILENT))

    def due(self, user_id: UUID, now: dt.datetime, *, most: int) -> list[Notification]:
        """E-mails to a user whose time has come, oldest first."""
        rows = select(Notification).where(
            Notification.user_id == user_id,
            Notification.status == PENDING,
            Notification.channel == EMAIL,
            Notification.next_at <= now,
        )
        return list(self.session.scalars(rows.order_by(Notification.next_at, Notification.id).limit(most)))

    def of_ids(self, ids: Sequence[UUID]) -> list[Notification]:
        """These, oldest first."""
        return list(
            self.session.scalars(select(Notification).where(Notification.id.in_(ids)).order_by(Notification.id))
        )

    def next_due(self, user_id: UUID) -> dt.datetime | None:
        """When the next e-mail to a user is due, if any is."""
        rows = select(func.min(Notification.next_at)).where(
            Notification.user_id == user_id, Notification.status == PENDING, Notification.channel == EMAIL
        )
        return self.session.scalar(rows)

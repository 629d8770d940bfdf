"""Alerts and notifications that are old enough to go."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from mercat.core.database.bulk import CHUNK, chunks
from mercat.core.ids import first_id
from mercat.domain.alerts.models import PENDING, RESOLVED, Alert, Notification


class KeepingRepository:
    """By table: ``alerts`` that are over, and ``notifications`` that wait for nobody."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def count(self, table: str, before: dt.datetime) -> int:
        """How many are older than that."""
        model, old = _old(table, before)
        return self.session.scalar(select(func.count()).select_from(model).where(*old)) or 0

    def remove(self, table: str, before: dt.datetime, *, most: int) -> int:
        """Remove at most so many of them, the oldest first; how many went."""
        model, old = _old(table, before)
        ids = list(self.session.scalars(select(model.id).where(*old).order_by(model.id).limit(most)))
        for some in chunks(ids, CHUNK):
            self.session.execute(delete(model).where(model.id.in_(some)))
        return len(ids)


def _old(table: str, before: dt.datetime) -> tuple[Any, list[ColumnElement[bool]]]:
    if table == "alerts":
        # Ids tell when a row was born, so that the primary key narrows what is looked through.
        return Alert, [Alert.id < first_id(before), Alert.status == RESOLVED, Alert.resolved_at < before]
    return Notification, [Notification.id < first_id(before), Notification.status != PENDING]

"""What is old enough to go, table by table; a few thousand rows at a time, each time by an index."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from mercat.core.database.bulk import Bulk
from mercat.core.ids import first_id
from mercat.core.jobs.models import CANCELLED, COMPLETED, Job, JobEvent
from mercat.domain.operations.models import (
    ApiUsage,
    IdempotentRequest,
    ProcessedHash,
    SystemLog,
    WebhookDelivery,
)

_Rows = Callable[[dt.datetime], list[ColumnElement[bool]]]
# Ids tell when a row was born, so the primary key serves where no other index begins with the time.
_OLD: dict[str, tuple[Any, _Rows]] = {
    "system_logs": (SystemLog, lambda before: [SystemLog.created_at < before]),
    "job_events": (
        JobEvent,
        lambda before: [
            JobEvent.id < first_id(before),
            JobEvent.job_id.in_(select(Job.id).where(Job.status.in_((COMPLETED, CANCELLED)))),
        ],
    ),
    "api_usage": (ApiUsage, lambda before: [ApiUsage.id < first_id(before)]),
    "processed_hashes": (
        ProcessedHash,
        lambda before: [ProcessedHash.state.in_(("done", "failed")), ProcessedHash.received_at < before],
    ),
    "webhook_deliveries": (
        WebhookDelivery,
        lambda before: [WebhookDelivery.id < first_id(before), WebhookDelivery.status != "pending"],
    ),
    "idempotent_requests": (IdempotentRequest, lambda before: [IdempotentRequest.received_at < before]),
}


class TidyRepository:
    """Old rows of one table after the other."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def count(self, table: str, before: dt.datetime) -> int:
        """How many rows are older than that."""
        model, old = _OLD[table]
        return self.session.scalar(select(func.count()).select_from(model).where(*old(before))) or 0

    def old(self, table: str, before: dt.datetime, *, most: int) -> list[UUID]:
        """Some of them."""
        model, old = _OLD[table]
        return list(self.session.scalars(select(model.id).where(*old(before)).limit(most)))

    def remove(self, table: str, ids: Sequence[UUID]) -> int:
        """How many went: another may have been there first."""
        return Bulk(self.session.connection()).delete(table, "id", [each.bytes for each in ids])

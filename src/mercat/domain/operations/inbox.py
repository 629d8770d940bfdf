"""Deliveries that come in: each claimed once, however often it is sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.operations.inbox_repository import InboxRepository
from mercat.domain.operations.models import ProcessedHash


@dataclass(frozen=True)
class Delivery:
    """A delivery as it was received."""

    id: UUID
    source: str
    topic: str | None
    state: str
    payload: str | None
    happened_at: dt.datetime | None


def claim(
    unit: WriteUnit,
    source: str,
    key: str,
    *,
    topic: str | None,
    payload: str | None,
    happened_at: dt.datetime | None = None,
) -> UUID | None:
    """Take a delivery in. Its id, or ``None`` where its work is under way or done; one that failed is taken again.

    Two that arrive at once: the second meets the unique key, and ``Runtime.attempt`` lets it look again.
    """
    repository = InboxRepository(unit.session)
    row = repository.find_by(source=source, delivery_key=key)
    if row is not None:
        if row.state != "failed":
            return None
        row.state, row.received_at, row.finished_at, row.result = "claimed", unit.now, None, None
        return row.id
    row = ProcessedHash(source=source, delivery_key=key, topic=topic, payload=payload, received_at=unit.now)
    row.happened_at = happened_at
    unit.add(row)
    return row.id


def claimed_deliveries(unit: ReadUnit, source: str, *, limit: int = 500) -> list[Delivery]:
    """What came from there and waits to be worked on, oldest first."""
    rows = InboxRepository(unit.session).claimed(source, limit=limit)
    return [Delivery(row.id, row.source, row.topic, row.state, row.payload, row.happened_at) for row in rows]


def finish_deliveries(unit: WriteUnit, results: Mapping[UUID, str], *, failed: bool = False) -> None:
    """Their work is done, or failed and may come again. What is done keeps no payload."""
    repository = InboxRepository(unit.session)
    for delivery_id, result in results.items():
        row = repository.get(delivery_id)
        row.state, row.finished_at, row.result = "failed" if failed else "done", unit.now, result
        if not failed:
            row.payload = None

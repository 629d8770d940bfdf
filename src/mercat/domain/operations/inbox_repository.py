"""Deliveries that came in."""

from __future__ import annotations

from sqlalchemy import select

from mercat.core.repository import Repository
from mercat.domain.operations.models import ProcessedHash


class InboxRepository(Repository[ProcessedHash]):
    """Deliveries by source and key."""

    model = ProcessedHash

    def claimed(self, source: str, *, limit: int) -> list[ProcessedHash]:
        """What waits to be worked on, oldest first."""
        rows = select(ProcessedHash).where(ProcessedHash.state == "claimed", ProcessedHash.source == source)
        return list(self.session.scalars(rows.order_by(ProcessedHash.received_at, ProcessedHash.id).limit(limit)))

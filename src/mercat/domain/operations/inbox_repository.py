"""Deliveries that came in."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, func, select

from mercat.core.repository import Repository
from mercat.domain.operations.models import ProcessedHash


class InboxRepository(Repository[ProcessedHash]):
    """Deliveries by source and key."""

    model = ProcessedHash

    def claimed(self, source: str, *, limit: int) -> list[ProcessedHash]:
        """What waits to be worked on, oldest first."""
        rows = select(ProcessedHash).where(ProcessedHash.state == "claimed", ProcessedHash.source == source)
        return list(self.session.scalars(rows.order_by(ProcessedHash.received_at, ProcessedHash.id).limit(limit)))

    def purge(self, before: dt.datetime) -> int:
        """Remove what was done before then; how many."""
        old = (ProcessedHash.state == "done", ProcessedHash.received_at < before)
        count = self.session.scalar(select(func.count()).select_from(ProcessedHash).where(*old)) or 0
        self.session.execute(delete(ProcessedHash).where(*old))
        return count

"""Run history."""

from __future__ import annotations

from sqlalchemy import select

from mercat.core.page import Page
from mercat.core.repository import Repository
from mercat.domain.operations.models import SyncHistory


class SyncHistoryRepository(Repository[SyncHistory]):
    """Runs, newest first."""

    model = SyncHistory

    def newest(self, *, sync_type: str | None = None, page: int = 1, per_page: int = 50) -> Page[SyncHistory]:
        """Runs of one type or of all."""
        rows = select(SyncHistory).order_by(SyncHistory.started_at.desc())
        if sync_type is not None:
            rows = rows.where(SyncHistory.sync_type == sync_type)
        return self.paged(rows, page=page, per_page=per_page)

    def running(self, sync_type: str) -> list[SyncHistory]:
        """Runs that say they are under way."""
        rows = select(SyncHistory).where(SyncHistory.sync_type == sync_type, SyncHistory.status == "running")
        return list(self.session.scalars(rows))

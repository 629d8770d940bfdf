"""Run history, and how fresh what runs move is."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects import mysql, postgresql, sqlite

from mercat.core.database.results import rows_of
from mercat.core.ids import new_id
from mercat.core.page import Page
from mercat.core.repository import Repository
from mercat.domain.operations.models import SyncFreshness, SyncHistory


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


class FreshnessRepository(Repository[SyncFreshness]):
    """A row for each type, source and target."""

    model = SyncFreshness

    def note(
        self,
        sync_type: str,
        source: str,
        target: str,
        status: str,
        at: dt.datetime,
        *,
        is_good: bool,
        is_failure: bool,
    ) -> None:
        """A run ended so; in one statement, since two may end at once."""
        changes: dict[str, Any] = {"last_status": status, "last_run_at": at, "updated_at": at}
        if is_good:
            changes["last_success_at"] = at
            changes["failed_in_a_row"] = 0
        place = {"sync_type": sync_type, "sync_source": source[:255], "sync_target": target[:255]}
        if is_failure:
            changes["failed_in_a_row"] = SyncFreshness.failed_in_a_row + 1
        counted = {"runs": SyncFreshness.runs + 1, "failures": SyncFreshness.failures + int(is_failure)}
        statement = update(SyncFreshness).filter_by(**place).values(**changes, **counted)
        if not rows_of(self.session.execute(statement, execution_options={"synchronize_session": False})):
            first = {
                "id": new_id(),
                "runs": 0,
                "failures": 0,
                "created_at": at,
                **place,
                **changes,
                "failed_in_a_row": 0,
            }
            self.session.execute(self._insert_unless_there(), first)
            self.session.execute(statement, execution_options={"synchronize_session": False})

    def _insert_unless_there(self) -> Any:
        match self.session.get_bind().dialect.name:
            case "postgresql":
                return postgresql.insert(SyncFreshness).on_conflict_do_nothing()
            case "sqlite":
                return sqlite.insert(SyncFreshness).on_conflict_do_nothing()
            case _:
                return mysql.insert(SyncFreshness).on_duplicate_key_update(id=SyncFreshness.id)

    def forget(self, sync_type: str, name: str) -> None:
        """Remove what came from there or went there."""
        is_its = or_(SyncFreshness.sync_source == name, SyncFreshness.sync_target == name)
        self.session.execute(delete(SyncFreshness).where(SyncFreshness.sync_type == sync_type, is_its))

    def failed_in_a_row(self, sync_type: str, source: str, target: str) -> int:
        """How many runs from there to there failed since the last success."""
        place = {"sync_type": sync_type, "sync_source": source[:255], "sync_target": target[:255]}
        return self.session.scalar(select(SyncFreshness.failed_in_a_row).filter_by(**place)) or 0

    def listed(self) -> list[SyncFreshness]:
        """All: one for each feed, two for each store."""
        rows = select(SyncFreshness)
        return list(
            self.session.scalars(
                rows.order_by(SyncFreshness.sync_type, SyncFreshness.sync_source, SyncFreshness.sync_target)
            )
        )

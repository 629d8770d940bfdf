"""Who changed what about whom."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from sqlalchemy import ColumnElement, select

from mercat.core.database.types import as_ascii
from mercat.core.page import Page
from mercat.core.repository import Repository
from mercat.domain.access.models import AuditEntry


class AuditRepository(Repository[AuditEntry]):
    """Administrative acts, newest first."""

    model = AuditEntry

    def listed(
        self,
        *,
        action: str | None,
        user_id: UUID | None,
        subject_id: str | None,
        since: dt.datetime | None,
        page: int,
        per_page: int,
    ) -> Page[AuditEntry]:
        """Those that fit; ``action`` may be the beginning of one, such as ``user.``."""
        rows = select(AuditEntry).order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        if action is not None:
            rows = rows.where(_is(as_ascii(action)))
        if user_id is not None:
            rows = rows.where(AuditEntry.user_id == user_id)
        if subject_id is not None:
            rows = rows.where(AuditEntry.subject_id == subject_id)
        if since is not None:
            rows = rows.where(AuditEntry.at >= since)
        return self.paged(rows, page=page, per_page=per_page)


def _is(action: str) -> ColumnElement[bool]:
    if action.endswith("."):
        return AuditEntry.action.startswith(action, autoescape=True)
    return AuditEntry.action == action

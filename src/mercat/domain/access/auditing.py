"""Writing administrative acts down, in the transaction that does them, and reading them again."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from mercat.core.page import Page
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.access.audit_repository import AuditRepository
from mercat.domain.access.models import ADDRESS_LENGTH, AuditEntry, User
from mercat.domain.access.schemas import AuditView


def audit(unit: WriteUnit, action: str, *, subject: tuple[str, object, str] | None = None, **details: object) -> None:
    """The unit's actor did ``action`` (``thing.done``) about ``subject``, as (kind of thing, id, name).

    ``details`` are what JSON can say, and nothing that opens anything.
    """
    kind, id_, name = subject or (None, None, None)
    actor = unit.actor
    unit.add(
        AuditEntry(
            at=unit.now,
            user_id=actor.id,
            actor=actor.name[:255],
            via=actor.via[:100],
            address=actor.address[:ADDRESS_LENGTH],
            action=action,
            subject_type=kind,
            subject_id=None if id_ is None else str(id_)[:100],
            subject=None if name is None else name[:255],
            details=details,
        )
    )


def audit_user(unit: WriteUnit, action: str, user: User, **details: object) -> None:
    """An act about a user."""
    audit(unit, action, subject=("user", user.id, user.username), **details)


def list_audit(
    unit: ReadUnit,
    *,
    action: str | None = None,
    user_id: UUID | None = None,
    subject_id: str | None = None,
    since: dt.datetime | None = None,
    page: int = 1,
    per_page: int = 50,
) -> Page[AuditView]:
    """Administrative acts, newest first. ``action`` ending in a point stands for all that begin so."""
    unit.actor.require("access.audit")
    found = AuditRepository(unit.session).listed(
        action=action, user_id=user_id, subject_id=subject_id, since=since, page=page, per_page=per_page
    )
    return Page([_view(each) for each in found], found.total, page, per_page)


def _view(entry: AuditEntry) -> AuditView:
    return AuditView(
        id=entry.id,
        at=entry.at,
        actor=entry.actor,
        user_id=entry.user_id,
        via=entry.via,
        address=entry.address,
        action=entry.action,
        subject_type=entry.subject_type,
        subject_id=entry.subject_id,
        subject=entry.subject,
        details=entry.details,
    )

"""Ending sessions."""

from __future__ import annotations

from uuid import UUID

from mercat.core.unit import WriteUnit
from mercat.domain.access.credential_repository import SessionRepository


def close_sessions(unit: WriteUnit, user_id: UUID, reason: str, *, but: UUID | None = None) -> int:
    """End a user's sessions, but this one; how many there were. What a process remembers is the caller's to forget."""
    open_ones = SessionRepository(unit.session).open_of(user_id, but=but)
    for each in open_ones:
        each.revoked_at, each.revoked_reason = unit.now, reason[:50]
    unit.save()
    return len(open_ones)

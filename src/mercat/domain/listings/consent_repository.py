"""Consents that are waited for."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, select

from mercat.core.repository import Repository
from mercat.domain.listings.models import PendingConsent


class ConsentRepository(Repository[PendingConsent]):
    """By the hash of their state."""

    model = PendingConsent

    def take(self, state_hash: str, now: dt.datetime) -> PendingConsent | None:
        """The one with this state, which is good for nothing more; those that ran out go as well."""
        # Locked: of two answers with one state, the second waits, and finds nothing.
        found = self.session.scalars(
            select(PendingConsent).where(PendingConsent.state_hash == state_hash).with_for_update()
        ).one_or_none()
        is_good = found is not None and found.expires_at >= now
        if found is not None:
            self.session.expunge(found)
        gone = (PendingConsent.state_hash == state_hash) | (PendingConsent.expires_at < now)
        self.session.execute(delete(PendingConsent).where(gone))
        return found if is_good else None

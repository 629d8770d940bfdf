"""Suggestions and their actions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select

from mercat.core.database.bulk import CHUNK, chunks
from mercat.core.errors import NotFound
from mercat.core.ids import first_id
from mercat.core.repository import Repository
from mercat.domain.suggestions.models import OPEN_STATUSES, PENDING, Suggestion, SuggestionAction


class SuggestionRepository(Repository[Suggestion]):
    """Suggestions, each with its actions."""

    model = Suggestion

    def get_by_reference(self, reference: str) -> Suggestion:
        """By id, or the end of one. Raises ``NotFound``."""
        found = self.by_reference(reference)
        if found is None:
            message = f"there is no suggestion {reference}; mercat suggestions list shows them"
            raise NotFound(message)
        return found

    def locked(self, suggestion_id: UUID) -> Suggestion:
        """Until the unit ends, as it is now. Raises ``NotFound``."""
        rows = select(Suggestion).where(Suggestion.id == suggestion_id).with_for_update()
        found = self.session.scalars(rows.execution_options(populate_existing=True)).first()
        if found is None:
            message = f"there is no suggestion {suggestion_id}; mercat suggestions list shows them"
            raise NotFound(message)
        return found

    def open_of(self, dedupe_key: str) -> Suggestion | None:
        """The one of this key that waits, if any does."""
        return self.session.scalars(
            select(Suggestion).where(Suggestion.open_key == dedupe_key).with_for_update()
        ).first()

    def last_of(self, dedupe_key: str, since: dt.datetime) -> Suggestion | None:
        """The youngest of this key since then."""
        rows = select(Suggestion).where(Suggestion.dedupe_key == dedupe_key, Suggestion.created_at >= since)
        return self.session.scalars(rows.order_by(Suggestion.id.desc()).limit(1)).first()

    def expired(self, now: dt.datetime) -> list[Suggestion]:
        """Those that nobody looked at in time."""
        rows = select(Suggestion).where(Suggestion.status.in_(OPEN_STATUSES), Suggestion.expires_at <= now)
        return list(self.session.scalars(rows.order_by(Suggestion.id).with_for_update()))

    def outcome_due(self, now: dt.datetime) -> list[Suggestion]:
        """Those whose effect is to be looked at."""
        rows = select(Suggestion).where(Suggestion.next_outcome_at <= now).order_by(Suggestion.id)
        return list(self.session.scalars(rows.with_for_update()))

    def advised_lately(self, kind: str, now: dt.datetime) -> set[str]:
        """The variants that a suggestion of such a kind (its beginning) was made for within a day."""
        since = now - dt.timedelta(days=1)
        rows = select(Suggestion.subject_id).where(
            Suggestion.id >= first_id(since), Suggestion.subject_type == "variant", Suggestion.kind.startswith(kind)
        )
        return set(self.session.scalars(rows))

    def count_old(self, before: dt.datetime) -> int:
        """How many are decided and measured, and older than that."""
        return self.count(*self._old(before))

    def remove_old(self, before: dt.datetime, *, most: int) -> int:
        """Remove at most so many of them with their actions, the oldest first; how many went."""
        rows = select(Suggestion.id).where(*self._old(before)).order_by(Suggestion.id).limit(most)
        ids = list(self.session.scalars(rows))
        for some in chunks(ids, CHUNK):
            self.session.execute(delete(SuggestionAction).where(SuggestionAction.suggestion_id.in_(some)))
            self.session.execute(delete(Suggestion).where(Suggestion.id.in_(some)))
        return len(ids)

    def _old(self, before: dt.datetime) -> list[ColumnElement[bool]]:
        # Ids tell when a row was born, so that the primary key narrows what is looked through.
        is_over = Suggestion.status.not_in(OPEN_STATUSES)
        return [
            Suggestion.id < first_id(before),
            is_over,
            Suggestion.next_outcome_at.is_(None),
            Suggestion.updated_at < before,
        ]

    def pending_about(self, subject_type: str, ids: Collection[str]) -> list[Suggestion]:
        """Those about these that wait."""
        rows = select(Suggestion).where(
            Suggestion.subject_type == subject_type, Suggestion.subject_id.in_(ids), Suggestion.status == PENDING
        )
        return list(self.session.scalars(rows.order_by(Suggestion.id)))

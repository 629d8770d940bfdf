"""Which threshold holds for whom: user and item, then user, then item, then category, then the rule's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from uuid import UUID

import xxhash

from mercat.domain.alerts.schemas import Signal

_Scope = tuple[UUID | None, str | None, str | None]


@dataclass
class Thresholds:
    """What differs from a rule's own threshold, by user, item and category; ``preferred`` are users' own defaults."""

    own: Decimal | None = None
    rows: dict[_Scope, Decimal] = field(default_factory=dict)
    preferred: dict[UUID, Decimal] = field(default_factory=dict)

    @cached_property
    def _has_users(self) -> bool:
        return any(scope[0] for scope in self.rows)

    def for_all(self, signal: Signal) -> Decimal | None:
        """What holds for the house."""
        if signal.item_threshold is not None:
            return signal.item_threshold
        subject_id, category = signal.subject.id, signal.category
        for scope in ((None, subject_id, None), (None, None, category)):
            if (found := self.rows.get(scope)) is not None:
                return found
        return self.own

    def for_user(self, user_id: UUID, signal: Signal) -> Decimal | None:
        """What holds for one user."""
        if (found := signal.user_thresholds.get(user_id)) is not None:
            return found
        for scope in ((user_id, signal.subject.id, None), (user_id, None, None)):
            if (found := self.rows.get(scope)) is not None:
                return found
        if (found := self.preferred.get(user_id)) is not None:
            return found
        return self.for_all(signal)

    def loosest(self, signal: Signal, *, users: Iterable[UUID], is_upper: bool) -> Decimal | None:
        """The one that anybody's is passed by: an alert is opened for whoever wants to hear soonest.

        ``is_upper``: the measure has to be below it, so the highest is the loosest.
        """
        base = self.for_all(signal)
        if base is None or not (signal.user_thresholds or self.preferred or self._has_users):
            return base
        found = [self.for_user(each, signal) for each in users]
        known = [base, *(each for each in found if each is not None)]
        return max(known) if is_upper else min(known)


def scope_key(user_id: UUID | None, subject_id: str | None, category_id: str | None) -> str:
    """A scope as one short text."""
    return xxhash.xxh3_128_hexdigest(f"{user_id or ''}\0{subject_id or ''}\0{category_id or ''}".encode())


def grouped(
    rows: Iterable[tuple[UUID, UUID | None, str | None, str | None, Decimal]], own: Mapping[UUID, Decimal | None]
) -> dict[UUID, Thresholds]:
    """Rows of (rule, user, item, category, threshold) by rule."""
    found = {rule: Thresholds(value) for rule, value in own.items()}
    for rule, user, item, category, value in rows:
        found[rule].rows[user, item, category] = value
    return found

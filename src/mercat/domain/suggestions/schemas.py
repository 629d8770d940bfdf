"""What goes in and out of this room."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class ActionDraft:
    """One change. Values are texts, amounts canonical; ``target`` is a SKU of ours, or a watched listing's id."""

    action_type: str
    target: str
    target_field: str
    current_value: str | None
    proposed_value: str | None
    reasoning: str


@dataclass(frozen=True)
class SuggestionDraft:
    """What could be done. ``evidence`` is never empty: (type, id) of what it was drawn from. ``expires_in``: days."""

    kind: str
    subject_type: str
    subject_id: str
    subject_label: str
    title: str
    description: str
    reasoning: str
    evidence: Sequence[tuple[str, str]]
    category: str
    source: str
    actions: Sequence[ActionDraft] = ()
    priority: str = "normal"
    confidence: Decimal | None = None
    estimated_impact: Mapping[str, Any] = field(default_factory=dict)
    cautions: Sequence[str] = ()
    expires_in: int = 14


@dataclass(frozen=True)
class ActionView:
    """An action as it is shown."""

    id: UUID
    action_type: str
    target: str
    target_field: str
    current_value: str | None
    proposed_value: str | None
    reasoning: str
    status: str
    applied_at: dt.datetime | None
    change_set_id: UUID | None
    error: str | None


@dataclass(frozen=True)
class SuggestionView:
    """A suggestion as it is shown."""

    id: UUID
    kind: str
    subject_type: str
    subject_id: str
    subject_label: str | None
    title: str
    description: str
    reasoning: str
    evidence: list[dict[str, str]]
    cautions: list[str]
    category: str
    priority: str
    status: str
    source: str
    confidence: str | None
    estimated_impact: dict[str, Any]
    expires_at: dt.datetime
    created_by: str
    created_at: dt.datetime
    reviewed_by: str | None
    reviewed_at: dt.datetime | None
    review_notes: str | None
    applied_at: dt.datetime | None
    outcome: dict[str, Any] | None
    actions: list[ActionView]

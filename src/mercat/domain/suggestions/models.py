"""Suggestions, and the actions that each consists of."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mercat.core.database.base import Row, amount_within, one_of
from mercat.core.database.types import Amount, Id, KeptJson, LongText, UTCDateTime, ascii_key

PENDING, APPROVED, PARTIALLY_APPROVED, REJECTED = "pending", "approved", "partially_approved", "rejected"
APPLIED, FAILED, STALE, EXPIRED, ROLLED_BACK = "applied", "failed", "stale", "expired", "rolled_back"
STATUSES = (PENDING, APPROVED, PARTIALLY_APPROVED, REJECTED, APPLIED, FAILED, STALE, EXPIRED, ROLLED_BACK)
# While one of these, there is no second one of the same.
OPEN_STATUSES = (PENDING, APPROVED, PARTIALLY_APPROVED)
PROPOSED = "proposed"
ACTION_STATUSES = (PROPOSED, APPROVED, APPLIED, FAILED, STALE, REJECTED, ROLLED_BACK)
CATEGORIES = ("pricing", "content", "tracking", "stock")
PRIORITIES = ("low", "normal", "high", "urgent")
SET_PRICE, SET_FIELD, SET_THRESHOLD, SET_TRACKING = "set_price", "set_field", "set_threshold", "set_tracking"
ACTION_TYPES = (SET_PRICE, SET_FIELD, SET_THRESHOLD, SET_TRACKING)


class Suggestion(Row):
    """What could be done, why, and what of it was done. Of one ``dedupe_key`` one is open at most (``open_key``).

    ``evidence``: what it was drawn from, as type and id. ``cautions``: what else is on its way that bears on it.
    ``outcome``: figures when it was applied, and after 7 and 30 days.
    """

    __tablename__ = "suggestions"
    __table_args__ = (
        one_of("status", STATUSES),
        one_of("category", CATEGORIES),
        one_of("priority", PRIORITIES),
        *amount_within("confidence", 0, 1),
        UniqueConstraint("open_key"),
        Index(None, "status", "priority", "created_at"),
        Index(None, "subject_type", "subject_id"),
        Index(None, "dedupe_key", "created_at"),
        Index(None, "next_outcome_at"),
        Index(None, "status", "expires_at"),
    )

    kind: Mapped[str] = mapped_column(ascii_key(50))
    subject_type: Mapped[str] = mapped_column(String(50))
    subject_id: Mapped[str] = mapped_column(String(100))
    subject_label: Mapped[str | None] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(String(500))
    description: Mapped[str] = mapped_column(LongText)
    reasoning: Mapped[str] = mapped_column(LongText)
    evidence: Mapped[list[dict[str, str]]] = mapped_column(KeptJson, default=list)
    cautions: Mapped[list[str]] = mapped_column(KeptJson, default=list)
    category: Mapped[str] = mapped_column(String(20))
    priority: Mapped[str] = mapped_column(String(10), default="normal")
    status: Mapped[str] = mapped_column(String(20), default=PENDING)
    # The adviser's name and version, or the model's with the prompt's.
    source: Mapped[str] = mapped_column(String(100))
    confidence: Mapped[Decimal | None] = mapped_column(Amount)
    estimated_impact: Mapped[dict[str, Any]] = mapped_column(KeptJson, default=dict)
    expires_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    dedupe_key: Mapped[str] = mapped_column(ascii_key(64))
    open_key: Mapped[str | None] = mapped_column(ascii_key(64))
    created_by: Mapped[str] = mapped_column(String(255))
    reviewed_by: Mapped[str | None] = mapped_column(String(255))
    reviewed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    review_notes: Mapped[str | None] = mapped_column(LongText)
    applied_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    outcome: Mapped[dict[str, Any] | None] = mapped_column(KeptJson)
    next_outcome_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)

    actions: Mapped[list[SuggestionAction]] = relationship(
        back_populates="suggestion", lazy="selectin", order_by="SuggestionAction.position", cascade="all, delete-orphan"
    )


class SuggestionAction(Row):
    """One change of one field of one target. ``current_value`` is what the adviser saw: another one there makes it stale."""

    __tablename__ = "suggestion_actions"
    __table_args__ = (
        one_of("action_type", ACTION_TYPES),
        one_of("status", ACTION_STATUSES),
        CheckConstraint("position >= 0", name="position"),
        Index(None, "suggestion_id", "position"),
        Index(None, "change_set_id"),
    )

    suggestion_id: Mapped[UUID] = mapped_column(Id, ForeignKey("suggestions.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer, default=0)
    action_type: Mapped[str] = mapped_column(String(20))
    # A SKU of ours for prices and fields, a watched listing's id for the rest.
    target: Mapped[str] = mapped_column(String(255))
    target_field: Mapped[str] = mapped_column(String(255))
    current_value: Mapped[str | None] = mapped_column(LongText)
    proposed_value: Mapped[str | None] = mapped_column(LongText)
    reasoning: Mapped[str] = mapped_column(LongText)
    status: Mapped[str] = mapped_column(String(20), default=PROPOSED)
    applied_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    # Soft: the set is the catalogue's, and so is undoing it.
    change_set_id: Mapped[UUID | None] = mapped_column(Id)
    error: Mapped[str | None] = mapped_column(LongText)

    suggestion: Mapped[Suggestion] = relationship(back_populates="actions", lazy="raise")

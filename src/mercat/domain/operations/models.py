"""One row per run that moves data in or out."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from mercat.core.database.base import Row, one_of
from mercat.core.database.types import Id, KeptJson, LongText, UTCDateTime

STATUSES = ("pending", "running", "success", "partial", "held", "failed", "cancelled")


class SyncHistory(Row):
    """A run: what moved from where to where, when, how much of it went well, and what did not."""

    __tablename__ = "sync_history"
    __table_args__ = (
        one_of("status", STATUSES),
        CheckConstraint(
            "items_successful + items_failed + items_skipped = items_processed",
            name="items_add_up",
        ),
        Index(None, "sync_type", "status"),
        Index(None, "started_at"),
        Index(None, "change_set_id"),
    )

    sync_type: Mapped[str] = mapped_column(String(50))
    sync_source: Mapped[str | None] = mapped_column(String(255))
    sync_target: Mapped[str | None] = mapped_column(String(255))
    status: Mapped[str] = mapped_column(String(20), default="pending")
    started_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    completed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    total_items: Mapped[int] = mapped_column(Integer, default=0)
    items_processed: Mapped[int] = mapped_column(Integer, default=0)
    items_successful: Mapped[int] = mapped_column(Integer, default=0)
    items_failed: Mapped[int] = mapped_column(Integer, default=0)
    items_skipped: Mapped[int] = mapped_column(Integer, default=0)
    record_counts: Mapped[dict[str, int]] = mapped_column(KeptJson, default=dict)
    message: Mapped[str | None] = mapped_column(LongText)
    warnings: Mapped[list[Any]] = mapped_column(KeptJson, default=list)
    errors: Mapped[list[Any]] = mapped_column(KeptJson, default=list)
    input_files: Mapped[list[Any]] = mapped_column(KeptJson, default=list)
    output_files: Mapped[list[Any]] = mapped_column(KeptJson, default=list)
    actor: Mapped[str] = mapped_column(String(255))
    # Soft references: the history of a run outlives the job and the change set that it names.
    job_id: Mapped[UUID | None] = mapped_column(Id)
    change_set_id: Mapped[UUID | None] = mapped_column(Id)

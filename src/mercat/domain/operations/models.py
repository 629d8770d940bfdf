"""Runs that move data in or out, calls to others, what they may cost, and deliveries that came in."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mercat.core.database.base import Row, one_of
from mercat.core.database.types import Amount, Id, KeptJson, LongText, UTCDateTime, ascii_key

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


class ApiUsage(Row):
    """One call that went out. ``points`` are the service's own measure of cost, ``cost`` is money where it takes some."""

    __tablename__ = "api_usage"
    __table_args__ = (Index(None, "service", "recorded_at"), Index(None, "account", "recorded_at"))

    service: Mapped[str] = mapped_column(String(50))
    # Whose account it went to: a store's id; soft, for what was called stays when the store goes.
    account: Mapped[UUID | None] = mapped_column(Id)
    endpoint: Mapped[str] = mapped_column(String(255))
    status: Mapped[int] = mapped_column(Integer)
    latency_ms: Mapped[int] = mapped_column(Integer)
    request_count: Mapped[int] = mapped_column(Integer, default=1)
    points: Mapped[float | None] = mapped_column(Float)
    cost: Mapped[Decimal | None] = mapped_column(Amount)
    rate_limit_remaining: Mapped[float | None] = mapped_column(Float)
    rate_limit_reset_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    job_id: Mapped[UUID | None] = mapped_column(Id)
    recorded_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class ApiBudget(Row):
    """How many calls a service may be sent in a calendar month (UTC)."""

    __tablename__ = "api_budgets"
    __table_args__ = (CheckConstraint("monthly_calls >= 0", name="monthly_calls"),)

    service: Mapped[str] = mapped_column(String(50), unique=True)
    monthly_calls: Mapped[int] = mapped_column(Integer)


class ProcessedHash(Row):
    """A delivery that came in: its ``delivery_key`` is the sender's id for it, or the SHA-256 of its body.

    A delivery whose work failed may come again; one whose work is done has no second effect.
    """

    __tablename__ = "processed_hashes"
    __table_args__ = (
        one_of("state", ("claimed", "done", "failed")),
        UniqueConstraint("source", "delivery_key"),
        Index(None, "state", "received_at"),
    )

    source: Mapped[str] = mapped_column(ascii_key(100))
    delivery_key: Mapped[str] = mapped_column(ascii_key(255))
    topic: Mapped[str | None] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(10), default="claimed")
    payload: Mapped[str | None] = mapped_column(LongText)
    result: Mapped[str | None] = mapped_column(LongText)
    # Soft until there is a room for media.
    file_id: Mapped[UUID | None] = mapped_column(Id)
    happened_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    received_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)

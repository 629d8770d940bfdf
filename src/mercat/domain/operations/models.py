"""Runs, calls to others and what they may cost, deliveries in and out, what was logged, and what was configured."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mercat.core.database.base import Row, one_of
from mercat.core.database.types import Amount, Id, KeptJson, LongBinary, LongText, Real, UTCDateTime, ascii_key

DELIVERY_STATES = ("claimed", "done", "failed")
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
    # Soft references: the history of a run outlives whatever it names.
    user_id: Mapped[UUID | None] = mapped_column(Id)
    job_id: Mapped[UUID | None] = mapped_column(Id)
    change_set_id: Mapped[UUID | None] = mapped_column(Id)


class SyncFreshness(Row):
    """How the last run from one source to one target went, and when one last went well: a row for each, read at a glance."""

    __tablename__ = "sync_freshness"
    __table_args__ = (one_of("last_status", STATUSES), UniqueConstraint("sync_type", "sync_source", "sync_target"))

    sync_type: Mapped[str] = mapped_column(ascii_key(50))
    # Empty where a run names none: NULLs would not be unique.
    sync_source: Mapped[str] = mapped_column(String(255), default="")
    sync_target: Mapped[str] = mapped_column(String(255), default="")
    last_status: Mapped[str] = mapped_column(String(20))
    last_run_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    last_success_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    runs: Mapped[int] = mapped_column(Integer, default=0)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    # Since the last success.
    failed_in_a_row: Mapped[int] = mapped_column(Integer, default=0)


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
    points: Mapped[float | None] = mapped_column(Real)
    cost: Mapped[Decimal | None] = mapped_column(Amount)
    rate_limit_remaining: Mapped[float | None] = mapped_column(Real)
    rate_limit_reset_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    job_id: Mapped[UUID | None] = mapped_column(Id)
    recorded_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class ApiBudget(Row):
    """How many calls a service may be sent in a calendar month (UTC)."""

    __tablename__ = "api_budgets"
    __table_args__ = (CheckConstraint("monthly_calls >= 0", name="monthly_calls"),)

    service: Mapped[str] = mapped_column(String(50), unique=True)
    monthly_calls: Mapped[int] = mapped_column(Integer)
    # When somebody was last told that it is nearly spent; once a month is enough.
    warned_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class ProcessedHash(Row):
    """A delivery that came in: its ``delivery_key`` is the sender's id for it, or the SHA-256 of its body.

    A delivery whose work failed may come again; one whose work is done has no second effect.
    """

    __tablename__ = "processed_hashes"
    __table_args__ = (
        one_of("state", DELIVERY_STATES),
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


class IdempotentRequest(Row):
    """A request that may be sent twice, by its owner and key; without ``status`` it is at work still."""

    __tablename__ = "idempotent_requests"
    __table_args__ = (UniqueConstraint("owner", "request_key"), Index(None, "received_at"))

    owner: Mapped[str] = mapped_column(String(255))
    request_key: Mapped[str] = mapped_column(String(255))
    digest: Mapped[str] = mapped_column(ascii_key(64))
    status: Mapped[int | None] = mapped_column(Integer)
    media_type: Mapped[str | None] = mapped_column(String(100))
    body: Mapped[bytes | None] = mapped_column(LongBinary)
    received_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)


class SystemLog(Row):
    """A line that the program logged, with whom and what it was about; soft references, for a line outlives them."""

    __tablename__ = "system_logs"
    __table_args__ = (
        one_of("level", ("debug", "info", "warning", "error", "critical")),
        Index(None, "level", "created_at"),
        Index(None, "created_at"),
        Index(None, "request_id"),
        Index(None, "job_id"),
    )

    level: Mapped[str] = mapped_column(String(10))
    event: Mapped[str] = mapped_column(String(255))
    message: Mapped[str | None] = mapped_column(LongText)
    logger_name: Mapped[str | None] = mapped_column(String(255))
    module: Mapped[str | None] = mapped_column(String(255))
    function: Mapped[str | None] = mapped_column(String(255))
    line_number: Mapped[int | None] = mapped_column(Integer)
    actor: Mapped[str | None] = mapped_column(String(255))
    user_id: Mapped[UUID | None] = mapped_column(Id)
    job_id: Mapped[UUID | None] = mapped_column(Id)
    session_id: Mapped[str | None] = mapped_column(String(64))
    request_id: Mapped[str | None] = mapped_column(String(64))
    data: Mapped[dict[str, Any] | None] = mapped_column(KeptJson)
    stack_trace: Mapped[str | None] = mapped_column(LongText)


class Configuration(Row):
    """A setting that a merchant changed; what was never changed has no row. A secret's value is sealed."""

    __tablename__ = "configurations"
    __table_args__ = (
        UniqueConstraint("key"),
        one_of("data_type", ("string", "integer", "float", "boolean", "json", "secret")),
    )

    key: Mapped[str] = mapped_column(ascii_key(100))
    value: Mapped[str | None] = mapped_column(LongText)
    data_type: Mapped[str] = mapped_column(String(10))
    description: Mapped[str] = mapped_column(LongText)
    category: Mapped[str] = mapped_column(String(50))
    is_required: Mapped[bool] = mapped_column(default=False)
    is_encrypted: Mapped[bool] = mapped_column(default=False)
    validation_regex: Mapped[str | None] = mapped_column(String(500))
    changed_by: Mapped[str] = mapped_column(String(255))


class ConfigurationChange(Row):
    """Who changed a setting, when, and from what to what; of a secret only that it was changed."""

    __tablename__ = "configuration_changes"
    __table_args__ = (Index(None, "key", "id"),)

    # No foreign key: a setting that goes back to its default loses its row, not its history.
    key: Mapped[str] = mapped_column(ascii_key(100))
    old_value: Mapped[str | None] = mapped_column(LongText)
    new_value: Mapped[str | None] = mapped_column(LongText)
    actor: Mapped[str] = mapped_column(String(255))
    user_id: Mapped[UUID | None] = mapped_column(Id)


class WebhookEndpoint(Row):
    """Where events are sent. ``secrets`` are sealed, the newest first; an older one signs too until it runs out."""

    __tablename__ = "webhook_endpoints"
    __table_args__ = (UniqueConstraint("name"),)

    name: Mapped[str] = mapped_column(String(100))
    url: Mapped[str] = mapped_column(LongText)
    description: Mapped[str | None] = mapped_column(LongText)
    events: Mapped[list[str]] = mapped_column(KeptJson, default=list)
    secrets: Mapped[str] = mapped_column(LongText)
    old_secret_until: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    is_active: Mapped[bool] = mapped_column(default=True)
    disabled_reason: Mapped[str | None] = mapped_column(LongText)
    failing_since: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    last_success_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    created_by: Mapped[str] = mapped_column(String(255))


class WebhookDelivery(Row):
    """An event on its way to one endpoint: its id is what the receiver knows it by, however often it is tried."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        one_of("status", ("pending", "delivered", "dead")),
        Index(None, "endpoint_id", "status", "next_at"),
        Index(None, "status", "next_at"),
    )

    endpoint_id: Mapped[UUID] = mapped_column(Id, ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    event: Mapped[str] = mapped_column(String(100))
    payload: Mapped[str] = mapped_column(LongText)
    status: Mapped[str] = mapped_column(String(10), default="pending")
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    delivered_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    # Of the last try: what was answered, after how long, and the beginning of it, or why there was no answer.
    last_status: Mapped[int | None] = mapped_column(Integer)
    latency_ms: Mapped[int | None] = mapped_column(Integer)
    answer: Mapped[str | None] = mapped_column(LongText)
    error: Mapped[str | None] = mapped_column(LongText)
    # All tries, oldest first: at, status, latency_ms, answer, error.
    tries: Mapped[list[Any]] = mapped_column(KeptJson, default=list)

    endpoint: Mapped[WebhookEndpoint] = relationship(lazy="raise")


class DataStep(Row):
    """Work on rows that came with a version and is done: by name, and how many rows it touched."""

    __tablename__ = "data_steps"

    name: Mapped[str] = mapped_column(ascii_key(100), unique=True)
    rows: Mapped[int] = mapped_column(BigInteger, default=0)
    # Null while it goes on; a run that was broken off is taken up again.
    completed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class TableGrowth(Row):
    """How large a table was on a day, so that its growth can be told. Rows are what the database knew without counting."""

    __tablename__ = "table_growth"
    __table_args__ = (UniqueConstraint("day", "table_name"),)

    day: Mapped[dt.date] = mapped_column(Date)
    table_name: Mapped[str] = mapped_column(ascii_key(64))
    rows: Mapped[int] = mapped_column(BigInteger)
    bytes: Mapped[int | None] = mapped_column(BigInteger)

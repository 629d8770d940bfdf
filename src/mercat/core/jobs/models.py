"""Jobs, what they say while they run, the schedules that start them, and the workers that run them.

They live in core, below every room, because ``unit.enqueue`` writes them in whatever room's transaction it is called.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mercat.core.database.base import Row, one_of
from mercat.core.database.types import Id, KeptJson, LongText, UTCDateTime

PENDING, RUNNING, COMPLETED, FAILED, CANCELLED = "pending", "running", "completed", "failed", "cancelled"
STATUSES = (PENDING, RUNNING, COMPLETED, FAILED, CANCELLED)
LEVELS = ("debug", "info", "warning", "error")
LONGEST_KEY = 250
# What a process is called as ``Job.worker`` that runs a job itself, because somebody waits there.
TERMINAL = "terminal-"


class Schedule(Row):
    """Work that is due again and again. ``next_at`` is moved in the transaction that enqueues: it fires once."""

    __tablename__ = "schedules"
    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint("(cron IS NULL) <> (every_s IS NULL)", name="cron_or_every"),
        CheckConstraint("every_s IS NULL OR every_s > 0", name="every_s"),
        Index(None, "is_active", "next_at"),
    )

    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(100))
    payload: Mapped[dict[str, Any]] = mapped_column(KeptJson, default=dict)
    queue: Mapped[str] = mapped_column(String(100))
    cron: Mapped[str | None] = mapped_column(String(200))
    every_s: Mapped[int | None] = mapped_column(Integer)
    timezone: Mapped[str] = mapped_column(String(100), default="UTC")
    # A firing whose predecessor is still at work is left out, unless this is set.
    may_overlap: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    next_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    last_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    skipped: Mapped[int] = mapped_column(Integer, default=0)
    # Soft: jobs are purged after a while, and a schedule outlives them.
    last_job_id: Mapped[UUID | None] = mapped_column(Id)
    actor: Mapped[str] = mapped_column(String(255))


class Job(Row):
    """One piece of work: what people see of it, and the outbox from which the engine gets it."""

    __tablename__ = "jobs"
    __table_args__ = (
        one_of("status", STATUSES),
        CheckConstraint("progress IS NULL OR progress BETWEEN 0 AND 100", name="progress"),
        CheckConstraint("priority BETWEEN 1 AND 100", name="priority"),
        UniqueConstraint("queued_key"),
        # The outbox is what is pending and not handed over; people ask by status, newest first.
        Index(None, "status", "handed_at", "run_after", "priority"),
        Index(None, "status", "created_at"),
        Index(None, "actor", "status"),
        Index(None, "user_id", "status"),
        Index(None, "kind"),
        Index(None, "merge_key", "status"),
        Index(None, "subject_type", "subject_id"),
        Index(None, "parent_id"),
        Index(None, "schedule_id"),
    )

    kind: Mapped[str] = mapped_column(String(100))
    title: Mapped[str] = mapped_column(String(255))
    queue: Mapped[str] = mapped_column(String(100))
    status: Mapped[str] = mapped_column(String(20), default=PENDING)
    progress: Mapped[int | None] = mapped_column(Integer)
    items_done: Mapped[int | None] = mapped_column(BigInteger)
    items_total: Mapped[int | None] = mapped_column(BigInteger)
    current_stage: Mapped[str | None] = mapped_column(String(255))
    payload: Mapped[dict[str, Any]] = mapped_column(KeptJson, default=dict)
    result: Mapped[Any | None] = mapped_column(KeptJson)
    error: Mapped[str | None] = mapped_column(LongText)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    max_attempts: Mapped[int] = mapped_column(Integer)
    priority: Mapped[int] = mapped_column(Integer)
    run_after: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    started_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    completed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    estimated_seconds: Mapped[int | None] = mapped_column(Integer)
    cancel_requested_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    actor: Mapped[str] = mapped_column(String(255))
    # Soft: users live in a room above.
    user_id: Mapped[UUID | None] = mapped_column(Id)
    # The request that asked for it: what is logged while it runs bears the same.
    request_id: Mapped[str | None] = mapped_column(String(64))
    subject_type: Mapped[str | None] = mapped_column(String(50))
    subject_id: Mapped[str | None] = mapped_column(String(100))
    parent_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("jobs.id", ondelete="SET NULL"))
    schedule_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("schedules.id", ondelete="SET NULL"))
    # Jobs of one key never run beside each other, and ``queued_key`` lets one of them wait at most.
    merge_key: Mapped[str | None] = mapped_column(String(LONGEST_KEY))
    queued_key: Mapped[str | None] = mapped_column(String(LONGEST_KEY))
    # Each time it is put back (retry, interruption, re-run) it goes to the engine anew, under id and generation;
    # steps that are done are taken over from the generation before.
    generation: Mapped[int] = mapped_column(Integer, default=0)
    steps_done: Mapped[int] = mapped_column(Integer, default=0)
    handed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    # Whoever runs it, and the token without which nothing more can be said about it: a worker that was taken for
    # dead and comes back finds that its token no longer fits.
    worker: Mapped[str | None] = mapped_column(String(255))
    claim: Mapped[UUID | None] = mapped_column(Id)

    parent: Mapped[Job | None] = relationship(lazy="raise", remote_side="Job.id")
    schedule: Mapped[Schedule | None] = relationship(lazy="raise")


class JobEvent(Row):
    """A line of a job's log. Lines are only added."""

    __tablename__ = "job_events"
    __table_args__ = (one_of("level", LEVELS), Index(None, "job_id", "id"))

    job_id: Mapped[UUID] = mapped_column(Id, ForeignKey("jobs.id", ondelete="CASCADE"))
    at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    level: Mapped[str] = mapped_column(String(10))
    message: Mapped[str] = mapped_column(LongText)
    data: Mapped[dict[str, Any] | None] = mapped_column(KeptJson)

    job: Mapped[Job] = relationship(lazy="raise")


class JobWorker(Row):
    """A worker that shares the engine with others: alive as long as ``beats`` counts on."""

    __tablename__ = "job_workers"
    __table_args__ = (UniqueConstraint("name"),)

    name: Mapped[str] = mapped_column(String(200))
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int] = mapped_column(Integer)
    queues: Mapped[list[str]] = mapped_column(KeptJson, default=list)
    concurrency: Mapped[int] = mapped_column(Integer)
    beats: Mapped[int] = mapped_column(BigInteger, default=0)
    seen_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)

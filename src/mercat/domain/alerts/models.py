"""Rules, the thresholds and mutes that bend them, the alerts that they raised, and whom these were told."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mercat.core.database.base import Row, one_of
from mercat.core.database.types import Amount, Id, KeptJson, LongText, UTCDateTime, ascii_key
from mercat.domain.access.models import User
from mercat.domain.alerts.schemas import SUBJECT_ID_LENGTH

INFO, WARNING, CRITICAL = "info", "warning", "critical"
SEVERITIES = (INFO, WARNING, CRITICAL)
OPEN, ACKNOWLEDGED, SNOOZED, RESOLVED = "open", "acknowledged", "snoozed", "resolved"
STATUSES = (OPEN, ACKNOWLEDGED, SNOOZED, RESOLVED)
# Why an alert is over: a person said so, its cause went away, or a newer one of its rule and subject took its place.
BY_PERSON, BY_ITSELF, BY_SUCCESSOR = "person", "cleared", "superseded"
ENDINGS = (BY_PERSON, BY_ITSELF, BY_SUCCESSOR)
COMPARISONS = ("abs_least", "least", "above", "most", "below")
IN_APP, EMAIL, WEBHOOK = "in_app", "email", "webhook"
CHANNELS = (IN_APP, EMAIL, WEBHOOK)
LOW, NORMAL, HIGH, URGENT = "low", "normal", "high", "urgent"
PRIORITIES = (LOW, NORMAL, HIGH, URGENT)
UNREAD, READ, PENDING, SENT, FAILED = "unread", "read", "pending", "sent", "failed"
NOTIFICATION_STATUSES = (UNREAD, READ, PENDING, SENT, FAILED)


class AlertRule(Row):
    """What is watched: which kind of signal, when it is worth an alert, and how loud that is.

    A signal is worth one where its measure passes ``threshold`` in the way that ``comparison`` names, and its facts fulfil
    ``condition``; a rule with neither takes the word of whoever gives the signal.
    """

    __tablename__ = "alert_rules"
    __table_args__ = (
        one_of("severity", SEVERITIES),
        CheckConstraint(
            "comparison IS NULL OR comparison IN ('abs_least', 'least', 'above', 'most', 'below')", name="comparison"
        ),
        CheckConstraint("hysteresis_pct BETWEEN 0 AND 100", name="hysteresis_pct"),
        CheckConstraint("cooldown_s >= 0", name="cooldown_s"),
        UniqueConstraint("key"),
        Index(None, "kind", "is_active"),
    )

    key: Mapped[str] = mapped_column(ascii_key(100))
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str | None] = mapped_column(LongText)
    kind: Mapped[str] = mapped_column(ascii_key(50))
    subject_type: Mapped[str] = mapped_column(String(50))
    condition: Mapped[Any | None] = mapped_column(KeptJson)
    comparison: Mapped[str | None] = mapped_column(String(20))
    threshold: Mapped[Decimal | None] = mapped_column(Amount)
    # From here on it is critical, whatever ``severity`` says.
    critical_threshold: Mapped[Decimal | None] = mapped_column(Amount)
    hysteresis_pct: Mapped[int] = mapped_column(Integer, default=50)
    cooldown_s: Mapped[int] = mapped_column(Integer, default=86_400)
    severity: Mapped[str] = mapped_column(String(10))
    # An event happens and is over; a state lasts, and its alert is resolved when it ends (``auto_resolve``).
    is_event: Mapped[bool] = mapped_column(default=False)
    auto_resolve: Mapped[bool] = mapped_column(default=True)
    channels: Mapped[list[str]] = mapped_column(KeptJson, default=list)
    is_active: Mapped[bool] = mapped_column(default=True)
    is_built_in: Mapped[bool] = mapped_column(default=False)
    fired_count: Mapped[int] = mapped_column(Integer, default=0)
    last_fired_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class AlertThreshold(Row):
    """Another threshold for some: an item, a category, a user, or a user's item. What is empty is anybody or anything."""

    __tablename__ = "alert_thresholds"
    __table_args__ = (UniqueConstraint("rule_id", "scope_key"), Index(None, "user_id"))

    rule_id: Mapped[UUID] = mapped_column(Id, ForeignKey("alert_rules.id", ondelete="CASCADE"))
    user_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    subject_id: Mapped[str | None] = mapped_column(String(SUBJECT_ID_LENGTH))
    category_id: Mapped[str | None] = mapped_column(String(SUBJECT_ID_LENGTH))
    # The three above as one, since NULLs are never equal to each other.
    scope_key: Mapped[str] = mapped_column(ascii_key(64))
    threshold: Mapped[Decimal] = mapped_column(Amount)

    rule: Mapped[AlertRule] = relationship(lazy="raise")
    user: Mapped[User | None] = relationship(lazy="raise")


class AlertMute(Row):
    """What nobody wants to hear of for a while: a rule, a subject, or a rule for a subject. Without ``until``: for good."""

    __tablename__ = "alert_mutes"
    __table_args__ = (
        CheckConstraint("rule_id IS NOT NULL OR subject_id IS NOT NULL", name="says_what"),
        Index(None, "rule_id"),
        Index(None, "subject_type", "subject_id"),
    )

    rule_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("alert_rules.id", ondelete="CASCADE"))
    subject_type: Mapped[str | None] = mapped_column(String(50))
    subject_id: Mapped[str | None] = mapped_column(String(SUBJECT_ID_LENGTH))
    until: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    reason: Mapped[str | None] = mapped_column(LongText)
    muted_by: Mapped[str] = mapped_column(String(255))

    rule: Mapped[AlertRule | None] = relationship(lazy="raise")


class Alert(Row):
    """Something that needs a person. Of a rule and a subject one is open at most: ``open_key`` is ``dedupe_key`` until then.

    ``measure`` is what was compared with the threshold, in the rule's own unit (mostly percent), signed.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        one_of("severity", SEVERITIES),
        one_of("status", STATUSES),
        CheckConstraint("resolution IS NULL OR resolution IN ('person', 'cleared', 'superseded')", name="resolution"),
        CheckConstraint("(status = 'resolved') = (resolved_at IS NOT NULL)", name="resolved_at"),
        UniqueConstraint("open_key"),
        Index(None, "dedupe_key", "last_seen_at"),
        Index(None, "status", "severity", "opened_at"),
        Index(None, "subject_type", "subject_id"),
        Index(None, "alert_type", "status"),
        Index(None, "status", "snoozed_until"),
        Index(None, "rule_id"),
        Index(None, "opened_at"),
    )

    # A rule may be removed; what it raised stays, with its key and kind.
    rule_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("alert_rules.id", ondelete="SET NULL"))
    rule_key: Mapped[str] = mapped_column(ascii_key(100))
    alert_type: Mapped[str] = mapped_column(ascii_key(50))
    severity: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(String(255))
    message: Mapped[str] = mapped_column(LongText)
    subject_type: Mapped[str] = mapped_column(String(50))
    subject_id: Mapped[str] = mapped_column(String(SUBJECT_ID_LENGTH))
    subject_label: Mapped[str | None] = mapped_column(String(255))
    # Soft: what was observed is thinned out after a while.
    snapshot_ref: Mapped[str | None] = mapped_column(String(100))
    measure: Mapped[Decimal | None] = mapped_column(Amount)
    old_value: Mapped[str | None] = mapped_column(String(255))
    new_value: Mapped[str | None] = mapped_column(String(255))
    change_percentage: Mapped[Decimal | None] = mapped_column(Amount)
    data: Mapped[dict[str, Any]] = mapped_column(KeptJson, default=dict)
    action_url: Mapped[str | None] = mapped_column(String(500))
    status: Mapped[str] = mapped_column(String(20), default=OPEN)
    opened_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    last_seen_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    occurrences: Mapped[int] = mapped_column(Integer, default=1)
    acknowledged_by: Mapped[str | None] = mapped_column(String(255))
    acknowledged_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    snoozed_until: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    resolved_by: Mapped[str | None] = mapped_column(String(255))
    resolved_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    resolution: Mapped[str | None] = mapped_column(String(20))
    resolution_notes: Mapped[str | None] = mapped_column(LongText)
    dedupe_key: Mapped[str] = mapped_column(ascii_key(64))
    open_key: Mapped[str | None] = mapped_column(ascii_key(64))

    rule: Mapped[AlertRule | None] = relationship(lazy="raise")


class Notification(Row):
    """A user told of something, by one channel. In the app it is unread, then read; elsewhere pending, then sent or failed."""

    __tablename__ = "notifications"
    __table_args__ = (
        one_of("channel", CHANNELS),
        one_of("status", NOTIFICATION_STATUSES),
        one_of("priority", PRIORITIES),
        Index(None, "user_id", "status", "created_at"),
        Index(None, "status", "next_at"),
        Index(None, "alert_id"),
    )

    user_id: Mapped[UUID] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    alert_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("alerts.id", ondelete="CASCADE"))
    type: Mapped[str] = mapped_column(ascii_key(50))
    title: Mapped[str] = mapped_column(String(255))
    message: Mapped[str] = mapped_column(LongText)
    data: Mapped[dict[str, Any]] = mapped_column(KeptJson, default=dict)
    priority: Mapped[str] = mapped_column(String(10), default=NORMAL)
    channel: Mapped[str] = mapped_column(String(10))
    status: Mapped[str] = mapped_column(String(10))
    read_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    sent_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    action_url: Mapped[str | None] = mapped_column(String(500))
    # Not before then: quiet hours end, a digest is due, or the next try is.
    next_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str | None] = mapped_column(LongText)
    # All tries, oldest first: at, error.
    tries: Mapped[list[Any]] = mapped_column(KeptJson, default=list)

    user: Mapped[User] = relationship(lazy="raise")
    alert: Mapped[Alert | None] = relationship(lazy="raise")

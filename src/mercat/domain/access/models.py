"""Users with what lets them in: passwords, sessions, keys, links; what each of them prefers; who changed what about whom.

Nothing here opens anything: a password is kept as its argon2id hash, a token, key or link as its SHA-256 (each has 256 random
bits, so nothing slower is needed), and a signing key sealed with the key that lies outside the database.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mercat.core.database.base import Row, one_of
from mercat.core.database.types import Amount, Id, KeptJson, LongText, UTCDateTime, ascii_key
from mercat.domain.access.permissions import ROLES

ADDRESS_LENGTH = 45  # an IPv6 address with an embedded IPv4 one
AGENT_LENGTH = 255
_SHA256 = 64


class User(Row):
    """A person who may sign in. Users are closed, not deleted: what they did keeps their name.

    ``email_folded`` and ``username_folded`` are what is compared: all databases then agree on upper and lower case.
    """

    __tablename__ = "users"
    __table_args__ = (
        one_of("role", ROLES),
        UniqueConstraint("email_folded"),
        UniqueConstraint("username_folded"),
        Index(None, "role", "is_active"),
    )

    email: Mapped[str] = mapped_column(String(255))
    email_folded: Mapped[str] = mapped_column(String(255))
    username: Mapped[str] = mapped_column(String(64))
    username_folded: Mapped[str] = mapped_column(ascii_key(64))
    # Null for who was invited and has not answered yet.
    password_hash: Mapped[str | None] = mapped_column(String(255))
    password_changed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    first_name: Mapped[str | None] = mapped_column(String(100))
    last_name: Mapped[str | None] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(20))
    is_active: Mapped[bool] = mapped_column(default=True)
    # Whether they came in by a link that was sent to their address.
    is_verified: Mapped[bool] = mapped_column(default=False)
    last_login_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    last_login_ip: Mapped[str | None] = mapped_column(String(ADDRESS_LENGTH))
    # When they asked for a new password; null again once an administrator has made a link.
    reset_requested_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class UserSettings(Row):
    """What a user prefers; null is the default. A column comes with what it changes, not before."""

    __tablename__ = "user_settings"
    __table_args__ = (
        CheckConstraint("per_page IS NULL OR per_page BETWEEN 1 AND 1000", name="per_page"),
        CheckConstraint("digest IS NULL OR digest IN ('hourly', 'daily')", name="digest"),
        CheckConstraint("(quiet_from IS NULL) = (quiet_to IS NULL)", name="quiet_hours"),
    )

    user_id: Mapped[UUID] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    per_page: Mapped[int | None] = mapped_column(Integer)
    timezone: Mapped[str | None] = mapped_column(String(100))
    # Which alerts come by which channels: a type of alert, or ``*`` for all others, to a list of channels.
    notification_preferences: Mapped[dict[str, list[str]] | None] = mapped_column(KeptJson)
    # Hours of the user's own clock, as HH:MM, in which nothing but the urgent is sent.
    quiet_from: Mapped[str | None] = mapped_column(String(5))
    quiet_to: Mapped[str | None] = mapped_column(String(5))
    digest: Mapped[str | None] = mapped_column(String(10))
    price_threshold_pct: Mapped[Decimal | None] = mapped_column(Amount)
    rank_threshold_pct: Mapped[Decimal | None] = mapped_column(Amount)
    # By list: the views of it, each with its name, its query and whether the list opens with it.
    saved_views: Mapped[dict[str, list[dict[str, Any]]] | None] = mapped_column(KeptJson)

    user: Mapped[User] = relationship(lazy="raise")


class ApiKey(Row):
    """What lets a program in. ``prefix`` is shown, so that people can tell their keys apart."""

    __tablename__ = "api_keys"
    __table_args__ = (
        CheckConstraint("rate_limit_per_minute IS NULL OR rate_limit_per_minute > 0", name="rate_limit_per_minute"),
        UniqueConstraint("key_hash"),
        Index(None, "user_id"),
        Index(None, "prefix"),
    )

    user_id: Mapped[UUID] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    prefix: Mapped[str] = mapped_column(ascii_key(16))
    key_hash: Mapped[str] = mapped_column(ascii_key(_SHA256))
    scopes: Mapped[list[str]] = mapped_column(KeptJson, default=list)
    rate_limit_per_minute: Mapped[int | None] = mapped_column(Integer)
    expires_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    last_used_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)

    user: Mapped[User] = relationship(lazy="raise")


class UserSession(Row):
    """One sign-in, and the family of refresh tokens that descends from it; ``token_hash`` is the youngest of them."""

    __tablename__ = "sessions"
    __table_args__ = (UniqueConstraint("token_hash"), Index(None, "user_id", "expires_at"))

    user_id: Mapped[UUID] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(ascii_key(_SHA256))
    expires_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    ip: Mapped[str | None] = mapped_column(String(ADDRESS_LENGTH))
    user_agent: Mapped[str | None] = mapped_column(String(AGENT_LENGTH))
    last_used_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    revoked_reason: Mapped[str | None] = mapped_column(String(50))

    user: Mapped[User] = relationship(lazy="raise")


class SpentToken(Row):
    """A refresh token that was traded for its successor: whoever comes with it again has a copy."""

    __tablename__ = "spent_tokens"
    __table_args__ = (UniqueConstraint("token_hash"), Index(None, "session_id"))

    session_id: Mapped[UUID] = mapped_column(Id, ForeignKey("sessions.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(ascii_key(_SHA256))
    spent_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)

    session: Mapped[UserSession] = relationship(lazy="raise")


class OneTimeLink(Row):
    """An invitation or a way to a new password: good once, for a while."""

    __tablename__ = "one_time_links"
    __table_args__ = (
        one_of("purpose", ("invitation", "password_reset")),
        UniqueConstraint("token_hash"),
        Index(None, "user_id"),
    )

    user_id: Mapped[UUID] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str] = mapped_column(ascii_key(_SHA256))
    expires_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)

    user: Mapped[User] = relationship(lazy="raise")


class SigningKey(Row):
    """What access tokens are signed with, sealed. The newest signs; one that is ``retired_at`` verifies for a while yet."""

    __tablename__ = "signing_keys"

    secret: Mapped[str] = mapped_column(LongText)
    retired_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class SignInFailure(Row):
    """Failures under a name, whether anybody has it or not, and from an address.

    They are not counted with the user: that a user name and an e-mail address are locked together would tell a stranger that
    both are somebody's. ``subject_hash`` instead of what was typed: people type their password into the wrong field.
    """

    __tablename__ = "sign_in_failures"
    __table_args__ = (
        one_of("kind", ("name", "address")),
        CheckConstraint("failed_login_attempts >= 0", name="failed_login_attempts"),
        UniqueConstraint("kind", "subject_hash"),
        Index(None, "last_failed_at"),
    )

    kind: Mapped[str] = mapped_column(String(10))
    subject_hash: Mapped[str] = mapped_column(ascii_key(_SHA256))
    failed_login_attempts: Mapped[int] = mapped_column(Integer, default=0)
    last_failed_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    locked_until: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class AuditEntry(Row):
    """An administrative act: who did what about whom, when and from where. Entries are only added."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index(None, "at"),
        Index(None, "action", "at"),
        Index(None, "user_id", "at"),
        Index(None, "subject_type", "subject_id"),
    )

    at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    user_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("users.id", ondelete="SET NULL"))
    actor: Mapped[str] = mapped_column(String(255))
    via: Mapped[str] = mapped_column(String(100))
    address: Mapped[str] = mapped_column(String(ADDRESS_LENGTH))
    action: Mapped[str] = mapped_column(ascii_key(100))
    subject_type: Mapped[str | None] = mapped_column(String(50))
    subject_id: Mapped[str | None] = mapped_column(String(100))
    subject: Mapped[str | None] = mapped_column(String(255))
    details: Mapped[dict[str, Any]] = mapped_column(KeptJson, default=dict)

    user: Mapped[User | None] = relationship(lazy="raise")

"""What goes in and out of this room. Whatever opens something is never shown, and never part of a ``repr``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from mercat.core.actor import Actor


@dataclass(frozen=True)
class UserDraft:
    """A user to be made. Without a ``password`` nobody signs in as them until they have one.

    ``password_hash`` instead of it is what another system kept: bcrypt or argon2.
    """

    username: str
    email: str
    role: str = "viewer"
    first_name: str | None = None
    last_name: str | None = None
    password: str | None = field(default=None, repr=False)
    password_hash: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class UserPatch:
    """What changes of a user; ``None`` leaves it as it is, an empty name takes it away."""

    username: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None


@dataclass(frozen=True)
class UserView:
    """A user as they are shown. ``locked_until``: they mistyped too often, and are not listened to before."""

    id: UUID
    username: str
    email: str
    first_name: str | None
    last_name: str | None
    role: str
    is_active: bool
    is_verified: bool
    has_password: bool
    locked_until: dt.datetime | None
    last_login_at: dt.datetime | None
    last_login_ip: str | None
    reset_requested_at: dt.datetime | None
    created_at: dt.datetime
    updated_at: dt.datetime


@dataclass(frozen=True)
class SettingsView:
    """What a user prefers. ``per_page``: how many a list shows where nothing else is asked for; ``timezone``: whose clock.

    ``notification_preferences``: a type of alert, or ``*`` for all others, to the channels it comes by (none: not at all).
    ``quiet_from``, ``quiet_to``: hours (HH:MM, of their own clock) in which only the urgent is sent. ``digest``: e-mails are
    gathered, ``hourly`` or ``daily``. The thresholds are percentages from which on a change is worth telling them.
    """

    per_page: int | None = None
    timezone: str | None = None
    notification_preferences: Mapping[str, Sequence[str]] | None = None
    quiet_from: str | None = None
    quiet_to: str | None = None
    digest: str | None = None
    price_threshold_pct: Decimal | None = None
    rank_threshold_pct: Decimal | None = None


@dataclass(frozen=True)
class Recipient:
    """An active user who may be told of something, with what they prefer."""

    id: UUID
    username: str
    email: str
    settings: SettingsView


@dataclass(frozen=True)
class Principal:
    """Whoever came in, as this process remembers them for a few seconds."""

    actor: Actor
    user_id: UUID
    key_id: UUID | None = None
    session_id: UUID | None = None
    rate_limit_per_minute: int | None = None
    settings: SettingsView = SettingsView()


@dataclass(frozen=True)
class Tokens:
    """What a sign-in gives: ``access`` is good for ``expires_in`` seconds, ``refresh`` buys the next pair, once."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_in: int
    session_id: UUID
    user_id: UUID


@dataclass(frozen=True)
class SessionView:
    """A sign-in as it is shown."""

    id: UUID
    user_id: UUID
    username: str
    ip: str | None
    user_agent: str | None
    created_at: dt.datetime
    last_used_at: dt.datetime
    expires_at: dt.datetime
    revoked_at: dt.datetime | None


@dataclass(frozen=True)
class KeyDraft:
    """A key to be made. ``scopes`` are permissions, or a role's name for all that it holds."""

    name: str
    scopes: Sequence[str]
    expires_at: dt.datetime | None = None
    rate_limit_per_minute: int | None = None


@dataclass(frozen=True)
class KeyView:
    """A key as it is shown: enough to know it again, nothing that opens."""

    id: UUID
    user_id: UUID
    username: str
    name: str
    prefix: str
    scopes: list[str]
    rate_limit_per_minute: int | None
    created_at: dt.datetime
    expires_at: dt.datetime | None
    last_used_at: dt.datetime | None
    revoked_at: dt.datetime | None


@dataclass(frozen=True)
class NewKey:
    """A key that was just made: the only time that ``secret`` is seen."""

    key: KeyView
    secret: str = field(repr=False)


@dataclass(frozen=True)
class NewLink:
    """A one-time link that was just made: the only time that ``token`` is seen."""

    user: UserView
    token: str = field(repr=False)
    expires_at: dt.datetime


@dataclass(frozen=True)
class AuditView:
    """One administrative act: ``actor`` did ``action`` about ``subject``."""

    id: UUID
    at: dt.datetime
    actor: str
    user_id: UUID | None
    via: str
    address: str
    action: str
    subject_type: str | None
    subject_id: str | None
    subject: str | None
    details: dict[str, Any]

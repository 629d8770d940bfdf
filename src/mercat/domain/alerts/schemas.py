"""What goes in and out of this room."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import xxhash

SUBJECT_ID_LENGTH = 100


def short_id(text: str) -> str:
    """A subject's id of any text: what is too long is told apart by its digest."""
    return text if len(text) <= SUBJECT_ID_LENGTH else xxhash.xxh3_128_hexdigest(text.encode())


@dataclass(frozen=True)
class Subject:
    """What an alert is about: the kind of thing, its id, and what people call it."""

    type: str
    id: str
    label: str = ""


@dataclass(frozen=True)
class Signal:
    """Something that was seen of a subject, for the rules of its ``kind`` to judge.

    ``measure`` is what a rule's threshold is compared with, signed and in the kind's unit (see ``catalogue``); ``facts`` are
    what a rule's condition may ask for. ``is_on`` is false where what the kind is named for is over: it ends a lasting alert.
    ``at``: when it was seen, for cooldowns; the unit's instant where it is left out. ``category``: the id by which
    thresholds of a category find it. ``item_threshold`` and ``user_thresholds`` are what the giver itself keeps for this item,
    for everybody and for some users.
    """

    kind: str
    subject: Subject
    title: str
    message: str = ""
    is_on: bool = True
    measure: Decimal | None = None
    old_value: str | None = None
    new_value: str | None = None
    change_pct: Decimal | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    at: dt.datetime | None = None
    category: str | None = None
    item_threshold: Decimal | None = None
    user_thresholds: Mapping[UUID, Decimal] = field(default_factory=dict)
    snapshot_ref: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    action_url: str | None = None


@dataclass(frozen=True)
class Tally:
    """What came of signals: ids of the alerts that were opened (or opened again) and resolved, and how many of the rest."""

    opened: Sequence[UUID] = ()
    resolved: Sequence[UUID] = ()
    repeated: int = 0
    suppressed: int = 0


@dataclass(frozen=True)
class RuleDraft:
    """A rule to be made: of a ``kind`` that something gives signals of, with its own terms."""

    key: str
    kind: str
    name: str = ""
    description: str | None = None
    condition: Any = None
    comparison: str | None = None
    threshold: Decimal | None = None
    critical_threshold: Decimal | None = None
    hysteresis_pct: int = 50
    cooldown_s: int = 86_400
    severity: str = "warning"
    is_event: bool | None = None
    auto_resolve: bool = True
    channels: Sequence[str] = ("in_app", "email")
    is_active: bool = True


@dataclass(frozen=True)
class Backtest:
    """How often a rule would have fired on what was recorded."""

    rule: str
    days: int
    signals: int
    subjects: int
    fired: int
    fired_by_day: Mapping[str, int] = field(default_factory=dict)
    samples: Sequence[Mapping[str, Any]] = ()

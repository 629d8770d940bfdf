"""What goes in and out of the room."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class TrackDraft:
    """A listing to be watched. ``listing`` is the address of its page, or its ASIN together with ``marketplace``.

    What is ``None`` is left as it is of a listing that is watched already, and of a new one takes the usual: daily, asked
    of nobody (files tell of it). ``product`` and ``competitor_of`` are SKUs or handles of ours. Thresholds in percent.
    """

    listing: str
    marketplace: str | None = None
    frequency: str | None = None
    every_s: int | None = None
    source: str | None = None
    product: str | None = None
    is_competitor: bool | None = None
    competitor_of: str | None = None
    role: str = "direct"
    title: str | None = None
    brand: str | None = None
    part_number: str | None = None
    gtins: tuple[str, ...] = ()
    price_change_threshold: Decimal | None = None
    rank_change_threshold: Decimal | None = None


@dataclass(frozen=True)
class Tracked:
    """What came of one draft. ``status``: ``created``, ``updated``, ``unchanged`` or ``refused``, with the reason."""

    listing: str
    status: str
    id: UUID | None = None
    asin: str | None = None
    marketplace: str | None = None
    link: str | None = None
    error: str | None = None
    line: int | None = None


@dataclass
class Recorded:
    """What came of observations. ``refused`` are kept with their reasons, the first hundred of them."""

    seen: int = 0
    new: int = 0
    duplicates: int = 0
    refused: int = 0
    created: int = 0
    reasons: list[str] = field(default_factory=list)

    def refuse(self, reason: str) -> None:
        """One that cannot be kept."""
        self.refused += 1
        if len(self.reasons) < 100:
            self.reasons.append(reason)

    def add(self, other: Recorded) -> None:
        """Take in what came of others."""
        for name in ("seen", "new", "duplicates", "refused", "created"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.reasons = [*self.reasons, *other.reasons][:100]


@dataclass(frozen=True)
class ListingView:
    """A watched listing whole: what it is, what was seen last, how it is watched, and whom it competes with."""

    id: UUID
    asin: str
    marketplace: str
    facts: Mapping[str, Any]
    latest: Mapping[str, Any]
    product: Mapping[str, Any] | None
    tracking: Mapping[str, Any]
    competes_with: list[dict[str, Any]]


@dataclass(frozen=True)
class Point:
    """A value of a metric from an instant on; ``None`` is no offer, no rank."""

    at: dt.datetime
    value: Any

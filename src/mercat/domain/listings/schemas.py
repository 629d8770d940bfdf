"""What goes in and out of the room: how a store is set up, and what a run of it came to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, field_validator

Policy = Literal["ours", "theirs", "hold"]
ANY_FIELD = "*"


class PublishGuards(BaseModel, extra="forbid", frozen=True):
    """What a publishing plan may do by itself; ``None`` switches a rule off.

    Percentages of few are soon large: shares count only from so many listings (``…_at_least``) on.
    """

    price_change_pct: float | None = Field(default=30.0, ge=0)
    withdraw_pct: float | None = Field(default=5.0, ge=0)
    withdraw_at_least: int = Field(default=5, ge=0)
    update_pct: float | None = Field(default=50.0, ge=0)
    update_at_least: int = Field(default=50, ge=0)

    @field_validator("price_change_pct", "withdraw_pct", "update_pct", mode="before")
    @classmethod
    def _off(cls, given: object) -> object:
        return None if isinstance(given, str) and given.lower() in {"none", "off", "never"} else given


class Selling(BaseModel, extra="forbid", frozen=True):
    """What a store shows of ours, and what is done where somebody changed it there.

    ``drift`` says by field who wins where only the shop changed it: ``ours`` sends ours again, ``theirs`` brings the
    shop's value into the catalogue as a change set, ``hold`` leaves both for a person. ``*`` stands for all other fields.
    ``shelves``: categories become the channel's own collections, where it has such; ``collections``: ours do.
    ``withdraw`` is what becomes of a listing whose product is archived.
    """

    statuses: tuple[Literal["draft", "active"], ...] = ("active",)
    auto_publish: bool = False
    stock_from: Literal["none", "offers"] = "none"
    shelves: bool = True
    collections: bool = True
    drift: dict[str, Policy] = {}
    guards: PublishGuards = PublishGuards()
    withdraw: Literal["archive", "delete"] = "archive"

    def policy(self, name: str) -> Policy:
        """For one field: ``metafields.custom.colour``, else ``metafields``, else ``*``; a variant's by its last word."""
        word = name.rpartition(".")[2] if name.startswith("variants.") else name
        for each in (word, word.partition(".")[0], ANY_FIELD):
            if each in self.drift:
                return self.drift[each]
        return "ours"


@dataclass(frozen=True)
class StoreDraft:
    """A store to be connected. ``secrets`` are plain here, and sealed before they are kept."""

    platform: str
    name: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)
    selling: Mapping[str, Any] = field(default_factory=dict)
    is_sandbox: bool = False


@dataclass(frozen=True)
class StoreView:
    """A store as it is shown: everything but what opens it."""

    id: UUID
    name: str
    platform: str
    domain: str
    currency: str | None
    timezone: str | None
    is_active: bool
    paused_reason: str | None
    scopes: list[str]
    channel_settings: dict[str, Any]
    settings: dict[str, Any]
    is_sandbox: bool
    connected_at: dt.datetime | None
    uninstalled_at: dt.datetime | None
    last_sync_at: dt.datetime | None
    pulled_until: dt.datetime | None
    locations: list[dict[str, Any]]
    listings: dict[str, int]


@dataclass
class PublishResult:
    """What a publishing run did, or would do. ``cost`` is in the channel's own points.

    ``status``: ``planned`` (asked for no more), ``held`` (a guard found something), ``success``, ``partial`` (something
    failed, is blocked or waits for a person), ``failed`` (it could not go on).
    """

    store: str
    status: str = "success"
    change_count: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    archived: int = 0
    conflicts: int = 0
    blocked: int = 0
    failed: int = 0
    stock: int = 0
    calls: int = 0
    cost: float = 0.0
    seconds: float = 0.0
    findings: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass
class PullResult:
    """What a look at the shop found. ``drifted`` listings will be mended or wait, as the store's policy says."""

    store: str
    status: str = "success"
    seen: int = 0
    unchanged: int = 0
    matched: int = 0
    drifted: int = 0
    conflicts: int = 0
    pulled: int = 0
    adopted: int = 0
    unmatched: int = 0
    gone: int = 0
    calls: int = 0
    cost: float = 0.0
    seconds: float = 0.0
    change_set: str | None = None
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ListingView:
    """A listing as it is shown."""

    id: UUID
    store: str
    sku: str | None
    name: str | None
    reference: str | None
    url: str | None
    status: str
    state: str
    published_at: dt.datetime | None
    last_checked_at: dt.datetime | None
    error: str | None
    drift: dict[str, Any] | None

"""The front page of a connector, found by the entry point group ``mercat.connectors``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from mercat.sdk.channels import SalesChannel, Surroundings
from mercat.sdk.limits import Limits
from mercat.sdk.records import ProductRecord
from mercat.sdk.roles import ProductExporter, SupplierFeed


class FeedSettings(BaseModel, extra="forbid", frozen=True):
    """What every feed connector can be told. Subclass it for more; the command line's ``--currency`` lands here."""

    currency: str | None = None


class StoreSettings(BaseModel, extra="forbid", frozen=True):
    """What every channel is told of a store. Subclass it for more; ``domain`` is where the shop answers."""

    domain: str


class StoreSecrets(BaseModel, extra="forbid", frozen=True):
    """What opens a store: fields of ``SecretStr``, asked for one by one, kept encrypted, never shown. Subclass it."""


@dataclass(frozen=True)
class Channel:
    """How a connector sells: what a merchant fills in, what the channel allows, and how to make one.

    ``normalised`` gives a record as the channel would show it after taking it (prices rounded as it rounds them, fields
    that it has no place for ``UNSET``): compared with ``Shown.product`` it says whether the two are the same.
    """

    settings: type[StoreSettings]
    secrets: type[StoreSecrets]
    limits: Limits
    make: Callable[[Any, Any, Surroundings], SalesChannel]
    normalised: Callable[[ProductRecord], ProductRecord] = lambda record: record


@dataclass(frozen=True)
class Connector:
    """What a vendor folder offers. A role not played is a field not given.

    ``takes_sets``: all files at a feed's location belong together and are read as one.
    """

    title: str
    settings: type[FeedSettings] = FeedSettings
    supplier: Callable[[Any], SupplierFeed] | None = None
    exporter: Callable[[], ProductExporter] | None = None
    takes_sets: bool = False
    channel: Channel | None = None

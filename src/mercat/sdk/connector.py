"""The front page of a connector, found by the entry point group ``mercat.connectors``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel

from mercat.sdk.channels import SalesChannel, Surroundings
from mercat.sdk.limits import Limits
from mercat.sdk.market import MarketSource, ObservationFiles, RankedFiles, ReviewFiles
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


class Consent(Protocol):
    """A shop's owner lets us in on a page of the channel's (the authorization code grant, RFC 6749, 4.1)."""

    def address(self, *, redirect_uri: str, state: str) -> str:
        """Where to send the owner. ``state`` comes back with the answer."""

    def granted(self, parameters: Mapping[str, str], *, state: str) -> dict[str, str]:
        """The secrets that a genuine answer brings. Raises ``Unauthorized`` for one that is not, before anything is sent."""


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
    consent: Callable[[Any, Any, Surroundings], Consent] | None = None
    normalised: Callable[[ProductRecord], ProductRecord] = lambda record: record


class SourceSettings(BaseModel, extra="forbid", frozen=True):
    """What every source of the market is told. Subclass it; ``address`` is where it answers instead of the vendor's own."""

    address: str | None = None


@dataclass(frozen=True)
class Market:
    """How a connector watches the market. ``at_once``: how many listings it is asked about at a time.

    ``marketplaces``: the codes of those that it covers. ``sandbox``: what its loopback double is called, if not as it.
    """

    settings: type[SourceSettings]
    secrets: type[StoreSecrets]
    at_once: int
    marketplaces: frozenset[str]
    make: Callable[[Any, Any, Surroundings], MarketSource]
    sandbox: str | None = None


@dataclass(frozen=True)
class Model:
    """How a connector asks a language model (``sdk/language.py``)."""

    settings: type[SourceSettings]
    secrets: type[StoreSecrets]
    make: Callable[[Any, Any, Surroundings], Any]


@dataclass(frozen=True)
class Connector:
    """What a vendor folder offers. A role not played is a field not given.

    ``takes_sets``: all files at a feed's location belong together and are read as one. ``observations``, ``rankings`` and
    ``reviews`` read files of what was seen at the market: of listings, of lists of best sellers, and of opinions.
    """

    title: str
    settings: type[FeedSettings] = FeedSettings
    supplier: Callable[[Any], SupplierFeed] | None = None
    exporter: Callable[[], ProductExporter] | None = None
    takes_sets: bool = False
    channel: Channel | None = None
    market: Market | None = None
    observations: Callable[[Any], ObservationFiles] | None = None
    rankings: Callable[[Any], RankedFiles] | None = None
    reviews: Callable[[Any], ReviewFiles] | None = None
    model: Model | None = None

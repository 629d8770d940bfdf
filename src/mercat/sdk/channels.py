"""The role of a sales channel, and what passes between one and the business.

What we want shown, what we sent and what the shop shows now are all told as ``ProductRecord``: one shape, so that the three
can be compared field by field. A channel keeps no state between calls: what has to be remembered (its ids, a token, the
batch that is under way) is answered, and given back by the caller.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import msgspec

from mercat.core import clock
from mercat.sdk.errors import VendorError
from mercat.sdk.records import ProductRecord

TOO_LARGE = "batch"
"""The field of a ``Rejected`` that says of a whole batch that smaller ones would be taken."""


class ListingDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel shall show for one product.

    ``key`` is ours and never changes: a channel lays it down with the listing, so that a creation whose answer was lost
    is found again and not made twice. ``reference`` is the channel's own id, ``None`` before the first publication;
    ``variant_references`` gives the channel's variant ids by SKU. A field of ``product`` that is ``UNSET`` is left as the
    channel has it; a list that is stated replaces the list that is there. ``category_reference`` is a node of the
    channel's own taxonomy. ``image_references`` are the channel's ids of pictures by our address, as they were answered
    the last time: a picture that is known is not sent again. ``collection_references`` are the collections that it shall
    stand in, ``joined_references`` those that we put it in the last time; of others that the channel has it in, none is
    touched.
    """

    key: str
    product: ProductRecord
    reference: str | None = None
    variant_references: dict[str, str] = {}
    image_references: dict[str, str] = {}
    category_reference: str | None = None
    collection_references: tuple[str, ...] = ()
    joined_references: tuple[str, ...] = ()

    @property
    def joins(self) -> tuple[str, ...]:
        """The collections that a listing which is there has to be put in."""
        return tuple(each for each in self.collection_references if each not in self.joined_references)

    @property
    def leaves(self) -> tuple[str, ...]:
        """The collections that it has to be taken out of."""
        return tuple(each for each in self.joined_references if each not in self.collection_references)

    @property
    def is_moved(self) -> bool:
        """Whether a listing that is there changes its collections. Such a draft is published, never submitted in a batch."""
        return self.reference is not None and bool(self.joins or self.leaves)


class ShownVariant(msgspec.Struct, frozen=True, kw_only=True):
    """The channel's ids of one variant, by our SKU, and how many pieces it offers per location (the channel's ids)."""

    sku: str | None
    reference: str
    stock_reference: str | None = None
    quantities: dict[str, int] = {}


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A listing as the channel has it now. ``key`` is the one of the draft that made it, if we did.

    ``product`` is in the channel's own normal form (``Channel.normalised``), so that equal means unchanged; what the
    channel has no place for, or cannot tell just now, is ``UNSET``. ``image_references``: see ``ListingDraft``.
    """

    reference: str
    product: ProductRecord
    variants: list[ShownVariant]
    key: str | None = None
    url: str | None = None
    updated_at: dt.datetime | None = None
    image_references: dict[str, str] = {}
    category_reference: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of one draft: shown, or the error that says what recovers it (``Rejected`` carries the field)."""

    key: str
    shown: Shown | None = None
    error: VendorError | None = None


@dataclass(frozen=True)
class Batch:
    """Many drafts on their way at once. ``state``: ``running``, ``done`` (outcomes can be read) or ``failed`` (why)."""

    reference: str
    state: Literal["running", "done", "failed"]
    done: int = 0
    message: str | None = None


@dataclass(frozen=True)
class StockLevel:
    """How many pieces a location shall offer. ``expected``: what it offered when we looked; ``None`` means whatever it is.

    ``key`` names this very movement: sent twice, it moves once.
    """

    stock_reference: str
    location_reference: str
    quantity: int
    expected: int | None
    key: str


@dataclass(frozen=True)
class StockOutcome:
    """What came of one ``StockLevel``. A ``Rejected`` whose field is ``expected``: somebody else moved it; look again."""

    key: str
    error: VendorError | None = None


@dataclass(frozen=True)
class Place:
    """Where the channel keeps stock."""

    reference: str
    name: str
    is_active: bool = True


@dataclass(frozen=True)
class Account:
    """Who the credentials belong to, as the channel tells it. ``missing_scopes``: what we need and were not given."""

    name: str
    domain: str
    currency: str
    timezone: str
    plan: str | None = None
    scopes: tuple[str, ...] = ()
    missing_scopes: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Notice:
    """A delivery of the channel, whose signature was checked. ``delivery_id`` is the same when it is delivered again.

    ``concerns``: a ``listing`` (``subject`` is its reference), ``stock`` (``subject`` is a stock reference), the
    ``account``, which is closed to us, people's ``privacy``, or something ``other`` that nobody waits for.
    """

    delivery_id: str
    topic: str
    subject: str | None
    happened_at: dt.datetime | None
    shown: Shown | None = None
    concerns: Literal["listing", "stock", "account", "privacy", "other"] = "other"


@dataclass(frozen=True)
class Call:
    """One request that went out, as ``operations`` counts it. ``cost`` and ``limit_…`` are in the channel's own points."""

    service: str
    endpoint: str
    status: int
    latency_ms: float
    cost: float | None = None
    limit_remaining: float | None = None
    limit_resets_s: float | None = None


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """An access token that was fetched, and until when it is good."""

    value: str
    expires_at: dt.datetime


@dataclass(frozen=True)
class Surroundings:
    """What a channel is given by its caller. It is made anew for each piece of work.

    ``load_token`` and ``save_token`` keep a fetched token (encrypted) between pieces of work; ``called`` is told of every
    request; ``pause(seconds)`` waits for a bucket to fill again, and raises where the work was cancelled meanwhile.
    ``picture(address)`` is the file of a picture that lies in this Mercat (``sdk/pictures.py``), where no shop could fetch it;
    ``None`` where there is none. ``allow_private``: the shop's address may be a loopback or private one (a sandbox). ``now`` is the clock that tokens
    run out by.
    """

    load_token: Callable[[], Token | None]
    save_token: Callable[[Token], None]
    called: Callable[[Call], None]
    pause: Callable[[float], None]
    allow_private: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    now: Callable[[], dt.datetime] = clock.now
    picture: Callable[[str], Path | None] = lambda _address: None


@runtime_checkable
class SalesChannel(Protocol):
    """A shop. What concerns one draft alone comes back in its outcome; everything that changes the shop may be repeated.

    Every method may raise ``RateLimited``, ``Unauthorized`` or ``Unavailable``.
    """

    def account(self) -> Account:
        """Look the account up: the proof that the credentials work."""

    def publish(self, drafts: Iterable[ListingDraft]) -> Iterator[Outcome]:
        """Create or update, one call or a few for each draft; one outcome for each, in order, as it happens."""

    def submit(self, drafts: Iterable[ListingDraft], *, key: str) -> Batch:
        """Send many at once. The same ``key`` again finds the batch that is there instead of sending a second.

        Raises ``Rejected`` where a draft could never be taken: nothing was sent then. Among its facts, ``rejected`` gives
        the error of each such draft by its key: leave those out and submit again. Its field is ``TOO_LARGE`` where the
        batch as a whole is more than the channel takes.
        """

    def look(self, batch: str) -> Batch:
        """How a batch is doing."""

    def outcomes(self, batch: str, keys: Sequence[str]) -> Iterator[Outcome]:
        """Stream the outcomes of a batch that is done. ``keys``: of its drafts, in the order they were sent."""

    def withdraw(self, reference: str, *, delete: bool = False) -> None:
        """Take a listing off sale, or away altogether. What is gone already is gone."""

    def set_stock(self, levels: Sequence[StockLevel]) -> Iterator[StockOutcome]:
        """Set quantities, each only if the channel still offers what is expected."""

    def listings(
        self, *, since: dt.datetime | None = None, references: Collection[str] | None = None
    ) -> Iterator[Shown]:
        """Stream what the channel shows: all of it, what changed since, or just these. Deleted ones are not among them."""

    def subscribe(self, address: str) -> list[str]:
        """Have the channel call ``address`` when something happens there; repeated, nothing more. The topics."""

    def notice(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Check the signature of a delivery and read it. Raises ``Unauthorized`` before it parses anything."""


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """A group of products that a channel shows together, found again by its handle. ``description`` is HTML.

    What is ``None`` is not said; an empty text takes away what is there. ``reference`` is the channel's own id of one
    that was made before.
    """

    handle: str
    title: str
    description: str | None = None
    seo_title: str | None = None
    seo_description: str | None = None
    image_url: str | None = None
    reference: str | None = None


@runtime_checkable
class Collecting(Protocol):
    """A channel that can keep shelves: what categories and collections become there. Optional beside ``SalesChannel``."""

    def ensure_collections(self, shelves: Iterable[Shelf]) -> dict[str, str]:
        """The channel's collection of each shelf, by handle.

        One with a reference is made to say what the shelf says; of the others, one that has the handle is taken as it is,
        and where none has, it is made.
        """

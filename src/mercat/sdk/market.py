"""What is seen at a marketplace, and the roles of who tells it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, TypeVar, runtime_checkable

import msgspec
from msgspec import UNSET, UnsetType

from mercat.sdk.errors import Rejected, VendorError
from mercat.sdk.records import BadRow
from mercat.sdk.roles import FeedFile

Amount: TypeAlias = str | UnsetType | None
Whole: TypeAlias = int | UnsetType | None
Flag: TypeAlias = bool | UnsetType | None
Text: TypeAlias = str | UnsetType | None
T_co = TypeVar("T_co", covariant=True)


class Rank(msgspec.Struct, frozen=True, omit_defaults=True):
    """A place in a list of best sellers. ``kind``: the whole ``display_group``, or the ``classification`` of a node."""

    kind: Literal["display_group", "classification"]
    name: str
    rank: int
    node: str | None = None


class Facts(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a listing is, as its marketplace describes it; ``None`` is not known."""

    title: str | None = None
    brand: str | None = None
    manufacturer: str | None = None
    part_number: str | None = None
    model_number: str | None = None
    image_url: str | None = None
    category: str | None = None
    product_type: str | None = None
    description: str | None = None
    features: tuple[str, ...] = ()
    gtins: tuple[str, ...] = ()


class Observation(msgspec.Struct, omit_defaults=True, kw_only=True):
    """What was seen of one listing at one instant. ``UNSET`` is not stated; ``None`` is stated to be absent (no offer).

    Amounts are decimal text of ``currency``, which is the marketplace's unless stated. ``price`` is the lowest of new
    offers without shipping, ``buybox_price`` the featured offer's; ``own_price`` is our own offer there. ``rating`` is
    decimal text from 0 to 5. ``sales_rank`` is the display group's, ``sub_rank`` the best of all nodes; ``ranks`` are all of
    them. ``seller`` and ``seller_id`` are of the featured offer. ``extra`` holds metrics that few sources tell.
    """

    asin: str
    marketplace: str
    observed_at: dt.datetime
    currency: str | UnsetType = UNSET
    price: Amount = UNSET
    original_price: Amount = UNSET
    buybox_price: Amount = UNSET
    buybox_shipping: Amount = UNSET
    amazon_price: Amount = UNSET
    used_price: Amount = UNSET
    lowest_fba_price: Amount = UNSET
    lowest_fbm_price: Amount = UNSET
    deal_price: Amount = UNSET
    own_price: Amount = UNSET
    sales_rank: Whole = UNSET
    sub_rank: Whole = UNSET
    rank_category: Text = UNSET
    sub_rank_category: Text = UNSET
    offer_count: Whole = UNSET
    used_offer_count: Whole = UNSET
    rating: Amount = UNSET
    review_count: Whole = UNSET
    in_stock: Flag = UNSET
    stock_quantity: Whole = UNSET
    stock_status: Text = UNSET
    seller: Text = UNSET
    seller_id: Text = UNSET
    is_amazon_seller: Flag = UNSET
    is_fba: Flag = UNSET
    is_prime: Flag = UNSET
    coupon: Text = UNSET
    deal: Text = UNSET
    has_amazons_choice: Flag = UNSET
    monthly_sold: Whole = UNSET
    ranks: list[Rank] | UnsetType = UNSET
    extra: dict[str, str | int | None] | UnsetType = UNSET
    facts: Facts | None = None


class Ranked(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A place in a category's list of best sellers at one instant; ``None`` is not told.

    ``category`` is the marketplace's own id of a node, or its word for a list (``electronics``). Amounts and ratings are
    decimal text; the currency is the marketplace's unless stated.
    """

    category: str
    marketplace: str
    observed_at: dt.datetime
    rank: int
    asin: str
    category_name: str | None = None
    category_url: str | None = None
    title: str | None = None
    price: str | None = None
    currency: str | None = None
    rating: str | None = None
    review_count: int | None = None
    image_url: str | None = None


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """What a marketplace says of a node of its tree. ``above``: (id, name) of those over it, the root first."""

    name: str | None = None
    product_count: int | None = None
    above: tuple[tuple[str, str | None], ...] = ()


class BestSellers(msgspec.Struct, frozen=True, kw_only=True):
    """A category's list at one instant: ASINs, the best seller first, each once."""

    category: str
    marketplace: str
    observed_at: dt.datetime
    asins: Sequence[str]
    about: Category | None = None


class Reviewed(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What somebody wrote of a listing. ``review_id`` is the marketplace's own; without one it is known by what it says."""

    asin: str
    marketplace: str
    rating: str
    review_id: str | None = None
    title: str | None = None
    text: str | None = None
    reviewer: str | None = None
    reviewed_on: dt.date | None = None
    variation: str | None = None
    verified: bool | None = None
    helpful_count: int | None = None


@runtime_checkable
class MarketFiles(Protocol[T_co]):
    """Reads files of what was seen at the market. ``batches`` streams: memory does not grow with the file."""

    def batches(self, files: Sequence[FeedFile]) -> Iterator[Sequence[T_co | BadRow]]:
        """What the files say, a few thousand at a time. Raises ``Unreadable``."""


ObservationFiles: TypeAlias = MarketFiles[Observation]
RankedFiles: TypeAlias = MarketFiles[Ranked]
ReviewFiles: TypeAlias = MarketFiles[Reviewed]


class NotListed(Rejected):
    """The marketplace does not know the listing, or no longer."""


@dataclass(frozen=True)
class Wanted:
    """A listing that is to be looked at."""

    asin: str
    marketplace: str


@dataclass(frozen=True)
class Look:
    """What came of looking at one listing: what was seen, or the error that says what recovers it."""

    asin: str
    marketplace: str
    seen: Observation | None = None
    error: VendorError | None = None


@runtime_checkable
class MarketSource(Protocol):
    """Somebody who can be asked about listings. Calls are safe to repeat: nothing is changed there."""

    def allowance(self) -> int | None:
        """How many listings it can be asked about now without a wait; ``None`` where it cannot tell.

        Raises as ``observe`` does.
        """

    def observe(self, wanted: Sequence[Wanted]) -> Iterator[Look]:
        """Look at listings, in as few calls as it can; one outcome for each, in any order, as they come.

        What concerns one listing alone is its outcome: ``NotListed``, or ``Rejected``. Raises ``RateLimited``,
        ``Unauthorized`` and ``Unavailable`` for what concerns them all; those that were not told of are asked about again.
        """


@runtime_checkable
class Remembering(Protocol):
    """A source that knows the past of listings. Optional beside ``MarketSource``."""

    def past(self, wanted: Sequence[Wanted]) -> Iterator[list[Observation]]:
        """All that it ever saw of them, in the order of time for each; listings that are not known are left out."""


@runtime_checkable
class Ranking(Protocol):
    """A source that knows lists of best sellers. Optional beside ``MarketSource``."""

    def best_sellers(self, category: str, marketplace: str) -> BestSellers:
        """A category's list as it is now. Raises ``NotListed`` for one that is not known, and as ``observe`` does."""

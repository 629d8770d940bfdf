"""What the clauses of the channels' contract stand on: a server on loopback, a channel of it, and drafts for it."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

import msgspec

from mercat.sdk.channels import Call, ListingDraft, Outcome, SalesChannel, Shown, Surroundings, Token
from mercat.sdk.errors import VendorError
from mercat.sdk.limits import Limits
from mercat.sdk.records import ImageRecord, Metafield, ProductRecord, VariantRecord

E = TypeVar("E", bound=Exception)
_LONGEST_PAUSE_S = 0.05


class LoopbackShop(Protocol):
    """What the contract asks of the server."""

    @property
    def secrets(self) -> Sequence[str]:
        """Everything that opens the shop: what the channel was given, and every token that was handed out so far."""

    def requests(self) -> int:
        """How many requests reached it."""

    def snapshot(self) -> object:
        """What customers see, with its ids and without times: equal as long as nothing changes."""

    def count(self) -> int:
        """How many listings there are, seen or not."""

    def limit_rate(self) -> float:
        """Answer from now on that it was asked too often; how many seconds it tells to wait."""

    def expire_tokens(self) -> None:
        """Refuse every token that was handed out so far; new ones are good."""

    def refuse_everybody(self) -> None:
        """Refuse every token from now on, new ones too."""

    def lose_next_answer(self) -> None:
        """Do what the next change asks, and answer 502."""

    def delivery(self) -> tuple[Mapping[str, str], bytes, str]:
        """A genuine delivery: its headers, its body, and the name of the header that holds the signature."""


class ShopContract(ABC):
    """What every group of clauses needs: a shop, a channel of it, and drafts for it."""

    limits: Limits
    """What the connector's front page says."""
    renews = True
    """Whether the channel fetches its tokens itself, and so can fetch another."""

    @abstractmethod
    def shop(self) -> AbstractContextManager[LoopbackShop]:
        """A fresh shop, for as long as the context lasts."""

    @abstractmethod
    def make(self, shop: Any, surroundings: Surroundings) -> SalesChannel:
        """A fresh channel of this shop."""

    def normalised(self, record: ProductRecord) -> ProductRecord:
        """The connector's normal form; the record itself where it has none."""
        return record

    def draft(self) -> ListingDraft:
        """A draft that the shop takes. Override it where the channel needs more, or knows less."""
        variants = [
            VariantRecord(sku=f"DESK-{size}", price=price, barcode=None, options={"Size": size})
            for size, price in (("S", "199.00"), ("L", "249.50"))
        ]
        product = ProductRecord(
            handle="standing-desk",
            name="Standing desk",
            description="<p>Goes up and down.</p>",
            brand="Acme",
            tags=["desk", "office"],
            status="active",
            metafields={"custom.material": Metafield("single_line_text_field", "Oak")},
            images=[ImageRecord(url="https://images.example/desk.jpg", alt_text="The desk")],
            variants=variants,
        )
        return ListingDraft(key="0199aa00-0000-7000-8000-000000000001", product=product)

    def too_much(self) -> ListingDraft:
        """A draft over the limits."""
        longest = self.limits.title
        assert longest is not None, "the channel has no limit of titles: override too_much with what it does limit"
        draft = self.draft()
        product = msgspec.structs.replace(draft.product, name="x" * (longest + 1))
        return msgspec.structs.replace(draft, product=product)

    def refused(self) -> ListingDraft:
        """A draft within the limits that the shop refuses while it shows ``draft()``: two of one handle.

        Override it where the channel refuses something else.
        """
        return msgspec.structs.replace(self.draft(), key="0199aa00-0000-7000-8000-000000000002")

    def another(self) -> ListingDraft:
        """A draft that the shop takes beside ``draft()``."""
        first = self.draft()
        variants = [msgspec.structs.replace(each, sku=f"{each.sku}-2") for each in first.product.variants]
        product = msgspec.structs.replace(first.product, handle="sitting-desk", name="Sitting desk", variants=variants)
        return msgspec.structs.replace(first, key="0199aa00-0000-7000-8000-000000000003", product=product)

    def channel(self, shop: LoopbackShop) -> tuple[SalesChannel, list[Call]]:
        calls: list[Call] = []
        kept: dict[str, Token] = {}
        surroundings = Surroundings(
            load_token=lambda: kept.get("token"),
            save_token=lambda token: kept.__setitem__("token", token),
            called=calls.append,
            pause=lambda seconds: time.sleep(min(seconds, _LONGEST_PAUSE_S)),
            allow_private=True,
        )
        return self.make(shop, surroundings), calls


def shown(outcomes: Any) -> Shown:
    try:
        found: list[Outcome] = list(outcomes)
    except VendorError as error:
        raise AssertionError(f"the draft was not taken: {error!r}") from error
    assert len(found) == 1, f"one draft has one outcome, not {len(found)}"
    assert found[0].shown is not None, f"the draft was not taken: {found[0].error!r}"
    return found[0].shown


def raised(kind: type[E], work: Callable[[], object]) -> E:
    try:
        work()
    except kind as error:
        return error
    except Exception as error:
        raise AssertionError(f"{error!r} was raised instead of {kind.__name__}") from error
    raise AssertionError(f"{kind.__name__} was not raised")


def failure(work: Callable[[], object]) -> str:
    """What is said of a failure, wherever it is said."""
    try:
        return repr(work())
    except VendorError as error:
        return f"{error!r} {error} {error.facts}"

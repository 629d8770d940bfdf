"""Clauses about stock, for channels that keep it somewhere (``Account.places``)."""

from __future__ import annotations

from dataclasses import dataclass

from mercat.sdk.channels import SalesChannel, StockLevel
from mercat.sdk.errors import Rejected, VendorError
from mercat.sdk.testing.shops import LoopbackShop, ShopContract, shown


@dataclass
class _Shelf:
    """The stock of one listing at one place."""

    channel: SalesChannel
    listing: str
    place: str

    def offered(self) -> list[int]:
        """How many pieces of each variant."""
        (seen,) = self.channel.listings(references=[self.listing])
        return [each.quantities.get(self.place, 0) for each in seen.variants]

    def set(self, *levels: tuple[int, int, int | None, str]) -> dict[str, VendorError | None]:
        """(which variant, how many, how many are expected, key); the outcome of each key."""
        (seen,) = self.channel.listings(references=[self.listing])
        wanted = []
        for number, quantity, expected, key in levels:
            reference = seen.variants[number].stock_reference
            assert reference is not None, "a channel that keeps stock says what the stock of a variant is called"
            wanted.append(StockLevel(reference, self.place, quantity, expected, key))
        return {each.key: each.error for each in self.channel.set_stock(wanted)}


class StockClauses(ShopContract):
    """Set only what is still as we saw it, and once."""

    def test_stock_that_somebody_else_moved_is_refused_alone(self) -> None:
        """``Rejected`` with the field ``expected``; what is as expected is set, in the same call too."""
        with self.shop() as shop:
            if shelf := self._shelf(shop):
                first, second = shelf.offered()
                assert shelf.set((0, 7, first, "a")) == {"a": None}
                outcome = shelf.set((0, 9, first, "b"), (1, 4, second, "c"))
                error = outcome["b"]
                assert isinstance(error, Rejected), (
                    f"{error!r}: the shop offers 7, not {first}, and takes 9 all the same"
                )
                assert error.field == "expected"
                assert outcome["c"] is None
                assert shelf.offered() == [7, 4], "what somebody else moved was overwritten, or the rest was not set"

    def test_a_movement_that_is_sent_again_moves_nothing(self) -> None:
        """Whatever is expected: the key says that it was done."""
        with self.shop() as shop:
            if shelf := self._shelf(shop):
                shelf.set((0, 7, None, "a"))
                shelf.set((0, 3, 7, "b"))
                shelf.set((0, 7, None, "a"))
                assert shelf.offered()[0] == 3, "the same movement was made twice"

    def _shelf(self, shop: LoopbackShop) -> _Shelf | None:
        channel, _ = self.channel(shop)
        places = [each for each in channel.account().places if each.is_active]
        return (
            _Shelf(channel, shown(channel.publish([self.draft()])).reference, places[0].reference) if places else None
        )

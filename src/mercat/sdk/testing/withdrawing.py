"""Clauses about taking listings off sale."""

from __future__ import annotations

from mercat.sdk.testing.shops import ShopContract, shown


class WithdrawalClauses(ShopContract):
    """What is withdrawn is no longer sold, and to withdraw it again is no fault."""

    def test_what_is_withdrawn_is_off_sale(self) -> None:
        """It is not active any more, if it is told of at all; and its neighbour stays."""
        with self.shop() as shop:
            channel, _ = self.channel(shop)
            reference = shown(channel.publish([self.draft()])).reference
            other = shown(channel.publish([self.another()])).reference
            for _ in range(2):
                channel.withdraw(reference)
            left = {each.reference: each.product.status for each in channel.listings(references=[reference, other])}
            assert left.pop(reference, "gone") != "active", "it is still on sale"
            assert left == {other: "active"}

    def test_what_is_deleted_is_gone_and_may_be_withdrawn_again(self) -> None:
        """Gone already is fine: somebody at the shop may have been quicker."""
        with self.shop() as shop:
            channel, _ = self.channel(shop)
            reference = shown(channel.publish([self.draft()])).reference
            channel.withdraw(reference, delete=True)
            assert list(channel.listings(references=[reference])) == []
            assert shop.count() == 0
            try:
                channel.withdraw(reference, delete=True)
                channel.withdraw(reference)
            except Exception as error:
                raise AssertionError(f"{error!r} was raised for what is gone already") from error

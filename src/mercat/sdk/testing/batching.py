"""Clauses about batches, for channels whose limits say from how many drafts on one is the cheaper way (``bulk_from``)."""

from __future__ import annotations

import time
from collections.abc import Sequence

from mercat.sdk.channels import Batch, ListingDraft, Outcome, SalesChannel
from mercat.sdk.errors import Rejected
from mercat.sdk.testing.shops import ShopContract, raised

_PATIENCE_S = 30.0
_LOOK_EVERY_S = 0.02


class BatchClauses(ShopContract):
    """Many at once, each with a fate of its own, and once."""

    def test_a_batch_shows_every_draft(self) -> None:
        """One outcome for each draft, and what it says is what the shop shows."""
        with self.shop() as shop:
            channel, _ = self.channel(shop)
            if self.limits.bulk_from is None:
                return
            outcomes = self._sent(channel, [self.draft(), self.another()], key="batch-1")
            for draft in (self.draft(), self.another()):
                found = outcomes[draft.key].shown
                assert found is not None, f"the draft was not taken: {outcomes[draft.key].error!r}"
                (seen,) = channel.listings(references=[found.reference])
                assert seen.product.name == draft.product.name
                assert [each.sku for each in found.variants] == [each.sku for each in draft.product.variants]

    def test_a_draft_that_the_shop_refuses_fails_alone_in_its_batch(self) -> None:
        """The others of the batch are shown."""
        with self.shop() as shop:
            channel, _ = self.channel(shop)
            if self.limits.bulk_from is None:
                return
            drafts = [self.draft(), self.refused(), self.another()]
            outcomes = self._sent(channel, drafts, key="batch-1")
            assert isinstance(outcomes[self.refused().key].error, Rejected)
            assert [outcomes[each.key].error for each in (drafts[0], drafts[2])] == [None, None]
            assert shop.count() == 2

    def test_a_batch_with_a_draft_over_the_limits_is_not_sent(self) -> None:
        """Which one it is stands in ``rejected``, so that the others can be sent without it."""
        with self.shop() as shop:
            channel, _ = self.channel(shop)
            if self.limits.bulk_from is None:
                return
            refused = raised(Rejected, lambda: channel.submit([self.another(), self.too_much()], key="batch-1"))
            named = refused.facts.get("rejected")
            assert isinstance(named, dict), "the error does not say which drafts are over the limits"
            assert list(named) == [self.too_much().key]
            assert shop.count() == 0, "something was sent all the same"

    def test_a_batch_of_one_key_is_sent_once(self) -> None:
        """Whoever asks: a channel that was made anew after a crash finds the batch that is there."""
        with self.shop() as shop:
            if self.limits.bulk_from is None:
                return
            first, again = (self.channel(shop)[0].submit([self.draft()], key="batch-1") for _ in range(2))
            assert again.reference == first.reference, "the same batch was sent twice"
            other = self.channel(shop)[0].submit([self.another()], key="batch-2")
            assert other.reference != first.reference

    def test_a_batch_is_looked_at_and_read_by_whoever_comes_after(self) -> None:
        """And read again, for the reader may have died in the middle."""
        with self.shop() as shop:
            if self.limits.bulk_from is None:
                return
            drafts = [self.draft(), self.another()]
            batch = self.channel(shop)[0].submit(drafts, key="batch-1")
            keys = [each.key for each in drafts]
            read = []
            for _ in range(2):
                channel, _ = self.channel(shop)
                _finished(channel, batch)
                read.append(
                    {each.key: each.shown and each.shown.reference for each in channel.outcomes(batch.reference, keys)}
                )
            assert read[0] == read[1]
            assert sorted(read[0]) == sorted(keys)
            assert all(read[0].values()), "the batch was lost with whoever sent it"

    def _sent(self, channel: SalesChannel, drafts: Sequence[ListingDraft], *, key: str) -> dict[str, Outcome]:
        batch = _finished(channel, channel.submit(drafts, key=key))
        found = list(channel.outcomes(batch.reference, [each.key for each in drafts]))
        assert sorted(each.key for each in found) == sorted(each.key for each in drafts), "one draft has one outcome"
        return {each.key: each for each in found}


def _finished(channel: SalesChannel, batch: Batch) -> Batch:
    until = time.monotonic() + _PATIENCE_S
    while batch.state == "running" and time.monotonic() < until:
        time.sleep(_LOOK_EVERY_S)
        batch = channel.look(batch.reference)
    assert batch.state == "done", f"the batch is {batch.state}: {batch.message}"
    return batch

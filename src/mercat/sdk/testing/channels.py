"""What every sales channel promises, tried on a server on loopback that speaks as the vendor does."""

from __future__ import annotations

import logging
from typing import Any

import msgspec
from msgspec import UNSET

from mercat.core.border import unit_open
from mercat.sdk.channels import ListingDraft, Shown
from mercat.sdk.errors import RateLimited, Rejected, Unauthorized
from mercat.sdk.records import ImageRecord, Metafield
from mercat.sdk.testing.batching import BatchClauses
from mercat.sdk.testing.shops import failure, raised, shown
from mercat.sdk.testing.stocking import StockClauses
from mercat.sdk.testing.withdrawing import WithdrawalClauses

_ENOUGH = 12
"""More requests than this for one refused draft are an endless renewal."""


class ChannelContract(StockClauses, WithdrawalClauses, BatchClauses):
    """The promises of ``SalesChannel``. Subclass it as a test class; each clause gets a shop of its own."""

    def test_publishing_twice_changes_nothing(self) -> None:
        """The same draft again, with what the first answer gave, leaves the shop as it is."""
        with self.shop() as shop:
            channel, _ = self.channel(shop)
            first = shown(channel.publish([self.draft()]))
            before = shop.snapshot()
            again = shown(channel.publish([_recorded(self.draft(), first)]))
            assert shop.snapshot() == before, "publishing the same draft twice changed the shop"
            assert again.reference == first.reference
            assert _ids(again) == _ids(first)

    def test_a_draft_over_the_limits_is_rejected_before_any_request(self) -> None:
        """Nothing is asked of the shop for what it could not take."""
        with self.shop() as shop:
            channel, _ = self.channel(shop)
            (outcome,) = channel.publish([self.too_much()])
            assert isinstance(outcome.error, Rejected), f"{outcome} should be rejected"
            assert shop.requests() == 0, "a draft over the limits cost a request"

    def test_too_many_requests_say_how_long_to_wait(self) -> None:
        """429 becomes ``RateLimited`` with the delay that was told."""
        with self.shop() as shop:
            channel, _ = self.channel(shop)
            channel.account()
            told_s = shop.limit_rate()
            refused = raised(RateLimited, lambda: list(channel.publish([self.draft()])))
            assert refused.after_s == told_s, f"the shop said {told_s} seconds, not {refused.after_s}"

    def test_a_token_that_ran_out_is_renewed(self) -> None:
        """Nobody has to mend what another token mends."""
        if not self.renews:
            return
        with self.shop() as shop:
            channel, _ = self.channel(shop)
            channel.account()
            shop.expire_tokens()
            shown(channel.publish([self.draft()]))

    def test_refused_credentials_are_unauthorized(self) -> None:
        """After one renewal at most, 401 becomes ``Unauthorized``."""
        with self.shop() as shop:
            channel, _ = self.channel(shop)
            channel.account()
            shop.refuse_everybody()
            before = shop.requests()
            raised(Unauthorized, lambda: list(channel.publish([self.draft()])))
            assert shop.requests() - before <= _ENOUGH, "it goes on asking with credentials that are refused"

    def test_secrets_appear_in_no_log(self, caplog: Any, capfd: Any) -> None:
        """Not in logs, messages, the list of calls, or what is printed of the channel; neither when all goes wrong."""
        caplog.set_level(logging.DEBUG)
        with self.shop() as shop:
            channel, calls = self.channel(shop)
            list(channel.publish([self.draft()]))
            shop.lose_next_answer()
            said = [failure(lambda: list(channel.publish([self.draft()])))]
            shop.refuse_everybody()
            said += [failure(lambda: list(channel.publish([self.draft()]))), failure(channel.account)]
            said += [failure(lambda: channel.notice({}, b"")), repr(channel), repr(calls)]
            told = "\n".join([*said, caplog.text, *capfd.readouterr()])
            leaked = [n for n, secret in enumerate(shop.secrets) if secret in told]
            assert not leaked, f"secrets number {leaked} were told"

    def test_no_request_while_a_unit_is_open(self) -> None:
        """The wire may hang, and a transaction would hang with it."""
        with self.shop() as shop:
            channel, _ = self.channel(shop)
            with unit_open():
                raised(RuntimeError, lambda: list(channel.publish([self.draft()])))
            assert shop.requests() == 0, "a request went out while a unit was open"

    def test_a_lost_answer_makes_no_second_listing(self) -> None:
        """What was made but not answered is found again by its key."""
        with self.shop() as shop:
            channel, _ = self.channel(shop)
            shop.lose_next_answer()
            failure(lambda: list(channel.publish([self.draft()])))
            assert shop.count() == 1, "nothing was made: what is lost has to be the answer to the creation itself"
            shown(channel.publish([self.draft()]))
            assert shop.count() == 1, f"one draft became {shop.count()} listings"

    def test_a_delivery_with_a_wrong_signature_is_refused_before_it_is_read(self) -> None:
        """Whatever it holds; and a genuine one is read."""
        with self.shop() as shop:
            channel, _ = self.channel(shop)
            headers, body, signature = shop.delivery()
            notice = channel.notice(headers, body)
            assert notice.delivery_id
            assert notice.topic
            forged = {**headers, signature: headers[signature][::-1]}
            for content in (body, body + b" ", b"{", b"\xff", b""):
                raised(Unauthorized, lambda content=content: channel.notice(forged, content))  # type: ignore[misc]
            raised(Unauthorized, lambda: channel.notice(headers, body + b" "))

    def test_what_is_shown_equals_what_was_drafted(self) -> None:
        """In the answer, and in what the shop shows to whoever looks."""
        with self.shop() as shop:
            channel, _ = self.channel(shop)
            draft = self.draft()
            answered = shown(channel.publish([draft]))
            assert answered.key in {None, draft.key}
            wanted = self.normalised(draft.product)
            assert _differences(wanted, answered.product) == []
            (seen,) = channel.listings(references=[answered.reference])
            assert seen.reference == answered.reference
            # A picture may still be on its way, and is not told then.
            assert [each for each in _differences(wanted, seen.product) if not each.startswith("images is UNSET")] == []
            assert _ids(seen) == _ids(answered)


def _recorded(draft: ListingDraft, shown: Shown) -> ListingDraft:
    """The draft as it is made when the answer was written down."""
    return msgspec.structs.replace(
        draft,
        reference=shown.reference,
        variant_references={each.sku: each.reference for each in shown.variants if each.sku},
        image_references=shown.image_references,
    )


def _ids(shown: Shown) -> list[tuple[str | None, str]]:
    return [(each.sku, each.reference) for each in shown.variants]


def _differences(wanted: Any, seen: Any, place: str = "") -> list[str]:
    """Where the two differ in what is wanted; what is not stated may be anything."""
    if isinstance(wanted, msgspec.Struct) and not isinstance(wanted, Metafield | ImageRecord):
        return [
            difference
            for name in wanted.__struct_fields__
            if getattr(wanted, name) is not UNSET
            for difference in _differences(getattr(wanted, name), getattr(seen, name), f"{place}{name}")
        ]
    if place == "variants":
        if len(wanted) != len(seen):
            return [f"{len(seen)} variants instead of {len(wanted)}"]
        pairs = enumerate(zip(wanted, seen, strict=True))
        return [each for n, (ours, theirs) in pairs for each in _differences(ours, theirs, f"variants {n} ")]
    if seen is UNSET:
        return [f"{place} is UNSET"]
    return [] if wanted == seen else [f"{place}: {seen!r} instead of {wanted!r}"]

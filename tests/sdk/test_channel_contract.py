"""Every clause of the channels' contract catches the channel that breaks it, and no other clause does."""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from mercat.sdk.channels import (
    Batch,
    ListingDraft,
    Notice,
    Outcome,
    StockLevel,
    StockOutcome,
    Surroundings,
)
from mercat.sdk.errors import RateLimited, Rejected, Unauthorized, Unavailable
from mercat.sdk.testing import ChannelContract
from tests.sdk.small_shop import LIMITS, SmallChannel, SmallShop

SDK_LOG = logging.getLogger("small_channel")


class SmallContract(ChannelContract):
    limits = LIMITS

    def shop(self) -> AbstractContextManager[SmallShop]:
        return SmallShop().open()

    def make(self, shop: SmallShop, surroundings: Surroundings) -> SmallChannel:
        return SmallChannel(shop, surroundings)


class TestAChannelThatKeepsItsPromises(SmallContract):
    pass


class Stamping(SmallChannel):
    """Writes something new with every update."""

    def stated(self, draft: ListingDraft) -> dict[str, Any]:
        stated = super().stated(draft)
        if draft.reference:
            stated["product"]["seo_title"] = "updated"
        return stated


class Boundless(SmallChannel):
    """Lets the shop find out what is too long."""

    def over_limits(self, draft: ListingDraft) -> list[str]:
        self.ask("/account")
        return super().over_limits(draft)


class Impatient(SmallChannel):
    """Takes a shop that is asked too often for one that is down."""

    def ask(self, path: str, **asked: Any) -> Any:
        try:
            return super().ask(path, **asked)
        except RateLimited as error:
            raise RateLimited("too often", after_s=1) from error


class GivingUp(SmallChannel):
    """Never asks for another token."""

    def ask(self, path: str, **asked: Any) -> Any:
        status, answer = self.post(path, self.token(), asked)
        self.judge(status)
        return answer


class Stubborn(SmallChannel):
    """Takes a refusal for a shop that is down."""

    def judge(self, status: int) -> None:
        if status == 401:
            raise Unavailable("the shop does not answer")
        super().judge(status)


class Hammering(SmallChannel):
    """Goes on asking for a token."""

    def new_token(self) -> str:
        for _ in range(20):
            try:
                return super().new_token()
            except Unauthorized:
                continue
        raise Unauthorized("the shop refuses the password")


class Talkative(SmallChannel):
    """Logs what it sends."""

    def token(self) -> str:
        token = super().token()
        SDK_LOG.debug("asking with %s", token)
        return token


class ShowingItself(SmallChannel):
    """Prints the token of the moment with itself."""

    def __repr__(self) -> str:
        return f"ShowingItself({self.around.load_token()})"


class GoingRoundTheBorder(SmallChannel):
    """Speaks HTTP by other means than the one face."""

    def post(self, path: str, token: str, asked: Mapping[str, Any]) -> tuple[int, Any]:
        body = json.dumps(asked).encode()
        request = urllib.request.Request(f"{self.address}{path}", body, {"X-Token": token})
        try:
            with urllib.request.urlopen(request) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 429:
                    raise RateLimited("too often", after_s=float(error.headers["Retry-After"])) from None
                return error.code, None


class Forgetful(SmallChannel):
    """Makes a new listing for whatever it has no number of."""

    def number(self, draft: ListingDraft) -> str | None:
        return draft.reference


class Trusting(SmallChannel):
    """Believes whoever delivers."""

    def notice(self, headers: Mapping[str, str], body: bytes) -> Notice:
        try:
            return Notice(headers["Delivery"], headers["Topic"], json.loads(body)["listing"], None)
        except (KeyError, ValueError) as error:
            raise Rejected("cannot be read") from error


class ReadingFirst(SmallChannel):
    """Reads what it has not checked yet."""

    def notice(self, headers: Mapping[str, str], body: bytes) -> Notice:
        try:
            json.loads(body)
        except ValueError as error:
            raise Rejected("cannot be read") from error
        return super().notice(headers, body)


class Approximate(SmallChannel):
    """Loses a tag on the way."""

    def stated(self, draft: ListingDraft) -> dict[str, Any]:
        stated = super().stated(draft)
        stated["product"]["tags"] = stated["product"]["tags"][1:]
        return stated


class Boasting(SmallChannel):
    """Answers what was asked for, not what there is."""

    def published(self, draft: ListingDraft) -> Outcome:
        if self.over_limits(draft):
            return super().published(draft)
        stated = self.stated(draft)
        listing = self.ask("/set", **stated | {"product": stated["product"] | {"name": "?"}})
        shown = self.shown(listing | {"product": stated["product"]})
        return Outcome(draft.key, shown=shown)


class Half(SmallChannel):
    """Answers with the first variant only."""

    def published(self, draft: ListingDraft) -> Outcome:
        outcome = super().published(draft)
        if outcome.shown is None:
            return outcome
        product = msgspec.structs.replace(outcome.shown.product, variants=outcome.shown.product.variants[:1])
        return replace(outcome, shown=msgspec.structs.replace(outcome.shown, product=product))


class Overwriting(SmallChannel):
    """Sets whatever is there."""

    def movement(self, level: StockLevel) -> dict[str, Any]:
        return super().movement(level) | {"expected": None}


class AllOrNothing(SmallChannel):
    """Gives a whole call up for one that is refused."""

    def set_stock(self, levels: Sequence[StockLevel]) -> Iterator[StockOutcome]:
        for done in super().set_stock(levels):
            yield done
            if done.error is not None:
                yield from (StockOutcome(each.key, done.error) for each in levels if each.key != done.key)
                return


class Repeating(SmallChannel):
    """Sends each movement under a key of the moment."""

    def movement(self, level: StockLevel) -> dict[str, Any]:
        return super().movement(level) | {"key": ""}


class Keeping(SmallChannel):
    """Leaves on sale what should be archived."""

    def withdraw(self, reference: str, *, delete: bool = False) -> None:
        if delete:
            super().withdraw(reference, delete=True)


class Cautious(SmallChannel):
    """Archives what should be deleted."""

    def withdraw(self, reference: str, *, delete: bool = False) -> None:  # noqa: ARG002  # that is its fault
        super().withdraw(reference)


class Fussy(SmallChannel):
    """Complains of what is gone already."""

    def withdraw(self, reference: str, *, delete: bool = False) -> None:
        if not self.ask("/delete" if delete else "/archive", id=reference)["was_there"]:
            raise Rejected("there is no such listing")


class Shifting(SmallChannel):
    """Gives each outcome the next one's name."""

    def outcomes(self, batch: str, keys: Sequence[str]) -> Iterator[Outcome]:
        is_whole = all(status == 200 for status, _ in self.ask("/batch/look", id=batch)["results"])
        yield from super().outcomes(batch, [*keys[1:], keys[0]] if is_whole else keys)


class SinkingTogether(SmallChannel):
    """Gives a batch up for one that is refused."""

    def outcomes(self, batch: str, keys: Sequence[str]) -> Iterator[Outcome]:
        found = list(super().outcomes(batch, keys))
        error = next((each.error for each in found if each.error is not None), None)
        yield from (replace(each, shown=None, error=error) if error else each for each in found)


class Hopeful(SmallChannel):
    """Sends a batch with what could never be taken."""

    def submit(self, drafts: Iterable[ListingDraft], *, key: str) -> Batch:
        taken = list(drafts)
        fitting = [each for each in taken if not self.over_limits(each)]
        batch = super().submit(fitting, key=key)
        if len(fitting) < len(taken):
            super().submit(taken, key=key)
        return batch


class Twice(SmallChannel):
    """Sends a batch under a key of the moment."""

    def submit(self, drafts: Iterable[ListingDraft], *, key: str) -> Batch:
        return super().submit(drafts, key=f"{key}-{uuid4()}")


class Hoarding(SmallChannel):
    """Knows only the batches that it sent itself."""

    def submit(self, drafts: Iterable[ListingDraft], *, key: str) -> Batch:
        batch = super().submit(drafts, key=key)
        self.sent = batch.reference
        return batch

    def outcomes(self, batch: str, keys: Sequence[str]) -> Iterator[Outcome]:
        if getattr(self, "sent", None) == batch:
            yield from super().outcomes(batch, keys)
        else:
            yield from (Outcome(key, error=Unavailable("no such batch")) for key in keys)


STALE = "test_stock_that_somebody_else_moved_is_refused_alone"
GONE = "test_what_is_deleted_is_gone_and_may_be_withdrawn_again"
SHOWN = "test_what_is_shown_equals_what_was_drafted"
DELIVERY = "test_a_delivery_with_a_wrong_signature_is_refused_before_it_is_read"
BROKEN = [
    (Stamping, "test_publishing_twice_changes_nothing"),
    (Boundless, "test_a_draft_over_the_limits_is_rejected_before_any_request"),
    (Impatient, "test_too_many_requests_say_how_long_to_wait"),
    (GivingUp, "test_a_token_that_ran_out_is_renewed"),
    (Stubborn, "test_refused_credentials_are_unauthorized"),
    (Hammering, "test_refused_credentials_are_unauthorized"),
    (Talkative, "test_secrets_appear_in_no_log"),
    (ShowingItself, "test_secrets_appear_in_no_log"),
    (GoingRoundTheBorder, "test_no_request_while_a_unit_is_open"),
    (Forgetful, "test_a_lost_answer_makes_no_second_listing"),
    (Trusting, DELIVERY),
    (ReadingFirst, DELIVERY),
    (Approximate, SHOWN),
    (Boasting, SHOWN),
    (Half, SHOWN),
    (Overwriting, STALE),
    (AllOrNothing, STALE),
    (Repeating, "test_a_movement_that_is_sent_again_moves_nothing"),
    (Keeping, "test_what_is_withdrawn_is_off_sale"),
    (Cautious, GONE),
    (Fussy, GONE),
    (Shifting, "test_a_batch_shows_every_draft"),
    (SinkingTogether, "test_a_draft_that_the_shop_refuses_fails_alone_in_its_batch"),
    (Hopeful, "test_a_batch_with_a_draft_over_the_limits_is_not_sent"),
    (Twice, "test_a_batch_of_one_key_is_sent_once"),
    (Hoarding, "test_a_batch_is_looked_at_and_read_by_whoever_comes_after"),
]
CLAUSES = sorted(name for name in dir(ChannelContract) if name.startswith("test_"))


@pytest.mark.parametrize(("channel", "clause"), BROKEN)
def test_a_channel_that_breaks_a_promise_is_caught_by_its_clause_alone(
    channel: type[SmallChannel], clause: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    class Broken(SmallContract):
        def make(self, shop: SmallShop, surroundings: Surroundings) -> SmallChannel:
            return channel(shop, surroundings)

    def breaks(name: str) -> bool:
        given = {"caplog": caplog, "capfd": capfd} if name == "test_secrets_appear_in_no_log" else {}
        try:
            getattr(Broken(), name)(**given)
        except AssertionError:
            return True
        return False

    assert [name for name in CLAUSES if breaks(name)] == [clause]


def test_every_clause_has_a_channel_that_breaks_it() -> None:
    assert sorted({clause for _, clause in BROKEN}) == CLAUSES

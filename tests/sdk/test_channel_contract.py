"""Every clause of the channels' contract catches the channel that breaks it, and no other clause does."""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import pytest

from mercat.sdk.channels import ListingDraft, Notice, Outcome, Shown, Surroundings
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
        if status >= 400:
            raise Unavailable("the shop does not answer")


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
        listing = self.ask("/set", **self.stated(draft) | {"product": {"name": "?", "variants": []}})
        shown = self.shown(listing | {"product": self.stated(draft)["product"]})
        return Outcome(draft.key, shown=shown)


class Half(SmallChannel):
    """Shows the first variant only."""

    def shown(self, listing: dict[str, Any]) -> Shown:
        product = listing["product"]
        return super().shown(listing | {"product": product | {"variants": product["variants"][:1]}})


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

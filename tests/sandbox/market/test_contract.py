"""The sources keep the contract, and every clause of it catches the source that breaks it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from mercat.sandbox.market import RunningSource, running
from mercat.sdk.channels import Call
from mercat.sdk.errors import RateLimited, Rejected, Unavailable, VendorError
from mercat.sdk.market import Look, MarketSource, NotListed, Wanted
from mercat.sdk.testing import MarketSourceContract
from tests.sandbox.market.test_sources import ASINS, make

LOG = logging.getLogger("talkative_source")


class Turned:
    """A sandbox as the contract turns it."""

    def __init__(self, running: RunningSource) -> None:
        self.running = running
        self.secrets = list(running.api.credentials.values())

    def requests(self) -> int:
        calls = self.running.world.calls
        return sum(count for path, count in calls.items() if "token" not in path)

    def limit_rate(self) -> None:
        self.running.world.faults.extend(["429"] * 3)

    def fail(self) -> None:
        self.running.world.faults.extend(["500"] * 3)


class Sandboxed(MarketSourceContract):
    kind = "keepa"
    known = [Wanted(asin, "US") for asin in ASINS]  # noqa: RUF012  # as the contract has it
    unknown = Wanted("BX00000000", "US")
    at_once = 100

    @contextmanager
    def market(self) -> Iterator[Turned]:
        with running(self.kind) as opened:
            yield Turned(opened)

    def source(self, market: Turned, *, wrong: bool = False) -> tuple[MarketSource, list[Call]]:
        source, calls, _ = make(
            market.running, self.kind, **(dict.fromkeys(market.running.api.credentials, "x") if wrong else {})
        )
        return self.broken(source, calls, market), calls

    def broken(self, source: MarketSource, calls: list[Call], market: Turned) -> MarketSource:
        """As it is."""
        assert calls is not None
        assert market is not None
        return source


class TestKeepa(Sandboxed):
    pass


class TestAmazon(Sandboxed):
    kind = "amazon"
    at_once = 20


class Wrapped:
    """A source that does as it should, until something of it is broken."""

    def __init__(self, source: MarketSource, calls: list[Call], market: Turned) -> None:
        self.inner, self.calls, self.market = source, calls, market

    def allowance(self) -> int | None:
        return self.inner.allowance()

    def observe(self, wanted: Sequence[Wanted]) -> Iterator[Look]:
        yield from self.inner.observe(wanted)


class Forgetful(Wrapped):
    def observe(self, wanted: Sequence[Wanted]) -> Iterator[Look]:
        yield from list(super().observe(wanted))[:-1]


class Zoneless(Wrapped):
    def observe(self, wanted: Sequence[Wanted]) -> Iterator[Look]:
        for each in super().observe(wanted):
            seen = each.seen
            if seen is not None:
                seen = msgspec.structs.replace(seen, observed_at=seen.observed_at.replace(tzinfo=None))
            yield replace(each, seen=seen)


class Vague(Wrapped):
    def observe(self, wanted: Sequence[Wanted]) -> Iterator[Look]:
        for each in super().observe(wanted):
            yield replace(each, error=Rejected("no")) if isinstance(each.error, NotListed) else each


class OneByOne(Wrapped):
    def observe(self, wanted: Sequence[Wanted]) -> Iterator[Look]:
        for each in wanted:
            yield from super().observe([each])


class Impatient(Wrapped):
    def observe(self, wanted: Sequence[Wanted]) -> Iterator[Look]:
        try:
            yield from super().observe(wanted)
        except RateLimited as slowly:
            raise Unavailable("later") from slowly


class Raw(Wrapped):
    def observe(self, wanted: Sequence[Wanted]) -> Iterator[Look]:
        try:
            yield from super().observe(wanted)
        except VendorError as failed:
            raise KeyError("products") from failed


class Trusting(Wrapped):
    def allowance(self) -> int | None:
        return 5


class Uncounted(Wrapped):
    def observe(self, wanted: Sequence[Wanted]) -> Iterator[Look]:
        before = len(self.calls)
        try:
            yield from list(super().observe(wanted))
        finally:
            del self.calls[before:]


class Elsewhere(Wrapped):
    """Asks in a thread of its own, where nobody knows of the unit."""

    def observe(self, wanted: Sequence[Wanted]) -> Iterator[Look]:
        found: list[Look] = []
        thread = threading.Thread(target=lambda: found.extend(self.inner.observe(wanted)))
        thread.start()
        thread.join()
        yield from found


class Talkative(Wrapped):
    def observe(self, wanted: Sequence[Wanted]) -> Iterator[Look]:
        LOG.info("asking with %s", self.market.secrets[0])
        yield from super().observe(wanted)


BROKEN: dict[type[Wrapped], str] = {
    Forgetful: "test_each_listing_has_one_outcome",
    Zoneless: "test_what_is_seen_is_of_the_listing_and_has_its_zone",
    Vague: "test_what_is_not_there_is_not_listed",
    OneByOne: "test_many_are_asked_about_at_once",
    Impatient: "test_too_fast_says_how_long_to_wait",
    Raw: "test_a_breakdown_is_an_error_by_what_recovers_it",
    Trusting: "test_wrong_credentials_are_unauthorized",
    Uncounted: "test_calls_are_counted",
    Elsewhere: "test_no_request_while_a_unit_is_open",
    Talkative: "test_secrets_appear_nowhere",
}


def test_every_clause_has_its_breaker() -> None:
    clauses = {name for name in vars(MarketSourceContract) if name.startswith("test_")}

    assert sorted(BROKEN.values()) == sorted(clauses)


@pytest.mark.parametrize("breaker", BROKEN)
def test_a_source_that_breaks_a_clause_is_caught_by_it(
    breaker: type[Wrapped], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    class Breaking(Sandboxed):
        def broken(self, source: MarketSource, calls: list[Call], market: Turned) -> MarketSource:
            return breaker(source, calls, market)

    clause: Any = getattr(Breaking(), BROKEN[breaker])
    given = (caplog, capfd) if breaker is Talkative else ()
    with pytest.raises(AssertionError):
        clause(*given)

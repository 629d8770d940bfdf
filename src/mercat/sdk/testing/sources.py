"""What every source of the market promises, tried on a server on loopback that speaks as the vendor does."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from mercat.core.border import unit_open
from mercat.sdk.channels import Call
from mercat.sdk.errors import RateLimited, Unauthorized, VendorError
from mercat.sdk.market import Look, MarketSource, NotListed, Observation, Wanted


class Market(Protocol):
    """A market that a test can turn: the vendor's server on loopback, or a double of it."""

    secrets: Sequence[str]
    """What must never be told."""

    def requests(self) -> int:
        """How many questions about listings it was asked, tokens aside."""

    def limit_rate(self) -> None:
        """Refuse what comes next as too fast, for as long as a client tries again."""

    def fail(self) -> None:
        """Break down, for as long as a client tries again."""


class MarketSourceContract(ABC):
    """The promises of ``MarketSource``. Subclass it as a test class; each clause gets a market of its own."""

    known: Sequence[Wanted]
    """Listings that the market has; more than one call holds."""
    unknown: Wanted
    """One that it has not."""
    at_once: int
    """As the connector's ``Market`` says."""

    @abstractmethod
    def market(self) -> AbstractContextManager[Market]:
        """A fresh market."""

    @abstractmethod
    def source(self, market: Any, *, wrong: bool = False) -> tuple[MarketSource, list[Call]]:
        """A source of that market, and the calls that it tells of; ``wrong``: with credentials that are wrong."""

    def test_each_listing_has_one_outcome(self) -> None:
        """In whatever order: none is left out, none is told twice, and none that was not asked for."""
        with self.market() as market:
            source, _ = self.source(market)
            wanted = [*self.known, self.unknown]
            looks = _all(source, wanted)
            told = sorted((each.asin, each.marketplace) for each in looks)
            assert told == sorted((each.asin, each.marketplace) for each in wanted)
            assert all((each.seen is None) != (each.error is None) for each in looks), "a look is seen or an error"

    def test_what_is_seen_is_of_the_listing_and_has_its_zone(self) -> None:
        """An observation names the listing that was asked for, and an instant that every database keeps."""
        with self.market() as market:
            source, _ = self.source(market)
            for look in _all(source, self.known):
                assert isinstance(look.seen, Observation), look.error
                assert (look.seen.asin, look.seen.marketplace) == (look.asin, look.marketplace)
                assert look.seen.observed_at.tzinfo is not None, "a time without a zone"

    def test_what_is_not_there_is_not_listed(self) -> None:
        """That is an outcome of its own, and stops nothing."""
        with self.market() as market:
            source, _ = self.source(market)
            looks = {each.asin: each for each in _all(source, [self.known[0], self.unknown])}
            assert isinstance(looks[self.unknown.asin].error, NotListed)
            assert looks[self.known[0].asin].seen is not None

    def test_many_are_asked_about_at_once(self) -> None:
        """Not one call for each listing."""
        with self.market() as market:
            source, _ = self.source(market)
            source.allowance()
            before = market.requests()
            _all(source, self.known)
            least = -(-len(self.known) // self.at_once)
            assert market.requests() - before <= 2 * least, "a call for each listing, or nearly so"

    def test_too_fast_says_how_long_to_wait(self) -> None:
        """It becomes ``RateLimited`` with a wait that is one."""
        with self.market() as market:
            source, _ = self.source(market)
            source.allowance()
            market.limit_rate()
            failed = _failure(lambda: _all(source, self.known[:1]))
            assert isinstance(failed, RateLimited), f"{failed!r} should be RateLimited"
            assert failed.after_s > 0

    def test_a_breakdown_is_an_error_by_what_recovers_it(self) -> None:
        """Never an answer that was made up, nor an exception of a library's."""
        with self.market() as market:
            source, _ = self.source(market)
            source.allowance()
            market.fail()
            failed = _failure(lambda: _all(source, self.known[:1]))
            assert isinstance(failed, VendorError), f"{failed!r} should be a VendorError"

    def test_wrong_credentials_are_unauthorized(self) -> None:
        """At the first question, which is how a source is connected."""
        with self.market() as market:
            source, _ = self.source(market, wrong=True)
            failed = _failure(source.allowance)
            assert isinstance(failed, Unauthorized), f"{failed!r} should be Unauthorized"

    def test_calls_are_counted(self) -> None:
        """Every one, those that fail included."""
        with self.market() as market:
            source, calls = self.source(market)
            source.allowance()
            _all(source, self.known[:1])
            counted = len(calls)
            assert counted >= market.requests() > 0, "calls went out that were not told of"
            market.fail()
            _failure(lambda: _all(source, self.known[:1]))
            assert len(calls) > counted, "a call that failed was not told of"

    def test_no_request_while_a_unit_is_open(self) -> None:
        """The wire may hang, and a transaction would hang with it."""
        with self.market() as market:
            source, _ = self.source(market)
            with unit_open():
                failed = _failure(lambda: _all(source, self.known[:1]))
            assert isinstance(failed, RuntimeError), f"{failed!r}: it should refuse"
            assert market.requests() == 0, "a request went out while a unit was open"

    def test_secrets_appear_nowhere(self, caplog: Any, capfd: Any) -> None:
        """Not in logs, messages, the list of calls, or what is printed of the source."""
        caplog.set_level(logging.DEBUG)
        with self.market() as market:
            source, calls = self.source(market)
            _all(source, self.known[:1])
            market.fail()
            said = [repr(_failure(lambda: _all(source, self.known[:1]))), repr(source), repr(calls)]
            told = "\n".join([*said, caplog.text, *capfd.readouterr()])
            leaked = [number for number, secret in enumerate(market.secrets) if secret in told]
            assert not leaked, f"secrets number {leaked} were told"


def _all(source: MarketSource, wanted: Sequence[Wanted]) -> list[Look]:
    return list(source.observe(list(wanted)))


def _failure(work: Callable[[], object]) -> BaseException | None:
    try:
        work()
    except Exception as failed:  # noqa: BLE001  # whatever it is: the clause says what it should have been
        return failed
    return None

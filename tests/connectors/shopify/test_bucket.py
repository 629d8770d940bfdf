"""The bucket, played against one that counts as Shopify's does."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mercat.connectors.shopify.answers import Cost, Throttle
from mercat.connectors.shopify.bucket import Bucket


@dataclass
class Theirs:
    """A leaky bucket, and the time."""

    rate: float
    now: float = 0.0
    at: float = 0.0
    points: float = 0.0
    throttled: int = 0

    def __post_init__(self) -> None:
        self.points = self.rate * 20

    def take(self, cost: float) -> Cost:
        self.points = min(self.rate * 20, self.points + (self.now - self.at) * self.rate)
        self.at = self.now
        if self.points < cost:
            self.throttled += 1
        else:
            self.points -= cost
        status = Throttle(maximum_available=self.rate * 20, currently_available=self.points, restore_rate=self.rate)
        return Cost(throttle_status=status, requested_query_cost=cost)


def play(theirs: Theirs, sizes: list[int], *, base: float, each: float) -> float:
    """Send one after the other as fast as our bucket lets; what was spent."""
    ours = Bucket(clock=lambda: theirs.now)
    spent = 0.0
    for size in sizes:
        guess = 10.0 + size
        theirs.now += ours.wait_s(ours.predict("P", guess))
        cost = base + each * size
        ours.told("P", guess, theirs.take(cost))
        spent += cost
    return spent


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([10.0, 100.0, 1000.0]),
    st.lists(st.integers(1, 60), min_size=50, max_size=150),
    st.floats(8, 14),
    st.floats(0.5, 1.5),
)
def test_guesses_that_are_half_too_low_are_never_throttled(
    rate: float, sizes: list[int], base: float, each: float
) -> None:
    theirs = Theirs(rate)

    play(theirs, sizes, base=base, each=each)

    assert theirs.throttled == 0


@pytest.mark.parametrize("rate", [100.0, 1000.0])
def test_the_rate_that_is_allowed_is_used(rate: float) -> None:
    theirs = Theirs(rate)

    spent = play(theirs, [20] * 5_000, base=12, each=1.1)

    assert spent / (rate * 20 + rate * theirs.now) > 0.99


def test_before_the_first_answer_nothing_is_waited_for() -> None:
    assert Bucket().wait_s(1000) == 0
    assert Bucket().points() is None
    assert Bucket().resets_s() is None


def test_what_is_dearer_than_the_whole_bucket_waits_until_it_is_full() -> None:
    theirs = Theirs(100.0)
    ours = Bucket(clock=lambda: theirs.now)
    ours.told("P", 10, theirs.take(500))

    assert ours.wait_s(9_999) == pytest.approx(5)

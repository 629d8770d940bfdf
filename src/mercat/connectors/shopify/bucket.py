"""The bucket of points: what a call will cost, and how long to wait until the bucket holds it.

Shopify counts points per app and shop; a bucket holds twenty seconds' worth (2,000 at 100 a second, 20,000 at 1,000) and
fills evenly. Every answer tells how full it is. We ask before we send, so that Shopify has no reason to say THROTTLED.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from mercat.connectors.shopify.answers import Cost

_UNSURE = 1.5
"""How much dearer than guessed an operation is taken to be at least.

Too dear a guess costs nothing: it keeps some points in the bucket, which fills as fast as before.
"""
_RESERVE = 0.01
"""The share of the bucket that is left in it, for what a guess misses."""


class Bucket:
    """What one shop allows one app. ``clock`` gives seconds that only go forward."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._factors: dict[str, float] = {}
        self._points: float | None = None
        self._most = 0.0
        self._rate = 0.0
        self._at = 0.0

    def predict(self, name: str, guess: float) -> float:
        """What the operation will cost at most, going by the dearest that it was so far."""
        return guess * self._factors.get(name, _UNSURE) + _RESERVE * self._most

    def points(self) -> float | None:
        """How many points there are now; ``None`` before the first answer."""
        if self._points is None:
            return None
        return min(self._most, self._points + (self._clock() - self._at) * self._rate)

    def wait_s(self, points: float) -> float:
        """How long to wait until so many points are there. What is more than the bucket holds waits until it is full."""
        there = self.points()
        if there is None or self._rate <= 0:
            return 0.0
        return max(0.0, (min(points, self._most) - there) / self._rate)

    def told(self, name: str, guess: float, cost: Cost) -> None:
        """Take in what an answer says."""
        status = cost.throttle_status
        self._points, self._most = status.currently_available, status.maximum_available
        self._rate, self._at = status.restore_rate, self._clock()
        if cost.requested_query_cost is not None and guess > 0:
            self._factors[name] = max(cost.requested_query_cost / guess, self._factors.get(name, _UNSURE))

    def resets_s(self) -> float | None:
        """How long until the bucket is full."""
        return None if self._points is None else self.wait_s(self._most)

"""Waiting for a shop that asks for it, or that does not answer."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeVar

from mercat.sdk.errors import RateLimited, Unavailable, VendorError

T = TypeVar("T")
_TRIES = 7
_LONGEST_S = 60.0


class Patience:
    """Waits longer each time nothing came of it, and says in the end that it is enough.

    Half of each wait is chance, so that many who wait for the same shop do not come back together.
    """

    def __init__(self, pause: Callable[[float], None]) -> None:
        self._pause = pause
        self._tries = 0

    def progressed(self) -> None:
        """Something came of it: begin anew."""
        self._tries = 0

    def wait(self, failed: VendorError) -> None:
        """Wait as long as the shop asks, or ever longer. Raises ``failed`` itself after too many waits for nothing."""
        self._tries += 1
        if self._tries >= _TRIES:
            raise failed
        if isinstance(failed, RateLimited):
            self._pause(failed.after_s)
            return
        longest = min(_LONGEST_S, 2.0**self._tries)
        self._pause(longest / 2 + random.random() * longest / 2)  # noqa: S311  # spread, not secrecy


def insist(work: Callable[[], T], pause: Callable[[float], None]) -> T:
    """Do what may be repeated until it succeeds. Raises what it raises after too many tries."""
    patience = Patience(pause)
    while True:
        try:
            return work()
        except (RateLimited, Unavailable) as failed:
            patience.wait(failed)

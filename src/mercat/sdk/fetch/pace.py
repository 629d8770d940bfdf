"""Trying again: how often, how long to wait between, and when to give up."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from mercat.sdk.errors import RateLimited, Unavailable

Answer = TypeVar("Answer")

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
LONGEST_TOLD_S = 300.0
"""A longer wait than this is left to the caller, whose job can be put aside meanwhile."""

ENOUGH_PROGRESS = 1024 * 1024
"""Bytes after which a broken transfer counts as a first try again: a long file over a bad line does arrive."""


@dataclass(frozen=True)
class Pace:
    """Where waiting happens, so that a test need not wait. ``jitter`` answers from 0 up to 1."""

    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random  # noqa: S311 — spreads load, guards nothing


def retrying(
    call: Callable[[], Answer], *, attempts: int, pace: Pace, progress: Callable[[], int] = lambda: 0
) -> Answer:
    """What ``call`` answers, tried up to ``attempts`` times in a row without progress.

    Waits after ``Unavailable`` are doubled each time, half of each at random, so that many clients do not return at
    once (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015); after ``RateLimited`` as long as was told.
    ``progress`` gives the bytes got so far. Every other error is raised as it is, and the last one when giving up.
    """
    failed, before = 0, progress()
    while True:
        try:
            return call()
        except (Unavailable, RateLimited) as error:
            got = progress()
            failed = 1 if got - before >= ENOUGH_PROGRESS else failed + 1
            before = got
            told = error.after_s if isinstance(error, RateLimited) else 0.0
            if failed >= attempts or told > LONGEST_TOLD_S:
                raise
            backoff = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (failed - 1))
            pace.sleep(max(told, backoff * (0.5 + 0.5 * pace.jitter())))

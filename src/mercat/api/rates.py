"""How often: a bucket of tokens for each key and address, in this process."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

_MOST_BUCKETS = 50_000


@dataclass(frozen=True)
class Rate:
    """What is left. ``after_s``: seconds until the next request is allowed."""

    is_allowed: bool
    limit: int
    remaining: int
    after_s: int

    @property
    def headers(self) -> dict[str, str]:
        """The fields of draft-ietf-httpapi-ratelimit-headers-07."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.after_s),
        }


class Rates:
    """Token buckets that fill within a minute. Several processes count each for itself."""

    def __init__(self) -> None:
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, key: str, limit: int) -> Rate:
        """Count one request of ``key``; ``limit`` a minute are allowed, all of them at once if need be."""
        now = time.monotonic()
        # Taken out and put in again: the first in the dictionary is always the one that was idle longest.
        tokens, at = self._buckets.pop(key, (float(limit), now))
        tokens = min(float(limit), tokens + (now - at) * limit / 60)
        is_allowed = tokens >= 1
        if is_allowed:
            tokens -= 1
        if len(self._buckets) >= _MOST_BUCKETS:
            self._buckets.pop(next(iter(self._buckets)))
        self._buckets[key] = (tokens, now)
        after_s = 0 if tokens >= 1 else math.ceil((1 - tokens) * 60 / limit)
        return Rate(is_allowed, limit, int(tokens), after_s)

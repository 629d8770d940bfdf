"""What goes wrong, by a seed or by name: every way in which a real shop lets a client down.

| name | what the client sees |
|---|---|
| ``429`` | HTTP 429 with Retry-After; nothing was done |
| ``500`` | HTTP 500; nothing was done |
| ``502`` | HTTP 502; the work was done, and its answer is lost |
| ``throttle`` | THROTTLED (HTTP 200), as if the bucket were empty |
| ``timeout`` | no answer; nothing was done |
| ``timeout-written`` | no answer; the work was done |
| ``drop`` | the connection breaks; nothing was done |
| ``drop-written`` | the connection breaks; the work was done |
| ``slow`` | the answer comes in small pieces |
| ``expired`` | HTTP 401: the token dies before its time |
| ``webhook-duplicate`` | a webhook comes twice, with one id |
| ``webhook-reorder`` | a webhook comes after the one that follows it |
| ``webhook-lost`` | a webhook does not come |
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Mapping

CALLS = ("429", "500", "502", "throttle", "timeout", "timeout-written", "drop", "drop-written", "slow", "expired")
WEBHOOKS = ("webhook-duplicate", "webhook-reorder", "webhook-lost")


def parse(text: str) -> dict[str, float]:
    """Rates as the command line has them: ``500=5%,502=0.02``; raises ValueError with the place."""
    rates: dict[str, float] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        name, equals, share = part.partition("=")
        try:
            rate = float(share.removesuffix("%")) / (100 if share.endswith("%") else 1)
        except ValueError:
            rate = -1.0
        if not equals or not 0 <= rate <= 1:
            raise ValueError(f"{part!r}: a fault is written name=share, as in 500=5%")
        rates[name.strip()] = rate
    check(rates)
    return rates


def check(rates: Mapping[str, float]) -> None:
    """Every name is one that there is, and every share is one; raises ValueError."""
    if unknown := sorted(set(rates) - set(CALLS) - set(WEBHOOKS)):
        raise ValueError(f"no fault is called {unknown[0]!r}; there are {', '.join((*CALLS, *WEBHOOKS))}")
    if not all(0 <= rate <= 1 for rate in rates.values()):
        raise ValueError("a fault's rate is a share between 0 and 1")
    if sum(rates.get(name, 0) for name in CALLS) > 1:
        raise ValueError("the rates of all faults of calls together are more than 1")


class Faults:
    """Draws what goes wrong next. ``script`` holds faults for the very next calls, before chance is asked."""

    def __init__(self, chance: random.Random, rates: Mapping[str, float]) -> None:
        check(rates)
        self._chance = chance
        self.rates = dict(rates)
        self.script: deque[str | None] = deque()
        self.happened: Counter[str] = Counter()

    def call(self) -> str | None:
        """What happens to this call, if anything."""
        if self.script:
            return self._note(self.script.popleft())
        if not any(self.rates.get(name) for name in CALLS):
            return None
        drawn = self._chance.random()
        for name in CALLS:
            drawn -= self.rates.get(name, 0.0)
            if drawn < 0:
                return self._note(name)
        return None

    def webhook(self, name: str) -> bool:
        """Whether this happens to a webhook."""
        rate = self.rates.get(name, 0.0)
        return bool(rate) and self._chance.random() < rate and self._note(name) is not None

    def _note(self, name: str | None) -> str | None:
        if name:
            self.happened[name] += 1
        return name

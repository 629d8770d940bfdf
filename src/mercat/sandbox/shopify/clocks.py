"""The shop's time: instants for people, and a clock of seconds for everything that takes its time."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from mercat.core.clock import now


def stamp() -> str:
    """This instant as the API writes it."""
    return now().isoformat(timespec="seconds").replace("+00:00", "Z")


@dataclass(slots=True)
class Stopwatch:
    """Seconds since the shop opened. Tests put it forward instead of waiting."""

    ahead_s: float = 0.0
    opened_s: float = field(default_factory=time.monotonic)

    def read(self) -> float:
        """Seconds since the shop opened."""
        return time.monotonic() - self.opened_s + self.ahead_s

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.ahead_s += seconds

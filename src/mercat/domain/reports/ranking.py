"""What needs a person first? Pure: what it costs to leave it decides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

# What is lost while each waits. A store that takes nothing stops selling what is new; an alert says itself how bad it is; a price
# list that waits keeps old prices and costs, and each row of it counts, as does what was not sent to a shop; a shop that shows something else sells at a wrong word;
# what failed may be due again; a match that is open leaves one offer aside.
_COSTS = {
    "store": 900,
    "alert": 500,
    "held": 400,
    "publish": 350,
    "listing": 300,
    "suggestion": 250,
    "job": 200,
    "match": 100,
}
_SEVERITIES = {"critical": 600, "warning": 0, "info": -300}
_MOST_FOR_ROWS = 99


@dataclass(frozen=True)
class Need:
    """Something that waits for a person. ``subject``: its kind's own id, or empty for several of a kind.

    ``count``: how many things it is about. ``severity`` of an alert. ``at``: since when it waits.
    """

    kind: str
    title: str
    text: str
    subject: str = ""
    count: int = 1
    severity: str = "warning"
    at: dt.datetime | None = None

    @property
    def cost(self) -> int:
        """How much it costs to leave it, by rule of thumb: higher comes first."""
        return _COSTS.get(self.kind, 0) + _SEVERITIES.get(self.severity, 0) + min(self.count, _MOST_FOR_ROWS)


def ranked(needs: Iterable[Need]) -> list[Need]:
    """The costliest to leave first; of the same cost, what waits longest."""
    return sorted(needs, key=lambda need: (-need.cost, need.at or dt.datetime.max.replace(tzinfo=dt.UTC), need.title))

"""What the market's room has done for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mercat.core.jobs import Message

QUEUE = "market"


@dataclass(frozen=True)
class ImportObservations(Message, kind="market.import_observations", queue=QUEUE):
    """Read a kept file of what was seen: observations, lists of best sellers, or reviews."""

    sha256: str
    name: str
    connector: str
    settings: dict[str, Any] = field(default_factory=dict)
    create: bool = False
    what: str = "observations"

    @property
    def title(self) -> str:
        return f"read what {self.name} says of the market"


@dataclass(frozen=True)
class KeepHistory(Message, kind="market.keep_history", queue=QUEUE):
    """Days in a line, partitions ahead, and what is too old removed."""


@dataclass(frozen=True)
class RefreshMarket(Message, kind="market.refresh", queue=QUEUE):
    """Have the sources asked that have listings that are due."""


@dataclass(frozen=True)
class RefreshSource(Message, kind="market.refresh_source", queue=QUEUE):
    """Ask a source about its listings that are due."""

    source: str

    @property
    def title(self) -> str:
        return f"look at the market with {self.source}"

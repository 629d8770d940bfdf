"""What the suppliers' room has done for it."""

from __future__ import annotations

from dataclasses import dataclass

from mercat.core.jobs import Message


@dataclass(frozen=True)
class RunFeed(Message, kind="suppliers.run_feed", queue="feeds"):
    """Fetch what is new at a feed's location and import it."""

    name: str
    plan_only: bool = False
    yes: bool = False
    again: bool = False

    @property
    def title(self) -> str:
        """What people read in the list of jobs."""
        return f"feed {self.name}"

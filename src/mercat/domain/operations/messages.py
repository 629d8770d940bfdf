"""What operations has done for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from mercat.core.jobs import Message


@dataclass(frozen=True)
class RunNoted:
    """A run from there to there ended so; ``failed_in_a_row`` counts those without a success between them."""

    sync_type: str
    source: str
    target: str
    status: str
    failed_in_a_row: int


@dataclass(frozen=True)
class BudgetNearlySpent:
    """Calls to a service take its month's budget past the warning."""

    service: str
    spent: int
    limit: int


@dataclass(frozen=True)
class Tidy(Message, kind="operations.tidy"):
    """Remove what is older than it is to be kept."""


@dataclass(frozen=True)
class Deliver(Message, kind="operations.deliver", queue="webhooks"):
    """Send an endpoint what waits for it."""

    endpoint_id: UUID
    name: str = ""

    @property
    def title(self) -> str:
        """What people read in the list of jobs."""
        return f"send webhooks to {self.name}"


@dataclass(frozen=True)
class DatabaseRestored:
    """All rows were replaced by those of a backup: what is derived from them is to be made anew. Said inside the transaction."""


@dataclass
class Forgetting:
    """What is old is to go: each room that hears it removes some rows of its own, and adds how many, by table, to ``gone``.

    Said again until nobody adds any. ``days``: older than that, whatever the configuration says. ``is_dry``: all are
    counted, and none removed.
    """

    days: int | None = None
    is_dry: bool = False
    gone: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Backup(Message, kind="operations.backup"):
    """Make a backup, then remove those that need not be kept. ``to`` is a folder or ``s3://bucket/folder`` besides."""

    description: str = ""
    form: str = "auto"
    to: str | None = None
    encrypt: bool = False
    keep_daily: int = 0
    keep_weekly: int = 0

    @property
    def title(self) -> str:
        """What people read in the list of jobs."""
        return f"back up: {self.description}" if self.description else "back up"


@dataclass(frozen=True)
class VerifyBackup(Message, kind="operations.verify_backup"):
    """Read a backup whole, and compare it with its manifest."""

    name: str

    @property
    def title(self) -> str:
        """What people read in the list of jobs."""
        return f"verify {self.name}"

"""What the listings' room has done for it."""

from __future__ import annotations

from dataclasses import dataclass

from mercat.core.jobs import Message

QUEUE = "stores"


@dataclass(frozen=True)
class RefreshStore(Message, kind="listings.refresh", queue=QUEUE):
    """Look at the listings whose products moved; publish if the store does so by itself."""

    store: str

    @property
    def title(self) -> str:
        return f"look at the listings of {self.store}"


@dataclass(frozen=True)
class PublishStore(Message, kind="listings.publish", queue=QUEUE):
    """Send what changed."""

    store: str
    yes: bool = False
    only: tuple[str, ...] = ()
    everything: bool = False
    plan_only: bool = False

    @property
    def title(self) -> str:
        return f"publish to {self.store}"


@dataclass(frozen=True)
class PullStore(Message, kind="listings.pull", queue=QUEUE):
    """Look what the shop shows."""

    store: str
    full: bool = False
    adopt: bool = False

    @property
    def title(self) -> str:
        return f"pull from {self.store}"


@dataclass(frozen=True)
class ReconcileStore(Message, kind="listings.reconcile", queue=QUEUE):
    """Compare everything, and mend what differs."""

    store: str
    yes: bool = False

    @property
    def title(self) -> str:
        return f"reconcile {self.store}"


@dataclass(frozen=True)
class ReadDeliveries(Message, kind="listings.read_deliveries", queue=QUEUE):
    """Work on what a store's channel delivered."""

    store: str

    @property
    def title(self) -> str:
        return f"read what {self.store} told"

"""What alerts tell others, and what they have done for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from mercat.core.jobs import Message
from mercat.domain.alerts.schemas import Signal, Subject


@dataclass(frozen=True)
class AlertsRaised:
    """Alerts were opened, or became worse."""

    ids: Sequence[UUID]


@dataclass(frozen=True)
class AlertsResolved:
    """What alerts were about is over."""

    ids: Sequence[UUID]


@dataclass(frozen=True)
class Watch(Message, kind="alerts.watch"):
    """Look after what no event tells of: silence, queues, rates, snoozes that end."""


@dataclass(frozen=True)
class SendMail(Message, kind="alerts.send_mail", queue="mail"):
    """Send a user the e-mails that are due."""

    user_id: UUID
    name: str = ""

    @property
    def title(self) -> str:
        """What people read in the list of jobs."""
        return f"send e-mail to {self.name}"


@dataclass(frozen=True)
class Noticed:
    """Another room saw something: the rules are to judge it. Announced, so that nobody loads the rules to say so."""

    signals: Sequence[Signal]


@dataclass(frozen=True)
class Settled:
    """What alerts of a kind were about is over, for these subjects."""

    kind: str
    subjects: Sequence[Subject]


@dataclass(frozen=True)
class Looking:
    """It is time to look after what no event tells of: whoever knows of such things gives its signals."""

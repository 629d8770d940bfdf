"""What is said about jobs: the message that asks for one, and the facts that one leaves behind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

import msgspec

_KIND = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*")
DEFAULT_QUEUE = "default"
# 1 goes first, 100 last; a person who waits for the answer is about 20, a nightly clean-up about 80.
NORMAL_PRIORITY = 50
MAX_ATTEMPTS = 5


class Message:
    """Something to be done, in the imperative: a frozen dataclass of small plain values (ids, names, numbers).

    ``class RunFeed(Message, kind="suppliers.run_feed", queue="feeds")``. It travels as JSON, so a worker of the next
    version may read it: give a new field a default. Kinds are ``room.verb``.
    """

    kind: ClassVar[str] = ""
    queue: ClassVar[str] = DEFAULT_QUEUE

    def __init_subclass__(cls, *, kind: str, queue: str = DEFAULT_QUEUE, **more: Any) -> None:
        super().__init_subclass__(**more)
        if not _KIND.fullmatch(kind):
            message = f"{cls.__name__}: a kind looks like room.verb, not {kind!r}"
            raise ValueError(message)
        cls.kind, cls.queue = kind, queue

    @property
    def title(self) -> str:
        """What people read in the list of jobs; a message that can say more overrides it."""
        return self.kind


def payload_of(message: Message) -> dict[str, Any]:
    """The message as JSON values."""
    payload: dict[str, Any] = msgspec.to_builtins(message)
    return payload


@dataclass(frozen=True)
class JobFailed:
    """A job was given up: it stands in the list of failed ones until a person retries it."""

    job_id: UUID
    kind: str
    payload: Mapping[str, Any]
    error: str
    subject: tuple[str, str] | None = None


@dataclass(frozen=True)
class JobUnauthorized(JobFailed):
    """A job was given up because credentials are wrong: whoever owns the account pauses it and tells a person."""

    facts: Mapping[str, Any] = field(default_factory=dict)

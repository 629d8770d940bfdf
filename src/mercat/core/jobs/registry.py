"""Which function runs which kind of job, and on what terms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from mercat.core.errors import Invalid, NotFound
from mercat.core.jobs.context import JobContext
from mercat.core.jobs.messages import DEFAULT_QUEUE, Message

M = TypeVar("M", bound=Message)


@dataclass(frozen=True)
class Handler:
    """What runs a kind of job. A handler must be safe to repeat: read, call out, write."""

    message: type[Message]
    run: Callable[[JobContext, Any], Any]
    first_wait_s: float = 5.0


@dataclass(frozen=True)
class QueueTerms:
    """How fast a queue may go. ``at_once`` counts over all workers; ``limit`` starts are allowed in ``period_s``."""

    name: str
    at_once: int | None = None
    at_once_per_worker: int | None = None
    limit: int | None = None
    period_s: float = 1.0


_handlers: dict[str, Handler] = {}
_queues: dict[str, QueueTerms] = {}


def handles(
    message: type[M], *, first_wait_s: float = 5.0
) -> Callable[[Callable[[JobContext, M], Any]], Callable[[JobContext, M], Any]]:
    """Register the function that does what the message asks for. What it returns is kept as the job's result.

    ``first_wait_s``: about how long to wait before the second try when the other side does not answer; later waits
    are four times the one before, up to an hour.
    """

    def register(run: Callable[[JobContext, M], Any]) -> Callable[[JobContext, M], Any]:
        known = _handlers.get(message.kind)
        if known is not None and known.run is not run and known.run.__qualname__ != run.__qualname__:
            clash = f"{message.kind} is handled by {known.run.__qualname__} already"
            raise ValueError(clash)
        _handlers[message.kind] = Handler(message, run, first_wait_s)
        _queues.setdefault(message.queue, QueueTerms(message.queue))
        return run

    return register


def declare_queue(
    name: str,
    *,
    at_once: int | None = None,
    at_once_per_worker: int | None = None,
    limit: int | None = None,
    period_s: float = 1.0,
) -> None:
    """Say how fast a queue may go; one that nobody declares is bounded by the worker's concurrency only."""
    _queues[name] = QueueTerms(name, at_once, at_once_per_worker, limit, period_s)


def queues() -> dict[str, QueueTerms]:
    """Every queue that a handler or a declaration names."""
    return {DEFAULT_QUEUE: QueueTerms(DEFAULT_QUEUE), **_queues}


def kinds() -> list[str]:
    """Every kind that can be run, in order."""
    return sorted(_handlers)


def handler_of(kind: str) -> Handler:
    """Raises ``NotFound`` for a kind that nobody runs."""
    found = _handlers.get(kind)
    if found is None:
        message = f"nothing here runs jobs of the kind {kind}: is the part of Mercat that does installed?"
        raise NotFound(message, kind=kind)
    return found


def message_of(kind: str, payload: Any) -> Message:
    """The message that was put down as JSON values. Raises ``Invalid`` where they do not fit, ``NotFound``."""
    expected = handler_of(kind).message
    try:
        return msgspec.convert(payload, expected, strict=False)
    except msgspec.ValidationError as wrong:
        message = f"{kind} does not take these values: {wrong}"
        raise Invalid(message, kind=kind) from wrong

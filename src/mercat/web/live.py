"""What changes while a page is looked at: one stream of events a page, whose messages are ready HTML, matched by id.

A page names what it follows (``data-live="job:<id>"``). Each topic is a function that looks again and gives the pieces that
are new; what it has shown already it keeps in its ``Followed``. When everything that was followed is over, so is the stream.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode

from fastapi import Header, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mercat.core.actor import Actor
from mercat.core.unit import ReadUnit, Runtime
from mercat.web.pages import Page
from mercat.web.routes import Caller, House, Pages, needs

router = Pages()
_LOOK_EVERY_S = 0.5
_ALIVE_EVERY = 30
_MOST_TOPICS = 10
_RETRY_MS = 3_000
_OVER = "over"


@dataclass
class Followed:
    """One topic of one page. ``mark``: the last that was shown, as the page or the browser's last event says it.

    ``every_s``: how often it is looked at; ``next_at``: when again, on the clock of this process.
    """

    look: Look
    name: str
    of: str
    mark: str = ""
    every_s: float = 0.0
    next_at: float = 0.0
    known: dict[str, Any] = field(default_factory=dict)
    is_over: bool = False

    def is_news(self, key: str, state: Any) -> bool:
        """Whether this differs from what was shown under the key, which it is from now on."""
        if key in self.known and self.known[key] == state:
            return False
        self.known[key] = state
        return True


Look = Callable[[ReadUnit, Page, Followed], Iterable[str]]
_topics: dict[str, tuple[str | None, Look, float]] = {}


def topic(name: str, permission: str | None, *, every_s: float = 0.0) -> Callable[[Look], Look]:
    """Register what looks for news of a topic, who may follow it, and how often it is worth a look (0: as often as may be)."""

    def register(look: Look) -> Look:
        _topics[name] = permission, look, every_s
        return look

    return register


@router.get("/live", **needs(None))
async def live(
    request: Request,
    runtime: House,
    caller: Caller,
    topics: Annotated[str, Query(max_length=2000)] = "",
    last_event_id: Annotated[str | None, Header(max_length=2000)] = None,
) -> Response:
    """News of the topics (``name:id:mark``, with commas between them) as server-sent events; 204 where there is none to come."""
    followed = _followed(caller, topics, dict(parse_qsl(last_event_id or "")))
    if last_event_id == _OVER or not followed:
        # The one answer that tells an EventSource not to come back.
        return Response(status_code=204)
    first = await run_in_threadpool(_look, request, runtime, caller, followed)
    return StreamingResponse(
        _events(request, runtime, caller, followed, first),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


def _followed(caller: Actor, topics: str, marks: dict[str, str]) -> list[Followed]:
    found = []
    for each in topics.split(",")[:_MOST_TOPICS]:
        name, _, rest = each.partition(":")
        of, _, mark = rest.partition(":")
        permission, look, every_s = _topics.get(name, (None, None, 0.0))
        if look is not None and (permission is None or caller.may(permission)):
            found.append(Followed(look, name, of, marks.get(f"{name}:{of}", mark), every_s))
    return found


async def _events(
    request: Request, runtime: Runtime, caller: Actor, followed: list[Followed], pieces: list[str]
) -> AsyncIterator[bytes]:
    yield f"retry: {_RETRY_MS}\n\n".encode()
    looks = 0
    while True:
        if pieces:
            marks = urlencode({f"{each.name}:{each.of}": each.mark for each in followed if each.mark})
            yield _event("".join(pieces), marks)
        if all(each.is_over for each in followed):
            # An event without data shows nothing, and is what the browser says that it heard last.
            yield f"id: {_OVER}\n\n".encode()
            return
        if await request.is_disconnected():
            return
        looks += 1
        if looks % _ALIVE_EVERY == 0:
            yield b": still here\n\n"
        await asyncio.sleep(_LOOK_EVERY_S)
        # What is not worth a look yet costs neither a thread nor a question to the database.
        due = [each for each in followed if not each.is_over and each.next_at <= time.monotonic()]
        pieces = await run_in_threadpool(_look, request, runtime, caller, due) if due else []


def _look(request: Request, runtime: Runtime, caller: Actor, followed: list[Followed]) -> list[str]:
    page = Page(request)
    for each in followed:
        each.next_at = time.monotonic() + each.every_s
    with runtime.read(caller) as unit:
        return [piece for each in followed if not each.is_over for piece in each.look(unit, page, each)]


def _event(html: str, marks: str) -> bytes:
    data = "\n".join(f"data: {line}" for line in html.splitlines())
    return (f"id: {marks}\n" if marks else "").encode() + f"{data}\n\n".encode()

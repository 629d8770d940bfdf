"""Answers kept in memory for as long as nothing at all is committed to the database: never older than a fresh one would be."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mercat.core.database.version import DataVersion

_MOST = 256
_LARGEST_BYTES = 128 * 1024


@dataclass(frozen=True, slots=True)
class _Kept:
    version: str
    body: bytes
    headers: dict[str, str]


class Recall:
    """The last answers of one process, least recently asked for forgotten first; 32 MiB at most."""

    def __init__(self, version: DataVersion) -> None:
        self._version = version
        self._looks = _Looks(version)
        self._kept: OrderedDict[Any, _Kept] = OrderedDict()

    async def answer(self, request: Request, make: Callable[[], Awaitable[Response]]) -> Response:
        """What was answered to the same question, if nothing was committed since; else what ``make`` answers."""
        version = self._version.look() if self._version.is_instant else await self._looks.next()
        if version is None:
            return await make()
        key = _question(request)
        kept = self._kept.get(key)
        if kept is not None and kept.version == version:
            self._kept.move_to_end(key)
            return Response(kept.body, headers=kept.headers)
        response = await make()
        # The version of before: whatever is committed while the answer is made belongs to the next.
        self._keep(key, version, response)
        return response

    def _keep(self, key: Any, version: str, response: Response) -> None:
        if response.status_code != 200 or isinstance(response, StreamingResponse):
            return
        if len(response.body) <= _LARGEST_BYTES:
            self._kept[key] = _Kept(version, bytes(response.body), dict(response.headers))
            self._kept.move_to_end(key)
            if len(self._kept) > _MOST:
                self._kept.popitem(last=False)


class _Looks:
    """One look for all who wait for one, begun after each of them came."""

    def __init__(self, version: DataVersion) -> None:
        self._version = version
        self._under_way: asyncio.Task[str | None] | None = None
        self._following: asyncio.Task[str | None] | None = None

    async def next(self) -> str | None:
        """What a look sees that begins from now on."""
        if self._following is None:
            self._following = asyncio.create_task(self._look(self._under_way))
        # Whoever asked first may go away; the others wait on.
        return await asyncio.shield(self._following)

    async def _look(self, before: asyncio.Task[str | None] | None) -> str | None:
        if before is not None:
            await asyncio.wait([before])
        self._under_way, self._following = self._following, None
        return await run_in_threadpool(self._version.look)


def _question(request: Request) -> Any:
    """All that an answer depends on besides the database: the address, the form that is wanted, and whoever asks."""
    scope = request.scope
    principal = scope["principal"]
    asked = scope["path"], scope["query_string"], request.headers.get("accept", "")
    return *asked, principal.actor, repr(principal.settings)

"""Connections: what a client may keep waiting, and how much it may say before it says something.

uvicorn parses HTTP and leaves these open: a client may connect and say nothing, send its headers a byte at a time, or send
headers without end. Here a connection has a time for its headers, a limit for them, and is one of a limited number.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterable
from functools import cache
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from mercat.api.errors import problem

HEADERS_WITHIN_S = 10.0
MOST_HEADER_BYTES = 32 * 1024
# How long a client may leave an answer unread; the system's own buffers hold some hundred kilobytes of it.
READ_WITHIN_S = 60.0
MOST_CONNECTIONS = 10_000
_LINGER_S = 1.0
# Files, databases and jobs of this process.
_OTHER_FILES = 512


@cache
def most_connections() -> int:
    """As many as the limit for open files leaves, once a process is at work: see ``resource.getrlimit``."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return max(1, min(MOST_CONNECTIONS, max(files - _OTHER_FILES, files // 2)))


def _one_that_waits(connections: Iterable[object]) -> Connection | None:
    return next((each for each in connections if isinstance(each, Connection) and each.is_waiting), None)


class Connection(HttpToolsProtocol):
    """One connection of uvicorn's, bounded."""

    transport: asyncio.Transport

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        # Between the end of a request's headers and its own end.
        self._is_in_request = False
        self._is_refused = False
        self._is_fruitful = False
        self._idle_bytes = 0
        self._deadline: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether no answer is owed to it: it says nothing, or has not said yet what it wants."""
        cycle: RequestResponseCycle | None = self.cycle
        is_answered = cycle is None or cycle.response_complete
        return is_answered and not self.transport.is_closing() and not self.transport.get_write_buffer_size()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take it in. When there are too many, one that waits makes room; where none does, this one is turned away."""
        is_full = len(self.connections) >= most_connections()
        idle = _one_that_waits(self.connections) if is_full else None
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEADERS_WITHIN_S, self._give_up)
        if idle is not None:
            # It is lost a moment later; by then others may have come, and each would turn another one out.
            self.connections.discard(idle)
            idle.transport.abort()
        elif is_full:
            self._refuse(503, "overloaded", f"{most_connections():,} connections are open already")

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone, and nothing waits for it any more."""
        self._forget_deadline()
        self._forget_unread()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read, no more at once than headers may have yet: so their size is known while they come."""
        start = 0
        while start < len(data) and not (self._is_refused or self.transport.is_closing()):
            end = start + MOST_HEADER_BYTES - self._idle_bytes
            self._read(data[start:end])
            start = end

    def _read(self, piece: bytes) -> None:
        self._is_fruitful = False
        super().data_received(piece)
        if self._is_refused or self.transport.is_closing():
            return
        # Headers, and what may stand around the body's chunks and after them, are kept by the parser until they are whole.
        self._idle_bytes = 0 if self._is_fruitful else self._idle_bytes + len(piece)
        if self._idle_bytes >= MOST_HEADER_BYTES:
            self._refuse(431, "too_large", f"headers stay below {MOST_HEADER_BYTES:,} bytes")
        elif self._deadline is None and self.is_waiting:
            # A request that has only begun; or the rest of one that is answered already, which may have no end.
            self._deadline = self.loop.call_later(HEADERS_WITHIN_S, self._give_up)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep it. What follows a body (trailers) nobody asked for."""
        if not self._is_in_request:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The headers are whole: from here on the gate counts."""
        self._is_in_request = self._is_fruitful = True
        self._forget_deadline()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._is_fruitful = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._is_in_request, self._is_fruitful = False, True
        super().on_message_complete()

    def pause_writing(self) -> None:
        """The client does not read what it asked for."""
        super().pause_writing()
        self._unread = self._unread or self.loop.call_later(READ_WITHIN_S, self._give_up)

    def resume_writing(self) -> None:
        """It reads again."""
        self._forget_unread()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is told so in the one shape of all failures."""
        self._refuse(400, "malformed", msg)

    def _refuse(self, status: int, code: str, detail: str) -> None:
        """Answer, unless another answer is on its way, and close a moment later.

        A socket that is closed while the client still sends is reset, and the client then never reads the answer.
        """
        self._is_refused = True
        if not self.is_waiting:
            self.transport.close()
            return
        response = problem(status, code, detail, headers={"Connection": "close"})
        fields = [*self.server_state.default_headers, *response.raw_headers]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in fields)
        self.transport.write(STATUS_LINE[status] + lines + b"\r\n" + bytes(response.body))
        self._forget_deadline()
        self._deadline = self.loop.call_later(_LINGER_S, self.transport.close)

    def _give_up(self) -> None:
        self.transport.abort()

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _forget_unread(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

"""How long one exchange may take in all.

A timeout of a socket bounds each wait, so whoever sends a byte now and then can hold a connection for days. A deadline
bounds them together: connecting, TLS, the request, and the answer as far as it is read.
"""

from __future__ import annotations

import ssl
import time
from typing import Any

import httpcore2


class Deadline:
    """Begun for each request. Without ``total_s`` there is none."""

    def __init__(self, total_s: float | None) -> None:
        self._total_s = total_s
        self._until = 0.0

    def begin(self) -> None:
        """From now on the time runs."""
        if self._total_s is not None:
            self._until = time.monotonic() + self._total_s

    def left(self, timeout: float | None) -> float | None:
        """How long one wait may last. Raises ``ReadTimeout`` where no time is left."""
        if self._total_s is None:
            return timeout
        left = self._until - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout(f"more than {self._total_s:g} seconds in all")
        return left if timeout is None else min(timeout, left)


class TimedStream(httpcore2.NetworkStream):
    """A connection whose every wait ends with the deadline."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        inside = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left(timeout))
        return TimedStream(inside, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

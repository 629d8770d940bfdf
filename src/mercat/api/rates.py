"""How often: a bucket of tokens for each key and address, shared by the processes of one server."""

from __future__ import annotations

import fcntl
import math
import mmap
import os
import struct
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from xxhash import xxh3_64_intdigest

# A bucket: whose it is (0: nobody's), its tokens, and when they were counted.
_BUCKET = struct.Struct("=Qdd")
_SETS, _WAYS = 8_192, 8
_SET_BYTES = _WAYS * _BUCKET.size


@dataclass(frozen=True)
class Rate:
    """What is left. ``after_s``: seconds until the next request is allowed."""

    is_allowed: bool
    limit: int
    remaining: int
    after_s: int

    @property
    def headers(self) -> dict[str, str]:
        """The fields of draft-ietf-httpapi-ratelimit-headers-07."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.after_s),
        }


class Rates:
    """Token buckets that fill within a minute, in memory that all processes with the same file share.

    A key has one of the eight buckets of its set; where all are taken, whoever was idle longest makes room. What is kept
    is a digest, no key or address. Without a file they are this process's own.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._file: int | None = None
        size = _SETS * _SET_BYTES
        if path is None:
            self._memory = mmap.mmap(-1, size)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # Closed with the last one who counts here; the file stays for the others.
        weakref.finalize(self, os.close, self._file)
        os.ftruncate(self._file, size)
        self._memory = mmap.mmap(self._file, size)

    def take(self, key: str, limit: int) -> Rate:
        """Count one request of ``key``; ``limit`` a minute are allowed, all of them at once if need be."""
        digest = xxh3_64_intdigest(key.encode()) or 1
        start = digest % _SETS * _SET_BYTES
        with self._held(start):
            # The same clock in all processes of a machine.
            now = time.monotonic()
            place, tokens, at = self._bucket(digest, start)
            if not (0 <= at <= now and tokens >= 0):
                # Nobody's yet, or of before the machine was started anew.
                tokens, at = math.inf, now
            tokens = min(float(limit), tokens + (now - at) * limit / 60)
            is_allowed = tokens >= 1
            if is_allowed:
                tokens -= 1
            _BUCKET.pack_into(self._memory, place, digest, tokens, now)
        after_s = 0 if tokens >= 1 else math.ceil((1 - tokens) * 60 / limit)
        return Rate(is_allowed, limit, int(tokens), after_s)

    def _bucket(self, digest: int, start: int) -> tuple[int, float, float]:
        """Where the key's bucket is, and what is in it; a negative time says that it is a new one."""
        oldest, oldest_at = start, math.inf
        for place in range(start, start + _SET_BYTES, _BUCKET.size):
            owner, tokens, at = _BUCKET.unpack_from(self._memory, place)
            if owner == digest:
                return place, tokens, at
            if owner == 0:
                return place, 0.0, -1.0
            if at < oldest_at:
                oldest, oldest_at = place, at
        return oldest, 0.0, -1.0

    @contextmanager
    def _held(self, start: int) -> Iterator[None]:
        """Whoever counts in another process waits for some microseconds; a process that is killed lets go."""
        if self._file is None:
            yield
            return
        fcntl.lockf(self._file, fcntl.LOCK_EX, _SET_BYTES, start)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, _SET_BYTES, start)

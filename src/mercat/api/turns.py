"""Turns: few reads are worked on at the same moment, and a slow one does not hold up the others."""

from __future__ import annotations

import asyncio
from types import TracebackType

# One that waits for the database leaves the interpreter to the other.
_AT_ONCE = 2
_SLOW_S = 0.05


class Turns:
    """Lets so many in at once; whoever stays long no longer counts.

    Threads of Python take turns at the interpreter, and SQLite gives it back at every row: ten reads at once took twice the
    processor time of the same ten one after another.
    """

    def __init__(self, at_once: int = _AT_ONCE, *, slow_s: float = _SLOW_S) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._slow_s = slow_s

    def turn(self) -> _Turn:
        """``async with turns.turn():`` waits for a place."""
        return _Turn(self._free, self._slow_s)


class _Turn:
    def __init__(self, free: asyncio.Semaphore, slow_s: float) -> None:
        self._free = free
        self._slow_s = slow_s
        self._late: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> None:
        await self._free.acquire()
        self._late = asyncio.get_running_loop().call_later(self._slow_s, self._give_back)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._give_back()

    def _give_back(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
            self._free.release()

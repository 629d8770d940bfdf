"""Keeping log lines without ever holding up whoever logs: a bounded queue, and one thread that empties it."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from mercat.core.clock import now
from mercat.core.log import LogLine, begin_keeping, end_keeping, keep_from

_MOST_WAITING = 10_000
_AT_ONCE = 500
_GATHER_S = 0.2
_LOOK_EVERY_S = 30.0
_END_WITHIN_S = 2.0


class LogKeeper:
    """Lines go into a queue and, in batches, to ``write``. Where that fails or is slow, lines are lost, and counted.

    ``write`` runs in the keeper's own thread, so never in a transaction of whoever logged. ``level`` is asked now and
    then from which level on lines are kept.
    """

    def __init__(self, write: Callable[[Sequence[LogLine]], None], level: Callable[[], str]) -> None:
        self._write = write
        self._level = level
        self._waiting: queue.Queue[LogLine] = queue.Queue(_MOST_WAITING)
        self._lost = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log-keeper", daemon=True)

    @property
    def lost(self) -> int:
        """How many lines were lost and not yet told of."""
        return self._lost

    def start(self, level: str) -> None:
        """From here on lines at or above the level are kept."""
        self._thread.start()
        begin_keeping(self.take, level)

    def take(self, line: LogLine) -> None:
        """Returns at once. What the keeper's own thread says is left out: it would go round in circles."""
        if threading.current_thread() is self._thread:
            return
        try:
            self._waiting.put_nowait(line)
        except queue.Full:
            self._lose(1)

    def close(self, within_s: float = _END_WITHIN_S) -> None:
        """Write what waits, unless that takes longer than so many seconds."""
        end_keeping()
        self._stop.set()
        self._thread.join(within_s)

    def _lose(self, lines: int) -> None:
        with self._lock:
            self._lost += lines

    def _run(self) -> None:
        looked = time.monotonic()
        while not (self._stop.is_set() and self._waiting.empty()):
            lines = self._gather()
            if lines:
                self._put(lines)
            if time.monotonic() - looked >= _LOOK_EVERY_S:
                looked = time.monotonic()
                self._look()

    def _gather(self) -> list[LogLine]:
        """What waits; a little is left to come together, since a commit costs the same for one line as for many."""
        if self._waiting.empty():
            self._stop.wait(_GATHER_S)
        lines: list[LogLine] = []
        while len(lines) < _AT_ONCE:
            try:
                lines.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        return lines

    def _put(self, lines: list[LogLine]) -> None:
        lost = self._lost
        told = [*lines, _told(lost)] if lost else lines
        try:
            self._write(told)
        except Exception:  # noqa: BLE001  # a database that is away must not stop the work that is logged
            self._lose(len(lines))
        else:
            self._lose(-lost)

    def _look(self) -> None:
        # Where the database does not answer, the level stays as it was.
        with suppress(Exception):
            keep_from(self._level())


def _told(lost: int) -> LogLine:
    return LogLine(now(), "warning", "log_lines_lost", __name__, None, None, None, {"lines": lost})

"""Whoever watches long work: hears how far it has come, and may end it where it reports or waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

Progress = Callable[[str, int, int | None], None]
_SLICE_S = 0.5


def _unheard(_stage: str, _done: int, _total: int | None) -> None:
    pass


def _unstopped() -> None:
    pass


@dataclass(frozen=True)
class Watch:
    """What long work is given by its caller, be that a job, a command or a script.

    ``progress`` hears the stage, how much is done and how much there is in all, if known; ``check`` raises where the work
    should stop. ``job_id``: the job that the work is part of. ``sleep`` takes seconds.
    """

    progress: Progress = _unheard
    check: Callable[[], None] = _unstopped
    sleep: Callable[[float], None] = time.sleep
    job_id: UUID | None = None

    def pause(self, seconds: float) -> None:
        """Wait, and stop waiting where the work should stop."""
        while seconds > 0:
            self.check()
            self.sleep(min(_SLICE_S, seconds))
            seconds -= _SLICE_S

    def stand_in_line(self) -> None:
        """Another run has the lock; called again and again until it is free."""
        self.check()
        self.progress("waiting for another run", 0, None)


UNWATCHED = Watch()

"""A process that is a worker: it ends at a signal, in time, whatever its jobs do."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

from mercat.core.jobs.worker import Worker, exit_now

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_END_WITHIN_S = 9.8
_KILLED_TWICE = 130


def serve(worker: Worker, *, until_idle: bool = False, on_start: Callable[[str], None] = lambda _name: None) -> str:
    """Run the worker until SIGTERM or Ctrl-C, and answer its name. A second signal ends the process at once.

    A job that neither reports nor begins a step for ten seconds is cut off with the process; the engine has it still.
    """
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        if stopped.is_set():
            exit_now(_KILLED_TWICE)
        stopped.set()
        # From now on the time runs, whatever hangs.
        last = threading.Timer(_END_WITHIN_S, exit_now, (0,))
        last.daemon = True
        last.start()

    before = {each: signal.signal(each, stop) for each in _SIGNALS}
    try:
        worker.start()
        on_start(worker.name)
        while not stopped.wait(0.1 if until_idle else None):
            if worker.is_idle and not worker.is_work_due():
                break
        worker.stop()
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    if not worker.is_idle:
        sys.stdout.flush()
        exit_now(0)
    return worker.name

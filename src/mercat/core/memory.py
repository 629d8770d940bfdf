"""Memory: how much this process took at its highest, and bulk work without the collector's interruptions."""

from __future__ import annotations

import gc
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# New objects between two looks at the youngest; the interpreter's own number is 700.
_RARELY = 50_000


def peak_memory_mb() -> float:
    """Megabytes (10^6 bytes) resident at the peak. Linux counts in KiB, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6, 1)


def collect_cycles_rarely() -> None:
    """For the rest of this process.

    Imports make half a million objects that stay: looking for garbage among them, again and again, took a tenth of the
    time to start. What a unit leaves behind is still found, some thousand objects later.
    """
    gc.set_threshold(_RARELY)


def keep_for_good() -> None:
    """What there is by now stays as long as the process: nobody need look through it again, not even at the end."""
    gc.freeze()


@contextmanager
def without_cycle_collection() -> Iterator[None]:
    """While this lasts, garbage in cycles waits; reference counting goes on as ever.

    Bulk work makes millions of objects and no cycles: looking for them took a fifth of its time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

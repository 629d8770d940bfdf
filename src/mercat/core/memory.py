"""Memory: how much this process took at its highest, and bulk work without the collector's interruptions."""

from __future__ import annotations

import gc
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def peak_memory_mb() -> float:
    """Megabytes (10^6 bytes) resident at the peak. Linux counts in KiB, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6, 1)


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

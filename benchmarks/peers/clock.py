"""What a load cost, for the scripts beside this file. The standard library only: each of them has its own environment."""

import csv
import json
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from itertools import islice
from pathlib import Path

FILE, FOLDER, ROWS = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])


def feed() -> Iterator[dict[str, str]]:
    """The first ``ROWS`` rows of the file."""
    with FILE.open(newline="", encoding="utf-8") as text:
        yield from islice(csv.DictReader(text), ROWS)


class Clock:
    """Runs from its making."""

    def __init__(self) -> None:
        self._started, self._worked = time.perf_counter(), time.process_time()

    def tell(self, package: str) -> None:
        """Print the one JSON document."""
        seconds, cpu = time.perf_counter() - self._started, time.process_time() - self._worked
        told = {"version": version(package), "rows": ROWS, "seconds": round(seconds, 3), "cpu_seconds": round(cpu, 3)}
        print(json.dumps(told))

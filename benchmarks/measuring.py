"""Running one thing in a process of its own, and what it cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.servers import fresh_url

# Up to so many rows a run is short: it is repeated and the median counts.
SHORT = 100_000
_MERCAT = str(Path(sys.executable).with_name("mercat"))


@dataclass(frozen=True)
class Run:
    """One process: what it printed, and its wall and CPU seconds (user and system, children it waited for included)."""

    printed: dict[str, Any]
    wall_seconds: float
    cpu_seconds: float
    peak_memory_mb: float

    @property
    def seconds(self) -> float:
        """The work's own wall time, without the start of the process."""
        return float(self.printed["seconds"])


def run(*command: str, environment: dict[str, str] | None = None) -> Run:
    """Run a command that prints one JSON document, or nothing. Raises ``RuntimeError`` with what it complained of."""
    # As installed software runs: with its own settings, and compiled once instead of at every start.
    given = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("MERCAT_") and name != "PYTHONDONTWRITEBYTECODE"
    }
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as complaints:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=complaints, env=given | (environment or {}))
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        complaints.seek(0)
        if process.returncode:
            said = complaints.read().decode(errors="replace")[-2000:]
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {said}")
        printed = out.read()
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    return Run(_parsed(printed), wall, usage.ru_utime + usage.ru_stime, peak)


def _parsed(printed: bytes) -> dict[str, Any]:
    return dict(json.loads(printed)) if printed.startswith(b"{") else {}


def floor(name: str, *arguments: str) -> Run:
    """One of ``benchmarks.floors``."""
    return run(sys.executable, "-m", "benchmarks.floors", name, *arguments)


@dataclass(frozen=True)
class Hub:
    """An initialised, empty Mercat."""

    environment: dict[str, str]

    def importing(self, file: Path, *more: str) -> Run:
        """``mercat import`` of a file, applied whatever the guards say."""
        command = (_MERCAT, "import", str(file), "--supplier", "benchmark", "--yes", "--json", *more)
        return run(*command, environment=self.environment)


@contextmanager
def fresh_hub(database: str, folder: Path) -> Iterator[Hub]:
    """A Mercat of its own for one measurement. Its home goes when it is done: a million rows take some gigabytes."""
    with tempfile.TemporaryDirectory(dir=folder) as home, fresh_url(database, "hub") as url:
        environment = {"MERCAT_HOME": home, "MERCAT_DATABASE_URL": url, "MERCAT_CURRENCY": "EUR"}
        run(_MERCAT, "init", environment=environment)
        yield Hub(environment)


@dataclass
class Report:
    """The document in the making: sections of measurements, and the figures that are asked of them."""

    sections: dict[str, Any] = field(default_factory=dict)
    figures: list[dict[str, Any]] = field(default_factory=list)
    repeat: int = 3

    def repetitions(self, rows: int) -> int:
        """How often a run of so many rows is made."""
        return self.repeat if rows <= SHORT else 1

    def figure(self, name: str, value: float, *, most: float | None = None, least: float | None = None) -> None:
        """A figure with its limit."""
        asked = {"at_most": most} if most is not None else {"at_least": least}
        is_met = (most is None or value <= most) and (least is None or value >= least)
        self.figures.append({"figure": name, "measured": round(value, 3), **asked, "met": is_met})


def middle(values: Sequence[float], digits: int = 3) -> float:
    """The rounded median."""
    return round(median(values), digits)


def imported(runs: Sequence[Run]) -> dict[str, Any]:
    """What an import cost, as medians. ``seconds`` contains ``search_seconds``; CPU is the client process's only."""
    first = runs[0].printed
    rows = first["rows"]
    searching = [each.printed["search_seconds"] / (each.seconds or 1) for each in runs]
    without = [each.cpu_seconds * (1 - share) for each, share in zip(runs, searching, strict=True)]
    return {
        **{name: first[name] for name in ("status", "rows", "created", "updated", "unchanged")},
        "runs": len(runs),
        "seconds": middle([each.seconds for each in runs]),
        "search_seconds": middle([each.printed["search_seconds"] for each in runs]),
        "process_wall_seconds": middle([each.wall_seconds for each in runs]),
        "process_cpu_seconds": middle([each.cpu_seconds for each in runs]),
        "rows_per_cpu_second": round(rows / middle([each.cpu_seconds for each in runs])),
        # The index's part of the CPU time is taken to be its part of the wall time.
        "rows_per_cpu_second_without_search": round(rows / middle(without)),
        "peak_memory_mb": max(each.printed["peak_memory_mb"] for each in runs),
    }


def bare(runs: Sequence[Run]) -> dict[str, Any]:
    """What a floor cost, as medians."""
    return {
        "seconds": middle([each.seconds for each in runs]),
        "cpu_seconds": middle([each.printed["cpu_seconds"] for each in runs]),
        "peak_memory_mb": round(max(each.peak_memory_mb for each in runs), 1),
    }


def ratios(runs: Sequence[Run], floors: Sequence[Run]) -> dict[str, float]:
    """Each run against the floor measured right beside it; medians of the pairs.

    Of the floor only the work counts; the import's CPU time is that of its whole process.
    """
    pairs = list(zip(runs, floors, strict=True))
    return {
        "wall": middle([one.seconds / other.seconds for one, other in pairs], 2),
        "wall_without_search": middle(
            [(one.seconds - one.printed["search_seconds"]) / other.seconds for one, other in pairs], 2
        ),
        "cpu": middle([one.cpu_seconds / other.printed["cpu_seconds"] for one, other in pairs], 2),
    }

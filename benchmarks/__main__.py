"""Every figure that the project promises, measured on this machine, as one JSON document.

    uv run python -m benchmarks [--rows 1000000] [--only first_load] [--databases sqlite,postgresql]

Ratios are taken between runs made right after each other in this one process. See ``benchmarks/README.md``.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import loads
from benchmarks.measuring import Report, run
from benchmarks.side_by_side import side_by_side

Section = Callable[[Report, Path, int, list[str]], None]


def listing(report: Report, _folder: Path, rows: int, databases: list[str]) -> None:
    """Pages of products: ``benchmarks.listing``."""
    found = _module("benchmarks.listing", "--products", str(rows), "--databases", ",".join(databases))
    report.sections["listing"] = found
    for database in databases:
        if database in found:
            slowest = max(
                each["cpu_ms"] for each in found[database].values() if isinstance(each, dict) and "cpu_ms" in each
            )
            report.figure(f"page of 50 products, {database}, slowest question, ms of CPU", slowest, most=5)


def search(report: Report, _folder: Path, rows: int, databases: list[str]) -> None:
    """Typing into the search field: ``benchmarks.search``."""
    found = _module("benchmarks.search", "--rows", str(rows), "--databases", ",".join(databases))
    report.sections["search"] = found
    for database, measured in found.get("databases", {}).items():
        report.figure(f"search, {database}, p99 ms", measured["all_queries_ms"]["p99"], most=50)
        report.figure(f"search, {database}, p99 ms of CPU", measured["all_queries_cpu_ms"]["p99"], most=50)


def jobs(report: Report, _folder: Path, rows: int, databases: list[str]) -> None:
    """Durable jobs: ``benchmarks.jobs``."""
    found = _module("benchmarks.jobs", "--jobs", str(rows), "--databases", ",".join(databases))
    report.sections["jobs"] = found
    for database in databases:
        if database in found:
            measured = found[database]
            soon = 250 if database == "sqlite" else 100
            report.figure(f"jobs, {database}, enqueue to start, p50 ms", measured["start_ms"]["p50"], most=soon)
            report.figure(f"jobs, {database}, seconds to take over", measured["take_over_s"], most=60)
    if "sqlite" in found:
        report.figure("jobs, sqlite, empty jobs in a second", found["sqlite"]["jobs_per_second"], least=200)


def api(report: Report, _folder: Path, rows: int, databases: list[str]) -> None:
    """The API as it is served: ``benchmarks.api``."""
    found = _module("benchmarks.api", "--products", str(rows), "--databases", ",".join(databases))
    report.sections["api"] = found
    for database in databases:
        if database in found:
            measured = found[database]
            for name in ("list_50", "get"):
                report.figure(
                    f"api, {database}, {name}, part of a bare route's requests", measured[name]["of_bare"], least=0.6
                )
                report.figure(f"api, {database}, {name}, p99 ms", measured[name]["p99_ms"], most=60)
            per_cpu_second = measured["list_20"]["per_cpu_second"]
            report.figure(f"api, {database}, list of 20, requests per CPU second", per_cpu_second, least=500)
            found_per_cpu_second = measured["search"]["per_cpu_second"]
            report.figure(f"api, {database}, search, requests per CPU second", found_per_cpu_second, least=200)
            report.figure(f"api, {database}, MB", measured["memory_mb"]["peak"], most=250)


def market(report: Report, _folder: Path, rows: int, databases: list[str]) -> None:
    """Watching the market: ``benchmarks.market``."""
    found = _module("benchmarks.market", "--snapshots", str(rows), "--databases", ",".join(databases))
    report.sections["market"] = found
    if "detectors_100000_s" in found:
        report.figure("market, 100,000 snapshots through the detectors, seconds", found["detectors_100000_s"], most=10)
    for database in databases:
        if database in found:
            asked = 30_000 if database == "sqlite" else 50_000
            inserted = found[database]["insert_per_second"]
            report.figure(f"market, {database}, snapshots put in a second", inserted, least=asked)


def _module(name: str, *arguments: str) -> dict[str, Any]:
    if importlib.util.find_spec(name) is None:
        return {"not_measured": f"there is no {name}"}
    return run(sys.executable, "-m", name, *arguments).printed


_TURNS = 1_000_000

# Name → (the section, how many rows its figure is promised for).
SECTIONS: dict[str, tuple[Section, int]] = {
    "first_load": (loads.first_load, 1_000_000),
    "again": (loads.again, 1_000_000),
    "history": (loads.history, 100_000),
    "sparse": (loads.sparse, 25_000),
    "listing": (listing, 50_000),
    "search": (search, 1_000_000),
    "jobs": (jobs, 1_000),
    "api": (api, 50_000),
    "market": (market, 100_000),
    "peers": (side_by_side, 20_000),
}


def machine() -> dict[str, object]:
    """What the figures depend on."""
    return {
        "cores": os.cpu_count(),
        "load_average_before": os.getloadavg()[0],
        "loop_ns_before": loop_ns(),
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def loop_ns() -> float:
    """CPU time of one turn of a plain loop, ns: a virtual machine has slow days, and seconds compare only beside this."""
    times = []
    for _ in range(5):
        started, total = time.process_time_ns(), 0
        for number in range(_TURNS):
            total += number * number
        times.append((time.process_time_ns() - started) / _TURNS)
    return round(min(times), 1)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="at most so many rows; fewer is a rehearsal")
    parser.add_argument("--only", action="append", choices=SECTIONS, metavar="NAME", help=", ".join(SECTIONS))
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--repeat", type=int, default=3, help="runs of which the median counts, where one is short")
    given = parser.parse_args()
    report = Report(repeat=given.repeat)
    before = machine()
    with tempfile.TemporaryDirectory() as folder:
        for name in given.only or SECTIONS:
            measure, rows = SECTIONS[name]
            print(f"measuring {name}", file=sys.stderr)
            measure(report, Path(folder), min(rows, given.rows), given.databases.split(","))
    rehearsal = given.rows < max(rows for _, rows in SECTIONS.values())
    about = before | {"loop_ns_after": loop_ns()}
    document = {"is_rehearsal": rehearsal, "machine": about, "figures": report.figures, **report.sections}
    json.dump({"benchmark": "mercat", "rows": given.rows, **document}, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()

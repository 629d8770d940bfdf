"""Loads: the first import, the next one with a few changes, the plan alone, the history, and very wide tables."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks import feeds
from benchmarks.measuring import Report, Run, bare, floor, fresh_hub, imported, middle, ratios
from benchmarks.servers import fresh_url

CHANGED = 0.01
_FLOOR_OF = {"sqlite": "executemany", "postgresql": "copy"}


def first_load(report: Report, folder: Path, rows: int, databases: list[str]) -> None:
    """The first import of the feed against its bare floor, database by database, in turn."""
    file = feeds.kept(folder, rows)
    found: dict[str, Any] = {}
    for database in databases:
        runs, floors = [], []
        for _ in range(report.repetitions(rows)):
            floors.append(_bare_load(database, file, folder))
            with fresh_hub(database, folder) as hub:
                runs.append(hub.importing(file))
        found[database] = {
            "import": imported(runs),
            "floor": {"what": _FLOOR_OF[database], **bare(floors)},
            "ratio": ratios(runs, floors),
        }
        if database == "postgresql":
            found[database]["note"] = "the server's CPU time is in neither CPU figure"
        report.figure(
            f"first import, {database}, times {_FLOOR_OF[database]}", found[database]["ratio"]["wall"], most=5
        )
        report.figure(f"first import, {database}, MB", found[database]["import"]["peak_memory_mb"], most=600)
    report.sections["first_load"] = found


def _bare_load(database: str, file: Path, folder: Path) -> Run:
    if database == "sqlite":
        with tempfile.TemporaryDirectory(dir=folder) as place:
            return floor("executemany", str(file), f"{place}/bare.db")
    with fresh_url(database, "floor") as url:
        return floor("copy", str(file), url)


def again(report: Report, folder: Path, rows: int, databases: list[str]) -> None:
    """The same feed with one row in a hundred changed, then the identical bytes once more."""
    file = feeds.kept(folder, rows)
    news = feeds.kept(folder, rows, changed=CHANGED)
    found: dict[str, Any] = {}
    for database in databases:
        runs, floors, identical = [], [], []
        for _ in range(report.repetitions(rows)):
            with fresh_hub(database, folder) as hub:
                hub.importing(file)
                floors.append(floor("parse-and-hash", str(news)))
                runs.append(hub.importing(news))
                identical.append(hub.importing(news))
        same = middle([each.wall_seconds for each in identical])
        found[database] = {
            "changed_1_percent": imported(runs),
            "floor": {"what": "parse-and-hash", **bare(floors)},
            "ratio": ratios(runs, floors),
            "identical": {"status": identical[0].printed["status"], "process_wall_seconds": same},
        }
        report.figure(f"1 % changed, {database}, times parsing", found[database]["ratio"]["wall"], most=2.5)
        report.figure(f"identical bytes, {database}, seconds", same, most=2)
    report.sections["again"] = found


def history(report: Report, folder: Path, rows: int, databases: list[str]) -> None:
    """The plan alone, and rows per CPU second of a first load with full history, beside a bare diff with change log."""
    file = feeds.kept(folder, rows)
    found: dict[str, Any] = {}
    for database in databases:
        plans, runs, floors = [], [], []
        for _ in range(report.repetitions(rows)):
            with fresh_hub(database, folder) as hub:
                plans.append(hub.importing(file, "--plan-only"))
            with fresh_hub(database, folder) as hub:
                runs.append(hub.importing(file))
            with tempfile.TemporaryDirectory(dir=folder) as place:
                floors.append(floor("diff", str(file), f"{place}/bare.db"))
        bare_rate = round(rows / middle([each.printed["cpu_seconds"] for each in floors]))
        found[database] = {
            "plan_only": imported(plans),
            "first_load": imported(runs),
            "floor": {"what": "diff (SQLite)", **bare(floors), "rows_per_cpu_second": bare_rate},
        }
        report.figure(f"plan only, {database}, seconds", found[database]["plan_only"]["seconds"], most=5)
        rate = found[database]["first_load"]["rows_per_cpu_second"]
        report.figure(f"first load with history, {database}, rows per CPU second", rate, least=10_000)
    report.sections["history"] = {"rows": rows, **found}


def sparse(report: Report, folder: Path, rows: int, databases: list[str]) -> None:
    """Products with six hundred columns of attributes, of which each fills a few dozen."""
    file = folder / "sparse.csv"
    feeds.write_sparse(file, rows)
    found: dict[str, Any] = {}
    for database in databases:
        runs = []
        for _ in range(report.repetitions(rows)):
            with fresh_hub(database, folder) as hub:
                runs.append(hub.importing(file))
        found[database] = imported(runs)
        report.figure(f"sparse attributes, {database}, seconds", found[database]["seconds"], most=60)
        report.figure(f"sparse attributes, {database}, MB", found[database]["peak_memory_mb"], most=500)
    report.sections["sparse"] = {"columns": feeds.ATTRIBUTES, "filled": feeds.FILLED, **found}

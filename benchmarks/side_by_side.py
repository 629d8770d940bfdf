"""The same file through other tools. Each runs in an environment of its own, which uv makes before the clock starts.

They do less: none of them matches, guards, explains or undoes; dlt and sqlite-utils copy the columns into a table.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks import feeds
from benchmarks.measuring import Report, Run, fresh_hub, imported, run

_PEERS = Path(__file__).with_name("peers")
# django-oscar saves product by product; the whole file would take it many minutes.
_MOST_ROWS = {"dlt_pipeline": 20_000, "sqlite_utils_upsert": 20_000, "django_oscar": 1_000}


def side_by_side(report: Report, folder: Path, rows: int, databases: list[str]) -> None:
    """First the file, then the one with changes, each tool into SQLite; ``databases`` is not asked."""
    del databases
    file, news = feeds.kept(folder, rows), feeds.kept(folder, rows, changed=0.01)
    with fresh_hub("sqlite", folder) as hub:
        first, second = hub.importing(file), hub.importing(news)
    found: dict[str, Any] = {"mercat": {"first": imported([first]), "changed_1_percent": imported([second])}}
    for name, most in _MOST_ROWS.items():
        found[name] = _peer(_PEERS / f"{name}.py", file, news, min(rows, most))
    report.sections["peers"] = {"rows": rows, **found}


def _peer(script: Path, file: Path, news: Path, rows: int) -> dict[str, Any]:
    try:
        with tempfile.TemporaryDirectory() as place:
            return {"first": _load(script, file, place, rows), "changed_1_percent": _load(script, news, place, rows)}
    except RuntimeError as failed:
        return {"not_measured": str(failed)[-400:]}


def _load(script: Path, file: Path, place: str, rows: int) -> dict[str, Any]:
    done: Run = run("uv", "run", "--quiet", "--no-project", "--script", str(script), str(file), place, str(rows))
    cpu = done.printed["cpu_seconds"]
    return {**done.printed, "rows_per_second": round(rows / done.seconds), "rows_per_cpu_second": round(rows / cpu)}

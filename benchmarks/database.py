"""The road between the databases: SQLite → portable backup → PostgreSQL → MariaDB → SQLite, in rows a second; one JSON document.

    uv run python -m benchmarks.database 20000 postgresql://postgres@127.0.0.1/road mariadb://root@127.0.0.1/road

The two server databases must exist and are overwritten. Each leg is checked: the hash of every table is the same. ``widest`` is
the table with the most columns among the large ones: out of one database, and into the other without its indexes and the
search index, which the whole leg holds.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from mercat.core.actor import Actor
from mercat.core.database import migrate
from mercat.core.database.backup.portable import hash_tables
from mercat.core.database.rows import shapes
from mercat.core.jobs.watch import Watch
from mercat.core.memory import peak_memory_mb
from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from mercat.domain import register_hearing, register_tables
from mercat.domain.operations import service as operations
from mercat.domain.suppliers import service as suppliers
from mercat.sdk.roles import FeedFile

ME = Actor("user", "benchmark")


def fill(runtime: Runtime, products: int, folder: Path) -> None:
    """A catalogue of so many products, by import."""
    path = folder / "feed.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["sku", "name", "description", "brand", "price", "cost"])
        for n in range(products):
            words = f"Office article {n} in colour {n % 17}, of size {n % 9}"
            writer.writerow(
                [f"S-{n}", words, f"<p>{words}. {words}.</p>", f"Brand {n % 40}", f"{n % 500 + 2}.50", "1.25"]
            )
    suppliers.run_import(runtime, ME, suppliers.ImportRequest([FeedFile(path.name, path)]))


def tables(runtime: Runtime) -> dict[str, tuple[int, str | None]]:
    """Rows and hash of each table."""
    with runtime.read(snapshot=True) as unit:
        return {each.name: (each.rows, each.sha256) for each in hash_tables(unit.session.connection())}


class Stages:
    """When each stage of a work was first and last heard of, in seconds."""

    def __init__(self) -> None:
        self._ends: dict[str, float] = {}
        self._began = time.perf_counter()

    def watch(self) -> Watch:
        """Whom the work tells."""
        return Watch(progress=lambda stage, _done, _total: self._ends.__setitem__(stage, time.perf_counter()))

    def seconds_of(self, stage: str) -> float:
        """From the end of the stage before it to its own."""
        end = self._ends[stage]
        return end - max((each for each in self._ends.values() if each < end), default=self._began)


def leg(here: Runtime, there: Runtime, counts: dict[str, int]) -> dict[str, Any]:
    """One backup, restored elsewhere; rows a second by the clock."""
    most = max(counts.values())
    columns = {name: len(shape.columns) for name, shape in shapes().items() if counts[name] * 10 >= most}
    widest = max(columns, key=lambda name: (columns[name], counts[name]))
    out, back = Stages(), Stages()
    began = time.perf_counter()
    draft = operations.BackupDraft(form="portable", with_files=False)
    backup = operations.create_backup(here, ME, draft, watch=out.watch())
    dumped = time.perf_counter()
    operations.restore_backup(there, ME, backup.path, is_safe=False, watch=back.watch())
    ended = time.perf_counter()
    rows = sum(counts.values())
    return {
        "leg": f"{here.engine.dialect.name} → {there.engine.dialect.name}",
        "rows": rows,
        "out_rows_s": round(rows / (dumped - began)),
        "in_rows_s": round(rows / (ended - dumped)),
        "widest": widest,
        "columns": columns[widest],
        "widest_rows": counts[widest],
        "widest_out_rows_s": round(counts[widest] / out.seconds_of(widest)),
        "widest_in_rows_s": round(counts[widest] / back.seconds_of(widest)),
        "memory_mb": peak_memory_mb(),
    }


def main(products: int, urls: list[str]) -> None:
    """Print what was found, with the load at which it was."""
    register_tables()
    register_hearing()
    load, legs = os.getloadavg()[0], []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        here = Runtime(Settings(home=folder / "start"))
        migrate.upgrade(here.engine)
        fill(here, products, folder)
        expected, filled_mb = tables(here), peak_memory_mb()
        counts = {name: count for name, (count, _) in expected.items()}
        for number, url in enumerate([*urls, ""]):
            there = Runtime(Settings(home=folder / f"leg{number}", database_url=url))
            migrate.upgrade(there.engine)
            legs.append({**leg(here, there, counts), "equal": tables(there) == expected})
            here = there
    found = {"products": products, "memory_mb_after_import": filled_mb, "legs": legs}
    print(json.dumps({"load": [round(load, 1), round(os.getloadavg()[0], 1)], **found}, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])

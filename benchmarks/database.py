"""The road between the databases: SQLite → portable backup → PostgreSQL → MariaDB → SQLite, in rows a second.

    uv run python -m benchmarks.database 20000 postgresql://postgres@127.0.0.1/road mariadb://root@127.0.0.1/road

The two server databases must exist and are overwritten. Each leg is checked: the hash of every table is the same.
"""

from __future__ import annotations

import csv
import sys
import tempfile
import time
from pathlib import Path

from mercat.core.actor import Actor
from mercat.core.database import migrate
from mercat.core.database.backup.portable import hash_tables
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


def main(products: int, urls: list[str]) -> None:
    """Print a line for each leg."""
    register_tables()
    register_hearing()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        here = Runtime(Settings(home=folder / "start"))
        migrate.upgrade(here.engine)
        fill(here, products, folder)
        expected = tables(here)
        rows = sum(count for count, _ in expected.values())
        for number, url in enumerate([*urls, ""]):
            there = Runtime(Settings(home=folder / f"leg{number}", database_url=url))
            migrate.upgrade(there.engine)
            started = time.perf_counter()
            backup = operations.create_backup(here, ME, operations.BackupDraft(form="portable", with_files=False))
            dumped = time.perf_counter()
            operations.restore_backup(there, ME, backup.path, is_safe=False)
            ended = time.perf_counter()
            name = f"{here.engine.dialect.name} → {there.engine.dialect.name}"
            out, back = rows / (dumped - started), rows / (ended - dumped)
            print(f"{name}: {rows:,} rows, out {out:,.0f}/s, in {back:,.0f}/s, equal: {tables(there) == expected}")
            here = there
        print(f"memory at the peak, import included: {peak_memory_mb()} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])

"""The database beside whoever works on it, and what was seen of a market in millions; one JSON document.

    uv run python -m benchmarks.database_live writers 100000
    uv run python -m benchmarks.database_live counters
    uv run python -m benchmarks.database_live snapshots 10000000 postgresql://postgres@127.0.0.1/big

``writers``: a backup and its verification while four threads write; the longest that one of them waited in each.
``counters``: eight threads of 2,000 read-modify-writes beside an import on SQLite; none may be lost, none locked out.
``snapshots``: an empty PostgreSQL database is filled with so many, over twelve months of 10,000 listings.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.database import ME, fill
from mercat.core.database import migrate
from mercat.core.database.partitions import drop_partitions, ensure_partitions, month_of, months_from
from mercat.core.settings import Settings
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain import register_hearing, register_tables
from mercat.domain.operations import service as operations

_LISTINGS = 10_000


def started(folder: Path, url: str = "") -> Runtime:
    """A database with the schema and nothing in it."""
    runtime = Runtime(Settings(home=folder / "home", database_url=url))
    migrate.upgrade(runtime.engine)
    return runtime


def writers(products: int, folder: Path) -> dict[str, Any]:
    """Four threads that each write a row as often as they can."""
    runtime = started(folder)
    fill(runtime, products, folder)
    stop = threading.Event()
    waits: dict[str, list[float]] = {"alone": [], "backup": [], "verify": []}
    now = ["alone"]

    def work(number: int) -> None:
        while not stop.is_set():
            began = time.perf_counter()
            runtime.attempt(lambda unit: _touch(unit, number), ME)
            waits[now[0]].append(time.perf_counter() - began)
            # A shop's writers do something else in between, too.
            time.sleep(0.005)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    time.sleep(5)
    now[0] = "backup"
    began = time.perf_counter()
    made = operations.create_backup(runtime, ME, operations.BackupDraft(with_files=False))
    backed_up = time.perf_counter()
    now[0] = "verify"
    operations.verify_backup(runtime, ME, made.name)
    ended = time.perf_counter()
    stop.set()
    for each in threads:
        each.join()
    runtime.close()
    return {
        "products": products,
        "rows": made.rows,
        "bytes": made.size,
        "backup_s": round(backed_up - began, 2),
        "verify_s": round(ended - backed_up, 2),
        "writes": {name: len(some) for name, some in waits.items()},
        "longest_wait_ms": {name: round(max(some, default=0) * 1000, 1) for name, some in waits.items()},
        "p99_wait_ms": {name: round(statistics.quantiles(some, n=100)[98] * 1000, 1) for name, some in waits.items()},
    }


def _touch(unit: WriteUnit, number: int) -> None:
    [[chosen]] = unit.bulk.fetch("SELECT id FROM products ORDER BY id LIMIT 1 OFFSET ?", [number])
    unit.bulk.run("UPDATE products SET revision = revision + 1 WHERE id = ?", [chosen])


def counters(products: int, folder: Path) -> dict[str, Any]:
    """Counters that are read and written back, beside an import."""
    runtime = started(folder)
    with runtime.write(ME) as unit:
        unit.bulk.run("CREATE TABLE counters (id INTEGER PRIMARY KEY, n INTEGER)")
        unit.bulk.run("INSERT INTO counters VALUES (1, 0)")
    failures: list[str] = []

    def count() -> None:
        for _ in range(2_000):
            try:
                runtime.attempt(_add_one, ME)
            except Exception as failed:  # noqa: BLE001  # counted and told
                failures.append(str(failed))

    threads = [threading.Thread(target=count) for _ in range(8)]
    began = time.perf_counter()
    for each in threads:
        each.start()
    fill(runtime, products, folder)
    imported = time.perf_counter() - began
    for each in threads:
        each.join()
    took = time.perf_counter() - began
    with runtime.read(ME) as unit:
        [[found]] = unit.bulk.fetch("SELECT n FROM counters")
    runtime.close()
    return {
        "counted": found,
        "lost": 8 * 2_000 - found,
        "failures": failures[:5],
        "products": products,
        "import_s": round(imported, 1),
        "seconds": round(took, 1),
    }


def _add_one(unit: WriteUnit) -> None:
    [[before]] = unit.bulk.fetch("SELECT n FROM counters WHERE id = 1")
    unit.bulk.run("UPDATE counters SET n = ? WHERE id = 1", [before + 1])


def snapshots(rows: int, url: str, folder: Path) -> dict[str, Any]:
    """Twelve months of them; filled by the server itself, since it is reading that is measured."""
    runtime = started(folder, url)
    each = max(1, rows // _LISTINGS)
    with runtime.write(ME) as unit:
        first = months_from(month_of(unit.now), 1)[0]
        months = months_from((first[0] - 1, first[1]), 14)
        ensure_partitions(unit.bulk, "product_snapshots", months)
        unit.bulk.run(_WATCH.format(listings=_LISTINGS))
    began = time.perf_counter()
    with runtime.write(ME) as unit:
        unit.bulk.run(_FILL.format(each=each, step=365 * 86_400 // each))
    filled = time.perf_counter() - began
    with runtime.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE product_snapshots")
    found: dict[str, Any] = {"rows": each * _LISTINGS, "fill_s": round(filled, 1)}
    with runtime.read(ME) as unit:
        ids = [row[0] for row in unit.bulk.fetch("SELECT id FROM market_products ORDER BY id")]
        some = iter(ids)
        found["ninety_days_of_one_ms"] = _median(lambda: unit.bulk.fetch(_NINETY, [next(some)]), 40)
        found["latest_of_10000_ms"] = _median(lambda: unit.bulk.fetch(_LATEST), 10)
        found["latest_of_10000_from_snapshots_ms"] = _median(lambda: unit.bulk.fetch(_LATEST_RAW), 3)
    began = time.perf_counter()
    with runtime.write(ME) as unit:
        cut = months[1]
        dropped = drop_partitions(unit.bulk, "product_snapshots", dt.datetime(*cut, 1, tzinfo=dt.UTC))
    found["drop_of_a_month_ms"] = round((time.perf_counter() - began) * 1000, 1)
    found["dropped"] = len(dropped)
    runtime.close()
    return found


_WATCH = """
    INSERT INTO market_products (id, asin, marketplace, gtins, url, features, currency, price, volatility, is_competitor,
      is_unlisted, is_active, track_frequency, track_every_s, failure_count, not_found_count, last_snapshot_at, created_at, updated_at)
    SELECT gen_random_uuid(), 'B0' || lpad(n::text, 8, '0'), 'DE', '[]', '', '[]', 'EUR', 10, 0, false, false, true, 'daily',
      86400, 0, 0, now(), now(), now() FROM generate_series(1, {listings}) n
"""
_FILL = """
    INSERT INTO product_snapshots (market_product_id, scraped_at, stated, provider, currency, price, sales_rank, in_stock, created_at)
    SELECT p.id, now() - make_interval(secs => n * {step}), 7, 'observations', 'EUR', 10 + n % 7, 100 + n % 900, true, now()
    FROM market_products p CROSS JOIN generate_series(1, {each}) n
"""
_NINETY = (
    "SELECT scraped_at, price, sales_rank FROM product_snapshots WHERE market_product_id = ?"
    " AND scraped_at >= now() - interval '90 days' ORDER BY scraped_at"
)
_LATEST = "SELECT id, price, sales_rank, in_stock, last_snapshot_at FROM market_products WHERE is_active"
_LATEST_RAW = (
    "SELECT p.id, s.price FROM market_products p CROSS JOIN LATERAL (SELECT price FROM product_snapshots"
    " WHERE market_product_id = p.id AND scraped_at >= now() - interval '7 days' ORDER BY scraped_at DESC LIMIT 1) s"
)


def _median(ask: Callable[[], object], times: int) -> float:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        ask()
        took.append(time.perf_counter() - began)
    return round(statistics.median(took) * 1000, 2)


def main(section: str, size: int, url: str) -> None:
    """Print what was found, with the load at which it was."""
    register_tables()
    register_hearing()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        if section == "writers":
            found = writers(size or 100_000, folder)
        elif section == "counters":
            found = counters(size or 20_000, folder)
        else:
            found = snapshots(size or 10_000_000, url, folder)
    print(json.dumps({"section": section, "load": [round(load, 1), round(os.getloadavg()[0], 1)], **found}, indent=2))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0, sys.argv[3] if len(sys.argv) > 3 else "")

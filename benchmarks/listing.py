"""Pages of products: what fifty rows with their category and three metafields cost, out of fifty thousand.

    uv run python -m benchmarks.listing [--products 50000] [--databases sqlite,postgresql,mariadb]

Prints one JSON document. ``cpu_ms`` is this process's; a server's own work is in ``wall_ms``. Beside the rows stand the
same page as objects (what scripts read) and exporting everything. Products are those of ``benchmarks.feeds``, with six
metafields each.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import create_engine, make_url, text

from benchmarks.feeds import HEADER
from benchmarks.feeds import rows as feed_rows
from mercat.core.actor import SYSTEM
from mercat.core.database import migrate
from mercat.core.settings import Settings
from mercat.core.unit import ReadUnit, Runtime
from mercat.domain.catalog import categories
from mercat.domain.catalog import service as catalog
from mercat.domain.catalog.product_repository import ProductRepository
from mercat.domain.suppliers import service as suppliers
from mercat.sdk.roles import FeedFile

SERVERS = {
    "postgresql": "postgresql+psycopg://postgres@127.0.0.1:5432/postgres",
    "mariadb": "mariadb+pymysql://root@127.0.0.1:3306/test",
}
OWN = "mercat_benchmark_listing"
SHOWN = ["specs.colour", "specs.depth", "specs.since"]
TURNS = 40


def write_products(path: Path, count: int) -> None:
    """The products as documents, the same for the same count."""
    dice = random.Random(3)
    with path.open("w", encoding="utf-8") as out:
        for number, row in enumerate(feed_rows(count)):
            each = dict(zip(HEADER, row, strict=True))
            metafields = {
                "specs.colour": ("single_line_text_field", dice.choice(["red", "blue", "black"])),
                "specs.depth": ("dimension", {"value": f"{dice.randrange(1, 90)}.5", "unit": "mm"}),
                "specs.since": ("date", f"20{dice.randrange(10, 26)}-05-01"),
                "specs.pages": ("number_integer", dice.randrange(500)),
                "specs.recycled": ("boolean", number % 2 == 0),
                "specs.uses": ("list.single_line_text_field", ["home", "office"]),
            }
            variant = {name: each[name] for name in ("sku", "price", "weight", "weight_unit")}
            document = {
                **{name: each[name] for name in ("name", "description", "brand", "category", "product_type")},
                "status": "active" if number % 10 else "draft",
                "metafields": {key: {"type": kind, "value": value} for key, (kind, value) in metafields.items()},
                "variants": [{**variant, "barcode": each["gtin"], "currency": "EUR"}],
            }
            out.write(json.dumps(document) + "\n")


def questions(unit: ReadUnit) -> dict[str, Callable[[ReadUnit], Any]]:
    """What is asked, by name."""
    [first] = catalog.list_products(unit, per_page=1)
    total = catalog.list_products(unit, per_page=1).total
    leaf = categories.get(unit, first.category or "").id
    root = categories.get(unit, (first.category or "").split(" > ")[0]).id

    def page(**more: Any) -> Callable[[ReadUnit], bytes]:
        return lambda unit: catalog.listing_json(catalog.list_products(unit, metafields=SHOWN, **more))

    def objects(unit: ReadUnit) -> list[tuple[Any, ...]]:
        found = ProductRepository(unit.session).get_all(page=1, per_page=50)
        return [(each.sku, each.price, each.category and each.category.name, len(each.metafields)) for each in found]

    return {
        "first_page": page(),
        "middle_page": page(page=total // 100),
        "last_page": page(page=-(-total // 50)),
        "status_most": page(statuses=["active"]),
        "status_few": page(statuses=["draft"]),
        "brand": page(brand=first.brand),
        "leaf_category": page(category=leaf),
        "leaf_category_by_name": page(category=first.category),
        "root_category": page(category=root),
        "root_category_and_status": page(category=root, statuses=["active"]),
        "search": page(q="stapler"),
        "objects_for_scripts": objects,
    }


def measure(runtime: Runtime, products: Path) -> dict[str, Any]:
    """Import, then ask each question a few dozen times, each time in a unit of its own."""
    request = suppliers.ImportRequest([FeedFile(products.name, products)], supplier="benchmark", yes=True)
    result = suppliers.run_import(runtime, SYSTEM, request)
    if runtime.engine.dialect.name == "postgresql":
        with runtime.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # Autovacuum does this within a minute of a load.
            connection.execute(text("VACUUM ANALYZE"))
    report: dict[str, Any] = {"products": result.created}
    with runtime.read() as unit:
        asked = questions(unit)
    for name, ask in asked.items():
        report[name] = _timed(runtime, ask)
    target = products.with_name("export.jsonl")
    started = time.perf_counter()
    with runtime.read(snapshot=True) as unit:
        written = catalog.export_products(unit, target)
    seconds = time.perf_counter() - started
    report["export_jsonl"] = {
        "seconds": round(seconds, 2),
        "products_per_second": round(written.products / seconds),
        "megabytes": round(written.size / 1e6, 1),
    }
    return report


def _timed(runtime: Runtime, ask: Callable[[ReadUnit], Any]) -> dict[str, float]:
    cpu, wall = [], []
    for _ in range(TURNS):
        with runtime.read() as unit:
            began, tick = time.process_time(), time.perf_counter()
            ask(unit)
            wall.append(time.perf_counter() - tick)
            cpu.append(time.process_time() - began)
    return {"cpu_ms": round(median(cpu) * 1e3, 2), "wall_ms": round(median(wall) * 1e3, 2)}


def _server(name: str, home: Path, products: Path) -> dict[str, Any]:
    admin = create_engine(SERVERS[name], isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {OWN}"))
        connection.execute(text(f"CREATE DATABASE {OWN}"))
    url = make_url(SERVERS[name]).set(database=OWN).render_as_string(hide_password=False)
    try:
        return _fresh(Settings(home=home, database_url=url), products)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {OWN}"))
        admin.dispose()


def _fresh(settings: Settings, products: Path) -> dict[str, Any]:
    runtime = Runtime(settings)
    try:
        migrate.upgrade(runtime.engine)
        return measure(runtime, products)
    finally:
        runtime.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=50_000)
    parser.add_argument("--databases", default="sqlite,postgresql,mariadb")
    given = parser.parse_args()
    report: dict[str, Any] = {"benchmark": "listing", "per_page": 50, "cores": os.cpu_count()}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        products = home / "products.jsonl"
        write_products(products, given.products)
        for name in given.databases.split(","):
            own = home / name
            own.mkdir()
            report[name] = _fresh(Settings(home=own), products) if name == "sqlite" else _server(name, own, products)
    json.dump(report, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()

"""Pages of the dashboard: how long the server takes for each, and what it weighs, over a full catalogue and a long review.

    uv run python -m benchmarks.pages [--products 50000] [--changes 100000] [--turns 20] [--only review] > pages.json

Prints one JSON document. Pages are asked of the app in this process, without a network and without a worker, as an administrator
sees them with fifty rows; the first request of each is left out. ``p95_ms`` is wall time, ``cpu_p95_ms`` what this process worked
(its client too), ``bytes`` the page as it is before it is compressed, ``pause_ms`` the longest time that looking for garbage
took. SQLite.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from starlette.testclient import TestClient

from benchmarks.listing import write_products
from mercat.api.app import make_app as make_api
from mercat.core.actor import SYSTEM, Actor
from mercat.core.database import migrate
from mercat.core.ids import new_id_bytes
from mercat.core.log import configure
from mercat.core.memory import collect_cycles_rarely, keep_for_good
from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from mercat.domain import register_configurable, register_hearing, register_jobs
from mercat.domain.access import service as access
from mercat.domain.catalog.change_repository import ChangeBulk, Planned
from mercat.domain.catalog.deciding import close_plan, open_set
from mercat.domain.catalog.planning import Source
from mercat.domain.suppliers import service as suppliers
from mercat.sdk.roles import FeedFile
from mercat.web.app import make_app as make_pages

_PASSWORD = "a benchmark's own"  # of a catalogue that lasts a minute
_FLAGGED = 1_000
_TERMINAL = Actor("user", "benchmark", via="terminal")


def fill(runtime: Runtime, folder: Path, products: int) -> list[tuple[bytes, bytes, str]]:
    """The catalogue, and somebody to look at it; (product, variant, SKU) of all that there is."""
    migrate.upgrade(runtime.engine)
    path = folder / "products.jsonl"
    write_products(path, products)
    request = suppliers.ImportRequest([FeedFile(path.name, path)], supplier="benchmark", yes=True)
    suppliers.run_import(runtime, SYSTEM, request)
    draft = access.UserDraft("ada", "ada@example.com", "admin", password=_PASSWORD)
    access.create_user(runtime, _TERMINAL, draft)
    with runtime.read(SYSTEM) as unit:
        return list(unit.bulk.fetch("SELECT product_id, id, sku FROM product_variants ORDER BY id"))


def hold(runtime: Runtime, variants: list[tuple[bytes, bytes, str]], changes: int) -> UUID:
    """A run that waits: so many prices and names change, a thousand of them are flagged."""
    with runtime.write(SYSTEM) as unit:
        made = open_set(unit, Source("feed", "benchmark", 0), "benchmark.csv", reference=None, evidence={})
        bulk = ChangeBulk(unit.bulk)
        some: list[Planned] = []
        for each in _changes(variants, changes):
            some.append(each)
            if len(some) == 10_000:
                bulk.insert(made.id.bytes, some, unit.now)
                some = []
        bulk.insert(made.id.bytes, some, unit.now)
        finding = {"rule": "price_change", "message": "prices move by more than 30 %", "count": _FLAGGED, "samples": []}
        close_plan(unit, made.id, {"rows": changes, "updated": changes}, [finding])
        return made.id


def _changes(variants: list[tuple[bytes, bytes, str]], count: int) -> Iterator[Planned]:
    for number in range(count):
        product, variant, sku = variants[number % len(variants)]
        flag = "price_change" if number < _FLAGGED else None
        old, new = f'"{number % 90 + 1}.5"', f'"{number % 90 + 2}.5"'
        yield Planned(
            new_id_bytes()[0], product, variant, "update", "price", old, new, flag, f"{sku}-{number}", number, None
        )


def pages(held: UUID, sku: str, last: int) -> dict[str, str]:
    """Each page by what it is called."""
    here = f"/changes/{held}"
    return {
        "overview": "/",
        "review queue": "/review",
        "products": "/products?per_page=50",
        "products, page 900": "/products?per_page=50&page=900",
        "products, searched": "/products?per_page=50&q=stapler",
        "product": f"/products/{sku}",
        "product, history": f"/products/{sku}?tab=history",
        "categories": "/categories",
        "changes": "/changes?per_page=50",
        "review, flagged": f"{here}?per_page=50",
        "review, changed": f"{here}?part=changed&per_page=50",
        "review, last page": f"{here}?part=changed&per_page=50&page={last}",
        "review, by SKU": f"{here}?part=changed&per_page=50&q={sku}",
        "review, by field": f"{here}?part=changed&per_page=50&field=price",
        "review, by a rare field": f"{here}?part=changed&per_page=50&field=brand",
        "review, by decision": f"{here}?part=changed&per_page=50&decision=approved",
        "listings": "/listings?per_page=50",
        "suppliers": "/suppliers",
        "jobs": "/jobs",
        "alerts": "/alerts",
        "suggestions": "/suggestions",
        "settings": "/settings",
        "configuration": "/settings/configuration",
        "audit": "/settings/audit",
    }


class Pauses:
    """How long the collector of garbage held everything up, in milliseconds."""

    def __init__(self) -> None:
        self.longest_ms, self._began = 0.0, 0.0
        gc.callbacks.append(self._heard)

    def _heard(self, phase: str, _facts: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.perf_counter()
        else:
            self.longest_ms = max(self.longest_ms, (time.perf_counter() - self._began) * 1e3)


def measure(client: TestClient, address: str, turns: int) -> dict[str, Any]:
    """One page, asked again and again."""
    took, worked, size = [], [], 0
    for turn in range(turns + 1):
        began, busy = time.perf_counter(), time.process_time()
        answer = client.get(address)
        if turn:
            took.append((time.perf_counter() - began) * 1e3)
            worked.append((time.process_time() - busy) * 1e3)
        answer.raise_for_status()
        size = len(answer.content)
    return {
        "p50_ms": _share(took, 0.5),
        "p95_ms": _share(took, 0.95),
        "cpu_p95_ms": _share(worked, 0.95),
        "bytes": size,
    }


def _share(found: list[float], share: float) -> float:
    """What so many of them lie at or below."""
    return round(sorted(found)[min(len(found) - 1, int(len(found) * share))], 1)


def main() -> None:
    """Measure all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=50_000)
    parser.add_argument("--changes", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--only", default="", help="pages whose name begins so")
    asked = parser.parse_args()
    configure("WARNING", as_json=False)
    collect_cycles_rarely()
    register_hearing()
    register_jobs()
    register_configurable()
    with tempfile.TemporaryDirectory() as place:
        runtime = Runtime(Settings(home=Path(place)))
        variants = fill(runtime, Path(place), asked.products)
        held = hold(runtime, variants, asked.changes)
        identify = lambda bearer, address: access.actor_of(runtime, bearer, address=address)  # noqa: E731
        app = make_api(runtime, identify=identify, pages=make_pages(runtime))
        with TestClient(app, headers={"Sec-Fetch-Site": "same-origin"}) as client:
            client.post("/login", data={"name": "ada", "password": _PASSWORD})
            places = pages(held, variants[len(variants) // 2][2], asked.changes // 50)
            keep_for_good()
            pauses = Pauses()
            wanted = {name: place for name, place in places.items() if name.startswith(asked.only)}
            found = {name: measure(client, address, asked.turns) for name, address in wanted.items()}
        runtime.close()
    report = {
        "products": asked.products,
        "changes": asked.changes,
        "load_average": [round(each, 1) for each in os.getloadavg()],
        "slowest_p95_ms": max(each["p95_ms"] for each in found.values()),
        "slowest_cpu_p95_ms": max(each["cpu_p95_ms"] for each in found.values()),
        "pause_ms": round(pauses.longest_ms, 1),
        "heaviest_bytes": max(each["bytes"] for each in found.values()),
        "pages": found,
    }
    json.dump(report, sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()

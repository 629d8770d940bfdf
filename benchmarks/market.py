"""What watching the market costs: observations kept, looked over and read back, and a month that goes.

    uv run python -m benchmarks.market [--snapshots 100000] [--listings 10000] [--databases sqlite,postgresql]

``insert`` puts prepared snapshots into their table; ``of_driver`` is that against the bare driver's own bulk way (executemany,
COPY) with the same rows into the same table, right after it. ``record`` is all of it: judged, compared with what is there,
kept, projected, looked over and told of.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from benchmarks.servers import fresh_url
from mercat.core.actor import SYSTEM
from mercat.core.database import migrate
from mercat.core.database.partitions import drop_partitions
from mercat.core.lists import ListQuery, stream_rows
from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from mercat.domain.market import service as market
from mercat.domain.market.detectors import Tail, detect
from mercat.domain.market.list_repository import LISTINGS
from mercat.domain.market.snapshot_repository import TABLE, Snapshot, SnapshotBulk
from mercat.sdk.market import Observation

_EVERY = dt.timedelta(hours=1)


def values(chance: random.Random) -> dict[str, Any]:
    """What an ordinary source tells."""
    price = f"{chance.randrange(500, 5000) / 100:.2f}".rstrip("0").rstrip(".")
    return {
        "price": price,
        "buybox_price": price,
        "sales_rank": chance.randrange(1, 100_000),
        "offer_count": chance.randrange(1, 30),
        "rating": "4.5",
        "review_count": chance.randrange(1, 5000),
        "in_stock": chance.random() < 0.95,
        "seller_id": "A1",
    }


def timed(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def track(runtime: Runtime, listings: int) -> list[bytes]:
    drafts = [market.TrackDraft(f"B{number:09}", "US") for number in range(listings)]
    done = [
        each
        for start in range(0, listings, 1000)
        for each in runtime.attempt(lambda unit, start=start: market.track_many(unit, drafts[start : start + 1000]))
    ]
    return [each.id.bytes for each in done if each.id]


def snapshots(listings: list[bytes], count: int, until: dt.datetime) -> Iterator[Snapshot]:
    """An hour of all listings after the other, the last one ending at ``until``."""
    chance = random.Random(1)
    hours = -(-count // len(listings))
    for number in range(count):
        at = until - (hours - number // len(listings)) * _EVERY
        yield Snapshot(listings[number % len(listings)], at, "benchmark", "USD", values(chance))


def insert(runtime: Runtime, prepared: list[Snapshot]) -> float:
    def work() -> None:
        with runtime.write(SYSTEM) as unit:
            SnapshotBulk(unit.bulk).insert(prepared, unit.now)

    return timed(work)


def bare(runtime: Runtime, prepared: list[Snapshot]) -> float:
    """The same rows by the driver's own bulk way; their making is not counted, and they are gone afterwards."""
    with runtime.write(SYSTEM) as unit:
        parts = list(SnapshotBulk(unit.bulk).parts(prepared, unit.now))
        rows = [row for part in parts for row in zip(*part.values(), strict=True)]
    names = ", ".join(parts[0])
    connection = runtime.engine.raw_connection()
    try:
        cursor = connection.cursor()
        begun = time.perf_counter()
        if isinstance(connection.driver_connection, psycopg.Connection):
            with cursor.copy(f"COPY {TABLE} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.execute("BEGIN")
            cursor.executemany(f"INSERT INTO {TABLE} ({names}) VALUES ({', '.join('?' * len(parts[0]))})", rows)
        connection.commit()
        seconds = time.perf_counter() - begun
        cursor.execute(f"DELETE FROM {TABLE}")
        connection.commit()
        return seconds
    finally:
        connection.close()


def detectors(count: int) -> float:
    """Observations through all detectors, a listing after the other."""
    chance = random.Random(2)
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    given = [values(chance) for _ in range(count)]

    def work() -> None:
        tail = Tail()
        for number, each in enumerate(given):
            if number % 1000 == 0:
                tail = Tail()
            detect(tail, start + number % 1000 * _EVERY, each, own_sellers={"A2"})

    return timed(work)


def reading(runtime: Runtime, listing: bytes, watched: int) -> dict[str, float]:
    def history() -> None:
        with runtime.read(SYSTEM) as unit:
            market.history(unit, str(UUID(bytes=listing)), fields=["price", "bsr"], days=90)

    def latest() -> None:
        found = stream_rows(runtime, SYSTEM, LISTINGS, ListQuery(fields=["asin", "price", "sales_rank"]))
        if sum(map(len, found)) != watched:
            raise AssertionError

    return {
        "last_90_days_ms": round(min(timed(history) for _ in range(5)) * 1000, 1),
        "latest_of_all_ms": round(min(timed(latest) for _ in range(3)) * 1000, 1),
    }


def measure(runtime: Runtime, count: int, watched: int) -> dict[str, Any]:
    migrate.upgrade(runtime.engine)
    listings = track(runtime, watched)
    with runtime.read(SYSTEM) as unit:
        now = unit.now
    prepared = list(snapshots(listings[:2000], count, now - dt.timedelta(days=40)))
    insert(runtime, prepared[:1])
    with runtime.write(SYSTEM) as unit:
        unit.bulk.run(f"DELETE FROM {TABLE}")
    floors, inserts = [], []
    floors.append(bare(runtime, prepared))
    inserts.append(insert(runtime, prepared))
    seen = [
        Observation(
            asin=f"B{number % 2000:09}",
            marketplace="US",
            observed_at=now - dt.timedelta(hours=24 - number // 2000),
            **values(random.Random(number)),
        )
        for number in range(min(count, 20_000))
    ]

    def work() -> None:
        for start in range(0, len(seen), 2000):
            some = seen[start : start + 2000]
            runtime.attempt(lambda unit, some=some: market.record(unit, some, provider="benchmark"))

    recorded = timed(work)
    found: dict[str, Any] = {
        "snapshots": count,
        "listings": watched,
        "insert_per_second": round(count / inserts[0]),
        "of_driver": round(floors[0] / inserts[0], 2),
        "record_per_second": round(len(seen) / recorded),
        **reading(runtime, listings[0], watched),
    }
    rows = count

    def month() -> None:
        with runtime.write(SYSTEM) as unit:
            if unit.bulk.is_postgres:
                drop_partitions(unit.bulk, TABLE, now - dt.timedelta(days=5))
            else:
                unit.bulk.run(
                    f"DELETE FROM {TABLE} WHERE scraped_at < ?", [unit.bulk.time(now - dt.timedelta(days=35))]
                )

    found["old_month_goes_s"] = round(timed(month), 3)
    found["old_month_rows"] = rows
    return found


def main() -> None:
    """Measure and print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snapshots", type=int, default=100_000)
    parser.add_argument("--listings", type=int, default=10_000)
    parser.add_argument("--databases", default="sqlite,postgresql")
    given = parser.parse_args()
    seconds = detectors(100_000)
    document: dict[str, Any] = {
        "load_average": os.getloadavg()[0],
        "detectors_100000_s": round(seconds, 2),
    }
    for name in given.databases.split(","):
        with (
            tempfile.TemporaryDirectory() as folder,
            fresh_url(name, "market") as url,
            closing(Runtime(Settings(home=Path(folder), database_url=url))) as runtime,
        ):
            document[name] = measure(runtime, given.snapshots, given.listings)
    json.dump(document, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()

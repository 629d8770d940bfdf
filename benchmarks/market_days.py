"""A month of watching: every slot of every listing answered or explained, though its source is silent for six hours.

    uv run python -m benchmarks.market_days [--days 30] [--listings 2000] [--hourly 200] [--database sqlite]

The clock is turned by hand, a quarter of an hour at a time; a source in this process answers at once, and on the tenth day not at
all from midnight to six. Everything else is as a worker does it: what is due is leased, asked about, kept, looked over, told of.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.servers import fresh_url
from mercat.core import unit as units
from mercat.core.actor import SYSTEM
from mercat.core.database import migrate
from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from mercat.domain.market import service as market
from mercat.domain.market.snapshot_repository import instant
from mercat.sdk.channels import Call, Surroundings
from mercat.sdk.connector import Connector, Market, SourceSettings, StoreSecrets
from mercat.sdk.errors import Unavailable
from mercat.sdk.installed import connectors
from mercat.sdk.market import Look, Observation, Wanted
from mercat.sdk.marketplaces import MARKETPLACES

_STEP = dt.timedelta(minutes=15)
_OUTAGE = (dt.timedelta(days=10), dt.timedelta(days=10, hours=6))
_NAME = "simulated"


class Clock:
    """Mercat's clock, turned by hand."""

    def __init__(self) -> None:
        self.start = self.at = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.at

    @property
    def is_out(self) -> bool:
        return _OUTAGE[0] <= self.at - self.start < _OUTAGE[1]


CLOCK = Clock()


class Simulated:
    """A source whose prices move once a day, and whose ranks move always."""

    def __init__(self, _settings: SourceSettings, _secrets: StoreSecrets, around: Surroundings) -> None:
        self.around = around

    def _call(self) -> None:
        self.around.called(Call(_NAME, "observe", 0 if CLOCK.is_out else 200, 1.0))
        if CLOCK.is_out:
            raise Unavailable("it does not answer")

    def allowance(self) -> None:
        self._call()

    def observe(self, wanted: Sequence[Wanted]) -> Iterator[Look]:
        self._call()
        day, hour = divmod(int((CLOCK.at - CLOCK.start).total_seconds() // 3600), 24)
        for each in wanted:
            number = int(each.asin[1:])
            price = f"{10 + number % 50 + (day * 7 + number) % 5}"
            rank = 1_000 + (number * 37 + day * 24 + hour) % 500
            values: dict[str, Any] = {"price": price, "sales_rank": rank, "in_stock": True, "seller_id": "A1"}
            seen = Observation(asin=each.asin, marketplace=each.marketplace, observed_at=CLOCK.at, **values)
            yield Look(each.asin, each.marketplace, seen)


connector = Connector(
    title="Simulated",
    market=Market(SourceSettings, StoreSecrets, at_once=500, marketplaces=frozenset(MARKETPLACES), make=Simulated),
)


def install(folder: Path) -> None:
    """Have the source found as every connector is."""
    info = folder / "simulated-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: simulated\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[mercat.connectors]\n{_NAME} = benchmarks.market_days:connector\n")
    sys.path.insert(0, str(folder))
    connectors.cache_clear()


def watch(runtime: Runtime, listings: int, hourly: int) -> None:
    market.add_source(runtime, SYSTEM, market.SourceDraft(_NAME, _NAME))
    for start in range(0, listings, 1_000):
        drafts = [
            market.TrackDraft(f"B{number:09}", "US", source=_NAME, frequency="hourly" if number < hourly else "daily")
            for number in range(start, min(start + 1_000, listings))
        ]
        runtime.attempt(lambda unit, drafts=drafts: market.track_many(unit, drafts))


def live(runtime: Runtime, days: int) -> int:
    """So many days; how many observations were kept."""
    kept, end = 0, CLOCK.start + dt.timedelta(days=days)
    while CLOCK.at < end:
        with runtime.write(SYSTEM) as unit:
            names = market.enqueue_due(unit)
        for name in names:
            kept += market.refresh(runtime, SYSTEM, name).new
        if CLOCK.at.hour == 2 and CLOCK.at.minute == 15:
            market.keep_history(runtime, SYSTEM)
        CLOCK.at += _STEP
    return kept


def judge(runtime: Runtime, listings: int, hourly: int, end: dt.datetime) -> dict[str, Any]:
    """Slots that lie further apart than their rhythm, with its jitter and a look every quarter of an hour, allows."""
    with runtime.read(SYSTEM) as unit:
        rows = unit.bulk.fetch(
            "SELECT m.asin, s.scraped_at FROM product_snapshots s JOIN market_products m ON m.id = s.market_product_id "
            "ORDER BY m.asin, s.scraped_at"
        )
        stopped = unit.bulk.fetch(
            "SELECT COUNT(*) FROM market_products WHERE next_due_at IS NULL OR last_error IS NOT NULL"
        )
        runs = unit.bulk.fetch("SELECT COUNT(*) FROM sync_history WHERE status = 'failed'")
    out = (CLOCK.start + _OUTAGE[0], CLOCK.start + _OUTAGE[1])
    seen: dict[str, list[dt.datetime]] = {}
    for asin, at in rows:
        seen.setdefault(asin, []).append(instant(at))
    missed = explained = 0
    for asin, times in seen.items():
        every = dt.timedelta(hours=1 if int(asin[1:]) < hourly else 24)
        for earlier, later in zip(times, [*times[1:], end], strict=True):
            if later - earlier > every * 1.06 + 2 * _STEP:
                is_explained = earlier < out[1] and later > out[0] and later <= out[1] + dt.timedelta(hours=6.5)
                explained += is_explained
                missed += not is_explained
    return {
        "never_seen": listings - len(seen),
        "gaps_of_the_outage": explained,
        "gaps_without_a_reason": missed,
        "stopped_or_failing_at_the_end": int(stopped[0][0]),
        "runs_that_failed": int(runs[0][0]),
    }


def main() -> None:
    """Measure and print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--listings", type=int, default=2_000)
    parser.add_argument("--hourly", type=int, default=200)
    parser.add_argument("--database", default="sqlite")
    given = parser.parse_args()
    load = os.getloadavg()[0]
    with (
        tempfile.TemporaryDirectory() as folder,
        fresh_url(given.database, "market_days") as url,
        closing(Runtime(Settings(home=Path(folder) / "home", database_url=url))) as runtime,
    ):
        install(Path(folder) / "site")
        migrate.upgrade(runtime.engine)
        units.now = CLOCK  # type: ignore[assignment]  # the clock of every unit
        watch(runtime, given.listings, given.hourly)
        begun, cpu = time.perf_counter(), time.process_time()
        kept = live(runtime, given.days)
        document = {
            "load_average": load,
            "database": given.database,
            "days": given.days,
            "listings": given.listings,
            "hourly": given.hourly,
            "observations": kept,
            "seconds": round(time.perf_counter() - begun, 1),
            "cpu_seconds": round(time.process_time() - cpu, 1),
            **judge(runtime, given.listings, given.hourly, CLOCK.start + dt.timedelta(days=given.days)),
        }
    json.dump(document, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    # The source is found by the module's name: it has to be the same module, with the same clock.
    from benchmarks.market_days import main as of_the_module

    of_the_module()

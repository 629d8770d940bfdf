"""What is asked of the market most often is answered from an index, on every database."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest

from mercat.core.database.bulk import Bulk
from mercat.core.unit import Runtime
from mercat.domain.market.history_repository import HistoryBulk
from mercat.domain.market.metrics import metrics_of
from mercat.domain.market.ranking_repository import RankingBulk
from mercat.domain.market.snapshot_repository import Snapshot, SnapshotBulk
from mercat.domain.market.tail_repository import TailBulk
from tests.domain.catalog.test_query_plans import Explaining
from tests.domain.market.conftest import START, Clock, asin, track
from tests.shops import ANN

_LISTINGS, _HOURS = 100, 100


@pytest.fixture
def watched(runtime: Runtime, clock: Clock) -> list[bytes]:
    """Listings with a past of some days in two months."""
    clock.pass_(days=60)
    ids = [each.id.bytes for each in track(runtime, *map(asin, range(_LISTINGS))) if each.id]
    start = START + dt.timedelta(days=28)
    past = [
        Snapshot(each, start + dt.timedelta(hours=hour), "test", "USD", {"price": "1", "sales_rank": hour + 1})
        for each in ids
        for hour in range(_HOURS)
    ]
    with runtime.write(ANN) as unit:
        SnapshotBulk(unit.bulk).insert(past, unit.now)
    with runtime.write(ANN) as unit:
        # As the nightly upkeep does: plans are made of statistics.
        tables = ("product_snapshots", "market_products")
        for table in tables:
            unit.bulk.fetch(f"ANALYZE TABLE {table}") if unit.bulk.dialect in {"mysql", "mariadb"} else unit.bulk.run(
                f"ANALYZE {table}"
            )
    return ids


def questions(bulk: Bulk, ids: list[bytes], now: dt.datetime) -> dict[str, Callable[[], Any]]:
    history, metrics = HistoryBulk(bulk), metrics_of(["price", "bsr"])
    tails = TailBulk(bulk, frozenset())
    states = list(SnapshotBulk(bulk).states([(asin(1), "US")]).values())
    for each in states:
        each.last_at = now
    new = {each.listing: [Snapshot(each.listing, now, "test", "USD", {"sales_rank": 7})] for each in states}
    return {
        "the last days of a listing": lambda: history.many([ids[0]], metrics, now - dt.timedelta(days=90), now),
        "what held before": lambda: history.before(ids[0], metrics, now),
        "what was stated last": lambda: SnapshotBulk(bulk).stated_last(ids[0]),
        "the recent past of many": lambda: tails.tails(states, new),
        "which are there already": lambda: SnapshotBulk(bulk).known({ids[0]: [START + dt.timedelta(days=28)]}),
    }


def test_the_past_and_the_latest_are_read_from_an_index(runtime: Runtime, watched: list[bytes]) -> None:
    missing = {}
    with runtime.read(ANN) as unit:
        # Of a table as small as this one, reading all of it is as cheap: which way is taken would be luck.
        unit.bulk.prefer_indexes()
        bulk = Explaining(unit.session.connection())
        for name, ask in questions(bulk, watched, START + dt.timedelta(days=40)).items():
            bulk.plans.clear()
            assert ask(), name
            if any(_reads_all(bulk, plan) for plan in bulk.plans):
                missing[name] = list(bulk.plans)
    assert missing == {}


def test_a_categorys_lists_are_read_from_an_index(runtime: Runtime) -> None:
    with runtime.read(ANN) as unit:
        unit.bulk.prefer_indexes()  # the table is empty, and reading nothing at all would be cheaper
        bulk = Explaining(unit.session.connection())
        RankingBulk(bulk).last(bytes(16), START)
    [plan] = bulk.plans
    wanted = {"sqlite": "USING INDEX", "postgresql": "uq_bestseller_scrapes"}.get(bulk.dialect, "uq_bestseller_scrapes")
    assert wanted in plan or "Impossible WHERE" in plan, plan


def _reads_all(bulk: Bulk, plan: str) -> bool:
    if "product_snapshots" not in plan:
        return False
    if bulk.is_sqlite:
        return "SCAN product_snapshots" in plan or "SEARCH product_snapshots USING" not in plan
    if bulk.is_postgres:
        return "Seq Scan on product_snapshots" in plan
    return (
        re.search(
            r'"table_name": "product_snapshots",(\s*"partitions": \[[^]]*\],)?\s*"access_type": "(ALL|index)"', plan
        )
        is not None
    )

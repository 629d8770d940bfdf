"""The past: points as they were stated, means over time, days in a line, and what goes when it is old."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from mercat.core.database.partitions import partitions
from mercat.core.errors import Invalid
from mercat.core.unit import Runtime
from mercat.domain.market import service as market
from mercat.domain.market.averaging import mean, median, share
from mercat.domain.market.metrics import METRICS
from mercat.domain.market.models import ProductSnapshot, SnapshotDaily
from mercat.domain.market.schemas import Point
from mercat.domain.market.snapshot_repository import SnapshotBulk
from mercat.domain.operations import service as operations
from tests.domain.market.conftest import ASIN, START, Clock, record, seen, track
from tests.shops import ANN

DAY = dt.timedelta(days=1)


def past(runtime: Runtime, *fields: str, until: float = 24 * 20, **how: Any) -> market.History:
    with runtime.read(ANN) as unit:
        return market.history(unit, ASIN, fields=fields, until=START + dt.timedelta(hours=until), **how)


def at(hours: float, value: Any) -> Point:
    return Point(START + dt.timedelta(hours=hours), value)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    steps=st.lists(st.tuples(st.integers(0, 999), st.one_of(st.none(), st.integers(0, 10**6))), max_size=12),
    window=st.tuples(st.integers(0, 999), st.integers(1, 999)),
    before=st.one_of(st.none(), st.integers(0, 10**6)),
)
def test_a_mean_is_the_floor_of_what_minutes_say_one_by_one(
    steps: list[tuple[int, int | None]], window: tuple[int, int], before: int | None
) -> None:
    """Against the plainest counting there is: the value of each minute, added up."""
    held = dict(steps)
    points = [Point(START + dt.timedelta(minutes=minute), held[minute]) for minute in sorted(held)]
    start, end = window[0], window[0] + window[1]
    inside = [each for each in points if START + dt.timedelta(minutes=start) <= each.at]
    earlier = [each.value for each in points if each.at < START + dt.timedelta(minutes=start)]
    opening = earlier[-1] if earlier else before
    values, value = [], opening
    for minute in range(start, end):
        value = held.get(minute, value)
        values.append(value)
    known = [each for each in values if each is not None]

    found = mean(
        inside,
        START + dt.timedelta(minutes=start),
        START + dt.timedelta(minutes=end),
        metric=METRICS["sales_rank"],
        currency="USD",
        before=opening,
    )

    assert found == (int(Fraction(sum(known), len(known))) if known else None)


def test_money_is_rounded_down_to_the_smallest_unit_that_there_is() -> None:
    points = [at(0, "10.00"), at(1, "10.01")]
    ends = START, START + dt.timedelta(hours=3)

    assert mean(points, *ends, metric=METRICS["price"], currency="USD") == Decimal("10.00")
    assert mean([at(0, "100"), at(1, "101")], *ends, metric=METRICS["price"], currency="JPY") == Decimal(100)
    assert mean([at(0, "4.5"), at(2, None)], *ends, metric=METRICS["rating"], currency="USD") == Decimal("4.5")


def test_shares_and_medians_are_of_the_known_time() -> None:
    ends = START, START + dt.timedelta(hours=10)

    assert share([at(2, True), at(4, False)], *ends) == Decimal("0.25")
    assert share([], *ends, before=True) == 1
    assert share([], *ends) is None
    assert median([at(0, 100), at(9, 1), at(9.5, 5000)], *ends) == 100
    assert median([], *ends) is None


def test_points_come_back_as_they_were_stated(runtime: Runtime) -> None:
    track(runtime)
    record(
        runtime,
        seen(0, price="20", original_price="25", extra={"warehouse_price": "9"}),
        seen(24, price="15", sales_rank=7),
        seen(48, price=None),
        seen(72, sales_rank=7, buybox_price="14", buybox_shipping="3.50"),
    )

    found = past(runtime, "price", "bsr", "discount", "warehouse_price", "landed_buybox_price", until=96)
    price, rank, discount, warehouse, landed = found.metrics

    assert price.points == [at(0, "20"), at(24, "15"), at(48, None)]
    assert (price.least, price.most, price.before) == ("15", "20", None)
    assert price.means["30"] == "17.5"  # a day at 20, a day at 15, two days of nothing
    assert rank.points == [at(24, 7), at(72, 7)]  # stated twice, and the same each time
    assert discount.points == [at(0, "20.00"), at(24, "40.00"), at(48, None)]
    assert warehouse.points == [at(0, "9")]
    assert landed.points == [at(72, "17.5")]


def test_what_held_before_counts(runtime: Runtime) -> None:
    track(runtime)
    record(runtime, seen(0, price="20"), seen(24 * 15, price="10"))

    [price] = past(runtime, "price", days=10).metrics

    assert (price.before, price.points) == ("20", [at(24 * 15, "10")])
    assert price.means["30"] == "17.5"
    with pytest.raises(Invalid, match="no metric"):
        past(runtime, "beauty")
    with pytest.raises(Invalid, match="days go from"):
        past(runtime, "price", days=0)


def test_a_day_is_a_line(runtime: Runtime) -> None:
    track(runtime)
    record(
        runtime,
        seen(0, price="20", sales_rank=100, in_stock=True, rating="4.5"),
        seen(6, price="30"),
        seen(12, price="10", sales_rank=50, in_stock=False),
        seen(24 + 12, price=None, review_count=3),
    )
    with runtime.write(ANN) as unit:
        row = market.find(unit, ASIN)
        assert market.roll_up(unit, [row.id.bytes], START) == 2
    with runtime.write(ANN) as unit:
        assert market.roll_up(unit, [row.id.bytes], START) == 2

    first, second = past(runtime, "price", daily=True).days

    assert [first[f"price_{name}"] for name in ("open", "high", "low", "close", "mean")] == [
        "20",
        "30",
        "10",
        "10",
        "17.5",
    ]
    assert [first[f"rank_{name}"] for name in ("min", "max", "close")] == [50, 100, 50]
    assert (first["in_stock_share"], first["observations"], first["rating"]) == ("0.5", 3, "4.5")
    assert [second[f"price_{name}"] for name in ("open", "high", "low", "close")] == ["10", "10", "10", None]
    assert (second["in_stock_share"], second["review_count"], second["rank_close"]) == ("0", 3, 50)


def test_what_is_old_goes_and_its_days_stay(runtime: Runtime) -> None:
    track(runtime)
    with runtime.read() as unit:
        now = unit.now
    hours = (now - START) // dt.timedelta(hours=1)
    record(runtime, *(seen(hours - 24 * ago - 1, price=str(ago + 1)) for ago in range(200, -1, -10)))
    before = _count(runtime)

    done = market.keep_history(runtime, ANN)
    again = market.keep_history(runtime, ANN)

    is_postgres = runtime.engine.dialect.name == "postgresql"
    oldest, lines = _oldest(runtime), _lines(runtime)
    assert oldest >= now - dt.timedelta(days=122 if is_postgres else 92)
    assert before - _count(runtime) >= (7 if is_postgres else 10)
    assert lines >= before - _count(runtime)
    assert (again["removed"], again["partitions_dropped"], _lines(runtime)) == (0, 0, lines)
    assert bool(done["partitions_dropped"]) == is_postgres
    if is_postgres:
        with runtime.read() as unit:
            assert len(partitions(unit.bulk, "product_snapshots")) >= 3
    with runtime.read(ANN) as unit:
        days = market.history(unit, ASIN, days=365, daily=True).days
    assert days[0]["price_close"] == "201"


def test_for_ever_is_for_ever(sqlite_runtime: Runtime) -> None:
    track(sqlite_runtime)
    record(sqlite_runtime, seen(-24 * 300, price="1"))
    with sqlite_runtime.write(ANN) as unit:
        operations.set_configuration(unit, sqlite_runtime.secrets, "retention.market_days", "0")

    assert market.keep_history(sqlite_runtime, ANN)["removed"] == 0
    assert _count(sqlite_runtime) == 1


def _count(runtime: Runtime) -> int:
    with runtime.read() as unit:
        return unit.session.scalar(select(func.count()).select_from(ProductSnapshot)) or 0


def _lines(runtime: Runtime) -> int:
    with runtime.read() as unit:
        return unit.session.scalar(select(func.count()).select_from(SnapshotDaily)) or 0


def _oldest(runtime: Runtime) -> dt.datetime:
    with runtime.read() as unit:
        found = unit.session.scalar(select(func.min(ProductSnapshot.scraped_at)))
    assert found is not None
    return found


def test_means_reach_back_beyond_what_is_kept_of_single_observations(runtime: Runtime, clock: Clock) -> None:
    """Of 180 days 120 cost 10 and 60 cost 16, whether they are kept one by one or in lines."""
    track(runtime)
    past = [
        seen(24 * day, price="10" if day < 120 else "16", sales_rank=100, in_stock=day % 2 == 0) for day in range(180)
    ]
    clock.pass_(days=180)
    record(runtime, *past, is_quiet=True)
    with runtime.write(ANN) as unit:
        [state] = SnapshotBulk(unit.bulk).states([(ASIN, "US")]).values()
        market.roll_up(unit, [state.listing], START)

    def means() -> dict[str, dict[str, str | None]]:
        with runtime.read(ANN) as unit:
            told = market.history(unit, ASIN, fields=["price", "bsr", "in_stock"], days=30)
        return {each.name: each.means for each in told.metrics}

    whole = means()
    market.keep_history(runtime, ANN)
    thinned = means()
    assert whole == thinned
    assert (whole["price"]["180"], whole["price"]["30"], whole["sales_rank"]["365"]) == ("12", "16", "100")
    assert whole["in_stock"]["180"] == "0.5"

"""What was seen is kept once, in whatever order it comes, and the listing shows what was stated last."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from sqlalchemy import func, select

from mercat.core.database import migrate
from mercat.core.database.partitions import partitions
from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from mercat.domain.market import service as market
from mercat.domain.market.metrics import COLUMNS, LATEST
from mercat.domain.market.models import MarketProduct, ProductSnapshot
from mercat.sdk.market import Observation, Rank
from mercat.sdk.roles import FeedFile
from tests.domain.market.conftest import ASIN, START, asin, latest, record, seen, track
from tests.shops import ANN


def test_metrics_are_the_fields_of_an_observation_and_the_columns_of_a_snapshot() -> None:
    names = [each.name for each in COLUMNS]

    assert list(Observation.__struct_fields__)[4:-2] == names
    assert set(names) <= set(ProductSnapshot.__table__.columns.keys())
    assert set(LATEST) <= set(MarketProduct.__table__.columns.keys())
    assert [each.bit for each in COLUMNS] == list(range(len(COLUMNS)))


def test_the_latest_is_what_each_metric_was_stated_last(runtime: Runtime) -> None:
    track(runtime)
    result = record(
        runtime,
        seen(0, price="20", original_price="25", sales_rank=100, in_stock=True, rating="4.5", seller="Acme"),
        seen(1, price="15"),
        seen(2, sales_rank=None, coupon="5 %"),
    )

    shown = latest(runtime)
    assert (result.new, result.duplicates, result.refused) == (3, 0, 0)
    assert (shown["price"], shown["original_price"], shown["discount_pct"]) == ("15", "25", "40")
    assert (shown["sales_rank"], shown["in_stock"], shown["rating"]) == (None, True, "4.5")
    assert (shown["seller"], shown["coupon"], shown["at"]) == ("Acme", "5 %", START + dt.timedelta(hours=2))


def test_duplicates_change_nothing(runtime: Runtime) -> None:
    track(runtime)
    first = [seen(n, price=str(10 + n), in_stock=True) for n in range(5)]
    record(runtime, *first)
    before = _rows(runtime), latest(runtime)

    again = record(runtime, *first, seen(2, price="999"), seen(2, price="998"))

    assert (again.new, again.duplicates) == (0, 7)
    assert (_rows(runtime), latest(runtime)) == before


def test_what_comes_late_changes_the_past_only(runtime: Runtime) -> None:
    track(runtime)
    record(runtime, seen(5, price="20", in_stock=True))

    late = record(runtime, seen(1, price="10", review_count=7), seen(2, price="12"))

    shown = latest(runtime)
    assert late.new == 2
    assert (shown["price"], shown["at"]) == ("20", START + dt.timedelta(hours=5))
    assert shown["review_count"] == 7  # stated by nobody later


_metric = st.fixed_dictionaries(
    {},
    optional={
        "price": st.sampled_from([None, "1", "2.5", "1999.99"]),
        "sales_rank": st.sampled_from([None, 1, 50]),
        "in_stock": st.booleans(),
        "seller": st.sampled_from([None, "Ann", "Bob"]),
    },
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.lists(st.tuples(st.integers(0, 6), _metric), min_size=1, max_size=12), cuts=st.integers(1, 4))
def test_the_order_in_which_things_become_known_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, data: list[tuple[int, dict[str, Any]]], cuts: int
) -> None:
    """The first word about an instant counts; the projection is the fold of what was kept."""
    first: dict[int, dict[str, Any]] = {}
    for hour, values in data:
        first.setdefault(hour, values)
    wanted: dict[str, Any] = dict.fromkeys(LATEST)
    for hour in sorted(first):
        wanted |= first[hour]
    runtime = _fresh(tmp_path_factory)
    try:
        track(runtime)
        for start in range(0, len(data), cuts):
            record(runtime, *(seen(hour, **values) for hour, values in data[start : start + cuts]))
        shown = latest(runtime)
        assert {name: shown[name] for name in LATEST} == wanted
        with runtime.write(ANN) as unit:
            row = market.find(unit, ASIN)
            assert {**dict.fromkeys(LATEST), **market.rebuild(unit, row.id, row.asin, row.marketplace)} == wanted
        assert _count(runtime) == len(first)
    finally:
        runtime.close()


def _fresh(tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    home = tmp_path_factory.mktemp("order")
    template = tmp_path_factory.getbasetemp() / "market-template.db"
    if not template.exists():
        made = Runtime(Settings(home=home))
        migrate.upgrade(made.engine)
        with made.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        made.close()
        template.write_bytes((home / "mercat.db").read_bytes())
    else:
        (home / "mercat.db").write_bytes(template.read_bytes())
    return Runtime(Settings(home=home))


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"hours": -30_000, "price": "1"}, "is not kept"),
        ({"hours": 24 * 365, "price": "1"}, "yet to come"),
        ({"price": "-1"}, "is no amount"),
        ({"price": "1,5"}, "is no amount"),
        ({"rating": "5.1"}, "more than five stars"),
        ({"sales_rank": 0}, "count from 1"),
        ({"review_count": 2**40}, "is no number"),
        ({"extra": {"nonsense": 1}}, "no metric"),
        ({"of": asin(7)}, "is not watched"),
    ],
)
def test_what_cannot_have_been_seen_is_refused_and_stops_nothing(
    sqlite_runtime: Runtime, values: dict[str, Any], says: str
) -> None:
    track(sqlite_runtime)

    result = record(sqlite_runtime, seen(**values), seen(1, price="7"))

    assert (result.new, result.refused) == (1, 1)
    assert says in result.reasons[0]


def test_everything_that_an_observation_says_comes_back(runtime: Runtime) -> None:
    track(runtime)
    values: dict[str, Any] = {each.name: _sample(each.name, each.unit) for each in COLUMNS}
    values["ranks"] = [Rank("display_group", "Lab", 12), Rank("classification", "Tubes", 3, "393384011")]
    record(runtime, seen(0, **values, extra={"warehouse_price": "9.99", "fba_offer_count": 2}))

    with runtime.read() as unit:
        row = unit.session.scalars(select(ProductSnapshot)).one()
        for each in COLUMNS:
            kept = getattr(row, each.name)
            wanted = values[each.name]
            assert (str(kept.normalize()) if hasattr(kept, "normalize") else kept) == (
                [
                    {"kind": r.kind, "name": r.name, "rank": r.rank, **({"node": r.node} if r.node else {})}
                    for r in wanted
                ]
                if each.name == "ranks"
                else wanted
            ), each.name
        assert row.stated == 2 ** (len(COLUMNS) + 1) - 1
        assert row.extra == {"warehouse_price": "9.99", "fba_offer_count": 2}
        assert row.scraped_at == START


def _sample(name: str, unit: str) -> Any:
    return {"money": "1234.5", "stars": "4.5", "flag": True, "text": f"a {name}"}.get(unit, 42)


def test_months_without_a_partition_get_one(runtime: Runtime) -> None:
    track(runtime)
    record(runtime, seen(-24 * 200, price="1"), seen(0, price="2"), seen(1, price="3"))

    with runtime.read() as unit:
        months = partitions(unit.bulk, "product_snapshots")
    assert _count(runtime) == 3
    if runtime.engine.dialect.name == "postgresql":
        assert {(2026, 4), (2026, 11)} <= set(months)
    else:
        assert months == []


def test_a_file_is_taken_in_once(runtime: Runtime, tmp_path: Path) -> None:
    path = tmp_path / "seen.csv"
    rows = [f'{asin(n % 3)},DE,2026-11-0{n % 5 + 1}T00:00:00Z,"1.{n:03},50"' for n in range(15)]
    path.write_text("\n".join(["asin,marketplace,observed_at,price", *rows, "nonsense,DE,2026-11-01,1"]) + "\n")
    asked = market.ObservationImport([FeedFile(path.name, path)], create=True)

    first = market.import_observations(runtime, ANN, asked)
    again = market.import_observations(runtime, ANN, asked)

    assert (first.seen, first.new, first.created, first.refused) == (16, 15, 3, 1)
    assert (again.new, again.duplicates, again.created, again.refused) == (0, 15, 0, 1)
    assert latest(runtime, asin(1))["price"] is not None
    assert _count(runtime) == 15


def test_the_currency_is_that_of_the_last_word(sqlite_runtime: Runtime) -> None:
    """A listing with the currency of another place keeps what was stated."""
    track(sqlite_runtime)
    record(sqlite_runtime, seen(0, price="5", currency="EUR"), seen(1, price=None, currency=UNSET))

    shown = latest(sqlite_runtime)
    assert (shown["currency"], shown["price"]) == ("USD", None)


def _count(runtime: Runtime) -> int:
    with runtime.read() as unit:
        return unit.session.scalar(select(func.count()).select_from(ProductSnapshot)) or 0


def _rows(runtime: Runtime) -> list[Any]:
    with runtime.read() as unit:
        return [tuple(each) for each in unit.session.execute(select(ProductSnapshot.__table__))]

"""Listings are looked at when they are due; what fails is tried again, says why, and is never given up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from mercat.core.errors import Conflict, Invalid
from mercat.core.unit import Runtime
from mercat.domain.alerts.models import Alert
from mercat.domain.market import service as market
from mercat.domain.market.models import MarketProduct, ProductSnapshot
from mercat.domain.market.pacing import Candidate, Next, Outcome, Pace, first, following, jitter
from mercat.domain.operations import service as operations
from mercat.domain.operations.models import SyncHistory
from mercat.sdk.errors import RateLimited, Unauthorized, Unavailable
from tests.domain.market.booth import KEY, World
from tests.domain.market.conftest import START, Clock, asin, tick, track
from tests.shops import ANN

Connect = Callable[[Runtime], market.SourceView]
HOUR, DAY = 3_600, 86_400


def listings(runtime: Runtime) -> dict[str, MarketProduct]:
    with runtime.read(ANN) as unit:
        return {each.asin: each for each in unit.session.scalars(select(MarketProduct))}


def open_alerts(runtime: Runtime, kind: str) -> list[Alert]:
    with runtime.read(ANN) as unit:
        rows = select(Alert).where(Alert.alert_type == kind, Alert.status == "open")
        return list(unit.session.scalars(rows))


_step = st.sampled_from(["seen", "not_found", "failed"])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    outcomes=st.lists(st.tuples(_step, st.integers(0, 3 * DAY)), max_size=30),
    every_s=st.sampled_from([300, HOUR, DAY, 7 * DAY]),
    listing=st.uuids(),
)
def test_no_listing_ever_stops(outcomes: list[tuple[Outcome, int]], every_s: int, listing: UUID) -> None:
    """Whatever comes of it and however late, it is due again: later than now, and no later than its longest wait."""
    now, then = START, Next(START)
    for outcome, late in outcomes:
        now = max(now, then.due_at) + dt.timedelta(seconds=late)
        pace = Pace(listing, every_s, then.due_at, then.failures, then.not_found, then.not_found_since)
        then = following(pace, outcome, now)
        longest = max(every_s, 6 * HOUR) * 1.06
        assert now < then.due_at <= now + dt.timedelta(seconds=longest)
        assert then.failures == (pace.failures + 1 if outcome == "failed" else 0)


def test_what_goes_well_keeps_its_slots() -> None:
    listing = UUID(int=7)
    base = START + jitter(listing, dt.timedelta(seconds=HOUR))
    pace = Pace(listing, HOUR, base)

    assert following(pace, "seen", base + dt.timedelta(minutes=7)).due_at == base + dt.timedelta(hours=1)
    assert following(pace, "seen", base + dt.timedelta(hours=5.5)).due_at == base + dt.timedelta(hours=6)


def test_failures_wait_longer_and_longer() -> None:
    waits, then = [], Next(START)
    for _ in range(12):
        pace = Pace(UUID(int=1), HOUR, START, then.failures)
        then = following(pace, "failed", START)
        waits.append((then.due_at - START) / dt.timedelta(minutes=1))

    assert waits == sorted(waits)
    assert 5 <= waits[0] < 6
    assert 360 <= waits[-1] <= 370


def test_unlisted_is_three_times_over_a_day_and_not_before() -> None:
    pace = Pace(UUID(int=1), HOUR, START)
    answers = []
    for hours in (0, 1, 2, 25):
        then = following(pace, "not_found", START + dt.timedelta(hours=hours))
        answers.append(then.has_vanished)
        pace = Pace(UUID(int=1), HOUR, then.due_at, 0, then.not_found, then.not_found_since)

    assert answers == [False, False, False, True]
    assert following(pace, "seen", START + dt.timedelta(hours=26)).not_found == 0
    weekly = Pace(UUID(int=1), 7 * DAY, START)
    assert following(weekly, "not_found", START).due_at <= START + dt.timedelta(hours=12)


def test_what_is_ours_and_restless_goes_first_and_nothing_is_left_behind() -> None:
    def due(number: int, hours: float, volatility: str = "0", *, is_ours: bool = False) -> Candidate:
        return Candidate(UUID(int=number), START - dt.timedelta(hours=hours), HOUR, Decimal(volatility), is_ours)

    candidates = [due(1, 0.1), due(2, 0.1, is_ours=True), due(3, 0.1, "0.9"), due(4, 9)]

    assert [each.int for each in first(candidates, 3, START)] == [4, 3, 2]
    assert first(candidates, 0, START) == []
    assert len(first(candidates, None, START)) == 4


def test_what_is_due_is_asked_about_and_kept(runtime: Runtime, world: World, connect: Connect, clock: Clock) -> None:
    view = connect(runtime)
    track(runtime, asin(1), frequency="hourly", source="booth")
    track(runtime, asin(2), source="booth")
    track(runtime, asin(3))
    [done] = tick(runtime)

    assert (done.asked, done.new, done.due, done.status) == (2, 2, 2, "success")
    assert tick(runtime) == []
    clock.pass_(minutes=75)
    [again] = tick(runtime)
    assert (again.asked, world.asked[-1]) == (1, asin(1))
    with runtime.read(ANN) as unit:
        [shown] = market.list_sources(unit)
        assert (shown.name, shown.listings, shown.last_success_at) == (view.name, 2, clock.at)
        assert {each.service: each.calls for each in operations.usage(unit)}["booth"] == 5
        runs = list(unit.session.scalars(select(SyncHistory).where(SyncHistory.sync_type == "market_refresh")))
    assert [each.items_successful for each in runs] == [2, 1]


def test_a_wrong_source_is_not_kept(runtime: Runtime, world: World, connect: Connect) -> None:
    world.failure = Unauthorized("the key is unknown")
    with pytest.raises(Unauthorized):
        connect(runtime)
    world.failure = None
    with pytest.raises(Invalid, match="key"):
        market.add_source(runtime, ANN, market.SourceDraft("booth", "booth"))
    with pytest.raises(Invalid, match="watches the market"):
        market.add_source(runtime, ANN, market.SourceDraft("x", "table"))
    connect(runtime)
    with pytest.raises(Conflict, match="remove it first"):
        connect(runtime)
    with runtime.write(ANN) as unit:
        market.remove_source(unit, "booth")
        assert market.list_sources(unit) == []
    connect(runtime)


def test_a_source_that_fails_says_so_rests_and_comes_back(
    runtime: Runtime, world: World, connect: Connect, clock: Clock
) -> None:
    """D4, check 11."""
    connect(runtime)
    track(runtime, asin(1), asin(2), frequency="hourly", source="booth")
    tick(runtime)
    world.failure = Unavailable("the booth is closed")
    for _ in range(12 * 8):
        clock.pass_(minutes=5)
        tick(runtime)

    rows = listings(runtime)
    assert {each.last_error for each in rows.values()} == {"the booth is closed"}
    assert all(each.is_active and each.next_due_at for each in rows.values())
    with runtime.read(ANN) as unit:
        [shown] = market.list_sources(unit)
    assert (shown.last_error, shown.failure_count > 3) == ("the booth is closed", True)
    assert [each.severity for each in open_alerts(runtime, "feed_stale")] == ["critical"]

    world.failure = None
    for _ in range(12 * 7):
        clock.pass_(minutes=5)
        tick(runtime)
    rows = listings(runtime)
    assert all(each.last_error is None and each.failure_count == 0 for each in rows.values())
    assert all(clock.at - (each.last_snapshot_at or START) < dt.timedelta(minutes=75) for each in rows.values())
    assert open_alerts(runtime, "feed_stale") == []


def test_a_source_that_breaks_off_loses_nothing(runtime: Runtime, world: World, connect: Connect, clock: Clock) -> None:
    connect(runtime)
    track(runtime, *(asin(n) for n in range(10)), source="booth")
    world.failure, world.fails_after = None, 4
    with pytest.raises(AssertionError):
        tick(runtime)
    world.fails_after = None
    assert sum(each.last_snapshot_at is not None for each in listings(runtime).values()) == 4
    clock.pass_(minutes=11)
    [rest] = tick(runtime)
    assert rest.new == 6


def test_too_fast_is_waited_for_and_no_failure(runtime: Runtime, world: World, connect: Connect, clock: Clock) -> None:
    connect(runtime)
    track(runtime, asin(1), source="booth")
    world.failure = RateLimited("slowly", after_s=600)
    [done] = tick(runtime)

    assert (done.status, done.message) == ("failed", "slowly")
    assert listings(runtime)[asin(1)].failure_count == 0
    world.failure = None
    clock.pass_(minutes=9)
    assert tick(runtime) == []
    clock.pass_(minutes=2)
    assert [each.new for each in tick(runtime)] == [1]


def test_refused_credentials_wait_for_a_person(runtime: Runtime, world: World, connect: Connect, clock: Clock) -> None:
    connect(runtime)
    track(runtime, asin(1), source="booth")
    world.failure = Unauthorized("the key is unknown")
    with pytest.raises(Unauthorized):
        tick(runtime)
    clock.pass_(hours=1)
    assert tick(runtime) == []
    assert len(open_alerts(runtime, "account_unauthorized")) == 1
    with pytest.raises(Conflict, match="is paused"):
        market.refresh(runtime, ANN, "booth")

    with pytest.raises(Unauthorized):
        market.renew_source(runtime, ANN, "booth", {"key": KEY})
    world.failure = None
    assert market.renew_source(runtime, ANN, "booth", {"key": KEY}).paused_reason is None
    assert open_alerts(runtime, "account_unauthorized") == []
    assert [each.new for each in tick(runtime)] == [1]
    assert market.test_source(runtime, ANN, "booth").failure_count == 0


def test_a_budget_lets_the_most_urgent_through(runtime: Runtime, world: World, connect: Connect, clock: Clock) -> None:
    connect(runtime)
    track(runtime, *(asin(n) for n in range(5)), source="booth")
    world.allowance = 2
    seen = [tick(runtime)[0] for _ in range(3)]

    assert [(each.asked, each.waiting) for each in seen] == [(2, 3), (2, 1), (1, 0)]
    with runtime.write(ANN) as unit:
        operations.set_budget(unit, "booth", 1)
    clock.pass_(days=2)
    with pytest.raises(Conflict, match="budget"):
        tick(runtime)
    with runtime.read(ANN) as unit:
        assert "budget" in (market.list_sources(unit)[0].last_error or "")


def test_gone_and_back_again(runtime: Runtime, world: World, connect: Connect, clock: Clock) -> None:
    connect(runtime)
    track(runtime, asin(1), frequency="hourly", source="booth")
    tick(runtime)
    world.gone = {asin(1)}
    for _ in range(30):
        clock.pass_(hours=1)
        tick(runtime)
    row = listings(runtime)[asin(1)]
    assert (row.is_unlisted, row.is_active, row.last_error) == (True, True, f"there is no {asin(1)}")
    assert len(open_alerts(runtime, "listing_unlisted")) == 1

    world.gone = set()
    clock.pass_(hours=2)
    tick(runtime)
    row = listings(runtime)[asin(1)]
    assert (row.is_unlisted, row.not_found_count, row.last_error) == (False, 0, None)
    assert open_alerts(runtime, "listing_unlisted") == []
    assert len(open_alerts(runtime, "listing_relisted")) <= 1


def test_thirty_days_with_an_outage_leave_no_slot_unanswered(
    sqlite_runtime: Runtime, world: World, connect: Connect, clock: Clock
) -> None:
    """D4, check 1: each slot has its observation, or lies in the outage, of which the listings and the runs tell."""
    connect(sqlite_runtime)
    hourly, daily = [asin(n) for n in range(4)], [asin(100 + n) for n in range(56)]
    track(sqlite_runtime, *hourly, frequency="hourly", source="booth")
    track(sqlite_runtime, *daily, frequency="daily", source="booth")
    down = (START + dt.timedelta(days=10), START + dt.timedelta(days=10, hours=6))
    end = START + dt.timedelta(days=30)
    while clock.at < end:
        world.failure = Unavailable("down") if down[0] <= clock.at < down[1] else None
        tick(sqlite_runtime)
        clock.pass_(minutes=15)

    with sqlite_runtime.read(ANN) as unit:
        rows = unit.session.execute(
            select(MarketProduct.asin, ProductSnapshot.scraped_at)
            .join(ProductSnapshot, ProductSnapshot.market_product_id == MarketProduct.id)
            .order_by(ProductSnapshot.scraped_at)
        ).all()
        failed = unit.session.scalar(
            select(func.count()).select_from(SyncHistory).where(SyncHistory.status == "failed")
        )
    seen: dict[str, list[dt.datetime]] = {}
    for each, at in rows:
        seen.setdefault(each, []).append(at)
    assert failed
    assert seen.keys() == {*hourly, *daily}
    for each, times in seen.items():
        every = dt.timedelta(hours=1 if each in hourly else 24)
        for earlier, later in zip(times, [*times[1:], end], strict=True):
            answered = later - earlier <= every * 1.06 + dt.timedelta(minutes=30)
            explained = earlier < down[1] and later > down[0] and later <= down[1] + dt.timedelta(hours=6.5)
            assert answered or explained, (each, earlier, later)
    assert all(row.is_active and row.next_due_at for row in listings(sqlite_runtime).values())


def test_a_source_does_not_see_where_it_is_not(runtime: Runtime, world: World, connect: Connect) -> None:
    connect(runtime)
    assert world.asked == []
    track(runtime, asin(1), marketplace="EG", source="booth")

    assert [each.asked for each in tick(runtime)] == [0]

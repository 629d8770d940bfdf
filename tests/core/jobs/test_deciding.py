"""What becomes of a job that failed, and when something is next due: tables and properties."""

from __future__ import annotations

import datetime as dt
import random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError, OperationalError

from mercat.core.errors import Conflict, Invalid
from mercat.core.jobs.recovering import Again, GiveUp, verdict, wait_before
from mercat.core.schedule import following, next_cron, next_every
from mercat.sdk.errors import RateLimited, Rejected, Unauthorized, Unavailable, Unreadable

DICE = random.Random(1)


def judge(error: BaseException, attempts: int = 1) -> Again | GiveUp:
    return verdict(error, attempts=attempts, max_attempts=5, first_wait_s=5, dice=DICE)


@pytest.mark.parametrize(
    ("error", "attempts", "expected"),
    [
        (Unavailable("away"), 1, "later"),
        (Unavailable("away"), 4, "later"),
        (Unavailable("away"), 5, "given up"),
        (RateLimited("slow", after_s=30), 1, "told"),
        (RateLimited("slow", after_s=30), 5, "told"),
        (Unauthorized("key"), 1, "account"),
        (Rejected("bad"), 1, "given up"),
        (Unreadable("bad"), 1, "given up"),
        (Conflict("moved"), 1, "given up"),
        (ZeroDivisionError(), 1, "given up"),
        (OperationalError("", {}, Exception()), 1, "later"),
        (IntegrityError("", {}, Exception()), 1, "given up"),
    ],
)
def test_the_kind_of_error_decides(error: BaseException, attempts: int, expected: str) -> None:
    match judge(error, attempts):
        case Again(after_s, counts=False):
            assert expected == "told"
            assert 30 <= after_s <= 34
        case Again(after_s, counts=True):
            assert expected == "later"
            assert after_s > 0
        case GiveUp(is_unauthorized=True):
            assert expected == "account"
        case GiveUp(is_unauthorized=False):
            assert expected == "given up"


@given(st.integers(1, 60), st.floats(0.01, 3600), st.integers())
def test_waits_grow_fourfold_up_to_an_hour_and_half_of_each_is_chance(attempts: int, first: float, seed: int) -> None:
    full = min(3600.0, first * 4.0 ** (attempts - 1))
    assert full / 2 <= wait_before(attempts, first, random.Random(seed)) <= full


UTC = dt.UTC
BERLIN = "Europe/Berlin"


def instant(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        # The clock goes forward on 29 March 2026: 02:30 is left out, so it happens right after the gap.
        ("30 2 * * *", BERLIN, "2026-03-28T12:00+01:00", "2026-03-29T03:00+02:00"),
        ("30 2 * * *", BERLIN, "2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"),
        ("*/30 * * * *", BERLIN, "2026-03-29T01:30+01:00", "2026-03-29T03:00+02:00"),
        # It goes back on 25 October: 02:30 comes twice and counts once; steps just go on.
        ("30 2 * * *", BERLIN, "2026-10-24T12:00+02:00", "2026-10-25T02:30+02:00"),
        ("30 2 * * *", BERLIN, "2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"),
        ("*/30 * * * *", BERLIN, "2026-10-25T02:30+02:00", "2026-10-25T02:00+01:00"),
        ("0 9 * * 1-5", "America/New_York", "2026-11-20T15:00+00:00", "2026-11-23T09:00-05:00"),
        ("0 0 29 2 *", "UTC", "2026-01-01T00:00+00:00", "2028-02-29T00:00+00:00"),
        ("0 6 * * *", "Asia/Kathmandu", "2026-01-01T00:00+00:00", "2026-01-01T00:15+00:00"),
    ],
)
def test_a_cron_expression_goes_by_the_clock_on_the_wall(cron: str, zone: str, after: str, expected: str) -> None:
    assert next_cron(cron, instant(after), zone) == instant(expected)


@given(
    st.integers(1_577_836_800, 1_893_456_000).map(lambda seconds: dt.datetime.fromtimestamp(seconds, UTC)),
    st.sampled_from([BERLIN, "America/St_Johns", "Australia/Lord_Howe", "UTC", "Africa/Casablanca"]),
    st.integers(0, 59),
    st.integers(0, 23),
)
def test_a_daily_time_comes_once_on_each_day_of_its_zone(now: dt.datetime, zone: str, minute: int, hour: int) -> None:
    days = []
    for _ in range(5):
        now = next_cron(f"{minute} {hour} * * *", now, zone)
        days.append(now.astimezone(ZoneInfo(zone)).date())
    assert [day - days[0] for day in days] == [dt.timedelta(days=n) for n in range(5)]


@given(
    st.integers(1, 100_000),
    st.integers(946_684_800, 4_102_444_800).map(lambda seconds: dt.datetime.fromtimestamp(seconds, UTC)),
    st.integers(0, 10_000_000),
)
def test_an_interval_keeps_its_beat_and_makes_up_for_nothing(every: int, due: dt.datetime, late: int) -> None:
    now = due + dt.timedelta(seconds=late)
    following_ = next_every(every, due, now)
    assert now < following_ <= now + dt.timedelta(seconds=every)
    assert (following_ - due).total_seconds() % every == 0
    assert following(None, every, "UTC", due=due, now=now) == following_


@pytest.mark.parametrize("wrong", ["", "* * * *", "61 * * * *", "* * * * * *", "0 0 31 2 *", "every day"])
def test_what_is_no_expression_is_refused(wrong: str) -> None:
    with pytest.raises(Invalid):
        next_cron(wrong, instant("2026-01-01T00:00+00:00"), "UTC")


@pytest.mark.parametrize("wrong", ["", "Mars/Olympus", "../../etc/passwd", "Europe"])
def test_what_is_no_zone_is_refused(wrong: str) -> None:
    with pytest.raises(Invalid):
        next_cron("0 0 * * *", instant("2026-01-01T00:00+00:00"), wrong)

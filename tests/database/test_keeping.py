"""Which backups stay."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mercat.core.database.backup.keeping import to_remove

START = dt.datetime(2026, 1, 1, 3, tzinfo=dt.UTC)
DAYS = [(f"d{n:03}", START + dt.timedelta(days=n)) for n in range(100)]


@pytest.mark.parametrize(
    ("daily", "weekly", "kept"),
    [
        (0, 0, ["d099"]),
        (3, 0, ["d097", "d098", "d099"]),
        # Weeks end on Sundays: 11, 18 and 25 January 2026 and so on; the last week is the one that goes on.
        (0, 3, ["d087", "d094", "d099"]),
        (2, 2, ["d094", "d098", "d099"]),
        (500, 0, [name for name, _ in DAYS]),
    ],
)
def test_the_last_of_each_day_and_week(daily: int, weekly: int, kept: list[str]) -> None:
    gone = to_remove(DAYS, daily=daily, weekly=weekly)
    assert [name for name, _ in DAYS if name not in gone] == kept


def test_of_a_day_the_last_one_stays() -> None:
    made = [("a", START), ("b", START + dt.timedelta(hours=9)), ("c", START + dt.timedelta(days=1))]
    assert to_remove(made, daily=2, weekly=0) == ["a"]


@settings(deadline=None)
@given(st.lists(st.integers(0, 10_000), unique=True, min_size=1), st.integers(0, 10), st.integers(0, 10))
def test_the_newest_stays_and_a_second_look_removes_nothing(hours: list[int], daily: int, weekly: int) -> None:
    made = [(str(hour), START + dt.timedelta(hours=hour)) for hour in hours]
    gone = to_remove(made, daily=daily, weekly=weekly)
    left = [each for each in made if each[0] not in gone]
    assert str(max(hours)) not in gone
    assert to_remove(left, daily=daily, weekly=weekly) == []
    assert len(left) <= 1 + daily + weekly

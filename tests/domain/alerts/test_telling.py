"""Who is told, by what and when."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mercat.domain.access.schemas import SettingsView
from mercat.domain.alerts.telling import channels_for, due_at, priority_of

UTC = dt.UTC


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=UTC)


NIGHT = SettingsView(timezone="Europe/Berlin", quiet_from="22:00", quiet_to="07:00")
NOON = SettingsView(quiet_from="12:00", quiet_to="13:00")


@pytest.mark.parametrize(
    ("settings", "now", "due"),
    [
        (SettingsView(), "2026-11-21T23:30", "2026-11-21T23:30"),
        (NIGHT, "2026-11-21T20:59", "2026-11-21T20:59"),  # 21:59 in Berlin
        (NIGHT, "2026-11-21T21:00", "2026-11-22T06:00"),  # 22:00 there
        (NIGHT, "2026-11-22T05:59", "2026-11-22T06:00"),
        (NIGHT, "2026-11-22T06:00", "2026-11-22T06:00"),
        (NIGHT, "2026-07-01T20:30", "2026-07-02T05:00"),  # summer time
        (NOON, "2026-11-21T12:30", "2026-11-21T13:00"),
        (NOON, "2026-11-21T13:00", "2026-11-21T13:00"),
        (SettingsView(digest="hourly"), "2026-11-21T12:30", "2026-11-21T13:00"),
        (SettingsView(digest="daily"), "2026-11-21T12:30", "2026-11-22T08:00"),
        (SettingsView(digest="daily", timezone="Asia/Tokyo"), "2026-11-21T12:30", "2026-11-21T23:00"),
        (SettingsView(digest="hourly", quiet_from="12:00", quiet_to="14:30"), "2026-11-21T12:10", "2026-11-21T14:30"),
    ],
)
def test_what_is_not_urgent_waits_for_quiet_hours_and_digests(settings: SettingsView, now: str, due: str):
    """D4, check 15: quiet hours, digest and time zone."""
    assert due_at(at(now), "normal", settings) == at(due)
    assert due_at(at(now), "urgent", settings) == at(now)


hours = st.times().map(lambda each: each.strftime("%H:%M"))
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])


@given(
    st.integers(0, 525_600).map(lambda each: at("2026-01-01T00:00") + dt.timedelta(minutes=each)), hours, hours, zones,
    st.sampled_from([None, "hourly", "daily"]),
)  # fmt: skip
def test_nothing_is_lost_and_nothing_waits_for_more_than_two_days(
    now: dt.datetime, begins: str, ends: str, zone: str, digest: str | None
):
    due = due_at(now, "normal", SettingsView(timezone=zone, quiet_from=begins, quiet_to=ends, digest=digest))
    assert now <= due <= now + dt.timedelta(days=2, hours=2)


def test_a_user_chooses_channels_by_type_of_alert():
    """D4, check 15: notification preferences."""
    chosen = SettingsView(notification_preferences={"price_change": ["email"], "out_of_stock": [], "*": ["in_app"]})
    assert channels_for(chosen, "price_change", ["in_app", "email"]) == ("email",)
    assert channels_for(chosen, "out_of_stock", ["in_app"]) == ()
    assert channels_for(chosen, "buy_box_lost", ["email"]) == ("in_app",)
    assert channels_for(SettingsView(), "buy_box_lost", ["email"]) == ("email",)


def test_priority_follows_severity_and_how_far_it_went():
    assert priority_of("critical", None, None) == "urgent"
    assert priority_of("warning", 20, 10) == "high"
    assert priority_of("warning", 19, 10) == "normal"
    assert priority_of("info", None, None) == "low"

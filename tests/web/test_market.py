"""Watched listings on pages: tracked, paused, looked at; one with its chart by keys, its table and its file."""

from __future__ import annotations

import csv
import datetime as dt
import io
from re import compile as compile_
from typing import Any

import pytest
from playwright.sync_api import expect
from starlette.testclient import TestClient

from mercat.core.lists import ListQuery, list_rows
from mercat.core.unit import Runtime
from mercat.domain.market import service as market
from mercat.domain.suppliers import service as suppliers
from mercat.web import charts
from tests.web import watched
from tests.web.conftest import Named, Open
from tests.web.goods import TERMINAL, product

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
SPAN = charts.Span(NOW - dt.timedelta(days=10), NOW)


@pytest.fixture
def seen(sqlite_runtime: Runtime) -> Named:
    """A product that is watched, with what was seen of it."""
    suppliers.state_products(sqlite_runtime, TERMINAL, [product(1)], suppliers.UploadDraft(yes=True))
    return watched.begin(sqlite_runtime)


def listings(runtime: Runtime, **equal: Any) -> list[dict[str, Any]]:
    with runtime.read(TERMINAL) as unit:
        return list_rows(unit, market.LISTINGS, ListQuery(equal={name: [each] for name, each in equal.items()})).data


def at(days: float) -> dt.datetime:
    return SPAN.since + dt.timedelta(days=days)


def test_a_price_holds_until_it_changes_and_a_gap_is_a_gap():
    points = [(at(0), 10.0), (at(2), 20.0), (at(4), None), (at(6), 15.0)]
    y = charts.Scale(10, 20, 200)

    assert charts.path(points, SPAN, y, is_stepped=True) == "M0 200H200V0H400M600 100H1000"
    assert charts.areas([(at(5), 20.0)], SPAN, y) == "M500 200V0H1000V200Z"
    assert charts.held_at(points, at(3)) == 20.0
    assert charts.held_at(points, at(5)) is None


def test_thinning_keeps_peaks_and_bounds_what_is_drawn():
    hours = [(SPAN.since + dt.timedelta(hours=each), 10.0 + (each == 333) * 5) for each in range(8_760)]

    thinned = charts.thin(hours)

    assert len(thinned) <= 160
    assert max(value for _, value in thinned if value is not None) == 15.0
    assert thinned[0] == hours[0]
    assert thinned[-1] == hours[-1]


@pytest.mark.parametrize(("low", "high", "found"), [(17.9, 20.99, [17, 18, 19, 20, 21]), (5, 5, [4.75, 4.875, 5, 5.125, 5.25])])  # fmt: skip
def test_ticks_are_round(low: float, high: float, found: list[float]):
    marks = charts.ticks(low, high)

    assert marks[0] <= low
    assert marks[-1] >= high
    assert len(marks) <= len(found) + 1


def test_better_ranks_are_on_top():
    y = charts.Scale(1_000, 10_000, 100, is_log=True)

    assert (y(1_000), y(10_000)) == (0, 100)
    assert charts.rank_ticks(1_200, 2_500) == [1_000, 2_000, 5_000]


def test_listings_are_tracked_by_lines_and_a_wrong_one_stops_no_other(admin: TestClient, sqlite_runtime: Runtime):
    answer = admin.post(
        "/market/new", data={"listings": "https://www.amazon.de/dp/B0F7XPYCSJ\nnonsense\n", "frequency": "hourly"}
    )

    assert answer.status_code == 422
    assert "1 newly watched. 1 line could not be taken" in answer.text
    [row] = listings(sqlite_runtime)
    assert (row["asin"], row["marketplace"], row["track_frequency"]) == ("B0F7XPYCSJ", "DE", "hourly")
    assert admin.post("/market/new", data={"listings": " "}).status_code == 422
    one = admin.post("/market/new", data={"listings": "B000000009", "marketplace": "US"})
    assert one.url.path.startswith("/market/")
    assert "Nothing was seen in this time" in one.text


def test_a_file_of_listings_is_taken(admin: TestClient, sqlite_runtime: Runtime):
    table = "url,title\nhttps://www.amazon.com/dp/B0F7XPYCSJ,Lamp\n"

    admin.post("/market/upload", files={"file": ("list.csv", table.encode(), "text/csv")})

    assert [row["title"] for row in listings(sqlite_runtime)] == ["Lamp"]
    assert admin.post("/market/upload", files={"file": ("empty.csv", b"", "text/csv")}).status_code == 422


def test_what_is_selected_is_paused_and_resumed(admin: TestClient, seen: Named, sqlite_runtime: Runtime):
    given = {"id": seen["listing"], "back": "/market"}

    assert "1 product paused" in admin.post("/market/pause", data=given).text
    assert len(listings(sqlite_runtime, is_active=False)) == 1
    assert "they rest already" in admin.post("/market/pause", data=given).text
    assert "1 product watched again" in admin.post("/market/resume", data=given).text
    assert "no source is asked about them" in admin.post("/market/refresh", data=given).text


def test_how_it_is_watched_is_kept(admin: TestClient, seen: Named, sqlite_runtime: Runtime):
    url = f"/market/{seen['listing']}"

    admin.post(f"{url}/how", data={"frequency": "weekly", "price_change_threshold": "7", "product": "P-001"})
    with sqlite_runtime.read(TERMINAL) as unit:
        how = market.show(unit, watched.OURS).tracking
    assert (how["track_frequency"], how["price_change_threshold"]) == ("weekly", "7")
    assert "no product of ours" in admin.post(f"{url}/how", data={"product": "nothing"}).text.lower()
    assert 'value="3"' in admin.post(f"{url}/watch", data={"price": "3"}).text.replace("value=3", 'value="3"')
    assert "You hear of it as everybody" in admin.post(f"{url}/unwatch").text


def test_its_past_is_there_as_a_file(admin: TestClient, seen: Named):
    rows = list(csv.DictReader(io.StringIO(admin.get(f"/market/{seen['listing']}/history.csv?range=7").text)))

    assert 7 <= len(rows) <= 8
    assert rows[0]["buybox_price"] == "18.49"
    assert rows[0]["seller"] == "PaperTrail Direct"


def test_the_chart_is_read_by_keys_and_its_range_is_chosen(open_page: Open, named: Named):
    page = open_page(f"/market/{named['listing']}").page
    chart = page.locator("[data-chart]")

    expect(page.locator(".own")).to_have_attribute(
        "aria-label", compile_(r"you 75\.\d%, Amazon \d+\.\d%, others 14\.\d%")
    )
    chart.focus()
    for _ in range(24):
        page.keyboard.press("ArrowLeft")
    expect(chart.locator(".cross")).to_be_visible()
    expect(chart.locator("[data-tip='3']")).to_have_text("€17.99")
    page.locator("#range").get_by_role("link", name="7 d").click()
    expect(page.locator("#range [aria-current]")).to_have_text("7 d")
    page.get_by_text("The figures as a table").click()
    expect(page.get_by_role("region", name="The figures of B0C7Q2M4XK DE")).to_contain_text("€18.49")
    chart.get_by_role("button", name="Buy Box").click()
    expect(chart.locator(".plot .s.bb")).to_have_css("visibility", "hidden")


def test_a_chart_needs_no_script(open_page: Open, named: Named):
    page = open_page(f"/alerts/{named['alert']}", java_script_enabled=False).page

    expect(page.locator(".plot.price svg desc")).to_contain_text("Buy Box €18.49 now")
    expect(page.locator(".pin")).to_have_count(1)


def test_a_list_of_best_sellers_says_who_moved(admin: TestClient, seen: Named):
    shown = admin.get(f"/market/categories/{seen['list']}").text

    assert "B000000101" in shown
    assert "best #2" in shown
    assert "↑ 1" in shown
    assert admin.post("/market/categories/track", data={"category": "nonsense!"}).status_code == 422
    made = admin.post("/market/categories/track", data={"category": "123456", "marketplace": "US"})
    assert "No list was seen yet" in made.text
    answer = admin.post("/market/categories/untrack", data={"id": seen["list"], "back": "/market/categories"})
    assert "1 list looked at no more" in answer.text

"""Alerts and rules on pages: looked after, silenced, settled; a rule tried on the past before it is switched on."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from playwright.sync_api import expect
from starlette.testclient import TestClient

from mercat.core.lists import ListQuery, get_row, list_rows
from mercat.core.unit import Runtime
from mercat.domain.alerts import service as alerts
from mercat.domain.suppliers import service as suppliers
from mercat.web.next_steps import PAGES, next_step
from tests.domain.alerts.signals import give, state
from tests.web import watched
from tests.web.conftest import Named, Open
from tests.web.goods import TERMINAL, product

TERMS = {
    "name": "A price moved",
    "comparison": "abs_least",
    "threshold": "10",
    "severity": "warning",
    "cooldown_h": "24",
}


@pytest.fixture
def seen(sqlite_runtime: Runtime) -> Named:
    """A product that is watched, with what was seen of it."""
    suppliers.state_products(sqlite_runtime, TERMINAL, [product(1)], suppliers.UploadDraft(yes=True))
    return watched.begin(sqlite_runtime)


def one(runtime: Runtime, alert_id: str) -> dict[str, Any]:
    with runtime.read(TERMINAL) as unit:
        return get_row(unit, alerts.ALERTS, alerts.get_alert(unit, alert_id).id, called="alert")


def rule(runtime: Runtime, key: str) -> dict[str, Any]:
    with runtime.read(TERMINAL) as unit:
        return list_rows(unit, alerts.ALERT_RULES, ListQuery(equal={"key": [key]})).data[0]


def test_an_alert_is_looked_after_snoozed_and_resolved(admin: TestClient, seen: Named, sqlite_runtime: Runtime):
    given = {"id": seen["alert"], "back": f"/alerts/{seen['alert']}"}

    assert "1 alert acknowledged" in admin.post("/alerts/acknowledge", data=given).text
    assert one(sqlite_runtime, seen["alert"])["acknowledged_by"] == "ada"
    assert "snoozed" in admin.post("/alerts/snooze", data={**given, "span": "morning"}).text
    until = one(sqlite_runtime, seen["alert"])["snoozed_until"]
    assert dt.datetime.fromisoformat(str(until)).time() == dt.time(8)
    answer = admin.post("/alerts/resolve", data={**given, "notes": "they sold out"})
    assert "they sold out" in answer.text
    assert "Resolved by ada" in answer.text
    assert "resolved already" in admin.post("/alerts/resolve", data=given).text
    undo = re.search(r'action="?(/alerts/reopen\?ids=\w+)', answer.text)
    assert undo is not None
    assert "1 alert open again" in admin.post(undo[1]).text
    assert one(sqlite_runtime, seen["alert"])["status"] == "open"
    assert admin.post("/alerts/reopen?ids=none").status_code == 422


def test_a_list_shows_what_is_open_and_all_of_it_where_that_is_asked(admin: TestClient, seen: Named):
    admin.post("/alerts/resolve", data={"id": seen["alert"], "back": "/alerts"})

    assert seen["alert"] not in admin.get("/alerts").text
    assert seen["alert"] in admin.get("/alerts?view=all").text
    assert seen["alert"] in admin.get("/alerts.csv?view=all").text
    assert seen["alert"] not in admin.get("/alerts.csv").text


def test_an_alert_leads_to_where_something_is_done_about_it(admin: TestClient, seen: Named):
    assert f'href="/market/{seen["listing"]}">Open the listing</a>' in admin.get(f"/alerts/{seen['alert']}").text
    assert set(PAGES) == set(alerts.Step)
    subject = {"alert_type": "x", "subject_id": "1", "subject_label": "main"}
    for kind in ("sync", "system", "service", "api_key", "market_source"):
        step = next_step({**subject, "subject_type": kind}, "")
        assert step is not None
        assert admin.get(step.url).status_code == 200
    blocked = next_step({**subject, "alert_type": "listing_blocked", "subject_type": "store"}, "/stores/main")
    assert blocked == ("/listings?state=blocked&store=main", "See what each lacks")


def test_what_one_was_told_is_new_until_it_is_opened(admin: TestClient, sqlite_runtime: Runtime):
    give(sqlite_runtime, state("out_of_stock"), state("buy_box_lost"))

    with sqlite_runtime.read(TERMINAL) as unit:
        told = list_rows(unit, alerts.NOTIFICATION_LOG, ListQuery(equal={"channel": ["in_app"]})).data
    assert admin.get("/told").text.count(">New<") == 2
    opened = admin.post(f"/told/{told[0]['id']}", follow_redirects=False)
    assert opened.headers["location"] == f"/alerts/{told[0]['alert_id']}"
    assert admin.get("/told").text.count(">New<") == 1
    assert ">New<" not in admin.post("/told/read").text


def test_what_is_muted_raises_nothing_until_that_is_ended(admin: TestClient, seen: Named, sqlite_runtime: Runtime):
    admin.post(f"/alerts/{seen['alert']}/mute", data={"what": "both", "days": "", "reason": "we know"})

    listed = admin.get("/alerts/mutes")
    assert "we know" in listed.text
    assert "for good" in listed.text
    with sqlite_runtime.read(TERMINAL) as unit:
        [mute] = list_rows(unit, alerts.ALERT_MUTES, ListQuery()).data
    assert mute["rule_key"] == "buy_box_lost"
    admin.post(f"/alerts/mutes/{mute['id']}/end")
    assert "Nothing is muted" in admin.get("/alerts/mutes").text


@pytest.mark.usefixtures("seen")
def test_a_rule_is_tried_with_what_is_typed_and_kept_only_when_saved(admin: TestClient, sqlite_runtime: Runtime):
    tried = admin.post("/alerts/rules/price_change/try", data={**TERMS, "threshold": "1", "days": "365"})

    assert "in 365 days" in tried.text
    assert 'value="1"' in tried.text.replace("value=1", 'value="1"')
    assert rule(sqlite_runtime, "price_change")["threshold"] == "10"
    admin.post(
        "/alerts/rules/price_change", data={**TERMS, "threshold": "7.5", "condition": "price < 20\nbrand = Loom"}
    )
    kept = rule(sqlite_runtime, "price_change")
    assert (kept["threshold"], kept["channels"], len(kept["condition"]["all"])) == ("7.5", [], 2)
    assert "price &lt; 20\nbrand = Loom" in admin.get("/alerts/rules/price_change").text
    assert "is no number" in admin.post("/alerts/rules/price_change", data={**TERMS, "threshold": "much"}).text
    assert "nothing is recorded of" in admin.post("/alerts/rules/queue_depth/try", data=TERMS).text.lower()


@pytest.mark.usefixtures("seen")
def test_a_rule_of_ones_own_is_added_off_and_switched_on(admin: TestClient, sqlite_runtime: Runtime):
    given = {**TERMS, "key": "steep", "kind": "price_change", "channels": "in_app"}

    assert "Switch it on" in admin.post("/alerts/rules/new", data=given).text
    assert not rule(sqlite_runtime, "steep")["is_active"]
    assert admin.post("/alerts/rules/new", data=given).status_code == 422
    admin.post("/alerts/rules/on", data={"id": "steep", "back": "/alerts/rules"})
    assert rule(sqlite_runtime, "steep")["is_active"]
    assert "5%" in admin.post("/alerts/rules/steep/mine", data={"own": "5"}).text
    assert "is removed" in admin.post("/alerts/rules/steep/remove").text
    assert admin.post("/alerts/rules/price_change/remove").status_code == 409


def test_a_row_opens_in_its_place_with_and_without_script(open_page: Open, named: Named):
    page = open_page("/alerts").page
    row = page.locator(f"#r-{named['alert'][-8:]}")
    row.get_by_role("link", name="More of").click()

    detail = page.locator(f"#r-{named['alert'][-8:]}-d")
    expect(detail).to_contain_text("$18.49 against your $19.99")
    row.get_by_role("link", name="More of").click()
    expect(detail).to_be_hidden()
    plain = open_page("/alerts", java_script_enabled=False).page
    plain.locator(f"#r-{named['alert'][-8:]}").get_by_role("link", name="More of").click()
    expect(plain.locator(f"#r-{named['alert'][-8:]}-d")).to_contain_text("Look into it")


def test_whoever_only_looks_is_offered_nothing(open_page: Open, named: Named):
    page = open_page(f"/alerts/{named['alert']}", who="vera").page

    expect(page.locator("h1")).to_contain_text("The Buy Box went to")
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)

"""Suppliers, feeds and imports on pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from starlette.testclient import TestClient

from mercat.core.unit import Runtime
from mercat.domain.operations import service as operations
from mercat.domain.suppliers import service as suppliers
from tests.web.conftest import Open
from tests.web.work import PRICES, SAMPLE

LOCATION = "https://files.acme.example/prices.csv"
USUAL = {
    "price_change_pct": "30",
    "quantity_empty_pct": "20",
    "archive_pct": "2",
    "shrink_pct": "20",
    "rename_pct": "20",
}
USUAL |= {"rename_at_least": "10", "cost_above_price": "true", "price_empty": "true"}
FEED = {**USUAL, "name": "prices", "location": LOCATION, "connector": "table", "when": "daily", "at": "04:00"}
ACME = "/suppliers/acme/feeds/prices"
FILE = {"file": ("prices.csv", PRICES.encode(), "text/csv")}


@pytest.fixture
def acme(admin: TestClient) -> TestClient:
    """Somebody who has a supplier."""
    assert admin.post("/suppliers/new", data={"code": "acme", "name": "Acme"}).url.path == "/suppliers/acme"
    return admin


@pytest.fixture
def prices(acme: TestClient) -> TestClient:
    """Somebody who has a feed."""
    assert acme.post("/suppliers/acme/feeds/new", data=FEED).url.path == ACME
    return acme


def draft(runtime: Runtime) -> suppliers.FeedDraft:
    with runtime.read() as unit:
        return suppliers.draft_of(unit, "prices")


def test_what_is_known_of_a_supplier_is_kept_and_what_is_wrong_stands_by_its_field(
    acme: TestClient, sqlite_runtime: Runtime
):
    given = {"name": "Acme & Sons", "currency": "EUR", "lead_time_days": "3", "minimum_order_value": "49.90"}
    assert acme.post("/suppliers/acme/edit", data={**given, "is_active": "true"}).url.path == "/suppliers/acme"
    wrong = acme.post("/suppliers/acme/edit", data={**given, "lead_time_days": "soon"})

    assert wrong.status_code == 422
    assert re.search(r'id="?e-lead_time_days', wrong.text)
    assert "49.90" in wrong.text
    with sqlite_runtime.read() as unit:
        known = suppliers.get_supplier(unit, "acme")
    assert (known.name, known.lead_time_days, str(known.minimum_order_value)[:5]) == ("Acme & Sons", 3, "49.90")
    assert known.email is None


def test_a_feed_is_kept_with_its_guards_and_when_it_runs(prices: TestClient, sqlite_runtime: Runtime):
    guards = {"price_change_pct": "15", "archive_pct": ""}

    prices.post(ACME, data={**FEED, **guards, "when": "3600", "currency": "eur", "complete": "true"})

    kept = draft(sqlite_runtime)
    assert kept.guards == {"price_change_pct": 15.0, "archive_pct": None}
    assert (kept.currency, kept.complete, kept.cron, kept.every_s) == ("EUR", True, None, 3600)
    prices.post(ACME, data={**FEED, **guards, "when": "never"})
    assert (draft(sqlite_runtime).cron, draft(sqlite_runtime).every_s) == (None, None)


def test_a_feed_that_could_never_run_is_not_kept(prices: TestClient, sqlite_runtime: Runtime):
    before = draft(sqlite_runtime)

    for wrong in ({"currency": "euro"}, {"price_change_pct": "lots"}, {"location": "/etc/passwd"}, {"at": "noon"}):
        answer = prices.post(ACME, data={**FEED, **wrong})
        assert answer.status_code == 422, wrong
        assert "Nothing was changed" in answer.text
    assert draft(sqlite_runtime) == before


def test_columns_are_mapped_on_a_sample_and_keep_their_rules(prices: TestClient, sqlite_runtime: Runtime):
    shown = prices.post("/imports/sample", data={"code": "acme", "name": "prices"}, files=FILE)
    assert shown.url.params["sample"] == SAMPLE
    assert "Kopierpapier 1" in shown.text

    columns = {"column": ["Artikel", "Lager"], "target": ["sku", "metafield:custom.stock"]}
    prices.post(f"{ACME}/columns", data={**columns, "sample": SAMPLE, "file": "prices.csv"})

    kept = draft(sqlite_runtime)
    assert kept.settings["columns"]["Lager"] == "metafield:custom.stock"
    assert kept.profile
    wrong = prices.post(f"{ACME}/columns", data={"column": "Artikel", "target": "nonsense"})
    assert wrong.status_code == 422
    assert "nonsense" in wrong.text
    assert draft(sqlite_runtime) == kept


def test_no_path_of_the_server_is_looked_at_as_a_sample(prices: TestClient, tmp_path: Path):
    secret = tmp_path / "secret.csv"
    secret.write_text("verborgen;things\n1;2\n")

    for sample in (f"../../../..{secret}", str(secret), "0" * 64):
        assert "verborgen" not in prices.get(ACME, params={"sample": sample, "file": "a.csv"}).text


def test_a_feed_is_tried_run_and_removed(prices: TestClient, sqlite_runtime: Runtime):
    tried = prices.post(f"{ACME}/run", data={"plan_only": "true"})
    assert "nothing will be applied" in tried.text
    assert prices.post(f"{ACME}/run").url.path.startswith("/jobs/")
    with sqlite_runtime.read() as unit:
        payloads = [each.payload["plan_only"] for each in operations.list_jobs(unit, kind="suppliers.run_feed")]
    assert sorted(payloads) == [False, True]

    assert "prices is removed" in prices.post(f"{ACME}/remove").text
    assert prices.get(ACME).status_code == 404
    assert prices.get("/suppliers/other/feeds/prices").status_code == 404


def test_a_file_is_sent_in_and_becomes_a_job(acme: TestClient, sqlite_runtime: Runtime):
    answer = acme.post("/imports", data={"supplier": "acme", "plan_only": "true"}, files=FILE)

    assert answer.url.path.startswith("/jobs/")
    assert "prices.csv is being read" in answer.text
    with sqlite_runtime.read() as unit:
        [job] = operations.list_jobs(unit, kind="suppliers.import_upload")
    assert job.payload["sha256"] == SAMPLE
    assert job.payload["draft"]["plan_only"]
    empty = acme.post("/imports", data={"supplier": "acme"}, files={"file": ("a.csv", b"", "text/csv")})
    assert empty.status_code == 422


def test_a_column_is_mapped_by_typing(open_page: Open):
    page = open_page(f"/suppliers/northgate/feeds/northgate?sample={SAMPLE}&file=prices.csv").page
    page.get_by_label("Bezeichnung means").fill("short_description")
    page.get_by_role("button", name="Keep these columns").click()

    expect(page.locator("#toasts")).to_contain_text("The columns are kept")
    expect(page.get_by_label("Bezeichnung means")).to_have_value("short_description")

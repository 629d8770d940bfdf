"""Stores, listings, what ran and what was logged, on pages."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from starlette.testclient import TestClient

from mercat.core.unit import Runtime
from mercat.domain.listings import service as listings
from mercat.domain.operations import service as operations
from mercat.domain.suppliers import service as suppliers
from tests.web.conftest import Open
from tests.web.goods import TERMINAL, product
from tests.web.work import LISTING, sell

SELLING = {
    "active": "true",
    "stock_from": "offers",
    "withdraw": "delete",
    "drift": "hold",
    "price_change_pct": "12",
    "withdraw_pct": "",
}


@pytest.fixture
def main(admin: TestClient, sqlite_runtime: Runtime) -> TestClient:
    """Somebody who has a store with one listing, which was changed there."""
    suppliers.state_products(sqlite_runtime, TERMINAL, [product(1)], suppliers.UploadDraft(yes=True))
    with sqlite_runtime.write(TERMINAL) as unit:
        sell(unit)
    return admin


def listing(runtime: Runtime) -> dict[str, object]:
    with runtime.read(TERMINAL) as unit:
        return listings.get_listing(unit, LISTING)


def test_a_shop_that_does_not_answer_is_not_connected_and_what_was_typed_is_kept(admin: TestClient):
    answer = admin.post(
        "/stores/new", data={"name": "mine", "platform": "shopify", "domain": "??", "secret": "shpat_x"}
    )

    assert answer.status_code == 422
    assert "It was not connected" in answer.text
    assert "shpat_x" not in answer.text
    assert admin.post("/stores/new", data={"name": "mine", "sandbox": "http://127.0.0.1:1"}).status_code == 422


def test_how_a_store_sells_is_kept(main: TestClient, sqlite_runtime: Runtime):
    main.post("/stores/main/selling", data=SELLING)

    with sqlite_runtime.read(TERMINAL) as unit:
        selling = listings.get_store(unit, "main").settings
    assert (selling["statuses"], selling["stock_from"], selling["withdraw"]) == (["active"], "offers", "delete")
    assert selling["drift"] == {"*": "hold"}
    assert (selling["guards"]["price_change_pct"], selling["guards"]["withdraw_pct"]) == (12.0, None)
    assert main.post("/stores/main/selling", data={**SELLING, "update_pct": "many"}).status_code == 422


@pytest.mark.parametrize(
    ("verb", "given", "kind"),
    [
        ("publish", {"plan_only": "true"}, "listings.publish"),
        ("pull", {"full": "true"}, "listings.pull"),
        ("reconcile", {}, "listings.reconcile"),
    ],
)
def test_what_is_asked_of_a_store_becomes_a_job(
    main: TestClient, sqlite_runtime: Runtime, verb: str, given: dict[str, str], kind: str
):
    assert main.post(f"/stores/main/{verb}", data=given).url.path.startswith("/jobs/")

    with sqlite_runtime.read() as unit:
        [job] = operations.list_jobs(unit, kind=kind)
    assert job.payload["store"] == "main"
    assert all(job.payload[name] for name in given)


def test_where_a_shop_was_changed_it_is_settled_field_by_field(main: TestClient, sqlite_runtime: Runtime):
    answer = main.post(f"/listings/{LISTING}/settle", data={"field:name": "theirs", "field:brand": "ours"})

    assert "Settled" in answer.text
    assert (listing(sqlite_runtime)["state"], listing(sqlite_runtime)["name"]) == ("pending", "Cheap paper")
    assert "Cheap paper" in main.get("/products").text
    assert main.post(f"/listings/{LISTING}/settle", data={"field:name": "ours"}).status_code == 409


def test_only_what_a_shop_refused_is_sent_again(main: TestClient, sqlite_runtime: Runtime):
    answer = main.post("/listings/retry", data={"id": str(LISTING), "back": "/listings"})

    assert "only what a shop refused" in answer.text.lower()
    assert listing(sqlite_runtime)["state"] == "drifted"


def test_a_store_is_let_go(main: TestClient, sqlite_runtime: Runtime):
    assert "is disconnected" in main.post("/stores/main/remove").text
    with sqlite_runtime.read(TERMINAL) as unit:
        assert not listings.get_store(unit, "main").is_active


def test_what_differs_stands_side_by_side(open_page: Open):
    page = open_page(f"/listings/{LISTING}").page

    row = page.get_by_role("row").filter(has_text="Cheap paper").first
    expect(row).to_contain_text("Copy paper A4 71 g")
    expect(page.get_by_role("button", name="Settle 2 fields")).to_be_visible()

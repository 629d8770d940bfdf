"""The source documents' own examples, as they are printed, with a token."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from mercat.core.unit import Runtime
from mercat.domain.catalog.service import categories
from tests.api.people import TERMINAL, door, people


@pytest.fixture
def shop(sqlite_runtime: Runtime) -> Iterator[TestClient]:
    """A catalogue of printers and paper."""
    with door(sqlite_runtime, people(sqlite_runtime)["operator"].token) as client:
        products = [
            {"name": f"HP printer {n}", "brand": "HP", "category": "Printers", "variants": [{"sku": f"HP-{n}"}]}
            for n in range(3)
        ]
        products.append({"name": "Paper", "brand": "Acme", "category": "Paper", "variants": [{"sku": "A4"}]})
        assert client.post("/api/v1/products/bulk", json={"products": products}).json()["created"] == 4
        yield client


def test_products_come_in_pages_and_by_category(shop: TestClient, sqlite_runtime: Runtime):
    with sqlite_runtime.read(TERMINAL) as unit:
        printers = categories.get(unit, "Printers").id
    everything = shop.get("/api/products?page=1&per_page=50").json()
    some = shop.get(f"/api/products?page=1&per_page=2&category_id={printers}").json()
    none = shop.get("/api/products?page=1&per_page=50&category_id=123")

    assert (everything["total"], everything["page"], everything["per_page"]) == (4, 1, 50)
    assert (len(some["data"]), some["total"]) == (2, 3)
    assert shop.get(some["next"]).json()["prev"]
    assert (none.status_code, none.json()["data"]) == (200, [])


def test_products_are_searched_by_get_and_by_post(shop: TestClient):
    by_get = shop.get("/api/products/search?q=printer&brand=HP").json()
    by_post = shop.post("/api/products/search", json={"query": "printer", "category_id": "Printers"}).json()

    assert {each["brand"] for each in by_get["data"]} == {"HP"}
    assert by_get["total"] == by_post["total"] == 3


def test_categories_are_a_tree_and_have_products(shop: TestClient):
    tree = shop.get("/api/categories?tree=true").json()["data"]
    printers = next(each for each in tree if each["name"] == "Printers")

    assert shop.get(f"/api/categories/{printers['id']}/products?page=1").json()["total"] == 3


def test_the_history_of_runs_is_narrowed_by_fate_and_days(shop: TestClient):
    runs = shop.get("/api/sync-logs?status=success&days=7").json()

    assert [each["record_counts"]["created"] for each in runs["data"]] == [4]
    assert shop.get("/api/sync-logs?status=failed&days=7").json()["total"] == 0

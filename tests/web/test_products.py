"""The list of products: views of one's own, and many products changed at once."""

from __future__ import annotations

from re import search

import pytest
from starlette.testclient import TestClient

from mercat.core.unit import Runtime
from mercat.domain.catalog import service as catalog
from mercat.domain.suppliers import service as suppliers
from tests.web.goods import TERMINAL, product


@pytest.fixture
def seller(admin: TestClient, sqlite_runtime: Runtime) -> TestClient:
    """Somebody who sells six products."""
    suppliers.state_products(
        sqlite_runtime, TERMINAL, [product(number) for number in range(1, 7)], suppliers.UploadDraft(yes=True)
    )
    return admin


def listed(runtime: Runtime) -> dict[str | None, tuple[str, str | None]]:
    with runtime.read(TERMINAL) as unit:
        return {each.sku: (each.status, each.price) for each in catalog.list_products(unit).data}


def ids(runtime: Runtime, *skus: str) -> list[str]:
    with runtime.read(TERMINAL) as unit:
        return [each.id for each in catalog.list_products(unit).data if each.sku in skus]


def test_a_view_is_kept_opens_the_list_and_is_forgotten(seller: TestClient):
    kept = seller.post(
        "/products/views", data={"name": "Drafts of Maple", "query": "status=draft&brand=Maple", "is_default": "true"}
    )
    assert kept.url.query == b"status=draft&brand=Maple"
    assert "Drafts of Maple is kept" in kept.text

    assert seller.get("/products").url.query == b"status=draft&brand=Maple"
    assert seller.get("/products?view=all").url.query == b"view=all"
    assert "Forget this view" in seller.get("/products").text
    assert seller.post("/products/views", data={"name": "Nothing", "query": ""}).status_code == 422

    seller.post("/products/views/remove", data={"name": "Drafts of Maple"})
    assert seller.get("/products").url.query == b""


def test_many_get_another_status_and_the_toast_takes_it_back(seller: TestClient, sqlite_runtime: Runtime):
    chosen = ids(sqlite_runtime, "P-001", "P-002")

    done = seller.post("/products/many/status", data={"id": chosen, "status": "archived", "back": "/products?view=all"})

    assert "2 products archived" in done.text
    assert [listed(sqlite_runtime)[sku][0] for sku in ("P-001", "P-002")] == ["archived", "archived"]
    undo = search(r"/changes/[0-9a-f-]+/undo", done.text)
    assert undo
    seller.post(undo[0])
    assert listed(sqlite_runtime)["P-001"][0] == "active"


def test_prices_are_changed_by_a_rule_after_a_look(seller: TestClient, sqlite_runtime: Runtime):
    chosen = ids(sqlite_runtime, "P-001", "P-002")
    form = seller.post("/products/many", data={"id": chosen, "back": "/products"}).text
    assert "Change 2 products" in form
    asked = {"ids": ",".join(chosen), "rule": "percent", "value": "10", "ending": "0.99", "back": "/products"}
    assert seller.post("/products/many/look", data={**asked, "value": "ten"}).status_code == 422

    seen = seller.post("/products/many/look", data=asked).text
    assert "2 products would change" in seen
    assert "€2.99" in seen
    assert listed(sqlite_runtime)["P-001"][1] == "1.9"
    digest = search(r"name=digest value=([0-9a-f]{64})", seen)
    assert digest

    assert "2 products changed" in seller.post("/products/many/apply", data={**asked, "digest": digest[1]}).text
    assert (listed(sqlite_runtime)["P-001"][1], listed(sqlite_runtime)["P-002"][1]) == ("2.99", "3.99")
    assert seller.post("/products/many/apply", data={**asked, "digest": digest[1]}).status_code == 409

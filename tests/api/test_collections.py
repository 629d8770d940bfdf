"""Collections over HTTP, files of categories, shops that are to tell us, and what they told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from mercat.core.jobs import Watch
from mercat.core.unit import Runtime
from mercat.domain.listings import service as listings
from mercat.sandbox.shopify import Options, RunningShop, running
from tests.api.people import TERMINAL, Person, door, people

COLLECTIONS = "/api/v1/collections"
BY_RULES = {"name": "By Acme", "kind": "rules", "rules": [{"field": "brand", "relation": "equals", "value": "Acme"}]}


@pytest.fixture
def persons(sqlite_runtime: Runtime) -> dict[str, Person]:
    return people(sqlite_runtime)


@pytest.fixture
def shop(sqlite_runtime: Runtime, persons: dict[str, Person]) -> Iterator[TestClient]:
    """Six lamps, of Acme every other one."""
    with door(sqlite_runtime, persons["operator"].token) as client:
        products = [
            {"name": f"Lamp {n}", "brand": ["Acme", "Other"][n % 2], "variants": [{"sku": f"L-{n}", "price": f"{n}"}]}
            for n in range(6)
        ]
        assert client.post("/api/v1/products/bulk", json={"products": products}).json()["created"] == 6
        yield client


def skus(client: TestClient, address: str) -> list[str]:
    answer = client.get(address)
    assert answer.status_code == 200
    return [each["sku"] for each in answer.json()["data"]]


def test_a_collection_by_rules_from_its_making_to_its_end(shop: TestClient) -> None:
    made = shop.post(COLLECTIONS, json=BY_RULES)
    place = made.headers["location"]
    wanted = ["L-0", "L-2", "L-4"]

    assert made.status_code == 201
    assert (made.json()["handle"], made.json()["products"]) == ("by-acme", 3)
    assert shop.get(place).json() == made.json()
    assert skus(shop, f"{place}/products") == skus(shop, f"/api/products?collection_id={made.json()['id']}") == wanted
    assert skus(shop, f"{place}/products?sort=-price&per_page=2") == ["L-4", "L-2"]
    assert skus(shop, f"{place}/products?q=lamp+2&price_min=1") == ["L-2"]
    lines = shop.get(f"{place}/products?fields=sku", headers={"Accept": "text/csv"}).text.splitlines()
    assert lines == ["sku", *wanted]

    rules = [*BY_RULES["rules"], {"field": "price", "relation": "greater_than", "value": "4"}]
    changed = shop.patch(place, json={"rules": rules, "rules_match": "any", "description": "<p>Hi<script>x</script>"})
    assert changed.json() | {"products": 4, "rules": rules, "description": "<p>Hi</p>"} == changed.json()
    assert shop.get(f"{COLLECTIONS}?kind=rules&q=acme&fields=handle,rules").json()["data"] == [
        {"handle": "by-acme", "rules": rules}
    ]
    assert shop.get(f"{COLLECTIONS}.csv?fields=handle").text.splitlines() == ["handle", "by-acme"]
    assert shop.delete(place).status_code == 204
    assert [shop.get(at).status_code for at in (place, f"{place}/products")] == [404, 404]
    assert shop.get("/api/products").json()["total"] == 6


def test_products_are_put_into_a_manual_collection_moved_and_taken_out(shop: TestClient) -> None:
    place = shop.post(COLLECTIONS, json={"name": "Window"}).headers["location"]
    listed = f"{place}/products"
    [fifth] = shop.get("/api/products?sku=L-5").json()["data"]

    assert shop.put(listed, json={"products": ["L-3", "L-1", fifth["handle"], fifth["id"]]}).json()["products"] == 3
    assert skus(shop, listed) == ["L-3", "L-1", "L-5"]
    assert shop.put(f"{listed}/L-0").json()["products"] == 4
    shop.put(f"{listed}/L-5?position=1")
    assert skus(shop, listed) == ["L-5", "L-3", "L-1", "L-0"]
    assert [shop.delete(f"{listed}/L-3").json()["products"] for _ in range(2)] == [3, 3]
    assert skus(shop, f"{listed}?page=2&per_page=2") == ["L-0"]
    assert shop.put(f"{listed}/L-9").status_code == 404
    assert shop.put(f"{listed}/L-1?position=0").status_code == 422


@pytest.mark.parametrize(
    ("asked", "status", "field"),
    [
        ({"name": "Window"}, 409, "handle"),
        ({"rules": BY_RULES["rules"]}, 422, "rules"),
        ({"kind": "rules"}, 422, "body.kind"),
        ({"name": None}, 422, "name"),
        ({"image_url": "ftp://x"}, 422, "image_url"),
        ({"rules_match": "some"}, 422, "body.rules_match"),
    ],
)
def test_a_wrong_wish_is_refused_by_its_field(
    shop: TestClient, asked: dict[str, object], status: int, field: str
) -> None:
    shop.post(COLLECTIONS, json={"name": "Other", "handle": "window"})
    place = shop.post(COLLECTIONS, json={"name": "Mine"}).headers["location"]
    asked = {"handle": "window"} if status == 409 else asked

    refused = shop.patch(place, json=asked)

    assert (refused.status_code, refused.json()["field"]) == (status, field)


def test_every_fault_of_the_rules_is_told(shop: TestClient) -> None:
    rules = [{"field": "colour", "relation": "equals", "value": "x"}, {"field": "brand", "relation": "less_than"}]

    refused = shop.post(COLLECTIONS, json={**BY_RULES, "rules": rules})

    assert refused.status_code == 422
    assert [each["field"] for each in refused.json()["errors"]] == ["rules.0.field", "rules.1.relation"]


def test_what_rules_choose_is_not_arranged_by_hand(shop: TestClient) -> None:
    place = shop.post(COLLECTIONS, json=BY_RULES).headers["location"]

    assert shop.put(f"{place}/products", json={"products": ["L-1"]}).status_code == 409
    assert skus(shop, f"{place}/products") == ["L-0", "L-2", "L-4"]


# -- files of categories ----------------------------------------------------------------------------------------------

_GOOGLE = b"# Google_Product_Taxonomy_Version: 2021-09-21\n1 - Animals\n3237 - Animals > Live Animals\n5 - Animals > \n"


def test_a_taxonomy_comes_in_by_file_and_twice_is_once(shop: TestClient) -> None:
    address = "/api/v1/categories/import?filename=taxonomy.txt"
    first = shop.post(address, content=_GOOGLE).json()
    again = shop.post(address, files={"file": ("taxonomy.txt", _GOOGLE)}).json()

    assert (first["taxonomy"], first["rows"], first["created"], first["mapped"]) == ("google-product", 2, 2, 2)
    assert [each["line"] for each in first["rejected"]] == [4]
    assert first["change_set"]
    assert (again["created"], again["existing"], again["change_set"]) == (0, 2, None)
    assert {"Animals", "Animals > Live Animals"} <= {
        each["path"] for each in shop.get("/api/categories").json()["data"]
    }
    assert shop.get(f"/api/v1/change-sets/{first['change_set']}").json()["title"].endswith("taxonomy.txt")


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04 no zip at all", b"one,two\n1,2\n"])
def test_a_file_that_holds_no_categories_is_refused(shop: TestClient, body: bytes) -> None:
    refused = shop.post("/api/v1/categories/import?filename=x.csv", content=body)

    assert refused.status_code == 422
    assert shop.get("/api/categories").json()["total"] == 0


# -- shops that tell us -------------------------------------------------------------------------------------------------


@pytest.fixture
def loopback() -> Iterator[RunningShop]:
    with running(Options()) as opened:
        yield opened


def test_a_shop_is_asked_to_tell_and_what_it_told_is_listed_without_its_body(
    sqlite_runtime: Runtime, persons: dict[str, Person], loopback: RunningShop
) -> None:
    store, _ = listings.add_store(
        sqlite_runtime, TERMINAL, listings.sandbox_draft("main", "shopify", loopback.url, selling={})
    )
    with door(sqlite_runtime, persons["admin"].token) as client:
        asked = client.post("/api/v1/stores/main/subscribe", json={"address": "https://mercat.test/"})
        assert asked.json()["name"] == "main"
        assert "PRODUCTS_UPDATE" in {each.upper().replace("/", "_") for each in asked.json()["topics"]}
        told = {each["uri"] for each in loopback.state["webhooks"]}
        assert told == {f"https://mercat.test/webhooks/{store.id}"}
        for wrong in ("mercat.test", "https://", "https://user@mercat.test", "https://mercat.test/?x=1"):
            assert client.post("/api/v1/stores/main/subscribe", json={"address": wrong}).status_code == 422
        assert client.post("/api/v1/stores/other/subscribe", json={"address": "https://x.test"}).status_code == 404

        deliver(client, store, loopback, "d-1")
        [claimed] = client.get("/api/v1/deliveries").json()["data"]
        listings.read_deliveries(sqlite_runtime, TERMINAL, "main", watch=Watch(sleep=lambda _seconds: None))
        done = client.get(f"/api/v1/deliveries?source=store:{store.id}&state=done").json()
        lines = client.get("/api/v1/deliveries.jsonl").text

    assert (claimed["state"], claimed["topic"], claimed["finished_at"]) == ("claimed", "products/update", None)
    [each] = done["data"]
    assert set(each) == {"id", "source", "topic", "state", "happened_at", "received_at", "finished_at", "result"}
    assert each["finished_at"] >= each["received_at"]
    assert json.loads(lines) == each
    assert "gid://" not in json.dumps(claimed) + lines
    with door(sqlite_runtime, persons["viewer"].token) as client:
        assert client.get("/api/v1/deliveries?fields=payload").status_code == 422
        assert client.get("/api/v1/deliveries?state=done").json()["total"] == 1


def deliver(client: TestClient, store: listings.StoreView, shop: RunningShop, delivery_id: str) -> None:
    body = json.dumps({"id": 7, "admin_graphql_api_id": "gid://shopify/Product/7"}).encode()
    secret = shop.credentials["client_secret"].encode()
    headers = {
        "X-Shopify-Hmac-Sha256": base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode(),
        "X-Shopify-Topic": "products/update",
        "X-Shopify-Event-Id": delivery_id,
        "X-Shopify-Webhook-Id": delivery_id,
        "X-Shopify-Shop-Domain": store.domain,
        "X-Shopify-Triggered-At": "2026-11-21T12:00:00Z",
    }
    answer = client.post(f"/webhooks/{store.id}", content=body, headers=headers)
    assert answer.json() == {"taken": True}

"""The market over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from mercat.core.jobs.attending import attend
from mercat.core.unit import Runtime
from tests.api.people import TERMINAL, Person, door, people

ASIN = "B0F7XPYCSJ"
PRODUCTS = "/api/v1/market/products"


@pytest.fixture
def persons(sqlite_runtime: Runtime) -> dict[str, Person]:
    return people(sqlite_runtime)


@pytest.fixture
def client(sqlite_runtime: Runtime, persons: dict[str, Person]) -> Iterator[TestClient]:
    with door(sqlite_runtime, persons["operator"].token) as made:
        yield made


def test_listings_are_watched_and_shown(client: TestClient) -> None:
    asked = {"listings": [{"listing": f"https://www.amazon.com/dp/{ASIN}", "frequency": "hourly"}, {"listing": "no"}]}
    done = client.post(PRODUCTS, json=asked).json()

    assert [each["status"] for each in done["data"]] == ["created", "refused"]
    listing = done["data"][0]["id"]
    assert client.get(f"{PRODUCTS}/{listing}").json()["tracking"]["track_frequency"] == "hourly"
    assert client.get(PRODUCTS, params={"marketplace": "US"}).json()["total"] == 1
    assert client.get(f"{PRODUCTS}.csv").text.startswith("id,asin")
    assert client.delete(f"{PRODUCTS}/{listing}", params={"delete": True}).status_code == 204
    assert client.get(f"{PRODUCTS}/{listing}").status_code == 404
    assert client.get("/api/v1/market/marketplaces").json()["total"] >= 18


def test_everybody_hears_of_what_they_want(
    sqlite_runtime: Runtime, client: TestClient, persons: dict[str, Person]
) -> None:
    [done] = client.post(PRODUCTS, json={"listings": [{"listing": ASIN, "marketplace": "US"}]}).json()["data"]
    place = f"{PRODUCTS}/{done['id']}/watch"

    assert (
        client.put(place, json={"price_change_threshold": 5, "notes": "ours"}).json()["price_change_threshold"] == "5"
    )
    assert client.put(place, json={"price_change_threshold": 101}).status_code == 422
    assert client.get("/api/v1/market/watches").json()["data"][0]["notes"] == "ours"
    with door(sqlite_runtime, persons["viewer"].token) as viewer:
        assert viewer.get("/api/v1/market/watches").json()["total"] == 0
        assert viewer.delete(place).status_code == 404
        assert viewer.post(PRODUCTS, json={"listings": [{"listing": ASIN}]}).status_code == 403
    assert client.delete(place).status_code == 204


def test_a_file_of_observations_becomes_a_job(sqlite_runtime: Runtime, client: TestClient) -> None:
    line = f'{{"asin": "{ASIN}", "price": 12.5, "observed_at": "2026-11-20T10:00:00Z"}}\n'
    asked = {"filename": "seen.jsonl", "track": "true", "settings": '{"marketplace": "US"}'}
    sent = client.post("/api/v1/market/observations", params=asked, content=line)
    assert sent.status_code == 202, sent.text
    job_id = UUID(sent.json()["id"])
    result = attend(sqlite_runtime, TERMINAL, lambda _: job_id, queue="market", progress=lambda *_: None)

    assert (result["new"], result["created"]) == (1, 1)
    [listing] = client.get(PRODUCTS).json()["data"]
    assert listing["price"] == "12.5"
    past = client.get(f"{PRODUCTS}/{listing['id']}/history", params={"fields": "price", "days": 3000, "daily": "true"})
    assert [each["value"] for each in past.json()["metrics"][0]["points"]] == ["12.5"]
    assert client.get(f"{PRODUCTS}/{listing['id']}/history", params={"fields": "beauty"}).status_code == 422
    assert client.get("/api/v1/market/metrics").json()["data"][0]["name"] == "price"
    assert client.post("/api/v1/market/observations", params={"settings": "[]"}, content=line).status_code == 422
    assert client.post("/api/v1/market/observations", params={"connector": "table"}, content=line).status_code == 422


def test_sources_are_an_administrators(sqlite_runtime: Runtime, client: TestClient, persons: dict[str, Person]) -> None:
    draft = {"name": "keepa", "provider": "keepa"}
    assert client.get("/api/v1/market/sources").json() == {"data": [], "total": 0}
    assert client.post("/api/v1/market/sources", json=draft).status_code == 403
    with door(sqlite_runtime, persons["admin"].token) as admin:
        refused = admin.post("/api/v1/market/sources", json=draft)
        assert (refused.status_code, "key" in refused.text) == (422, True)
        assert admin.post("/api/v1/market/sources/keepa/test").status_code == 404
        assert admin.put("/api/v1/market/sources/keepa/credentials", json={"secrets": {}}).status_code == 404
        assert admin.delete("/api/v1/market/sources/keepa").status_code == 404
        assert admin.post("/api/v1/market/sources/keepa/refresh").status_code == 404


def test_a_list_of_best_sellers_goes_in_and_out(sqlite_runtime: Runtime, client: TestClient) -> None:
    rows = f"rank,asin,category,observed_at\n1,{ASIN},172282,2026-11-20\n2,B0F7XPYCSK,172282,2026-11-20\n"
    asked = {"filename": "l.csv", "what": "bestsellers", "settings": '{"marketplace": "US"}'}
    job_id = UUID(client.post("/api/v1/market/observations", params=asked, content=rows).json()["id"])
    done = attend(sqlite_runtime, TERMINAL, lambda _: job_id, queue="market", progress=lambda *_: None)
    assert done["new"] == 2
    category = client.post("/api/v1/market/categories", json={"category": "172282", "marketplace": "US"}).json()
    place = f"/api/v1/market/categories/{category['id']}"
    found = client.get(f"{place}/bestsellers", params={"limit": 1}).json()
    assert (found["depth"], [each["asin"] for each in found["places"]]) == (2, [ASIN])
    assert client.get(f"{place}/metrics", params={"days": 3660}).json()["total"] == 1
    assert client.get("/api/v1/market/categories").json()["total"] == 1
    assert client.get("/api/v1/market/reviews").json()["total"] == 0
    assert client.delete(place, params={"delete": True}).status_code == 204
    assert client.get(f"{place}/bestsellers").status_code == 404

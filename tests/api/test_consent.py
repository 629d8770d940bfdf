"""A shop's owner says yes on the shop's own page, and the store is connected: through the loopback Shopify."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest
from starlette.testclient import TestClient

from mercat.core.database.base import Row
from mercat.core.unit import Runtime
from mercat.domain.listings.models import PendingConsent
from mercat.sandbox.shopify import Options, RunningShop, running
from tests.api.people import door, people
from tests.domain.access.people import ago, put

HUB = "https://hub.example.com"
ROWS: type[Row] = PendingConsent


class _Stay(HTTPRedirectHandler):
    """Shows where a browser would be sent, and does not go there."""

    def redirect_request(self, *_told: object) -> None:
        return None

    def http_error_302(self, _request: Request, answer: object, *_told: object) -> object:
        return answer

    http_error_303 = http_error_307 = http_error_302


@pytest.fixture(scope="module")
def shop() -> Iterator[RunningShop]:
    with running(Options()) as made:
        yield made


@pytest.fixture
def hub(sqlite_runtime: Runtime) -> Iterator[TestClient]:
    sqlite_runtime.settings = replace(sqlite_runtime.settings, http_allow_private=True)
    with door(sqlite_runtime, people(sqlite_runtime)["admin"].token) as client:
        yield client


@pytest.fixture
def stranger(sqlite_runtime: Runtime) -> Iterator[TestClient]:
    """The owner's browser: it has no credentials of ours."""
    with door(sqlite_runtime) as client:
        yield client


def begin(hub: TestClient, shop: RunningShop, **other: object) -> str:
    asked = {"name": "main", "domain": shop.url, "is_sandbox": True, "address": HUB}
    asked |= {name: shop.credentials[name] for name in ("client_id", "client_secret")} | other
    answer = hub.post("/api/v1/stores/connect", json=asked)
    assert answer.status_code == 202, answer.text
    url: str = answer.json()["url"]
    return url


def say_yes(url: str) -> dict[str, str]:
    """What the shop's page sends the owner back with."""
    with build_opener(_Stay()).open(f"{url}&approve=yes") as answer:
        place = urlsplit(answer.headers["location"])
    assert f"{place.scheme}://{place.netloc}{place.path}" == f"{HUB}/oauth/shopify/callback"
    return dict(parse_qsl(place.query))


def come_back(browser: TestClient, told: dict[str, str]) -> tuple[int, str]:
    answer = browser.get(f"/oauth/shopify/callback?{urlencode(told)}")
    return answer.status_code, answer.text


def test_a_store_is_connected_by_its_owners_consent(hub: TestClient, stranger: TestClient, shop: RunningShop):
    told = say_yes(begin(hub, shop))

    assert come_back(stranger, told) == (200, "main is connected. You can close this page.")
    assert hub.post("/api/v1/stores/main/test").status_code == 200
    # The same answer again opens nothing.
    assert come_back(stranger, told)[0] == 401


@pytest.mark.parametrize("spoilt", ["hmac", "code", "state", "timestamp", "shop"])
def test_an_answer_that_was_tampered_with_connects_nothing(
    hub: TestClient, stranger: TestClient, shop: RunningShop, spoilt: str
):
    told = say_yes(begin(hub, shop))

    assert come_back(stranger, {**told, spoilt: "x" + told[spoilt]})[0] == 401
    assert hub.get("/api/v1/stores").json()["total"] == 0


def test_an_answer_that_comes_too_late_connects_nothing(
    sqlite_runtime: Runtime, hub: TestClient, stranger: TestClient, shop: RunningShop
):
    told = say_yes(begin(hub, shop))
    put(sqlite_runtime, ROWS, expires_at=ago(sqlite_runtime, seconds=1))

    assert come_back(stranger, told)[0] == 401


def test_the_apps_secret_is_kept_sealed_and_shown_nowhere(sqlite_runtime: Runtime, hub: TestClient, shop: RunningShop):
    secret = shop.credentials["client_secret"]
    url = begin(hub, shop)

    kept = (sqlite_runtime.settings.home / "mercat.db").read_bytes()
    kept += (sqlite_runtime.settings.home / "mercat.db-wal").read_bytes()
    assert secret not in url
    assert secret.encode() not in kept


@pytest.mark.parametrize("address", ["http://hub.example.com", "ftp://x", "https://me:pw@hub.example.com", "hub"])
def test_the_answer_comes_back_over_tls_or_not_at_all(hub: TestClient, shop: RunningShop, address: str):
    asked = {"name": "main", "domain": shop.url, "is_sandbox": True, "address": address}
    asked |= {name: shop.credentials[name] for name in ("client_id", "client_secret")}

    assert hub.post("/api/v1/stores/connect", json=asked).json()["field"] == "address"

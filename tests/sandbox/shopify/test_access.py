"""Tokens: how they are got, what they open, and how they die."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from mercat.sandbox.shopify import Options

from .conftest import PRODUCT_SET, Client


def token(client: Client, **given: Any) -> httpx2.Response:
    known = {
        "client_id": client.shop.credentials["client_id"],
        "client_secret": client.shop.credentials["client_secret"],
    }
    return client.http.post(f"{client.shop.url}/admin/oauth/access_token", json=known | given)


def status(client: Client, value: str) -> int:
    body = {"query": "{ shop { name } }"}
    headers = {"X-Shopify-Access-Token": value}
    return client.http.post(client.shop.graphql_url, json=body, headers=headers).status_code


def test_client_credentials_give_a_token_for_a_day(client: Client) -> None:
    answer = token(client, grant_type="client_credentials").json()
    assert answer["expires_in"] == 86_399
    assert "write_products" in answer["scope"].split(",")
    assert status(client, answer["access_token"]) == 200
    client.shop.tell("clock", forward_s=86_401)
    assert status(client, answer["access_token"]) == 401
    assert status(client, client.token) == 200  # a custom app's token does not expire


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"client_secret": "wrong", "grant_type": "client_credentials"}, "invalid_client"),
        ({"client_id": "wrong", "grant_type": "client_credentials"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({}, "unsupported_grant_type"),
        ({"code": "none"}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "none"}, "invalid_grant"),
    ],
)
def test_what_gives_no_token(client: Client, given: dict[str, Any], error: str) -> None:
    answer = token(client, **given)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_no_body_and_no_token_are_refused(client: Client) -> None:
    url = f"{client.shop.url}/admin/oauth/access_token"
    assert client.http.post(url, content=b"no").json()["error"] == "invalid_request"
    assert status(client, "") == status(client, "shpat_wrong") == 401


def test_a_merchant_says_yes_and_the_way_back_is_signed(client: Client) -> None:
    secret = client.shop.credentials["client_secret"]
    asked = {
        "client_id": client.shop.credentials["client_id"],
        "scope": "read_products,write_products",
        "redirect_uri": "http://127.0.0.1:9/back?x=1",
        "state": "<nonce>",
    }
    url = f"{client.shop.url}/admin/oauth/authorize"
    page = client.http.get(url, params=asked)
    assert page.status_code == 200
    assert "<nonce>" not in page.text
    back = client.http.get(url, params=asked | {"approve": "yes"}).headers["Location"]
    facts = dict(parse_qsl(urlsplit(back).query))
    assert (facts.pop("x"), facts["state"], facts["shop"]) == ("1", "<nonce>", "mercat-sandbox.myshopify.com")
    given = facts.pop("hmac")
    signed = "&".join(f"{name}={facts[name]}" for name in sorted(facts))
    assert hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest() == given
    first = token(client, code=facts["code"], expiring="1").json()
    assert first["scope"] == "read_products,write_products"
    assert token(client, code=facts["code"]).status_code == 400
    second = token(client, grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert status(client, second["access_token"]) == 200
    token(client, grant_type="refresh_token", refresh_token=second["refresh_token"])
    assert token(client, grant_type="refresh_token", refresh_token=first["refresh_token"]).status_code == 400


@pytest.mark.parametrize(
    "change", [{"client_id": "x"}, {"redirect_uri": "back"}, {"scope": "read_everything"}], ids=str
)
def test_what_is_not_authorised(client: Client, change: dict[str, str]) -> None:
    asked = {"client_id": client.shop.credentials["client_id"], "redirect_uri": "http://127.0.0.1:9/", "approve": "yes"}
    assert client.http.get(f"{client.shop.url}/admin/oauth/authorize", params=asked | change).status_code == 400


@pytest.mark.parametrize(
    ("scopes", "document", "allowed"),
    [
        (["write_products"], "{ products(first: 1) { nodes { id } } }", True),
        (["read_products"], "{ products(first: 1) { nodes { id } } }", True),
        (["read_products"], PRODUCT_SET, False),
        (["read_locations"], "{ products(first: 1) { nodes { id } } }", False),
        (["read_products"], "{ locations(first: 1) { nodes { id name } } }", False),
        (["read_locations"], "{ locations(first: 1) { nodes { id name } } }", True),
        (["read_products"], "{ publications(first: 1) { nodes { id } } }", False),
        (["read_products"], "{ orders(first: 1) { nodes { id } } }", False),
        (["read_orders"], "{ orders(first: 1) { nodes { id } } }", True),
        ([], "{ shop { name } }", True),
    ],
)
def test_a_scope_opens_what_it_says(*, client: Client, scopes: list[str], document: str, allowed: bool) -> None:
    client.shop.tell("scopes", scopes=scopes)
    variables = {"input": {"title": "x"}} if document == PRODUCT_SET else {}
    answer = client.call(document, variables)
    if allowed:
        assert "errors" not in answer
        return
    assert answer["data"] is None
    error = answer["errors"][0]
    assert error["extensions"]["code"] == "ACCESS_DENIED"
    assert "access scope" in error["extensions"]["requiredAccess"]
    assert client.shop.state["products"] == []


class TestWithASecret:
    @pytest.fixture
    def options(self) -> Options:
        return Options(secret="geheim")

    def test_the_controls_ask_for_it(self, client: Client) -> None:
        url = f"{client.shop.url}/__sandbox__/credentials"
        assert client.http.get(url).status_code == 403
        assert client.http.get(url, headers={"X-Sandbox-Secret": "falsch"}).status_code == 403
        assert client.http.get(url, headers={"X-Sandbox-Secret": "geheim"}).status_code == 200


def test_the_controls_are_for_callers_on_this_machine(client: Client) -> None:
    url = f"{client.shop.url}/__sandbox__/credentials"
    assert client.http.get(url).json()["domain"] == "mercat-sandbox.myshopify.com"
    # A page that a browser was lured to comes from this machine too, but by another name.
    assert client.http.get(url, headers={"Host": "evil.test"}).status_code == 403

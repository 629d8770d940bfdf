"""A shop of the test's own, and a client that speaks plain HTTP to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from mercat.sandbox.shopify import Options, RunningShop, running

PRODUCT_SET = """
mutation ($identifier: ProductSetIdentifiers, $input: ProductSetInput!, $synchronous: Boolean = true) {
  productSet(identifier: $identifier, input: $input, synchronous: $synchronous) {
    product { id handle title status tags
      variants(first: 50) { nodes { id sku price inventoryItem { id } selectedOptions { name value } } }
      media(first: 20) { nodes { id alt } }
      metafields(first: 20) { nodes { namespace key type value compareDigest } }
      collections(first: 5) { nodes { id } } }
    productSetOperation { id status }
    userErrors { field message code }
  }
}
"""


@dataclass
class Client:
    """``call`` gives the whole answer; ``ask`` the one root field, and fails on ``errors``."""

    shop: RunningShop
    http: httpx2.Client
    token: str

    def post(self, document: str, variables: dict[str, Any] | None = None, **more: Any) -> httpx2.Response:
        body = {"query": document, "variables": variables or {}}
        return self.http.post(self.shop.graphql_url, json=body, headers={"X-Shopify-Access-Token": self.token}, **more)

    def call(self, document: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self.post(document, variables)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def ask(self, document: str, variables: dict[str, Any] | None = None) -> Any:
        answer = self.call(document, variables)
        assert "errors" not in answer, json.dumps(answer["errors"], indent=1)
        (found,) = answer["data"].values()
        return found

    def done(self, document: str, variables: dict[str, Any] | None = None) -> Any:
        """A mutation that must not refuse."""
        payload = self.ask(document, variables)
        assert payload["userErrors"] == []
        return payload

    def set(self, identifier: dict[str, Any] | None = None, **given: Any) -> Any:
        """productSet, as a payload."""
        variables = {"input": given} | ({"identifier": identifier} if identifier else {})
        return self.ask(PRODUCT_SET, variables)

    def product(self, **given: Any) -> Any:
        """A product that productSet made."""
        payload = self.set(**({"title": "Lamp"} | given))
        assert payload["userErrors"] == []
        return payload["product"]


def sized(*names: str, **each: Any) -> dict[str, Any]:
    """Options and variants that differ by size."""
    return {
        "productOptions": [{"name": "Size", "values": [{"name": name} for name in names]}],
        "variants": [
            {"optionValues": [{"optionName": "Size", "name": name}], "sku": f"SKU-{name}", "price": "9.90", **each}
            for name in names
        ],
    }


@pytest.fixture
def options() -> Options:
    """The shop's options; a test overrides them by its own fixture or by indirect parameters."""
    return Options(plan="plus", file_ready_after_s=60, operation_after_s=60, bulk_start_after_s=0.0)


@pytest.fixture
def shop(options: Options) -> Iterator[RunningShop]:
    with running(options) as shop:
        yield shop


@pytest.fixture
def client(shop: RunningShop) -> Iterator[Client]:
    with httpx2.Client(trust_env=False, timeout=20) as http:
        yield Client(shop, http, shop.credentials["access_token"])

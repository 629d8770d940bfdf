"""Points: what a call asks for, what it pays, and what happens when the bucket is empty."""

from __future__ import annotations

from typing import Any

import pytest

from mercat.sandbox.shopify import Options
from mercat.sandbox.shopify.costs import Bucket, recorded

from .conftest import Client, sized

MAKE = "mutation ($input: ProductSetInput!) { productSet(input: $input) { product { id } userErrors { code } } }"


def cost(answer: dict[str, Any]) -> tuple[int, int]:
    found = answer["extensions"]["cost"]
    return found["requestedQueryCost"], found["actualQueryCost"]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{ shop { name } }", (1, 1)),
        ("{ shop { name primaryDomain { url } } }", (2, 2)),
        (
            '{ product(id: "gid://shopify/Product/1") { id variants(first: 250) { nodes { inventoryItem { id } } } } }',
            (25, 0),
        ),
        ("{ products(first: 1) { nodes { id } pageInfo { endCursor } } }", (3, 2)),
        ("{ products(first: 1) { edges { node { id } } } }", (3, 2)),
        (
            '{ node(id: "gid://shopify/Product/1") { ... on Product { seo { title } } ... on Shop { plan { shopifyPlus } primaryDomain { url } } } }',
            (3, 0),
        ),
        ("query ($n: Int = 1) { a: locations(first: $n) { nodes { id } } b: shop { id } }", (3, 6)),
    ],
)
def test_a_query_is_priced_by_what_it_selects(client: Client, document: str, expected: tuple[int, int]) -> None:
    variables = {"n": 2} if "$n" in document else {}
    requested, actual = cost(client.call(document, variables))
    if "$n" in document:
        assert requested == 2 + recorded(2) + 1
        assert actual == 2 + recorded(2) + 1
    else:
        assert (requested, actual) == expected


def test_a_product_set_adds_for_what_it_brings(client: Client) -> None:
    metafield = {"namespace": "hub", "type": "single_line_text_field", "value": "x"}
    given = {
        "title": "Lamp",
        "files": [{"originalSource": "https://x.test/a.jpg"}],
        "metafields": [metafield | {"key": f"key{number}"} for number in range(5)],
        **sized("S", "M"),
    }
    # 10 for the mutation, 1.9 for the file, 5 x 0.4, 2 x 0.2: 14.3, and points are whole
    assert cost(client.call(MAKE, {"input": given})) == (15, 15)
    assert cost(client.call(MAKE, {"input": {"title": "Lamp"}})) == (10, 10)


def test_the_recorded_price_of_a_long_connection_is_met() -> None:
    assert 2 + recorded(250) * 2 == 24
    assert [recorded(size) for size in (0, 1, 2)] == [0, 1, 1]


class TestLinear:
    @pytest.fixture
    def options(self) -> Options:
        return Options(cost_curve="linear")

    def test_a_query_may_not_ask_for_more_than_1000_points(self, client: Client) -> None:
        dear = "{ products(first: 250) { nodes { id seo { title } category { id } featuredMedia { id } } } }"
        (error,) = client.call(dear)["errors"]
        assert error["extensions"]["code"] == "MAX_COST_EXCEEDED"
        assert (error["extensions"]["cost"], error["extensions"]["maxCost"]) == (1002, 1000)
        cheap = "{ products(first: 249) { nodes { id seo { title } category { id } featuredMedia { id } } } }"
        assert cost(client.call(cheap))[0] == 998


@pytest.mark.parametrize(("plan", "rate"), [("standard", 100), ("advanced", 200), ("plus", 1000)])
def test_the_bucket_is_the_plans(plan: str, rate: int) -> None:
    bucket = Bucket(Options(plan=plan))
    assert bucket.status() == {"maximumAvailable": rate * 20, "currentlyAvailable": rate * 20, "restoreRate": rate}
    assert bucket.take(rate * 20)
    assert not bucket.take(rate)
    bucket.give_back(rate)
    assert bucket.take(rate)


class TestStandard:
    @pytest.fixture
    def options(self) -> Options:
        return Options(plan="standard")

    def test_an_empty_bucket_throttles_with_http_200_and_nothing_is_done(self, client: Client) -> None:
        client.shop.tell("bucket")
        answer = client.call(MAKE, {"input": {"title": "Lamp"}})
        (error,) = answer["errors"]
        assert error["message"] == "Throttled"
        assert error["extensions"]["code"] == "THROTTLED"
        assert "data" not in answer
        status = answer["extensions"]["cost"]
        assert (status["requestedQueryCost"], status["actualQueryCost"]) == (10, None)
        assert status["throttleStatus"]["maximumAvailable"] == 2000
        assert status["throttleStatus"]["currentlyAvailable"] < 10
        assert client.shop.state["products"] == []

"""What is refused before anything is done: the wrong words, the wrong sizes, the wrong ids, the wrong keys."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import PRODUCT_SET, Client, sized

ITEM = "gid://shopify/InventoryItem/1"
PLACE = "gid://shopify/Location/1"
SET_STOCK = """mutation ($input: InventorySetQuantitiesInput!) {
  inventorySetQuantities(input: $input) %s { userErrors { code } } }"""
STOCK = {"name": "available", "reason": "correction", "quantities": []}


@pytest.mark.parametrize(
    ("document", "variables", "code"),
    [
        ("{ shop { id ", {}, "parseError"),
        ("{ shop { nothing } }", {}, "undefinedField"),
        ("{ products(first: 1, nothing: 2) { nodes { id } } }", {}, "argumentNotAccepted"),
        ("{ product { id } }", {}, "missingRequiredArguments"),
        ('{ product(id: "gid://shopify/Product/1") }', {}, "selectionMismatch"),
        ("query ($a: Int) { shop { id } }", {}, "variableNotUsed"),
        ("query ($id: ID!) { product(id: $id) { id } }", {}, "INVALID_VARIABLE"),
        ('{ product(id: "7") { id } }', {}, "INVALID_VARIABLE"),
        ('{ product(id: "gid://other/Product/1") { id } }', {}, "INVALID_VARIABLE"),
        ('{ product(id: "gid://shopify/Collection/1") { id } }', {}, "RESOURCE_NOT_FOUND"),
        ("{ products { nodes { id } } }", {}, "BAD_REQUEST"),
        ("{ products(first: 1, last: 1) { nodes { id } } }", {}, "BAD_REQUEST"),
        ("{ products(first: 251) { nodes { id } } }", {}, "MAX_INPUT_SIZE_EXCEEDED"),
        ('{ products(first: 1, after: "?") { nodes { id } } }', {}, "INVALID_CURSOR"),
        ("{ shop { alerts { description } } }", {}, "SANDBOX_NOT_IMPLEMENTED"),
        ("{ customers(first: 1) { nodes { id } } }", {}, "ACCESS_DENIED|SANDBOX_NOT_IMPLEMENTED"),
        (PRODUCT_SET, {"input": {"title": "x", "nothing": 1}}, "INVALID_VARIABLE"),
        (PRODUCT_SET, {"input": {"title": 1}}, "INVALID_VARIABLE"),
        (PRODUCT_SET, {"input": {"title": "x", "status": "GONE"}}, "INVALID_VARIABLE"),
        (PRODUCT_SET, {"input": {"title": "x"}, "identifier": {}}, "INVALID_VARIABLE"),
        (
            PRODUCT_SET,
            {"input": {"title": "x"}, "identifier": {"handle": "a", "id": "gid://shopify/Product/1"}},
            "INVALID_VARIABLE",
        ),
        (PRODUCT_SET, {"input": {"title": "x"} | sized("S", price="cheap")}, "INVALID_VARIABLE"),
        (PRODUCT_SET, {"input": {"title": "x", "tags": ["t"] * 251}}, "MAX_INPUT_SIZE_EXCEEDED"),
        ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [ITEM] * 251}, "MAX_INPUT_SIZE_EXCEEDED"),
        (
            PRODUCT_SET,
            {"identifier": {"customId": {"namespace": "hub", "key": "id", "value": "1"}}, "input": {"title": "x"}},
            "NOT_FOUND",
        ),
        (SET_STOCK % "", {"input": STOCK}, "BAD_REQUEST"),
        (
            SET_STOCK % '@idempotent(key: "k")',
            {"input": STOCK | {"quantities": [{"inventoryItemId": ITEM, "locationId": PLACE, "quantity": 1}]}},
            "BAD_REQUEST",
        ),
    ],
)
def test_what_is_wrong_is_answered_in_errors_with_http_200(
    client: Client, document: str, variables: dict[str, Any], code: str
) -> None:
    if "inventorySetQuantities" in document and variables["input"]["quantities"]:
        product = client.product()
        (quantity,) = variables["input"]["quantities"]
        quantity["inventoryItemId"] = product["variants"]["nodes"][0]["inventoryItem"]["id"]
        quantity["locationId"] = client.shop.state["locations"][0]["id"]
    answer = client.call(document, variables)
    assert {error["extensions"]["code"] for error in answer["errors"]} & set(code.split("|")), answer
    assert not any((answer.get("data") or {}).values())


def test_a_body_that_is_no_json_is_a_bad_request(client: Client) -> None:
    headers = {"X-Shopify-Access-Token": client.token}
    assert client.http.post(client.shop.graphql_url, content=b"{", headers=headers).status_code == 400
    assert client.http.post(client.shop.graphql_url, json=[1], headers=headers).json()["errors"]


@pytest.mark.parametrize(
    ("version", "status"), [("2026-10", 200), ("2026-07", 200), ("2027-01", 404), ("unstable", 404), ("2026-11", 404)]
)
def test_older_versions_fall_forward_and_unknown_ones_do_not_exist(client: Client, version: str, status: int) -> None:
    url = client.shop.graphql_url.replace("2026-10", version)
    body = {"query": "{ shop { name } }"}
    answer = client.http.post(url, json=body, headers={"X-Shopify-Access-Token": client.token})
    assert answer.status_code == status
    assert answer.headers["X-Shopify-API-Version"] == "2026-10"


IDENTIFIED = {"identifier": {"handle": "lamp"}}
LAMP = {"title": "Lamp", "handle": "lamp"}


@pytest.mark.parametrize(
    ("variables", "code", "field"),
    [
        ({"input": {}}, "INVALID_INPUT", ["input", "title"]),
        ({"input": {"title": " "}}, "INVALID_INPUT", ["input", "title"]),
        ({"input": {"title": "x" * 256}}, "INVALID_INPUT", ["input", "title"]),
        ({"input": {"title": "x", "vendor": "v" * 256}}, "INVALID_INPUT", ["input", "vendor"]),
        ({"input": {"title": "x", "handle": "taken"}}, "HANDLE_NOT_UNIQUE", ["input", "handle"]),
        ({"input": {"title": "x"}, **IDENTIFIED}, "MISSING_FIELD_REQUIRED", ["input", "handle"]),
        ({"input": {"title": "x", "handle": "other"}, **IDENTIFIED}, "INPUT_MISMATCH", ["input", "handle"]),
        (
            {"input": {"title": "x", "id": "gid://shopify/Product/1"}, "identifier": {"id": "gid://shopify/Product/1"}},
            "ID_NOT_ALLOWED",
            ["input", "id"],
        ),
        (
            {"input": {"title": "x"}, "identifier": {"id": "gid://shopify/Product/1"}},
            "PRODUCT_DOES_NOT_EXIST",
            ["input", "id"],
        ),
        (
            {"input": LAMP | {"variants": [{"optionValues": []}]}},
            "PRODUCT_OPTIONS_INPUT_MISSING",
            ["input", "productOptions"],
        ),
        (
            {"input": LAMP | {"productOptions": [{"name": "Size", "values": [{"name": "S"}]}]}},
            "VARIANTS_INPUT_MISSING",
            ["input", "variants"],
        ),
        (
            {"input": LAMP | {"productOptions": [{"name": "Size"}], "variants": [{"optionValues": []}]}},
            "OPTION_VALUES_MISSING",
            ["input", "productOptions", "0", "values"],
        ),
        (
            {
                "input": LAMP
                | {**sized("S"), "productOptions": [{"name": n, "values": [{"name": "S"}]} for n in "abcd"]}
            },
            "OPTIONS_OVER_LIMIT",
            ["input", "productOptions"],
        ),
        (
            {"input": LAMP | {**sized("S"), "productOptions": [{"name": "Size", "values": [{"name": "S"}]}] * 2}},
            "DUPLICATED_OPTION_NAME",
            ["input", "productOptions", "1", "name"],
        ),
        ({"input": LAMP | sized("S", "S")}, "DUPLICATED_OPTION_VALUE", None),
        (
            {"input": LAMP | sized("S") | {"variants": sized("S")["variants"] * 2}},
            "INVALID_VARIANT",
            ["input", "variants", "1"],
        ),
        (
            {"input": LAMP | sized("S") | {"variants": sized("M")["variants"]}},
            "OPTION_VALUE_DOES_NOT_EXIST",
            ["input", "variants", "0", "optionValues", "0", "name"],
        ),
        (
            {"input": LAMP | sized("S") | {"variants": [{"optionValues": [{"optionName": "Colour", "name": "S"}]}]}},
            "OPTION_DOES_NOT_EXIST",
            ["input", "variants", "0", "optionValues", "0"],
        ),
        (
            {"input": LAMP | sized("S", id="gid://shopify/ProductVariant/1")},
            "PRODUCT_VARIANT_DOES_NOT_EXIST",
            ["input", "variants", "0", "id"],
        ),
        ({"input": LAMP | sized("S", price="-1")}, "INVALID_VARIANT", ["input", "variants", "0", "price"]),
        (
            {"input": LAMP | sized(*(f"S{n}" for n in range(2049)))},
            "VARIANTS_OVER_LIMIT",
            ["input", "variants"],
        ),
        (
            {"input": LAMP | sized("S", file={"originalSource": "https://x.test/a.jpg"})},
            "INVALID_VARIANT",
            ["input", "variants", "0", "file"],
        ),
        (
            {"input": LAMP | {"files": [{"originalSource": "no address"}]}},
            "INVALID_INPUT",
            ["input", "files", "0", "originalSource"],
        ),
        (
            {"input": LAMP | {"files": [{"id": "gid://shopify/MediaImage/1"}]}},
            "NOT_FOUND",
            ["input", "files", "0", "id"],
        ),
        (
            {"input": LAMP | {"category": "gid://shopify/TaxonomyCategory/zz-1"}},
            "INVALID_INPUT",
            ["input", "category"],
        ),
        (
            {"input": LAMP | {"collections": ["gid://shopify/Collection/1"]}},
            "INVALID_INPUT",
            ["input", "collections", "0"],
        ),
        (
            {"input": LAMP | {"metafields": [{"namespace": "hub", "key": "src", "value": "x"}]}},
            "INVALID_METAFIELD",
            ["input", "metafields", "0", "type"],
        ),
        (
            {
                "input": LAMP
                | {"metafields": [{"namespace": "hub", "key": "src", "type": "number_integer", "value": "x"}]}
            },
            "INVALID_METAFIELD",
            ["input", "metafields", "0", "value"],
        ),
        (
            {
                "input": LAMP
                | sized("S", inventoryQuantities=[{"locationId": PLACE, "name": "available", "quantity": 1}])
            },
            "INVALID_INPUT",
            ["input", "variants", "0", "inventoryQuantities", "0", "locationId"],
        ),
    ],
)
def test_what_product_set_refuses(
    client: Client, variables: dict[str, Any], code: str, field: list[str] | None
) -> None:
    client.product(title="First", handle="taken")
    payload = client.ask(PRODUCT_SET, variables)
    (error,) = payload["userErrors"]
    assert error["code"] == code
    assert error["field"] == field or field is None
    assert payload["product"] is None
    assert [each["handle"] for each in client.shop.state["products"]] == ["taken"]

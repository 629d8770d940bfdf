"""Quantities: compare-and-set, idempotency keys, places, and what follows from what."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Client

SET = """mutation ($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { reason changes { name delta quantityAfterChange item { id } location { id } } }
    userErrors { field message code } } }"""
ADJUST = SET.replace("inventorySetQuantities", "inventoryAdjustQuantities").replace("SetQuantities", "AdjustQuantities")
ACTIVATE = """mutation ($item: ID!, $place: ID!, $available: Int, $key: String!) {
  inventoryActivate(inventoryItemId: $item, locationId: $place, available: $available) @idempotent(key: $key) {
    inventoryLevel { id quantities(names: ["available", "on_hand"]) { name quantity } } userErrors { field message } } }"""


@pytest.fixture
def item(client: Client) -> str:
    return str(client.product()["variants"]["nodes"][0]["inventoryItem"]["id"])


@pytest.fixture
def places(client: Client) -> list[str]:
    return [each["id"] for each in client.shop.state["locations"]]


def wanted(item: str, place: str, quantity: int, expected: int | None, **more: Any) -> dict[str, Any]:
    row = {"inventoryItemId": item, "locationId": place, "quantity": quantity, "changeFromQuantity": expected}
    return {"name": "available", "reason": "correction", "quantities": [row], **more}


def stock(client: Client, place: str) -> dict[str, int]:
    (product,) = client.shop.state["products"]
    return dict(product["variants"][0]["item"]["levels"][place])


def test_a_quantity_is_set_only_from_what_it_was(client: Client, item: str, places: list[str]) -> None:
    done = client.done(SET, {"input": wanted(item, places[0], 5, 0), "key": "1"})["inventoryAdjustmentGroup"]
    assert done["changes"] == [
        {
            "name": "available",
            "delta": 5,
            "quantityAfterChange": 5,
            "item": {"id": item},
            "location": {"id": places[0]},
        }
    ]
    stale = client.ask(SET, {"input": wanted(item, places[0], 9, 4), "key": "2"})
    assert [error["code"] for error in stale["userErrors"]] == ["CHANGE_FROM_QUANTITY_STALE"]
    assert stock(client, places[0])["available"] == 5
    client.done(SET, {"input": wanted(item, places[0], 7, None), "key": "3"})
    client.done(SET, {"input": wanted(item, places[0], 10, 7, name="on_hand"), "key": "4"})
    assert (stock(client, places[0])["available"], stock(client, places[0])["on_hand"]) == (10, 10)


def test_a_key_is_good_for_one_intent(client: Client, item: str, places: list[str]) -> None:
    first = {"input": wanted(item, places[0], 5, 0), "key": "same"}
    answer = client.done(SET, first)
    assert client.done(SET, first) == answer
    assert stock(client, places[0])["available"] == 5
    other = client.ask(SET, {"input": wanted(item, places[0], 6, 5), "key": "same"})
    assert [error["code"] for error in other["userErrors"]] == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    failed = {"input": wanted(item, places[0], 6, 1), "key": "failed"}
    codes = [client.ask(SET, failed)["userErrors"][0]["code"] for _ in range(2)]
    assert codes == ["CHANGE_FROM_QUANTITY_STALE", "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"]
    client.shop.tell("clock", forward_s=25 * 3600)
    client.done(SET, {"input": wanted(item, places[0], 6, 5), "key": "same"})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "committed"}, "INVALID_NAME"),
        ({"reason": "because"}, "INVALID_REASON"),
        ({"referenceDocumentUri": "nowhere"}, "INVALID_REFERENCE_DOCUMENT"),
        ({"quantity": -1}, "INVALID_QUANTITY_NEGATIVE"),
        ({"quantity": 1_000_000_001}, "INVALID_QUANTITY_TOO_HIGH"),
        ({"inventoryItemId": "gid://shopify/InventoryItem/1"}, "INVALID_INVENTORY_ITEM"),
        ({"locationId": "gid://shopify/Location/1"}, "INVALID_LOCATION"),
        ({"locationId": "second"}, "INVALID_LOCATION"),
        ({"twice": True}, "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"),
    ],
)
def test_what_setting_refuses(
    *, client: Client, item: str, places: list[str], change: dict[str, Any], code: str
) -> None:
    given = wanted(item, places[0], 5, 0)
    (row,) = given["quantities"]
    if change.get("locationId") == "second":
        change = {"locationId": places[1]}
    if change.get("twice"):
        given["quantities"].append(dict(row))
    for name, value in change.items():
        (row if name in row else given)[name] = value
    given.pop("twice", None)
    refused = client.ask(SET, {"input": given, "key": "k"})
    assert [error["code"] for error in refused["userErrors"]] == [code]
    assert stock(client, places[0])["available"] == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"name": "on_hand"}, "INVALID_QUANTITY_NAME"),
        ({"name": "damaged"}, "INVALID_QUANTITY_DOCUMENT"),
        ({"name": "damaged", "ledgerDocumentUri": "gid://shopify/Order/1"}, "INTERNAL_LEDGER_DOCUMENT"),
        ({"name": "damaged", "ledgerDocumentUri": "gid://hub/Sync/1"}, None),
        ({"ledgerDocumentUri": "gid://hub/Sync/1"}, "INVALID_AVAILABLE_DOCUMENT"),
        ({"changeFromQuantity": 9}, "CHANGE_FROM_QUANTITY_STALE"),
    ],
)
def test_what_adjusting_does_and_refuses(
    *, client: Client, item: str, places: list[str], change: dict[str, Any], code: str | None
) -> None:
    row = {"inventoryItemId": item, "locationId": places[0], "delta": 3, "changeFromQuantity": 0}
    given = {"name": "available", "reason": "received", "changes": [row]}
    for name, value in change.items():
        (given if name == "name" else row)[name] = value
    payload = client.ask(ADJUST, {"input": given, "key": "k"})
    assert [error["code"] for error in payload["userErrors"]] == ([code] if code else [])
    assert stock(client, places[0])[str(given["name"])] == (0 if code else 3)
    assert stock(client, places[0])["on_hand"] == (0 if code else 3)


def test_an_item_is_stocked_where_it_was_activated(client: Client, item: str, places: list[str]) -> None:
    given = {"item": item, "place": places[1], "available": 4, "key": "1"}
    level = client.done(ACTIVATE, given)["inventoryLevel"]
    assert [each["quantity"] for each in level["quantities"]] == [4, 4]
    assert client.ask(ACTIVATE, given | {"key": "2"})["userErrors"]
    assert client.ask(ACTIVATE, given | {"available": 5})["userErrors"][0]["message"].startswith("The same idempotency")
    client.done(SET, {"input": wanted(item, places[1], 1, 4), "key": "3"})
    off = "mutation ($id: ID!) { inventoryDeactivate(inventoryLevelId: $id) { userErrors { message } } }"
    client.done(off, {"id": level["id"]})
    read = """query ($id: ID!) { inventoryItem(id: $id) { locationsCount { count }
      inventoryLevels(first: 5) { nodes { id location { id } } } } }"""
    (left,) = client.ask(read, {"id": item})["inventoryLevels"]["nodes"]
    assert left["location"]["id"] == places[0]
    assert client.ask(off, {"id": left["id"]})["userErrors"]


def test_a_new_variant_brings_its_first_quantities(client: Client, places: list[str]) -> None:
    quantities = [{"locationId": place, "name": "available", "quantity": 3} for place in places]
    variant = {"optionValues": [{"optionName": "Title", "name": "Default Title"}], "inventoryQuantities": quantities}
    options = [{"name": "Title", "values": [{"name": "Default Title"}]}]
    client.product(productOptions=options, variants=[variant])
    assert [stock(client, place)["available"] for place in places] == [3, 3]


def test_an_item_has_a_cost_a_weight_and_an_origin(client: Client, item: str) -> None:
    update = """mutation ($id: ID!, $input: InventoryItemInput!) { inventoryItemUpdate(id: $id, input: $input) {
      inventoryItem { sku tracked unitCost { amount currencyCode } measurement { weight { value unit } }
        countryCodeOfOrigin harmonizedSystemCode } userErrors { message } } }"""
    given = {
        "cost": "4.20",
        "sku": "NEW",
        "tracked": True,
        "countryCodeOfOrigin": "DE",
        "harmonizedSystemCode": "610910",
        "measurement": {"weight": {"value": 120.0, "unit": "GRAMS"}},
    }
    found = client.done(update, {"id": item, "input": given})["inventoryItem"]
    assert found == {
        "sku": "NEW",
        "tracked": True,
        "unitCost": {"amount": "4.2", "currencyCode": "USD"},
        "measurement": {"weight": {"value": 120.0, "unit": "GRAMS"}},
        "countryCodeOfOrigin": "DE",
        "harmonizedSystemCode": "610910",
    }
    assert client.ask(update, {"id": item, "input": {"cost": "-1"}})["userErrors"]
    found = client.ask('{ inventoryItems(first: 1, query: "sku:NEW") { nodes { id } } }')["nodes"]
    assert found == [{"id": item}]

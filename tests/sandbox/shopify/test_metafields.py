"""Metafields: types, definitions, compare-and-set, at most 25 and all or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from mercat.sandbox.shopify.metafield_types import TYPES, wrong

from .conftest import Client

SET = """mutation ($metafields: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $metafields) {
  metafields { key value compareDigest } userErrors { field code elementIndex } } }"""
DEFINE = """mutation ($definition: MetafieldDefinitionInput!) { metafieldDefinitionCreate(definition: $definition) {
  createdDefinition { id } userErrors { code } } }"""


@pytest.fixture
def owner(client: Client) -> str:
    return str(client.product()["id"])


def value(owner: str, **more: Any) -> dict[str, Any]:
    return {
        "ownerId": owner,
        "namespace": "hub",
        "key": "colour",
        "type": "single_line_text_field",
        "value": "red",
    } | more


def codes(client: Client, *metafields: dict[str, Any]) -> list[tuple[str, int | None]]:
    payload = client.ask(SET, {"metafields": list(metafields)})
    return [(error["code"], error["elementIndex"]) for error in payload["userErrors"]]


def test_a_digest_guards_what_was_seen(client: Client, owner: str) -> None:
    (first,) = client.done(SET, {"metafields": [value(owner, compareDigest=None)]})["metafields"]
    assert codes(client, value(owner, value="blue", compareDigest=None)) == [("STALE_OBJECT", 0)]
    changed = value(owner, value="blue", compareDigest=first["compareDigest"])
    client.done(SET, {"metafields": [changed]})
    assert codes(client, changed) == [("STALE_OBJECT", 0)]
    assert codes(client, value(owner, compareDigest="x")) == [("INVALID_COMPARE_DIGEST", 0)]


def test_one_wrong_value_keeps_all_from_being_written(client: Client, owner: str) -> None:
    wrong_one = value(owner, key="size", type="number_integer", value="large")
    assert codes(client, value(owner), wrong_one) == [("INVALID_VALUE", 1)]
    assert client.shop.state["products"][0]["metafields"] == {}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"ownerId": "gid://shopify/Product/1"}, "INVALID"),
        ({"namespace": "ab"}, "INVALID"),
        ({"key": "a b"}, "INVALID"),
        ({"type": None}, "BLANK"),
        ({"type": "text"}, "INVALID_TYPE"),
        ({"type": "id"}, "INVALID_TYPE"),
        ({"value": ""}, "INVALID_VALUE"),
    ],
)
def test_what_is_refused(client: Client, owner: str, more: dict[str, Any], code: str) -> None:
    assert codes(client, value(owner) | more) == [(code, 0)]


def test_at_most_25_at_once(client: Client, owner: str) -> None:
    many = [value(owner, key=f"key{number}") for number in range(26)]
    assert codes(client, *many) == [("LESS_THAN_OR_EQUAL_TO", None)]
    client.done(SET, {"metafields": many[:25]})


def test_a_definition_fixes_the_type_and_may_demand_unique_values(client: Client, owner: str) -> None:
    definition = {"name": "Colour", "namespace": "hub", "key": "colour", "ownerType": "PRODUCT"}
    unique = {"capabilities": {"uniqueValues": {"enabled": True}}}
    text = definition | {"type": "single_line_text_field"}
    client.done(DEFINE, {"definition": text | unique})
    for wrong_one, code in [
        (text, "TAKEN"),
        (text | {"key": "a"}, "TOO_SHORT"),
        (text | {"key": "other", "type": "colour"}, "INCLUSION"),
        (text | {"key": "other", "type": "json"} | unique, "INVALID_CAPABILITY"),
    ]:
        assert client.ask(DEFINE, {"definition": wrong_one})["userErrors"] == [{"code": code}]
    client.done(SET, {"metafields": [value(owner, type=None)]})
    assert codes(client, value(owner, type="json", value="{}")) == [("INVALID_TYPE", 0)]
    other = client.product(title="Other")["id"]
    assert codes(client, value(other)) == [("TAKEN", 0)]
    client.done(SET, {"metafields": [value(owner, value="blue")]})
    client.done(SET, {"metafields": [value(other)]})
    listed = client.ask(
        "{ metafieldDefinitions(first: 5, ownerType: PRODUCT) { nodes { key metafieldsCount type { name } } } }"
    )
    assert listed["nodes"] == [{"key": "colour", "metafieldsCount": 2, "type": {"name": "single_line_text_field"}}]


def test_an_apps_own_namespace_is_its_own(client: Client, owner: str) -> None:
    client.done(SET, {"metafields": [value(owner, namespace="$app:sync"), value(owner, namespace=None, key="bare")]})
    read = 'query ($id: ID!) { product(id: $id) { metafield(namespace: "$app:sync", key: "colour") { value } } }'
    assert client.ask(read, {"id": owner})["metafield"] == {"value": "red"}
    names = set(client.shop.state["products"][0]["metafields"])
    assert names == {"app--1900000000001--sync.colour", "app--1900000000001.bare"}
    delete = """mutation ($m: [MetafieldIdentifierInput!]!) { metafieldsDelete(metafields: $m) {
      deletedMetafields { key } userErrors { message } } }"""
    there = {"ownerId": owner, "namespace": "$app:sync", "key": "colour"}
    gone = client.done(delete, {"m": [there, there | {"key": "none"}]})
    assert gone["deletedMetafields"] == [{"key": "colour"}, None]


@pytest.mark.parametrize(
    ("type_", "good", "bad"),
    [
        ("number_integer", "-7", "7.0"),
        ("number_decimal", "7.25", "seven"),
        ("boolean", "true", "yes"),
        ("json", '{"a": 1}', "{a}"),
        ("date", "2026-11-21", "21.11.2026"),
        ("date_time", "2026-11-21T10:00:00", "today"),
        ("url", "https://x.test", "x.test"),
        ("color", "#ff0000", "red"),
        ("money", '{"amount": "5.99", "currency_code": "EUR"}', "5.99"),
        ("weight", '{"value": 2.5, "unit": "kg"}', '{"value": 2.5, "unit": "stone"}'),
        ("dimension", '{"value": "2.5", "unit": "cm"}', '{"value": "long", "unit": "cm"}'),
        ("volume", '{"value": 1, "unit": "l"}', "1 l"),
        ("rating", '{"value": "4", "scale_min": "1", "scale_max": "5"}', "4"),
        ("product_reference", "gid://shopify/Product/1", "gid://shopify/Collection/1"),
        ("list.number_integer", "[1, 2]", '["x"]'),
        ("list.single_line_text_field", '["a"]', "a"),
        ("list.color", '["#ff0000"]', "[" + ", ".join(['"#ff0000"'] * 129) + "]"),
        ("multi_line_text_field", "a\nb", ""),
        ("single_line_text_field", "a", "a\nb"),
        ("rich_text_field", '{"type": "root"}', "<p>"),
    ],
)
def test_a_type_takes_its_own_values_only(type_: str, good: str, bad: str) -> None:
    assert type_ in TYPES
    assert wrong(type_, good) is None
    assert wrong(type_, bad)

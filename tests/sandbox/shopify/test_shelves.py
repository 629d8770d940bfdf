"""Collections by their sources, publications, and the category tree."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Client, sized

CREATE = """mutation ($c: CollectionCreateInput!) { collectionCreate(collection: $c) {
  collection { id handle productsCount { count } sources { id title ... on CollectionConditionsSource {
    inclusion { matchType conditions { __typename id } selections(first: 9) { nodes { product { id } } } } } } }
  userErrors { field message } } }"""
UPDATE = """mutation ($c: CollectionUpdateInput!) { collectionUpdate(collection: $c) {
  collection { id } job { id done } userErrors { field message } } }"""
MEMBERS = "query ($id: ID!) { collection(id: $id) { products(first: 9) { nodes { title } } } }"


def members(client: Client, gid: str) -> list[str]:
    return [each["title"] for each in client.ask(MEMBERS, {"id": gid})["products"]["nodes"]]


def source(*products: str, **inclusion: Any) -> dict[str, Any]:
    chosen = {"selections": [{"productId": gid} for gid in products]} | inclusion
    return {"source": {"title": "s", "inclusion": chosen}}


def test_chosen_products_come_and_go(client: Client) -> None:
    lamp, chair = (client.product(title=title)["id"] for title in ("Lamp", "Chair"))
    made = client.done(CREATE, {"c": {"title": "Things", "sources": [source(lamp)]}})["collection"]
    assert (made["handle"], made["productsCount"]) == ("things", {"count": 1})
    change = {
        "id": made["sources"][0]["id"],
        "inclusion": {"selectionsToAdd": [{"productId": chair}], "selectionsToRemove": [{"productId": lamp}]},
    }
    done = client.done(UPDATE, {"c": {"id": made["id"], "sourcesToUpdate": [{"condition": change}]}})
    assert done["job"]["done"]
    assert members(client, made["id"]) == ["Chair"]
    by_product = client.set({"id": lamp}, collections=[made["id"]])["product"]
    assert by_product["collections"]["nodes"] == [{"id": made["id"]}]
    assert members(client, made["id"]) == ["Chair", "Lamp"]
    client.set({"id": lamp}, collections=[])
    assert members(client, made["id"]) == ["Chair"]
    delete = """mutation ($id: ID!) { collectionDelete(input: {id: $id}) {
      deletedCollectionId shop { name } userErrors { message } } }"""
    client.done(delete, {"id": made["id"]})
    assert client.ask(MEMBERS, {"id": made["id"]}) is None


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"productTag": {"relation": "TAGGED_WITH", "values": ["wood"], "matchType": "ANY"}}, ["Chair", "Desk"]),
        ({"productVendor": {"relation": "EQUALS", "values": ["Hof"], "matchType": "ANY"}}, ["Chair"]),
        ({"productTitle": {"relation": "STARTS_WITH", "values": ["de"], "matchType": "ANY"}}, ["Desk"]),
        ({"productTitle": {"relation": "DOES_NOT_CONTAIN", "values": ["a"], "matchType": "ANY"}}, ["Desk"]),
        ({"productStatus": {"relation": "EQUALS", "values": ["DRAFT"], "matchType": "ANY"}}, ["Desk"]),
        (
            {"variantPrice": {"relation": "GREATER_THAN", "value": {"amount": "50", "currencyCode": "EUR"}}},
            ["Desk"],
        ),
    ],
)
def test_conditions_are_asked_of_every_product(client: Client, condition: dict[str, Any], expected: list[str]) -> None:
    client.product(title="Chair", vendor="Hof", tags=["wood"], **sized("S"))
    client.product(title="Desk", status="DRAFT", tags=["wood"], **sized("S", price="99"))
    made = client.done(CREATE, {"c": {"title": "Ruled", "sources": [source(conditions=[condition])]}})["collection"]
    assert members(client, made["id"]) == expected
    refused = client.set(title="Lamp", collections=[made["id"]])
    assert refused["userErrors"][0]["message"] == "Can't manually add products to a collection of conditions"


def test_a_collection_may_hold_collections(client: Client) -> None:
    lamp = client.product(title="Lamp")["id"]
    inner = client.done(CREATE, {"c": {"title": "Inner", "sources": [source(lamp)]}})["collection"]["id"]
    below = {"subCollections": {"title": "below", "collectionIds": [inner]}}
    outer = client.done(CREATE, {"c": {"title": "Outer", "sources": [below]}})["collection"]["id"]
    assert members(client, outer) == ["Lamp"]


@pytest.mark.parametrize(
    "given",
    [
        {"title": ""},
        {"title": "x", "handle": "taken"},
        {"title": "x", "sources": [source("gid://shopify/Product/1")]},
        {
            "title": "x",
            "sources": [{"subCollections": {"title": "t", "collectionIds": ["gid://shopify/Collection/1"]}}],
        },
    ],
)
def test_what_a_collection_refuses(client: Client, given: dict[str, Any]) -> None:
    client.done(CREATE, {"c": {"title": "Taken"}})
    assert client.ask(CREATE, {"c": given})["userErrors"]
    assert [each["handle"] for each in client.shop.state["collections"]] == ["taken"]


def test_publishing_is_by_publication(client: Client) -> None:
    product = client.product()["id"]
    online, till, _ = (each["id"] for each in client.shop.state["publications"])
    read = """query ($id: ID!, $on: ID!) { product(id: $id) { publishedOnPublication(publicationId: $on)
      resourcePublicationsCount { count } } }"""
    assert client.ask(read, {"id": product, "on": online})["publishedOnPublication"]
    assert not client.ask(read, {"id": product, "on": till})["publishedOnPublication"]
    change = """mutation ($id: ID!, $input: [PublicationInput!]!) { %s(id: $id, input: $input) {
      shop { name } userErrors { field message } } }"""
    client.done(change % "publishablePublish", {"id": product, "input": [{"publicationId": till}]})
    assert client.ask(read, {"id": product, "on": till})["resourcePublicationsCount"] == {"count": 2}
    client.done(change % "publishableUnpublish", {"id": product, "input": [{"publicationId": online}]})
    assert not client.ask(read, {"id": product, "on": online})["publishedOnPublication"]
    for wrong in ({}, {"publicationId": "gid://shopify/Publication/1"}):
        assert client.ask(change % "publishablePublish", {"id": product, "input": [wrong]})["userErrors"]


def test_the_category_tree_is_walked_and_searched(client: Client) -> None:
    find = "query (%s) { taxonomy { categories(first: 50, %s) { nodes { id level isRoot fullName } } } }"
    roots = client.ask("{ taxonomy { categories(first: 50) { nodes { id isRoot } } } }")["categories"]["nodes"]
    assert len(roots) > 3
    assert all(each["isRoot"] for each in roots)
    lamps = client.ask(find % ("$s: String!", "search: $s"), {"s": "lamps"})["categories"]["nodes"]
    assert [each["fullName"] for each in lamps] == ["Home & Garden > Lighting > Lamps"]
    for relation, expected in [
        ("childrenOf", {"hg-3", "hg-11", "hg-13"}),
        ("descendantsOf", {"hg-3", "hg-11", "hg-13", "hg-13-4"}),
    ]:
        found = client.ask(find % ("$of: ID!", f"{relation}: $of"), {"of": "gid://shopify/TaxonomyCategory/hg"})
        assert {each["id"].rpartition("/")[2] for each in found["categories"]["nodes"]} == expected

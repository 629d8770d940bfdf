"""The 35 shared operations, one after the other, as the story of one shop."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from graphql import build_client_schema, parse, print_ast, validate

from mercat.sandbox.shopify.registry import RESOLVERS
from mercat.sandbox.shopify.schema import load
from tests.shared_data import shared

from .conftest import Client


@pytest.fixture(scope="module")
def operations() -> dict[str, str]:
    document = parse(shared("specs", "shopify", "operations_2026-10.graphql").read_text())
    assert validate(load(), document) == []
    return {node.name.value: print_ast(node) for node in document.definitions}


class Story:
    """Runs operations by name, and keeps count of those that were run."""

    def __init__(self, client: Client, operations: dict[str, str]) -> None:
        self.client, self.operations, self.ran = client, operations, set[str]()

    def __call__(self, name: str, **variables: Any) -> Any:
        self.ran.add(name)
        answer = self.client.call(self.operations[name], variables)
        assert "errors" not in answer, (name, answer["errors"])
        for payload in answer["data"].values():
            assert not (isinstance(payload, dict) and payload.get("userErrors")), (name, payload)
        return answer["data"]


@pytest.fixture
def story(client: Client, operations: dict[str, str]) -> Story:
    return Story(client, operations)


@pytest.mark.shared
def test_every_operation_runs(story: Story, client: Client) -> None:
    shop = story("ShopInfo")
    assert {"handle": "write_products"} in shop["currentAppInstallation"]["accessScopes"]
    location = story("Locations")["locations"]["nodes"][0]["id"]
    second = story("Locations")["locations"]["nodes"][1]["id"]
    publication = story("Publications")["publications"]["nodes"][1]["id"]
    category = story("TaxonomySearch", search="t-shirts")["taxonomy"]["categories"]["nodes"][0]
    assert story("TaxonomyChildren", of=category["parentId"])["taxonomy"]["categories"]["nodes"]
    definition = {"name": "Source", "namespace": "hub", "key": "src", "ownerType": "PRODUCT", "type": "id"}
    story("MetafieldDefinition", definition=definition | {"capabilities": {"uniqueValues": {"enabled": True}}})
    shelf = story("CollectionCreate", collection={"title": "Shirts"})["collectionCreate"]["collection"]["id"]

    upserted = story(
        "ProductUpsert", identifier={"handle": "demo"}, synchronous=True, input=demo(location, shelf, category["id"])
    )["productSet"]["product"]
    variant, item = upserted["variants"]["nodes"][0]["id"], upserted["variants"]["nodes"][0]["inventoryItem"]["id"]
    assert upserted["category"]["id"] == category["id"]
    assert [each["price"] for each in upserted["variants"]["nodes"]] == ["9.90", "9.90"]

    later = story("ProductUpsert", identifier=None, synchronous=False, input={"title": "Later"})["productSet"]
    operation = later["productSetOperation"]["id"]
    assert story("ProductOperation", id=operation)["productOperation"]["product"] is None
    client.shop.tell("clock", forward_s=120)
    assert story("ProductOperation", id=operation)["productOperation"]["product"]["handle"] == "later"

    product = upserted["id"]
    large = {"optionValues": [{"optionName": "Size", "name": "L"}], "price": "1.00", "inventoryItem": {"sku": "A-L"}}
    made = story("VariantsCreate", productId=product, variants=[large])["productVariantsBulkCreate"]
    story("VariantsUpdate", productId=product, variants=[{"id": variant, "price": "2.00"}])
    story("VariantsDelete", productId=product, ids=[made["productVariants"][0]["id"]])
    value = {"ownerId": product, "namespace": "hub", "key": "facts", "type": "json", "value": "{}"}
    story("MetafieldsSet", metafields=[value | {"compareDigest": None}])

    chosen = {"source": {"title": "manual", "inclusion": {"selections": [{"productId": product}]}}}
    story("CollectionCreate", collection={"title": "C", "sources": [chosen]})
    story("CollectionUpdate", collection={"id": shelf, "title": "All shirts"})
    second_product = story("ProductByHandle", identifier={"handle": "later"})["productByIdentifier"]["id"]
    added = story("CollectionAddProductsLegacy", id=shelf, productIds=[second_product])["collectionAddProducts"]
    assert added["collection"]["productsCount"]["count"] == 2

    files_and_stock(story, item, location, second)
    story("Publish", id=product, input=[{"publicationId": publication}])
    story("Unpublish", id=product, input=[{"publicationId": publication}])
    story("WebhookCreate", topic="PRODUCTS_UPDATE", sub={"uri": "https://hub.test/wh", "includeFields": ["id"]})
    assert len(story("Webhooks")["webhookSubscriptions"]["nodes"]) == 1
    assert len(story("ProductSearch", q="title:Demo")["products"]["edges"]) == 1
    assert story("VariantBySku", q="sku:A-S")["productVariants"]["nodes"][0]["id"] == variant

    bulk(story, client)
    assert story.ran == set(story.operations)


def files_and_stock(story: Story, item: str, location: str, second: str) -> None:
    picture = {"originalSource": "https://x.test/a.jpg", "contentType": "IMAGE", "alt": "a"}
    file = story("FileCreate", files=[picture])["fileCreate"]["files"][0]["id"]
    assert story("FileStatus", ids=[file])["nodes"][0]["fileStatus"] == "UPLOADED"

    story("InventoryActivate", item=item, location=second, available=4, key="a")
    quantity = {"inventoryItemId": item, "locationId": location, "quantity": 7, "changeFromQuantity": 5}
    story("InventorySet", key="b", input={"name": "available", "reason": "correction", "quantities": [quantity]})
    change = {"inventoryItemId": item, "locationId": location, "delta": -1, "changeFromQuantity": 7}
    story("InventoryAdjust", key="c", input={"name": "available", "reason": "received", "changes": [change]})
    story("InventoryItemUpdate", id=item, input={"cost": "3.10", "tracked": True})
    levels = story("InventoryRead", ids=[item], names=["available", "on_hand"])["nodes"][0]["inventoryLevels"]["nodes"]
    assert [level["quantities"][0]["quantity"] for level in levels] == [6, 4]


def bulk(story: Story, client: Client) -> None:
    asked = {
        "resource": "BULK_MUTATION_VARIABLES",
        "filename": "v.jsonl",
        "mimeType": "text/jsonl",
        "httpMethod": "POST",
    }
    (target,) = story("StagedUploads", input=[asked])["stagedUploadsCreate"]["stagedTargets"]
    fields = {each["name"]: each["value"] for each in target["parameters"]}
    line = json.dumps({"input": {"title": "In bulk"}}).encode()
    assert client.http.post(target["url"], data=fields, files={"file": ("v.jsonl", line)}).status_code == 201
    mutation = (
        "mutation ($input: ProductSetInput!) { productSet(input: $input) { product { id } userErrors { message } } }"
    )
    begun = story("BulkMutation", mutation=mutation, path=fields["key"], client="here")["bulkOperationRunMutation"]
    until_done(story, begun["bulkOperation"]["id"])
    begun = story("BulkQuery", query="{ products { edges { node { id } } } }")["bulkOperationRunQuery"]
    done = until_done(story, begun["bulkOperation"]["id"])
    assert done["objectCount"] == "3"
    assert len(client.http.get(done["url"]).text.splitlines()) == 3
    assert len(story("BulkList", q="status:completed")["bulkOperations"]["nodes"]) == 2
    refused = client.ask(story.operations["BulkCancel"], {"id": begun["bulkOperation"]["id"]})
    assert refused["userErrors"][0]["message"].startswith("A bulk operation cannot be canceled")
    story.ran.add("BulkCancel")


def until_done(story: Story, gid: str) -> Any:
    for _ in range(1000):
        found = story("BulkPoll", id=gid)["bulkOperation"]
        if found["status"] == "COMPLETED":
            return found
    raise AssertionError(found)


def demo(location: str, shelf: str, category: str) -> dict[str, Any]:
    size = lambda name: [{"optionName": "Size", "name": name}]  # noqa: E731
    picture = {"originalSource": "https://x.test/demo.jpg", "alt": "a", "contentType": "IMAGE"}
    first = {
        "optionValues": size("S"),
        "sku": "A-S",
        "barcode": "0123456789012",
        "price": "9.9",
        "inventoryItem": {
            "tracked": True,
            "cost": "4.20",
            "measurement": {"weight": {"unit": "GRAMS", "value": 120.0}},
        },
        "inventoryQuantities": [{"locationId": location, "name": "available", "quantity": 5}],
        "file": {"originalSource": picture["originalSource"]},
    }
    return {
        "title": "Demo",
        "handle": "demo",
        "status": "DRAFT",
        "tags": ["b", "a"],
        "category": category,
        "collections": [shelf],
        "seo": {"title": "t", "description": "d"},
        "productOptions": [{"name": "Size", "position": 1, "values": [{"name": "S"}, {"name": "M"}]}],
        "metafields": [{"namespace": "hub", "key": "src", "type": "id", "value": "x"}],
        "files": [picture],
        "variants": [first, {"optionValues": size("M"), "sku": "A-M", "price": "9.90"}],
    }


@pytest.mark.shared
def test_the_operations_are_valid_in_the_version_before_too(operations: dict[str, str]) -> None:
    packed = shared("specs", "shopify", "admin_2026-07.introspection.json.gz").read_bytes()
    schema = build_client_schema(json.loads(gzip.decompress(packed))["data"], assume_valid=True)
    assert [validate(schema, parse(text)) for text in operations.values()] == [[]] * len(operations)


def test_every_resolver_is_of_a_field_that_there_is() -> None:
    schema = load()
    missing = [
        name for name in RESOLVERS if name.partition(".")[2] not in schema.type_map[name.partition(".")[0]].fields
    ]
    assert len(RESOLVERS) > 200
    assert missing == []

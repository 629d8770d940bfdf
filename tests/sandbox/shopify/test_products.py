"""Products: what productSet keeps, replaces and makes, and how they are found again."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import PRODUCT_SET, Client, sized

HUB = {"namespace": "hub", "key": "key"}
DEFINE = """mutation ($definition: MetafieldDefinitionInput!) {
  metafieldDefinitionCreate(definition: $definition) { createdDefinition { id } userErrors { code field message } } }"""
UNIQUE = {"name": "Key", "ownerType": "PRODUCT", "type": "id", **HUB}
SEARCH = "query ($q: String!) { products(first: 50, query: $q) { nodes { handle } } }"


def handles(client: Client, query: str) -> list[str]:
    return [each["handle"] for each in client.ask(SEARCH, {"q": query})["nodes"]]


def test_lists_replace_and_what_is_not_given_stays(client: Client) -> None:
    metafield = {"namespace": "hub", "key": "colour", "type": "single_line_text_field", "value": "red"}
    pictures = [{"originalSource": f"https://x.test/{name}.jpg", "alt": name} for name in "ab"]
    first = client.product(handle="lamp", tags=["b", "a"], metafields=[metafield], files=pictures, **sized("S", "M"))
    small, medium = first["variants"]["nodes"]

    again = client.set({"handle": "lamp"}, handle="lamp", descriptionHtml="<p>new</p>")["product"]
    assert again == first

    options = [{"name": "Size", "values": [{"name": "M"}, {"name": "L"}]}]
    variants = [{"optionValues": [{"optionName": "Size", "name": name}], "price": "1"} for name in "ML"]
    changed = client.set(
        {"handle": "lamp"},
        handle="lamp",
        metafields=[],
        tags=["c"],
        files=[{"id": first["media"]["nodes"][1]["id"]}],
        productOptions=options,
        variants=variants,
    )["product"]
    assert [each["id"] for each in changed["media"]["nodes"]] == [first["media"]["nodes"][1]["id"]]
    assert (changed["metafields"]["nodes"], changed["tags"]) == ([], ["c"])
    kept, new = changed["variants"]["nodes"]
    assert (kept["id"], kept["sku"], kept["price"]) == (medium["id"], "SKU-M", "1.00")
    assert new["id"] not in {small["id"], medium["id"]}
    gone = client.ask("query ($id: ID!) { productVariant(id: $id) { id } }", {"id": small["id"]})
    assert gone is None


def test_a_product_without_variants_has_the_default_one_and_the_shops_own_words(client: Client) -> None:
    product = client.product(title="Größe  1/2", tags=[" b ", "A", "a"])
    assert product["handle"] == "größe-1-2"
    assert product["tags"] == ["A", "b"]
    assert [each["selectedOptions"] for each in product["variants"]["nodes"]] == [
        [{"name": "Title", "value": "Default Title"}]
    ]
    assert client.product(title="Größe 1/2")["handle"] == "größe-1-2-1"


def test_a_custom_id_finds_what_an_earlier_call_made(client: Client) -> None:
    client.done(DEFINE, {"definition": UNIQUE})
    identifier = {"customId": HUB | {"value": "A-1"}}
    made = client.set(identifier, title="Lamp")["product"]
    assert made["metafields"]["nodes"][0]["value"] == "A-1"
    assert client.set(identifier, title="Lamp two")["product"]["id"] == made["id"]
    mismatch = client.set(identifier, title="Lamp", metafields=[])
    assert mismatch["userErrors"][0]["code"] == "METAFIELD_MISMATCH"
    taken = client.set(title="Other", metafields=[HUB | {"value": "A-1"}])
    assert taken["userErrors"][0]["code"] == "CAPABILITY_VIOLATION"
    found = client.ask(
        "query ($i: ProductIdentifierInput!) { productByIdentifier(identifier: $i) { id } }", {"i": identifier}
    )
    assert found["id"] == made["id"]
    delete = "mutation ($id: ID!) { productDelete(input: {id: $id}) { deletedProductId userErrors { message } } }"
    client.done(delete, {"id": made["id"]})
    assert client.set(identifier, title="Lamp")["product"]["id"] != made["id"]


def test_an_operation_shows_what_came_of_it_when_it_is_complete(client: Client) -> None:
    poll = """query ($id: ID!) { productOperation(id: $id) {
      status product { title } ... on ProductSetOperation { userErrors { code } } } }"""
    good = client.ask(PRODUCT_SET, {"input": {"title": "Lamp"}, "synchronous": False})["productSetOperation"]
    bad = client.ask(PRODUCT_SET, {"input": {"title": ""}, "synchronous": False})["productSetOperation"]
    assert good["status"] == "CREATED"
    assert client.ask(poll, {"id": good["id"]}) == {"status": "CREATED", "product": None, "userErrors": []}
    client.shop.tell("clock", forward_s=30)
    assert client.ask(poll, {"id": good["id"]})["status"] == "ACTIVE"
    client.shop.tell("clock", forward_s=31)
    assert client.ask(poll, {"id": good["id"]})["product"] == {"title": "Lamp"}
    assert client.ask(poll, {"id": bad["id"]})["userErrors"] == [{"code": "INVALID_INPUT"}]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["lamp", "chair", "desk"]),
        ("sku:A-1", ["lamp"]),
        ("sku:A-*", ["lamp", "chair"]),
        ("barcode:4006381333931", ["chair"]),
        ("handle:desk", ["desk"]),
        ("handle:desk,lamp", ["lamp", "desk"]),
        ("status:draft", ["desk"]),
        ("status:ACTIVE,DRAFT", ["lamp", "chair", "desk"]),
        ("-status:draft", ["lamp", "chair"]),
        ("NOT status:draft AND tag:wood", ["chair"]),
        ("tag:wood", ["chair", "desk"]),
        ('vendor:"Haus & Hof"', ["lamp"]),
        ("vendor:'Haus & Hof' OR tag:wood", ["lamp", "chair", "desk"]),
        ("(vendor:nobody OR sku:A-2) status:active", ["chair"]),
        ("price:>20", ["desk"]),
        ("price:<=9.90", ["lamp"]),
        ("inventory_total:0", ["lamp", "chair", "desk"]),
        ("updated_at:>2020-01-01", ["lamp", "chair", "desk"]),
        ("updated_at:>'2099-01-01T00:00:00Z'", []),
        ("created_at:<now", []),
        ("created_at:<=now", ["lamp", "chair", "desk"]),
        ("title:lamp", ["lamp"]),
        ("lam", ["lamp"]),
        ("metafields.hub.colour:red", ["chair"]),
        ("published_status:published", ["lamp", "chair", "desk"]),
    ],
)
def test_products_are_found(client: Client, query: str, expected: list[str]) -> None:
    red = {"namespace": "hub", "key": "colour", "type": "single_line_text_field", "value": "red"}
    client.product(title="Lamp", vendor="Haus & Hof", **one("A-1", "9.90"))
    client.product(title="Chair", tags=["wood"], metafields=[red], **one("A-2", "20.00", barcode="4006381333931"))
    client.product(title="Desk", tags=["Wood"], status="DRAFT", **one("B-3", "99.00"))
    assert handles(client, query) == expected or (query == "created_at:<now" and handles(client, query) != [])


def one(sku: str, price: str, **more: Any) -> dict[str, Any]:
    return {
        "productOptions": [{"name": "Title", "values": [{"name": "Default Title"}]}],
        "variants": [
            {"optionValues": [{"optionName": "Title", "name": "Default Title"}], "sku": sku, "price": price, **more}
        ],
    }


def test_a_filter_that_there_is_not_is_ignored_and_reported(client: Client) -> None:
    client.product()
    answer = client.call(SEARCH, {"q": "colour:red"})
    assert [each["handle"] for each in answer["data"]["products"]["nodes"]] == ["lamp"]
    (search,) = answer["extensions"]["search"]
    assert search["warnings"][0] == {
        "field": "colour",
        "message": "Invalid search field for this query.",
        "code": "invalid_field",
    }


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("key", ["ID", "TITLE", "UPDATED_AT"])
def test_pages_hold_everything_once_whatever_the_order(client: Client, *, key: str, reverse: bool) -> None:
    made = [client.product(title=f"Lamp {number % 3}")["id"] for number in range(7)]
    page = """query ($after: String, $key: ProductSortKeys, $reverse: Boolean) {
      products(first: 3, after: $after, sortKey: $key, reverse: $reverse) {
        nodes { id } pageInfo { hasNextPage hasPreviousPage endCursor } } }"""
    seen: list[str] = []
    after = None
    while True:
        found = client.ask(page, {"after": after, "key": key, "reverse": reverse})
        seen += [each["id"] for each in found["nodes"]]
        assert found["pageInfo"]["hasPreviousPage"] is (after is not None)
        if not found["pageInfo"]["hasNextPage"]:
            break
        after = found["pageInfo"]["endCursor"]
    assert sorted(seen) == sorted(made)
    assert len(seen) == 7
    back = "query ($before: String) { products(last: 3, before: $before) { nodes { id } } }"
    assert [each["id"] for each in client.ask(back)["nodes"]] == made[-3:]


def test_variants_in_bulk(client: Client) -> None:
    product = client.product(**sized("S"))
    create = """mutation ($id: ID!, $variants: [ProductVariantsBulkInput!]!) {
      productVariantsBulkCreate(productId: $id, variants: $variants) {
        productVariants { id sku } userErrors { code } } }"""
    large = {"optionValues": [{"optionName": "Size", "name": "L"}], "inventoryItem": {"sku": "SKU-L"}}
    (made,) = client.done(create, {"id": product["id"], "variants": [large]})["productVariants"]
    assert made["sku"] == "SKU-L"
    twice = client.ask(create, {"id": product["id"], "variants": [large]})
    assert twice["userErrors"] == [{"code": "VARIANT_ALREADY_EXISTS"}]

    update = """mutation ($id: ID!, $variants: [ProductVariantsBulkInput!]!, $partial: Boolean) {
      productVariantsBulkUpdate(productId: $id, variants: $variants, allowPartialUpdates: $partial) {
        productVariants { id price } userErrors { code } } }"""
    good, bad = {"id": made["id"], "price": "3"}, {"id": "gid://shopify/ProductVariant/1", "price": "3"}
    stock = {"id": made["id"], "inventoryQuantities": [{"locationId": location(client), "availableQuantity": 1}]}
    for wrong, code in [
        ({"price": "1"}, "PRODUCT_VARIANT_ID_MISSING"),
        (bad, "PRODUCT_VARIANT_DOES_NOT_EXIST"),
        (stock, "NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE"),
        ({"id": made["id"], "price": "-1"}, "GREATER_THAN_OR_EQUAL_TO"),
    ]:
        refused = client.ask(update, {"id": product["id"], "variants": [good, wrong]})
        assert (refused["userErrors"], refused["productVariants"]) == ([{"code": code}], None)
    partly = client.ask(update, {"id": product["id"], "variants": [good, bad], "partial": True})
    assert [each["price"] for each in partly["productVariants"]] == ["3.00"]
    assert len(partly["userErrors"]) == 1

    delete = """mutation ($id: ID!, $ids: [ID!]!) {
      productVariantsBulkDelete(productId: $id, variantsIds: $ids) { userErrors { code } } }"""
    both = [each["id"] for each in client.shop.state["products"][0]["variants"]]
    assert client.ask(delete, {"id": product["id"], "ids": both})["userErrors"] == [
        {"code": "CANNOT_DELETE_LAST_VARIANT"}
    ]
    client.done(delete, {"id": product["id"], "ids": both[:1]})
    assert [each["sku"] for each in client.shop.state["products"][0]["variants"]] == ["SKU-L"]


def location(client: Client) -> str:
    return str(client.shop.state["locations"][0]["id"])


def test_the_older_calls_change_a_product_too(client: Client) -> None:
    create = (
        "mutation ($p: ProductCreateInput!) { productCreate(product: $p) { product { id } userErrors { message } } }"
    )
    product = client.done(create, {"p": {"title": "Old", "tags": ["a"]}})["product"]["id"]
    update = (
        "mutation ($p: ProductUpdateInput!) { productUpdate(product: $p) { product { title } userErrors { message } } }"
    )
    assert client.done(update, {"p": {"id": product, "title": "New"}})["product"] == {"title": "New"}
    tags = "mutation ($id: ID!, $tags: [String!]!) { %s(id: $id, tags: $tags) { userErrors { message } } }"
    client.done(tags % "tagsAdd", {"id": product, "tags": ["b"]})
    client.done(tags % "tagsRemove", {"id": product, "tags": ["A"]})
    status = """mutation ($id: ID!) { productChangeStatus(productId: $id, status: ARCHIVED) {
      product { status } userErrors { message } } }"""
    client.done(status, {"id": product})
    (found,) = client.shop.state["products"]
    assert (found["title"], found["tags"], found["status"]) == ("New", ["b"], "ARCHIVED")
    delete = "mutation ($id: ID!) { productDelete(input: {id: $id}) { deletedProductId userErrors { message } } }"
    client.done(delete, {"id": product})
    assert client.ask(delete, {"id": product})["userErrors"]
    assert client.shop.state["products"] == []


@pytest.mark.parametrize(
    "given",
    [
        {"optionValues": [{"optionName": "Colour", "name": "red"}]},
        {
            "optionValues": [{"optionName": "Size", "name": "XL"}],
            "metafields": [{"namespace": "hub", "key": "size", "type": "number_integer", "value": "x"}],
        },
    ],
)
def test_a_refusal_for_which_a_mutation_has_no_code_has_its_general_one(client: Client, given: dict[str, Any]) -> None:
    product = client.product(**sized("S"))
    create = """mutation ($id: ID!, $variants: [ProductVariantsBulkInput!]!) {
      productVariantsBulkCreate(productId: $id, variants: $variants) { userErrors { code message } } }"""
    (error,) = client.ask(create, {"id": product["id"], "variants": [given]})["userErrors"]
    assert error["code"] == "INVALID_INPUT"
    assert error["message"]

"""Collections as they are read, with their sources (the model of 2026-07)."""

from __future__ import annotations

from typing import Any

from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.connections import Connection, Key, connection
from mercat.sandbox.shopify.membership import SUPPORTED, is_member, members, members_of
from mercat.sandbox.shopify.products import by_unique, count, number, sort_key
from mercat.sandbox.shopify.records import Collection, Product, Source
from mercat.sandbox.shopify.refusals import bad_request
from mercat.sandbox.shopify.registry import field
from mercat.sandbox.shopify.searching import Filters, search

FILTERS = Filters(
    fields={
        "id": lambda each: [number(each)],
        "title": lambda each: [each.title],
        "handle": lambda each: [each.handle],
        "updated_at": lambda each: [each.updated_at],
        "product_id": lambda each: [int(gid.rpartition("/")[2]) for source in each.sources for gid in source.chosen],
        "collection_type": lambda each: ["smart" if any(source.conditions for source in each.sources) else "custom"],
        "published_status": lambda each: ["published" if each.published else "unpublished"],
    },
    text=lambda each: [each.title, each.handle],
    metafields=True,
)
KEYS: dict[str, Key] = {
    "ID": number,
    "RELEVANCE": number,
    "TITLE": lambda each: (each.title.lower(), number(each)),
    "UPDATED_AT": lambda each: (each.updated_at, number(each)),
}
MEMBER_KEYS: dict[str, Key] = {
    "ID": number,
    "TITLE": lambda product: (product.title.lower(), number(product)),
    "CREATED": lambda product: (product.created_at, number(product)),
}


@field("QueryRoot.collection")
def collection(_: Any, call: Call, args: dict[str, Any]) -> Collection | None:
    return call.shop.find(args["id"], Collection)


@field("QueryRoot.collectionByIdentifier")
def by_identifier(_: Any, call: Call, args: dict[str, Any]) -> Collection | None:
    given = args["identifier"]
    if "id" in given:
        return call.shop.find(given["id"], Collection)
    if "handle" in given:
        return call.shop.collections_by_handle.get(given["handle"])
    found = by_unique(call, "COLLECTION", given["customId"])
    return found if isinstance(found, Collection) else None


@field("QueryRoot.collections")
def collections(_: Any, call: Call, args: dict[str, Any]) -> Connection:
    found = search(call.shop.all(Collection), args.get("query"), FILTERS, call=call, path="collections")
    return connection(found, call, args, key=sort_key(KEYS, args.get("sortKey")), root=True)


@field("Product.collections")
def collections_of(product: Product, call: Call, args: dict[str, Any]) -> Connection:
    ruled = [each for each in call.shop.all(Collection) if any(s.conditions or s.collection_ids for s in each.sources)]
    found = {each.id: each for each in ruled if is_member(call.shop, each, product)}
    for gid in product.joined:
        joined = call.shop.find(gid, Collection)
        if joined is not None:
            found[gid] = joined
    kept = search(list(found.values()), args.get("query"), FILTERS, call=call, path="collections")
    return connection(kept, call, args, key=sort_key(KEYS, args.get("sortKey")))


@field("Product.inCollection")
def in_collection(product: Product, call: Call, args: dict[str, Any]) -> bool:
    found = call.shop.find(args["id"], Collection)
    return found is not None and is_member(call.shop, found, product)


@field("Collection.products")
def products_of(collection: Collection, call: Call, args: dict[str, Any]) -> Connection:
    name = args.get("sortKey") or "COLLECTION_DEFAULT"
    key = None if name in {"COLLECTION_DEFAULT", "MANUAL", "BEST_SELLING"} else sort_key(MEMBER_KEYS, name)
    return connection(members(call.shop, collection), call, args, key=key)


@field("Collection.productsCount")
def products_count(collection: Collection, call: Call, _: dict[str, Any]) -> dict[str, Any]:
    return count(len(members(call.shop, collection)), None)


@field("Collection.hasProduct")
def has_product(collection: Collection, call: Call, args: dict[str, Any]) -> bool:
    product = call.shop.find(args["id"], Product)
    return product is not None and is_member(call.shop, collection, product)


@field("Collection.image")
def image(collection: Collection, _: Call, args: dict[str, Any]) -> dict[str, Any] | None:
    if any(args.get(name) for name in ("crop", "maxHeight", "maxWidth")):
        raise bad_request("the sandbox resizes no images", "SANDBOX_NOT_IMPLEMENTED")
    return collection.picture


@field("CollectionConditionsSource.products")
def products_of_source(source: Source, call: Call, args: dict[str, Any]) -> Connection:
    return connection(members_of(call.shop, source), call, args)


@field("CollectionSubCollectionsSource.collections")
def sub_collections(source: Source, call: Call, _: dict[str, Any]) -> list[Collection]:
    found = (call.shop.find(gid, Collection) for gid in source.collection_ids)
    return [each for each in found if each]


@field("CollectionConditionsSource.inclusion")
def inclusion(source: Source, call: Call, _: dict[str, Any]) -> dict[str, Any]:
    pairs = [(call.shop.find(gid, Product), variants) for gid, variants in source.chosen.items()]
    return {
        "conditions": [_shown(condition, "Inclusion") for condition in source.conditions],
        "matchType": source.match_type,
        "chosen": [{"product": product, "variantIds": variants} for product, variants in pairs if product],
    }


@field("CollectionConditionsSource.exclusion")
def exclusion(source: Source, call: Call, _: dict[str, Any]) -> dict[str, Any] | None:
    if not source.banned and not source.banned_conditions:
        return None
    products = [call.shop.find(gid, Product) for gid in source.banned]
    return {
        "conditions": [_shown(condition, "Exclusion") for condition in source.banned_conditions],
        "matchType": source.banned_match_type,
        "chosen": [{"product": product} for product in products if product],
    }


@field("CollectionSourceInclusion.selections", "CollectionSourceExclusion.selections")
def selections(part: dict[str, Any], call: Call, args: dict[str, Any]) -> Connection:
    return connection(part["chosen"], call, args)


def _shown(condition: dict[str, Any], side: str) -> dict[str, Any]:
    kind, given = next(iter(condition["given"].items()))
    name = f"CollectionSource{side}Condition{kind[0].upper()}{kind[1:]}"
    return {"__typename": name, "id": condition["id"], "matchType": "ANY", "relation": "EQUALS", **given}


def supported(kind: str) -> str:
    """A kind of condition that the sandbox evaluates."""
    if kind not in SUPPORTED:
        raise bad_request(f"the sandbox has no condition {kind}", "SANDBOX_NOT_IMPLEMENTED")
    return kind

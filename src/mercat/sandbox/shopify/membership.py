"""Which products are on which shelf: chosen ones are written down, conditions are asked."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from mercat.sandbox.shopify.clocks import stamp
from mercat.sandbox.shopify.products import stock_of, title_of
from mercat.sandbox.shopify.records import Collection, Product, Source
from mercat.sandbox.shopify.refusals import Refused
from mercat.sandbox.shopify.state import Shop

Path = list[str | int]


def chosen_source(shop: Shop, collection: Collection) -> Source:
    """The source that chosen products are kept in; one is made where there is none."""
    for source in collection.sources:
        if source.kind == "CollectionConditionsSource" and not source.conditions:
            return source
    source = shop.make(Source, id=shop.gid("CollectionConditionsSource"), title=collection.title)
    collection.sources.append(source)
    return source


def may_join(shop: Shop, gid: str, path: Path, code: str | None = None) -> Collection:
    """A collection that products can be put in: not one that is made of conditions only."""
    collection = shop.find(gid, Collection)
    if collection is None:
        raise Refused(path, "Collection does not exist", code)
    if collection.sources and all(source.conditions or source.collection_ids for source in collection.sources):
        raise Refused(path, "Can't manually add products to a collection of conditions", code)
    return collection


def join(shop: Shop, product: Product, collection: Collection, variant_ids: list[str] | None = None) -> None:
    """Put a product on a shelf; it goes to the end."""
    source = chosen_source(shop, collection)
    source.chosen.setdefault(product.id, variant_ids)
    source.banned.pop(product.id, None)
    product.joined[collection.id] = None
    collection.updated_at = stamp()


def leave(shop: Shop, product: Product, collection_id: str) -> None:
    """Take a product off a shelf."""
    product.joined.pop(collection_id, None)
    collection = shop.by_type["Collection"].get(collection_id)
    if isinstance(collection, Collection):
        for source in collection.sources:
            source.chosen.pop(product.id, None)
        collection.updated_at = stamp()


def members(shop: Shop, collection: Collection, seen: frozenset[str] = frozenset()) -> list[Product]:
    """The products of a collection, each once."""
    if collection.id in seen:
        return []
    found: dict[str, Product] = {}
    for source in collection.sources:
        for product in members_of(shop, source, seen | {collection.id}):
            found.setdefault(product.id, product)
    return list(found.values())


def members_of(shop: Shop, source: Source, seen: frozenset[str] = frozenset()) -> list[Product]:
    """The products of one source."""
    found: dict[str, Product] = {}
    for gid in source.collection_ids:
        inner = shop.by_type["Collection"].get(gid)
        if isinstance(inner, Collection):
            found.update({product.id: product for product in members(shop, inner, seen)})
    for gid in source.chosen:
        product = shop.by_type["Product"].get(gid)
        if isinstance(product, Product):
            found[gid] = product
    if source.conditions:
        met = [each for each in shop.products if _meets(each, source.conditions, source.match_type)]
        found.update({product.id: product for product in met})
    return [
        product
        for product in found.values()
        if product.id not in source.banned
        and not (source.banned_conditions and _meets(product, source.banned_conditions, source.banned_match_type))
    ]


def is_member(shop: Shop, collection: Collection, product: Product) -> bool:
    """Whether the product is on the shelf."""
    return any(each is product for each in members(shop, collection))


def _meets(product: Product, conditions: Sequence[dict[str, Any]], match_type: str | None) -> bool:
    results = (_holds(product, *next(iter(condition["given"].items()))) for condition in conditions)
    return any(results) if match_type == "ANY" else all(results)


def _holds(product: Product, kind: str, given: dict[str, Any]) -> bool:
    relation = given.get("relation", "EQUALS")
    if "values" not in given:
        wanted = given.get("value")
        amount = Decimal(wanted["amount"] if isinstance(wanted, dict) else wanted or 0)
        return any(_compares(value, relation, amount) for value in _amounts(product, kind))
    wanted_texts = [_text(each) for each in given["values"]]
    has = [text.lower() for text in _texts(product, kind)]
    results = (_relates(has, relation, text.lower()) for text in wanted_texts)
    return all(results) if given.get("matchType") == "ALL" else any(results)


def _text(value: Any) -> str:
    return str(value["categoryId"] if isinstance(value, dict) else value)


def _texts(product: Product, kind: str) -> list[str]:
    return {
        "productTag": product.tags,
        "productTitle": [product.title],
        "productType": [product.product_type],
        "productVendor": [product.vendor],
        "productStatus": [product.status],
        "productCategory": [product.category_id or ""],
        "collection": list(product.joined),
        "variantTitle": [title_of(variant) for variant in product.variants],
    }[kind]


def _amounts(product: Product, kind: str) -> list[Decimal]:
    if kind == "variantPrice":
        return [Decimal(variant.price) for variant in product.variants]
    if kind == "variantInventory":
        return [Decimal(stock_of(variant)) for variant in product.variants]
    return [Decimal(variant.compare_at_price) for variant in product.variants if variant.compare_at_price]


def _compares(value: Decimal, relation: str, wanted: Decimal) -> bool:
    return {
        "EQUALS": value == wanted,
        "NOT_EQUALS": value != wanted,
        "GREATER_THAN": value > wanted,
        "LESS_THAN": value < wanted,
        "IS_SET": True,
    }.get(relation, False)


def _relates(has: Sequence[str], relation: str, wanted: str) -> bool:
    return {
        "EQUALS": wanted in has,
        "TAGGED_WITH": wanted in has,
        "NOT_EQUALS": wanted not in has,
        "NOT_TAGGED_WITH": wanted not in has,
        "CONTAINS": any(wanted in each for each in has),
        "DOES_NOT_CONTAIN": not any(wanted in each for each in has),
        "STARTS_WITH": any(each.startswith(wanted) for each in has),
        "ENDS_WITH": any(each.endswith(wanted) for each in has),
    }.get(relation, False)


SUPPORTED = frozenset(
    "productTag productTitle productType productVendor productStatus productCategory collection variantTitle variantPrice "
    "variantInventory variantCompareAtPrice".split()
)

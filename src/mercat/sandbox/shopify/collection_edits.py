"""Collections made and changed: by sources, and by the older calls that are still served."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.clocks import stamp
from mercat.sandbox.shopify.collections import supported
from mercat.sandbox.shopify.membership import is_member, join, leave, may_join
from mercat.sandbox.shopify.metafields import write
from mercat.sandbox.shopify.news import changed, created, deleted
from mercat.sandbox.shopify.product_plan import values_of
from mercat.sandbox.shopify.publishing import publish_everywhere
from mercat.sandbox.shopify.records import Collection, Job, Product, Source
from mercat.sandbox.shopify.refusals import Refused, bad_request
from mercat.sandbox.shopify.registry import field
from mercat.sandbox.shopify.shaping import LONGEST

Path = list[str | int]
_TEXTS = {
    "title": "title",
    "descriptionHtml": "description_html",
    "sortOrder": "sort_order",
    "templateSuffix": "template_suffix",
}


def _argument(args: dict[str, Any]) -> dict[str, Any]:
    if args.get("input") is not None:
        raise bad_request("the sandbox takes `collection`; `input` is deprecated", "SANDBOX_NOT_IMPLEMENTED")
    return dict(args.get("collection") or {})


@field("Mutation.collectionCreate")
def create(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    given = _argument(args)
    _check(call, None, given)
    metafields = values_of(call, "COLLECTION", None, given.get("metafields"), ["collection", "metafields"])
    sources = _check_sources(call, given.get("sources") or [], ["collection", "sources"])
    shop = call.shop
    handle = given.get("handle") or shop.free_handle(given["title"], shop.collections_by_handle)
    made = shop.make(Collection, title=given["title"], handle=handle)
    publish_everywhere(call, made)
    _write(call, made, given)
    for kind, each in sources:
        _add_source(call, made, kind, each)
    write(call, made, metafields or [])
    created(shop, made)
    return {"collection": made, "userErrors": []}


@field("Mutation.collectionUpdate")
def update(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    """A change of members is said to be a job; here it is done when it is said."""
    given = _argument(args)
    found = call.shop.find(given["id"], Collection) if given.get("id") else None
    if found is None:
        raise Refused(["id"], "Collection does not exist")
    _check(call, found, given)
    metafields = values_of(call, "COLLECTION", found, given.get("metafields"), ["collection", "metafields"])
    made = _check_sources(call, given.get("sourcesToCreate") or [], ["collection", "sourcesToCreate"])
    changes = [
        _check_change(call, found, each, ["collection", "sourcesToUpdate", place])
        for place, each in enumerate(given.get("sourcesToUpdate") or [])
    ]
    gone = [_own_source(found, gid, ["collection", "sourcesToDelete"]) for gid in given.get("sourcesToDelete") or []]
    _write(call, found, given)
    for source in gone:
        for gid in source.chosen:
            product = call.shop.find(gid, Product)
            if product:
                product.joined.pop(found.id, None)
        found.sources.remove(source)
        call.shop.drop(source)
    for kind, each in made:
        _add_source(call, found, kind, each)
    for source, each in changes:
        _change_source(call, found, source, each)
    write(call, found, metafields or [])
    found.updated_at = stamp()
    changed(call.shop, found)
    job = call.shop.make(Job) if made or changes or gone else None
    return {"collection": found, "job": job, "userErrors": []}


def _check(call: Call, found: Collection | None, given: dict[str, Any]) -> None:
    if (found is None or "title" in given) and not (given.get("title") or "").strip():
        raise Refused(["collection", "title"], "Title can't be blank")
    if len(given.get("title") or "") > LONGEST:
        raise Refused(["collection", "title"], f"Title is too long (maximum is {LONGEST} characters)")
    holder = call.shop.collections_by_handle.get(given.get("handle") or "")
    if holder is not None and holder is not found:
        raise Refused(["collection", "handle"], "Handle has already been taken")


def _write(call: Call, found: Collection, given: dict[str, Any]) -> None:
    for name, attribute in _TEXTS.items():
        if given.get(name) is not None:
            setattr(found, attribute, given[name])
    if "seo" in given:
        seo = given["seo"] or {}
        found.search_title, found.search_description = seo.get("title"), seo.get("description")
    if given.get("image"):
        picture = given["image"]
        facts = {"id": call.shop.gid("CollectionImage"), "width": 1200, "height": 1200, "thumbhash": None}
        found.picture = facts | {"url": picture.get("src"), "altText": picture.get("altText")}
    call.shop.collections_by_handle.pop(found.handle, None)
    found.handle = given.get("handle") or found.handle
    call.shop.collections_by_handle[found.handle] = found


def _check_sources(call: Call, given: Sequence[dict[str, Any]], path: Path) -> list[tuple[str, dict[str, Any]]]:
    checked: list[tuple[str, dict[str, Any]]] = []
    for place, each in enumerate(given):
        kind, source = next(iter(each.items()))
        here: Path = [*path, place, kind]
        if kind == "shareableSource":
            raise bad_request("the sandbox has no shareable sources", "SANDBOX_NOT_IMPLEMENTED")
        if kind == "subCollections":
            for gid in source["collectionIds"]:
                if call.shop.find(gid, Collection) is None:
                    raise Refused([*here, "collectionIds"], "Collection does not exist")
        else:
            _check_part(call, source.get("inclusion") or {}, "selections", "conditions", [*here, "inclusion"])
            _check_part(call, source.get("exclusion") or {}, "selections", "conditions", [*here, "exclusion"])
        checked.append((kind, source))
    return checked


def _check_part(call: Call, part: dict[str, Any], selections: str, conditions: str, path: Path) -> None:
    for place, each in enumerate(part.get(selections) or []):
        if call.shop.find(each["productId"], Product) is None:
            raise Refused([*path, selections, place, "productId"], "Product does not exist")
    for each in part.get(conditions) or []:
        supported(next(iter(each)))


def _add_source(call: Call, found: Collection, kind: str, given: dict[str, Any]) -> None:
    shop = call.shop
    source = shop.make(
        Source,
        id=shop.gid("CollectionSubCollectionsSource" if kind == "subCollections" else "CollectionConditionsSource"),
        title=given["title"],
        description=given.get("description"),
        kind="CollectionSubCollectionsSource" if kind == "subCollections" else "CollectionConditionsSource",
        collection_ids=list(given.get("collectionIds") or []),
        target_type=given.get("targetType") or "PRODUCTS",
    )
    found.sources.append(source)
    inclusion, exclusion = given.get("inclusion") or {}, given.get("exclusion") or {}
    _put_selections(call, found, source, inclusion.get("selections") or [])
    source.conditions = _conditions(call, inclusion.get("conditions") or [])
    source.match_type = inclusion.get("matchType")
    source.banned = {each["productId"]: None for each in exclusion.get("selections") or []}
    source.banned_conditions = _conditions(call, exclusion.get("conditions") or [])
    source.banned_match_type = exclusion.get("matchType")


def _conditions(call: Call, given: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"id": call.shop.gid("CollectionSourceCondition"), "given": each} for each in given]


def _put_selections(call: Call, found: Collection, source: Source, given: Sequence[dict[str, Any]]) -> None:
    for each in given:
        product = call.shop.find(each["productId"], Product)
        if product is not None:
            source.chosen[product.id] = each.get("variantIds")
            product.joined[found.id] = None


def _own_source(found: Collection, gid: str, path: Path) -> Source:
    source = next((each for each in found.sources if each.id == gid), None)
    if source is None:
        raise Refused(path, "Source does not exist in the collection")
    return source


def _check_change(call: Call, found: Collection, given: dict[str, Any], path: Path) -> tuple[Source, dict[str, Any]]:
    kind, change = next(iter(given.items()))
    source = _own_source(found, change["id"], [*path, kind, "id"])
    for side in ("inclusion", "exclusion"):
        part = change.get(side) or {}
        _check_part(call, part, "selectionsToAdd", "conditionsToCreate", [*path, kind, side])
        if part.get("conditionsToUpdate"):
            raise bad_request("the sandbox deletes and creates conditions only", "SANDBOX_NOT_IMPLEMENTED")
    return source, change


def _change_source(call: Call, found: Collection, source: Source, given: dict[str, Any]) -> None:
    source.title = given.get("title") or source.title
    source.description = given.get("description", source.description)
    if given.get("collectionIds") is not None:
        source.collection_ids = given["collectionIds"]
    inclusion, exclusion = given.get("inclusion") or {}, given.get("exclusion") or {}
    _put_selections(call, found, source, inclusion.get("selectionsToAdd") or [])
    for each in inclusion.get("selectionsToRemove") or []:
        source.chosen.pop(each["productId"], None)
        product = call.shop.find(each["productId"], Product)
        if product is not None and not any(product.id in other.chosen for other in found.sources):
            product.joined.pop(found.id, None)
    source.banned |= {each["productId"]: None for each in exclusion.get("selectionsToAdd") or []}
    for each in exclusion.get("selectionsToRemove") or []:
        source.banned.pop(each["productId"], None)
    source.conditions = _changed(call, source.conditions, inclusion)
    source.banned_conditions = _changed(call, source.banned_conditions, exclusion)
    source.match_type = inclusion.get("matchType", source.match_type)
    source.banned_match_type = exclusion.get("matchType", source.banned_match_type)


def _changed(call: Call, conditions: list[dict[str, Any]], part: dict[str, Any]) -> list[dict[str, Any]]:
    gone = set(part.get("conditionsToDelete") or [])
    kept = [each for each in conditions if each["id"] not in gone]
    return kept + _conditions(call, part.get("conditionsToCreate") or [])


@field("Mutation.collectionDelete")
def delete(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    found = call.shop.find(args["input"]["id"], Collection)
    if found is None:
        raise Refused(["id"], "Collection does not exist")
    for product in call.shop.products:
        product.joined.pop(found.id, None)
    for namespace, key in list(found.own):
        call.shop.drop_metafield(found, namespace, key)
    for source in found.sources:
        call.shop.drop(source)
    call.shop.collections_by_handle.pop(found.handle, None)
    call.shop.drop(found)
    deleted(call.shop, found)
    return {"deletedCollectionId": found.id, "shop": call.shop, "userErrors": []}


def _products(call: Call, ids: Sequence[str]) -> list[Product]:
    found = [call.shop.find(gid, Product) for gid in ids]
    if None in found:
        raise Refused(["productIds"], "Product does not exist")
    return [each for each in found if each]


@field("Mutation.collectionAddProducts", "Mutation.collectionAddProductsV2")
def add_products(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    """Deprecated, and still served."""
    products = _products(call, args["productIds"])
    found = may_join(call.shop, args["id"], ["id"])
    if any(is_member(call.shop, found, product) for product in products):
        raise Refused(["productIds"], "Error adding a product: it is already in the collection")
    for product in products:
        join(call.shop, product, found)
    changed(call.shop, found)
    return {"collection": found, "job": call.shop.make(Job), "userErrors": []}


@field("Mutation.collectionRemoveProducts")
def remove_products(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    """Deprecated, and still served."""
    products = _products(call, args["productIds"])
    found = may_join(call.shop, args["id"], ["id"])
    for product in products:
        leave(call.shop, product, found.id)
    changed(call.shop, found)
    return {"job": call.shop.make(Job), "userErrors": []}

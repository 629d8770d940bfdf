"""The older ways to change a product: create, update, delete, status, tags."""

from __future__ import annotations

from typing import Any

from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.clocks import stamp
from mercat.sandbox.shopify.membership import join, leave, may_join
from mercat.sandbox.shopify.metafields import write
from mercat.sandbox.shopify.news import changed, deleted
from mercat.sandbox.shopify.product_plan import check_texts, tags_of, values_of
from mercat.sandbox.shopify.product_set import product_set
from mercat.sandbox.shopify.products import identified
from mercat.sandbox.shopify.records import DeleteOperation, Product
from mercat.sandbox.shopify.refusals import Refused, bad_request
from mercat.sandbox.shopify.registry import field
from mercat.sandbox.shopify.shaping import drop_variant
from mercat.sandbox.shopify.state import Shop


def remove(shop: Shop, product: Product) -> None:
    """Take a product out, with its variants and metafields; its files stay in the shop's library."""
    for variant in product.variants:
        drop_variant(shop, variant)
    for namespace, key in list(product.own):
        shop.drop_metafield(product, namespace, key)
    for gid in list(product.joined):
        leave(shop, product, gid)
    for file in product.files:
        file.used_by.pop(product.id, None)
    shop.products_by_handle.pop(product.handle, None)
    shop.drop(product)
    deleted(shop, product)


@field("Mutation.productDelete")
def delete(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    """At once, or as an operation; here both are done when they are answered."""
    product = call.shop.find(args["input"]["id"], Product)
    if product is None:
        raise Refused(["id"], "Product does not exist")
    remove(call.shop, product)
    operation = None
    if not args.get("synchronous", True):
        operation = call.shop.make(
            DeleteOperation,
            product_id=None,
            user_errors=[],
            born_s=call.shop.clock.read(),
            deleted_product_id=product.id,
        )
    gone = product.id if operation is None else None
    return {"deletedProductId": gone, "productDeleteOperation": operation, "shop": call.shop, "userErrors": []}


@field("Mutation.productCreate")
def create(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    """As productSet without an identifier; the first value of each option makes the first variant."""
    if args.get("input") is not None:
        raise bad_request("the sandbox takes `product`; `input` is deprecated", "SANDBOX_NOT_IMPLEMENTED")
    if args.get("media"):
        raise bad_request("the sandbox takes files by productSet only", "SANDBOX_NOT_IMPLEMENTED")
    given = dict(args.get("product") or {})
    given["collections"] = given.pop("collectionsToJoin", None)
    options = given.get("productOptions")
    if options:
        first = [{"optionName": each["name"], "name": each["values"][0]["name"]} for each in options]
        given["variants"] = [{"optionValues": first}]
    given.pop("claimOwnership", None)
    return {"product": product_set(None, call, {"input": given})["product"], "userErrors": []}


@field("Mutation.productUpdate")
def update(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    """Only what is given changes; metafields that are not given stay."""
    if args.get("input") is not None or args.get("media"):
        raise bad_request("the sandbox takes `product` only; `input` is deprecated", "SANDBOX_NOT_IMPLEMENTED")
    given = dict(args.get("product") or {})
    identifier = args.get("identifier") or ({"id": given["id"]} if given.get("id") else {})
    product = identified(call, identifier) if identifier else None
    if product is None:
        raise Refused(["id"], "Product does not exist")
    check_texts(given, is_new=False, where="product")
    path: list[str | int] = ["product", "metafields"]
    metafields = values_of(call, "PRODUCT", product, given.pop("metafields", None), path)
    joins = [
        may_join(call.shop, gid, ["product", "collectionsToJoin"]) for gid in given.pop("collectionsToJoin", None) or []
    ]
    leaves = given.pop("collectionsToLeave", None) or []
    given.pop("deleteConflictingConstrainedMetafields", None)
    product_set(None, call, {"input": {**given, "id": product.id}})
    for collection in joins:
        join(call.shop, product, collection)
    for gid in leaves:
        leave(call.shop, product, gid)
    write(call, product, metafields or [])
    return {"product": product, "userErrors": []}


@field("Mutation.productChangeStatus")
def change_status(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    product = call.shop.find(args["productId"], Product)
    if product is None:
        raise Refused(["productId"], "Product could not be found to update its status.", "PRODUCT_NOT_FOUND")
    product.status, product.updated_at = args["status"], stamp()
    changed(call.shop, product)
    return {"product": product, "userErrors": []}


def _tagged(call: Call, args: dict[str, Any]) -> Product:
    product = call.shop.node(args["id"])
    if not isinstance(product, Product):
        raise Refused(["id"], "Product does not exist")
    return product


@field("Mutation.tagsAdd")
def tags_add(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    product = _tagged(call, args)
    product.tags = tags_of([*product.tags, *args["tags"]], ["tags"])
    product.updated_at = stamp()
    changed(call.shop, product)
    return {"node": product, "userErrors": []}


@field("Mutation.tagsRemove")
def tags_remove(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    product = _tagged(call, args)
    gone = {tag.strip().lower() for tag in args["tags"]}
    product.tags = [tag for tag in product.tags if tag.lower() not in gone]
    product.updated_at = stamp()
    changed(call.shop, product)
    return {"node": product, "userErrors": []}

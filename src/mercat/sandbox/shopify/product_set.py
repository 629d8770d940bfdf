"""``productSet``: a product as it is to be. Lists replace what was there; what is not given stays."""

from __future__ import annotations

from typing import Any

from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.clocks import stamp
from mercat.sandbox.shopify.media import taken_in
from mercat.sandbox.shopify.membership import join, leave
from mercat.sandbox.shopify.metafields import Value, write
from mercat.sandbox.shopify.news import changed, created
from mercat.sandbox.shopify.product_plan import Plan, default_shape, place_of, plan
from mercat.sandbox.shopify.publishing import publish_everywhere
from mercat.sandbox.shopify.records import File, HasMetafields, Operation, Product
from mercat.sandbox.shopify.refusals import Refused, bad_request
from mercat.sandbox.shopify.registry import field
from mercat.sandbox.shopify.shaping import drop_variant, new_variant, settle, write_stock, write_variant
from mercat.sandbox.shopify.state import Shop

TEXTS = {
    "title": "title",
    "vendor": "vendor",
    "productType": "product_type",
    "descriptionHtml": "description_html",
    "status": "status",
    "templateSuffix": "template_suffix",
    "giftCardTemplateSuffix": "gift_card_template_suffix",
    "requiresSellingPlan": "requires_selling_plan",
    "combinedListingRole": "combined_listing_role",
}


@field("Mutation.productSet")
def product_set(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    """Create or change one product, now or, with ``synchronous: false``, in an operation that is asked for later."""
    if not args.get("synchronous", True):
        return {"product": None, "productSetOperation": _later(call, args), "userErrors": []}
    product = apply(call, plan(call, args))
    return {"product": product, "productSetOperation": None, "userErrors": []}


def _later(call: Call, args: dict[str, Any]) -> Operation:
    """The work is done at once; what came of it shows when the operation is complete."""
    born_s = call.shop.clock.read()
    try:
        product, errors = apply(call, plan(call, args)), []
    except Refused as refused:
        product, errors = None, refused.errors
    return call.shop.make(Operation, product_id=product.id if product else None, user_errors=errors, born_s=born_s)


def apply(call: Call, made: Plan) -> Product:
    """Write what was planned; nothing of it can fail any more."""
    shop, given = call.shop, made.given
    product = made.product
    if product is None:
        product = shop.make(Product, title=given["title"], handle=made.handle)
        product.vendor = call.shop.options.name
        publish_everywhere(call, product)
        product.published_at = stamp() if product.published else None
        if made.shapes is None:
            made.options, made.shapes = default_shape(shop, None)
    write_texts(shop, product, given, handle=made.handle)
    if given.get("tags") is not None:
        product.tags = made.tags
    if "category" in given:
        product.category_id = made.category_id
    files = _write_files(shop, product, made)
    _write_variants(call, product, made, files)
    _write_metafields(call, product, made)
    if made.collections is not None:
        wanted = {each.id for each in made.collections}
        for gid in [gid for gid in product.joined if gid not in wanted]:
            leave(shop, product, gid)
        for collection in made.collections:
            join(shop, product, collection)
    product.updated_at = stamp()
    (created if made.product is None else changed)(shop, product)
    return product


def write_texts(shop: Shop, product: Product, given: dict[str, Any], *, handle: str) -> None:
    """The plain fields that are given."""
    for name, attribute in TEXTS.items():
        if given.get(name) is not None:
            setattr(product, attribute, given[name])
    if "seo" in given:
        seo = given["seo"] or {}
        product.search_title = seo.get("title", product.search_title) if given["seo"] else None
        product.search_description = seo.get("description", product.search_description) if given["seo"] else None
    shop.products_by_handle.pop(product.handle, None)
    product.handle = handle
    shop.products_by_handle[handle] = product


def _write_files(shop: Shop, product: Product, made: Plan) -> list[File]:
    if made.files is None:
        return []
    files = [file or taken_in(shop, given) for file, given in made.files]
    for file, (_, given) in zip(files, made.files, strict=True):
        if "alt" in given:
            file.alt = given["alt"]
        file.used_by[product.id] = None
    for old in product.files:
        if old not in files:
            old.used_by.pop(product.id, None)
            for variant in product.variants:
                variant.file = None if variant.file is old else variant.file
    product.files = list(dict.fromkeys(files))
    return files


def _write_variants(call: Call, product: Product, made: Plan, files: list[File]) -> None:
    if made.shapes is None or made.options is None:
        return
    shop = call.shop
    product.options = made.options
    kept = [shape.old for shape in made.shapes if shape.old]
    for old in product.variants:
        if old not in kept:
            drop_variant(shop, old)
    product.variants = []
    for shape in made.shapes:
        variant = shape.old or new_variant(shop, product, shape.choices)
        variant.choices = shape.choices
        write_variant(shop, variant, shape.given)
        if shape.given.get("file"):
            variant.file = files[place_of(made, shape.given["file"]) or 0]
        if shape.given.get("metafields") is not None:
            replace_metafields(call, variant, shape.metafields)
        write_stock(shop, variant, shape.stock, is_new=shape.old is None)
        product.variants.append(variant)
    settle(product)


def _write_metafields(call: Call, product: Product, made: Plan) -> None:
    if made.metafields is not None:
        replace_metafields(call, product, made.metafields)
    if made.custom is not None:
        write(call, product, [made.custom])


def replace_metafields(call: Call, owner: HasMetafields, values: list[Value]) -> None:
    """These are the owner's metafields from now on."""
    wanted = {(value.namespace, value.key) for value in values}
    for place in [place for place in owner.own if place not in wanted]:
        call.shop.drop_metafield(owner, *place)
    write(call, owner, values)


@field("QueryRoot.productOperation")
def product_operation(_: Any, call: Call, args: dict[str, Any]) -> Operation | None:
    node = call.shop.node(args["id"])
    if node is not None and not isinstance(node, Operation):
        raise bad_request(f"Invalid id: {args['id']}", "RESOURCE_NOT_FOUND")
    return node


@field("ProductSetOperation.status", "ProductDeleteOperation.status")
def status(operation: Operation, call: Call, _: dict[str, Any]) -> str:
    age = call.shop.clock.read() - operation.born_s
    if age >= call.shop.options.operation_after_s:
        return "COMPLETE"
    return "CREATED" if age < call.shop.options.operation_after_s / 3 else "ACTIVE"


def is_complete(operation: Operation, call: Call) -> bool:
    """Whether what came of it may be seen."""
    return bool(status(operation, call, {}) == "COMPLETE")


@field("ProductSetOperation.product", "ProductDeleteOperation.product")
def product_of(operation: Operation, call: Call, _: dict[str, Any]) -> Any:
    return call.shop.node(operation.product_id) if operation.product_id and is_complete(operation, call) else None


@field("ProductSetOperation.userErrors", "ProductDeleteOperation.userErrors")
def errors_of(operation: Operation, call: Call, _: dict[str, Any]) -> list[dict[str, Any]]:
    return operation.user_errors if is_complete(operation, call) else []

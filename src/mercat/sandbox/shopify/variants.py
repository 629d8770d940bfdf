"""Variants of one product at a time: create, update and delete in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.clocks import stamp
from mercat.sandbox.shopify.levels import put
from mercat.sandbox.shopify.metafields import Value, write
from mercat.sandbox.shopify.news import changed
from mercat.sandbox.shopify.product_plan import values_of
from mercat.sandbox.shopify.products import only_default
from mercat.sandbox.shopify.records import File, Location, Option, OptionValue, Product, Variant
from mercat.sandbox.shopify.refusals import Refused, bad_request
from mercat.sandbox.shopify.registry import field
from mercat.sandbox.shopify.shaping import (
    MOST_VARIANTS,
    Path,
    Shape,
    check_facts,
    choices_of,
    drop_variant,
    new_variant,
    settle,
    write_stock,
    write_variant,
)

Payload = dict[str, Any]


def _product(call: Call, args: dict[str, Any]) -> Product:
    product = call.shop.find(args["productId"], Product)
    if product is None:
        raise Refused(["productId"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")
    if args.get("media"):
        raise bad_request("the sandbox takes files by productSet only", "SANDBOX_NOT_IMPLEMENTED")
    return product


def _done(call: Call, product: Product, variants: Sequence[Variant]) -> Payload:
    settle(product)
    product.updated_at = stamp()
    changed(call.shop, product)
    return {"product": product, "productVariants": list(variants), "userErrors": []}


@field("Mutation.productVariantsBulkCreate")
def create(_: Any, call: Call, args: dict[str, Any]) -> Payload:
    """An option value that the product does not have yet is added to its option."""
    product = _product(call, args)
    strategy = args.get("strategy", "DEFAULT")
    standalone = product.variants[0] if only_default(product) and len(product.variants) == 1 else None
    replaces = standalone is not None and strategy != "PRESERVE_STANDALONE_VARIANT"
    if len(product.variants) - replaces + len(args["variants"]) > MOST_VARIANTS:
        raise Refused(["variants"], f"Number of variants exceeds the limit of {MOST_VARIANTS}", "INVALID_INPUT")
    options = _with_new_values(call, product, args["variants"])
    taken = {tuple(choice.name for choice in each.choices) for each in product.variants if each is not standalone}
    shapes = [
        _new_shape(call, options, each, ["variants", place], taken) for place, each in enumerate(args["variants"])
    ]
    product.options = options
    if replaces and standalone:
        drop_variant(call.shop, standalone)
        product.variants = []
    made = []
    for shape in shapes:
        variant = new_variant(call.shop, product, shape.choices)
        write_variant(call.shop, variant, shape.given)
        write(call, variant, shape.metafields)
        write_stock(call.shop, variant, shape.stock, is_new=True)
        _show(call, product, variant, shape.given)
        product.variants.append(variant)
        made.append(variant)
    return _done(call, product, made)


def _with_new_values(call: Call, product: Product, variants: Sequence[dict[str, Any]]) -> list[Option]:
    """The product's options with the values that the new variants bring."""
    options = [
        Option(id=each.id, name=each.name, position=each.position, option_values=list(each.option_values))
        for each in product.options
    ]
    for variant in variants:
        for each in variant.get("optionValues") or []:
            named = {each.get("optionId"), each.get("optionName")}
            option = next((option for option in options if named & {option.id, option.name}), None)
            name = each.get("name")
            if option and name and name not in option.values:
                option.option_values.append(OptionValue(id=call.shop.gid("ProductOptionValue"), name=name))
    return options


def _new_shape(
    call: Call, options: Sequence[Option], given: dict[str, Any], path: Path, taken: set[tuple[str, ...]]
) -> Shape:
    if given.get("id"):
        raise Refused([*path, "id"], "id cannot be given for a new variant", "NO_KEY_ON_CREATE")
    choices = choices_of(options, given.get("optionValues") or [], path, code="NEED_TO_ADD_OPTION_VALUES")
    names = tuple(choice.name for choice in choices)
    if names in taken:
        message = f"The variant '{' / '.join(names)}' already exists. Please change at least one option value."
        raise Refused(path, message, "VARIANT_ALREADY_EXISTS")
    taken.add(names)
    check_facts(given, path, "GREATER_THAN_OR_EQUAL_TO")
    metafields = values_of(call, "PRODUCTVARIANT", None, given.get("metafields"), [*path, "metafields"]) or []
    stock: list[tuple[Location, str, int]] = []
    for place, each in enumerate(given.get("inventoryQuantities") or []):
        location = call.shop.find(each["locationId"], Location)
        if location is None:
            here = [*path, "inventoryQuantities", place, "locationId"]
            raise Refused(here, "Location does not exist", "TRACKED_VARIANT_LOCATION_NOT_FOUND")
        stock.append((location, "available", each["availableQuantity"]))
    return Shape(given, choices, path, None, metafields, stock)


def _show(call: Call, product: Product, variant: Variant, given: dict[str, Any]) -> None:
    if "mediaId" in given:
        file = call.shop.node(given["mediaId"]) if given["mediaId"] else None
        variant.file = file if isinstance(file, File) and file in product.files else None
    if given.get("mediaSrc"):
        raise bad_request("the sandbox takes mediaId only; mediaSrc needs media", "SANDBOX_NOT_IMPLEMENTED")


@field("Mutation.productVariantsBulkUpdate")
def update(_: Any, call: Call, args: dict[str, Any]) -> Payload:
    """All or nothing, unless partial updates are allowed: then what is right is done, and the rest refused."""
    product = _product(call, args)
    good: list[tuple[Variant, dict[str, Any], list[OptionValue] | None, list[Value]]] = []
    errors: list[dict[str, Any]] = []
    for place, given in enumerate(args["variants"]):
        try:
            good.append(_checked(call, product, given, ["variants", place]))
        except Refused as refused:
            errors.extend(refused.errors)
    if errors and not args.get("allowPartialUpdates"):
        raise Refused.many(errors)
    for variant, given, choices, metafields in good:
        variant.choices = choices or variant.choices
        write_variant(call.shop, variant, given)
        write(call, variant, metafields)
        _show(call, product, variant, given)
        for each in given.get("quantityAdjustments") or []:
            level = variant.item.levels[each["locationId"]]
            put(call.shop, level, "available", level.stock["available"] + (each.get("adjustment") or 0))
    return _done(call, product, [variant for variant, *_ in good]) | {"userErrors": errors}


def _checked(
    call: Call, product: Product, given: dict[str, Any], path: Path
) -> tuple[Variant, dict[str, Any], list[OptionValue] | None, list[Value]]:
    if not given.get("id"):
        raise Refused([*path, "id"], "Product variant is missing ID attribute", "PRODUCT_VARIANT_ID_MISSING")
    variant = call.shop.find(given["id"], Variant)
    if variant is None or variant.product is not product:
        raise Refused([*path, "id"], "Product variant does not exist", "PRODUCT_VARIANT_DOES_NOT_EXIST")
    if given.get("inventoryQuantities"):
        message = "Inventory quantities can only be provided during create. Use the inventory mutations."
        raise Refused([*path, "inventoryQuantities"], message, "NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE")
    check_facts(given, path, "GREATER_THAN_OR_EQUAL_TO")
    choices = None
    if given.get("optionValues"):
        choices = choices_of(product.options, given["optionValues"], path, code="NEED_TO_ADD_OPTION_VALUES")
        names = [choice.name for choice in choices]
        if any([choice.name for choice in each.choices] == names for each in product.variants if each is not variant):
            raise Refused(path, f"The variant '{' / '.join(names)}' already exists.", "VARIANT_ALREADY_EXISTS")
    for place, each in enumerate(given.get("quantityAdjustments") or []):
        level = variant.item.levels.get(each["locationId"])
        if level is None or each.get("changeFromQuantity", level.stock["available"]) != level.stock["available"]:
            message = "The variant is not stocked there, or its quantity is another one by now"
            raise Refused([*path, "quantityAdjustments", place], message, "INVALID_INPUT")
    metafields = values_of(call, "PRODUCTVARIANT", variant, given.get("metafields"), [*path, "metafields"])
    return variant, given, choices, metafields or []


@field("Mutation.productVariantsBulkDelete")
def delete(_: Any, call: Call, args: dict[str, Any]) -> Payload:
    product = _product(call, args)
    gone = [call.shop.find(gid, Variant) for gid in args["variantsIds"]]
    for place, variant in enumerate(gone):
        if variant is None or variant.product is not product:
            message = "At least one variant does not belong to the product"
            raise Refused(["variantsIds", place], message, "AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT")
    if len(set(gone)) >= len(product.variants):
        raise Refused(["variantsIds"], "Cannot delete the last variant of a product", "CANNOT_DELETE_LAST_VARIANT")
    for variant in gone:
        if variant is not None and variant in product.variants:
            product.variants.remove(variant)
            drop_variant(call.shop, variant)
    return _done(call, product, [])

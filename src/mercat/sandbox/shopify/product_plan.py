"""What a ``productSet`` asks for, checked to the end before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.media import check_source, find_file
from mercat.sandbox.shopify.membership import may_join
from mercat.sandbox.shopify.metafields import Value, checked, own_namespace
from mercat.sandbox.shopify.products import by_unique, identified
from mercat.sandbox.shopify.records import Collection, File, Location, Option, OptionValue, Product
from mercat.sandbox.shopify.refusals import Refused
from mercat.sandbox.shopify.shaping import (
    LONGEST,
    MOST_VARIANTS,
    Path,
    Shape,
    check_facts,
    choices_of,
    options_of,
)
from mercat.sandbox.shopify.state import Shop

MOST_QUANTITIES = 50_000
MOST_TAGS = 250
MOST_FILES = 250
_SHORT = "title vendor productType handle templateSuffix".split()


@dataclass(slots=True)
class Plan:
    """All that will be done, after everything was checked: nothing is half written."""

    product: Product | None
    given: dict[str, Any]
    handle: str
    options: list[Option] | None = None
    shapes: list[Shape] | None = None
    files: list[tuple[File | None, dict[str, Any]]] | None = None
    metafields: list[Value] | None = None
    collections: list[Collection] | None = None
    custom: Value | None = None
    category_id: str | None = None
    tags: list[str] = field(default_factory=list)


def plan(call: Call, args: dict[str, Any]) -> Plan:
    """Check everything that is asked for."""
    given, identifier = args["input"], args.get("identifier") or {}
    product = _existing(call, given, identifier)
    made = Plan(product, given, _handle(call.shop, product, given))
    check_texts(given, is_new=product is None)
    made.tags = tags_of(given.get("tags") or [], ["input", "tags"])
    made.category_id = category_of(call.shop, given, ["input"])
    made.collections = _collections(call.shop, given)
    made.files = _files(call.shop, given)
    made.metafields = values_of(call, "PRODUCT", product, given.get("metafields"), ["input", "metafields"])
    made.custom = _custom(call, product, made.metafields, identifier)
    _plan_variants(call, made)
    return made


def _existing(call: Call, given: dict[str, Any], identifier: dict[str, Any]) -> Product | None:
    if identifier and "id" in given:
        raise Refused(["input", "id"], "The id field is not allowed if identifier is provided.", "ID_NOT_ALLOWED")
    if "handle" in identifier:
        if "handle" not in given:
            message = "The input field corresponding to the identifier is required."
            raise Refused(["input", "handle"], message, "MISSING_FIELD_REQUIRED")
        if given["handle"] != identifier["handle"]:
            message = "The identifier value does not match the value of the corresponding field in the input."
            raise Refused(["input", "handle"], message, "INPUT_MISMATCH")
    if "id" in given:
        identifier = {"id": given["id"]}
    product = identified(call, identifier) if identifier else None
    if "id" in identifier and product is None:
        raise Refused(["input", "id"], "Product does not exist", "PRODUCT_DOES_NOT_EXIST")
    return product


def _handle(shop: Shop, product: Product | None, given: dict[str, Any]) -> str:
    wanted = given.get("handle")
    if wanted:
        return check_handle(shop, product, wanted)
    if product is not None:
        return product.handle
    return shop.free_handle(given.get("title") or "", shop.products_by_handle)


def check_handle(shop: Shop, product: Product | None, wanted: str) -> str:
    """A handle that this product may have."""
    holder = shop.products_by_handle.get(wanted)
    if holder is not None and holder is not product:
        message = f"Handle '{wanted}' already in use. Please provide a new handle."
        raise Refused(["input", "handle"], message, "HANDLE_NOT_UNIQUE")
    return wanted


def check_texts(given: dict[str, Any], *, is_new: bool, where: str = "input") -> None:
    """The product's own words."""
    if (is_new or "title" in given) and not (given.get("title") or "").strip():
        raise Refused([where, "title"], "Title can't be blank", "INVALID_INPUT")
    for name in _SHORT:
        if len(given.get(name) or "") > LONGEST:
            message = f"{name[0].upper()}{name[1:]} is too long (maximum is {LONGEST} characters)"
            raise Refused([where, name], message, "INVALID_INPUT")


def tags_of(given: Sequence[str], path: Path) -> list[str]:
    """Tags as the shop keeps them: trimmed, each once whatever its case, in alphabetical order."""
    if len(given) > MOST_TAGS:
        raise Refused(path, f"A product can have at most {MOST_TAGS} tags", "INVALID_INPUT")
    kept: dict[str, str] = {}
    for tag in (part.strip() for each in given for part in each.split(",")):
        if len(tag) > LONGEST:
            raise Refused(path, f"A tag can have at most {LONGEST} characters", "INVALID_INPUT")
        if tag:
            kept.setdefault(tag.lower(), tag)
    return [kept[name] for name in sorted(kept)]


def category_of(shop: Shop, given: dict[str, Any], path: Path) -> str | None:
    """The id of a category that there is."""
    gid = given.get("category")
    if gid and (shop.check(gid) != "TaxonomyCategory" or shop.node(gid) is None):
        raise Refused([*path, "category"], "The specified category does not exist.", "INVALID_INPUT")
    return gid or None


def _collections(shop: Shop, given: dict[str, Any]) -> list[Collection] | None:
    if given.get("collections") is None:
        return None
    return [
        may_join(shop, gid, ["input", "collections", place], "INVALID_INPUT")
        for place, gid in enumerate(given["collections"])
    ]


def _files(shop: Shop, given: dict[str, Any]) -> list[tuple[File | None, dict[str, Any]]] | None:
    if given.get("files") is None:
        return None
    if len(given["files"]) > MOST_FILES:
        raise Refused(["input", "files"], f"A product can have at most {MOST_FILES} files", "INVALID_INPUT")
    found: list[tuple[File | None, dict[str, Any]]] = []
    for place, each in enumerate(given["files"]):
        if each.get("id"):
            file = find_file(shop, each["id"])
            if file is None:
                raise Refused(["input", "files", place, "id"], "File does not exist", "NOT_FOUND")
            found.append((file, each))
        else:
            check_source(each, ["input", "files", place], "INVALID_INPUT")
            found.append((shop.files_by_url.get(each["originalSource"]), each))
    return found


def values_of(
    call: Call, owner_type: str, owner: Any, given: Sequence[dict[str, Any]] | None, path: Path
) -> list[Value] | None:
    """The metafields of an input, checked."""
    if given is None:
        return None
    values: list[Value] = []
    for place, each in enumerate(given):
        value, error = checked(call, owner_type, owner, each, [*path, place])
        if error:
            violates = error["code"] in {"TAKEN", "CAPABILITY_VIOLATION"}
            raise Refused.many([error | {"code": "CAPABILITY_VIOLATION" if violates else "INVALID_METAFIELD"}])
        if value:
            values.append(value)
    return values


def _custom(
    call: Call, product: Product | None, metafields: list[Value] | None, identifier: dict[str, Any]
) -> Value | None:
    """A custom id is a metafield too: the input has to say the same, and a new product gets it."""
    if "customId" not in identifier:
        return None
    asked = identifier["customId"]
    by_unique(call, "PRODUCT", asked)
    namespace = own_namespace(call, asked.get("namespace"))
    definition = call.shop.definitions["PRODUCT", namespace, asked["key"]]
    wanted = Value(namespace, asked["key"], definition.type_name, asked["value"])
    if metafields is not None and wanted not in metafields:
        message = "The input argument `metafields` (if present) must contain the `customId` value."
        raise Refused(["input", "metafields"], message, "METAFIELD_MISMATCH")
    return None if product is not None else wanted


def _plan_variants(call: Call, made: Plan) -> None:
    given = made.given
    variants, options = given.get("variants"), given.get("productOptions")
    if variants is not None and options is None:
        message = "Product options input is required when updating variants"
        raise Refused(["input", "productOptions"], message, "PRODUCT_OPTIONS_INPUT_MISSING")
    if options is not None and variants is None:
        message = "Variants input is required when updating product options"
        raise Refused(["input", "variants"], message, "VARIANTS_INPUT_MISSING")
    if variants is None or options is None:
        return
    if len(variants) > MOST_VARIANTS:
        message = f"Number of product variants exceeds shop limit ({MOST_VARIANTS})"
        raise Refused(["input", "variants"], message, "VARIANTS_OVER_LIMIT")
    if sum(len(each.get("inventoryQuantities") or []) for each in variants) > MOST_QUANTITIES:
        message = f"Inventory quantity input exceeds the limit of {MOST_QUANTITIES}."
        raise Refused(["input", "variants"], message, "INVENTORY_QUANTITIES_LIMIT_EXCEEDED")
    if not variants:
        made.options, made.shapes = default_shape(call.shop, made.product)
        return
    made.options = options_of(call.shop, made.product, options, ["input", "productOptions"])
    made.shapes = _shapes(call, made, variants)


def default_shape(shop: Shop, product: Product | None) -> tuple[list[Option], list[Shape]]:
    """The option and the variant of a product that has none."""
    value = OptionValue(id=shop.gid("ProductOptionValue"), name="Default Title")
    option = Option(id=shop.gid("ProductOption"), name="Title", position=1, option_values=[value])
    old = product.variants[0] if product and len(product.variants) == 1 else None
    return [option], [Shape({}, [value], ["input", "variants", 0], old)]


def _shapes(call: Call, made: Plan, variants: Sequence[dict[str, Any]]) -> list[Shape]:
    old = {each.id: each for each in made.product.variants} if made.product else {}
    by_choices = {tuple(choice.name for choice in each.choices): each for each in old.values()}
    shapes: list[Shape] = []
    seen: set[tuple[str, ...]] = set()
    for place, each in enumerate(variants):
        path: Path = ["input", "variants", place]
        choices = choices_of(made.options or [], each["optionValues"], path)
        names = tuple(choice.name for choice in choices)
        if names in seen:
            message = f"The variant '{' / '.join(names)}' already exists. Please change at least one option value."
            raise Refused(path, message, "INVALID_VARIANT")
        seen.add(names)
        known = old.get(each["id"]) if each.get("id") else by_choices.get(names)
        if each.get("id") and known is None:
            call.shop.check(each["id"])
            raise Refused([*path, "id"], "Product variant does not exist", "PRODUCT_VARIANT_DOES_NOT_EXIST")
        check_facts(each, path, "INVALID_VARIANT")
        _check_file(made, each, path)
        metafields = values_of(call, "PRODUCTVARIANT", known, each.get("metafields"), [*path, "metafields"])
        stock = _stock(call.shop, known, each.get("inventoryQuantities") or [], path)
        shapes.append(Shape(each, choices, path, known, metafields or [], stock))
    claimed = [shape.old for shape in shapes if shape.old]
    if len(set(claimed)) != len(claimed):
        raise Refused(["input", "variants"], "A variant can be named only once", "INVALID_VARIANT")
    return sorted(shapes, key=lambda shape: shape.given.get("position") or len(shapes) + 1)


def _check_file(made: Plan, given: dict[str, Any], path: Path) -> None:
    file = given.get("file")
    if file and place_of(made, file) is None:
        message = "Any file specified for a variant must also be specified in the product's files"
        raise Refused([*path, "file"], message, "INVALID_VARIANT")


def place_of(made: Plan, file: dict[str, Any]) -> int | None:
    """Where in the product's files a variant's file stands."""
    named = "id" if file.get("id") else "originalSource"
    for place, (_, each) in enumerate(made.files or []):
        if each.get(named) == file.get(named):
            return place
    return None


def _stock(shop: Shop, known: Any, given: Sequence[dict[str, Any]], path: Path) -> list[tuple[Location, str, int]]:
    stock: list[tuple[Location, str, int]] = []
    for place, each in enumerate(given):
        here: Path = [*path, "inventoryQuantities", place]
        location = shop.find(each["locationId"], Location)
        if location is None or not location.is_active:
            raise Refused([*here, "locationId"], "Location does not exist or is not active", "INVALID_INPUT")
        if each["name"] not in {"available", "on_hand"}:
            raise Refused([*here, "name"], "The quantity name must be either 'available' or 'on_hand'", "INVALID_INPUT")
        if known is not None and location.id not in known.item.levels:
            message = "Inventory item is not stocked at the location: activate it first"
            raise Refused([*here, "locationId"], message, "INVALID_INPUT")
        stock.append((location, each["name"], each["quantity"]))
    return stock

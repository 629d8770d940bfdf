"""Options and variants: what a caller says becomes what the shop holds, or a refusal with its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from mercat.sandbox.shopify.clocks import stamp
from mercat.sandbox.shopify.levels import open_level, put
from mercat.sandbox.shopify.metafields import Value
from mercat.sandbox.shopify.records import InventoryItem, Location, Option, OptionValue, Product, Variant
from mercat.sandbox.shopify.refusals import Refused
from mercat.sandbox.shopify.state import Shop

MOST_OPTIONS = 3
MOST_VARIANTS = 2048
LONGEST = 255
Path = list[str | int]

_PLAIN = {
    "price": "price",
    "compareAtPrice": "compare_at_price",
    "barcode": "barcode",
    "inventoryPolicy": "inventory_policy",
    "taxable": "taxable",
    "taxCode": "tax_code",
    "requiresComponents": "requires_components",
    "showUnitPrice": "show_unit_price",
    "unitPriceMeasurement": "unit_price_measurement",
}
_ITEM = {
    "tracked": "tracked",
    "requiresShipping": "requires_shipping",
    "cost": "cost",
    "countryCodeOfOrigin": "country_code_of_origin",
    "provinceCodeOfOrigin": "province_code_of_origin",
    "harmonizedSystemCode": "harmonized_system_code",
}
_MAY_BE_NULL = frozenset({"barcode", "compareAtPrice", "taxCode", "unitPriceMeasurement"})


@dataclass(slots=True)
class Shape:
    """A variant as it is to be; ``old`` is the one that becomes it."""

    given: dict[str, Any]
    choices: list[OptionValue]
    path: Path
    old: Variant | None = None
    metafields: list[Value] = field(default_factory=list)
    stock: list[tuple[Location, str, int]] = field(default_factory=list)


def options_of(shop: Shop, product: Product | None, given: Sequence[dict[str, Any]], path: Path) -> list[Option]:
    """The options as they are to be; one of the same id or name keeps its id, and so do its values."""
    if len(given) > MOST_OPTIONS:
        raise Refused(path, "Can only specify a maximum of 3 options", "OPTIONS_OVER_LIMIT")
    old = {option.id: option for option in product.options} if product else {}
    by_name = {option.name.lower(): option for option in old.values()}
    made: list[Option] = []
    for place, each in enumerate(given):
        known = old.get(each["id"]) if each.get("id") else by_name.get((each.get("name") or "").lower())
        if each.get("id") and known is None:
            raise Refused([*path, place, "id"], "Option does not exist", "OPTION_DOES_NOT_EXIST")
        name = each.get("name") or (known.name if known else "")
        if not name or len(name) > LONGEST:
            raise Refused([*path, place, "name"], "Option name has to have 1 to 255 characters", "INVALID_INPUT")
        if name.lower() in {option.name.lower() for option in made}:
            raise Refused([*path, place, "name"], f"Option names must be unique: {name}", "DUPLICATED_OPTION_NAME")
        values = _values(shop, known, each.get("values"), [*path, place, "values"])
        gid = known.id if known else shop.gid("ProductOption")
        made.append(Option(id=gid, name=name, position=each.get("position") or place + 1, option_values=values))
    made.sort(key=lambda option: option.position)
    for position, option in enumerate(made, 1):
        option.position = position
    return made


def _values(shop: Shop, known: Option | None, given: Sequence[dict[str, Any]] | None, path: Path) -> list[OptionValue]:
    if not given:
        raise Refused(path, "Each option must have at least one option value specified", "OPTION_VALUES_MISSING")
    old = {value.name: value for value in known.option_values} if known else {}
    by_id = {value.id: value for value in old.values()}
    made: list[OptionValue] = []
    for place, each in enumerate(given):
        kept = by_id.get(each["id"]) if each.get("id") else old.get(each.get("name") or "")
        if each.get("id") and kept is None:
            raise Refused([*path, place, "id"], "Option value does not exist", "OPTION_VALUE_DOES_NOT_EXIST")
        name = each.get("name") or (kept.name if kept else "")
        if not name or len(name) > LONGEST:
            raise Refused([*path, place, "name"], "Option value has to have 1 to 255 characters", "INVALID_INPUT")
        if name.lower() in {value.name.lower() for value in made}:
            raise Refused([*path, place, "name"], f"Duplicated option value: {name}", "DUPLICATED_OPTION_VALUE")
        made.append(OptionValue(id=kept.id if kept else shop.gid("ProductOptionValue"), name=name))
    return made


def choices_of(
    options: Sequence[Option], given: Sequence[dict[str, Any]], path: Path, *, code: str = "INVALID_VARIANT"
) -> list[OptionValue]:
    """The option values that a variant names, one for each option."""
    chosen: dict[str, OptionValue] = {}
    for place, each in enumerate(given):
        option = _option(options, each)
        if option is None:
            raise Refused([*path, "optionValues", place], "Option does not exist", "OPTION_DOES_NOT_EXIST")
        wanted = each.get("id") or each.get("name")
        found = [value for value in option.option_values if wanted in {value.id, value.name}]
        if not found:
            message = f"Option value does not exist: {wanted}"
            raise Refused([*path, "optionValues", place, "name"], message, "OPTION_VALUE_DOES_NOT_EXIST")
        chosen[option.id] = found[0]
    missing = [option.name for option in options if option.id not in chosen]
    if missing:
        message = f"You need to add option values for {', '.join(missing)}"
        raise Refused([*path, "optionValues"], message, code)
    return [chosen[option.id] for option in options]


def _option(options: Sequence[Option], given: dict[str, Any]) -> Option | None:
    if given.get("optionId"):
        return next((option for option in options if option.id == given["optionId"]), None)
    if given.get("optionName"):
        return next((option for option in options if option.name == given["optionName"]), None)
    return options[0] if len(options) == 1 else None


def check_facts(given: dict[str, Any], path: Path, code: str) -> None:
    """A variant's own fields."""
    for name in ("price", "compareAtPrice"):
        if given.get(name) is not None and Decimal(given[name]) < 0:
            raise Refused([*path, name], f"{name} must be greater than or equal to 0", code)
    for name in ("sku", "barcode"):
        if len(given.get(name) or "") > LONGEST:
            raise Refused([*path, name], f"{name} is too long (maximum is 255 characters)", code)
    cost = (given.get("inventoryItem") or {}).get("cost")
    if cost is not None and Decimal(cost) < 0:
        raise Refused([*path, "inventoryItem", "cost"], "cost must be greater than or equal to 0", code)


def write_variant(shop: Shop, variant: Variant, given: dict[str, Any]) -> None:
    """Set what is given; what is not stays."""
    for name, attribute in _PLAIN.items():
        if name in given and (given[name] is not None or name in _MAY_BE_NULL):
            setattr(variant, attribute, given[name])
    if "sku" in given:
        shop.rename_sku(variant, given["sku"])
    if given.get("inventoryItem"):
        write_item(shop, variant.item, given["inventoryItem"])
    variant.updated_at = stamp()


def write_item(shop: Shop, item: InventoryItem, given: dict[str, Any]) -> None:
    """Set what is given of an inventory item."""
    for name, attribute in _ITEM.items():
        if name in given:
            setattr(item, attribute, given[name])
    if "sku" in given:
        shop.rename_sku(item.variant, given["sku"])
    if "countryHarmonizedSystemCodes" in given:
        item.country_codes = given["countryHarmonizedSystemCodes"] or []
    if "measurement" in given:
        item.weight = (given["measurement"] or {}).get("weight")
    item.updated_at = stamp()


def new_variant(shop: Shop, product: Product, choices: list[OptionValue]) -> Variant:
    """A variant with its inventory item, stocked with nothing at the shop's first location."""
    variant = shop.make(Variant, product=product, choices=choices)
    variant.item = shop.make(InventoryItem, variant=variant)
    return variant


def write_stock(shop: Shop, variant: Variant, stock: Sequence[tuple[Location, str, int]], *, is_new: bool) -> None:
    """First quantities; a new variant that is given none is stocked with nothing at the shop's first location."""
    if is_new and not stock:
        open_level(shop, variant.item, shop.locations[0])
    for location, name, quantity in stock:
        put(shop, open_level(shop, variant.item, location), name, quantity)


def drop_variant(shop: Shop, variant: Variant) -> None:
    """Take a variant out, with all that hangs on it."""
    shop.rename_sku(variant, None)
    for namespace, key in list(variant.own):
        shop.drop_metafield(variant, namespace, key)
    for level in variant.item.levels.values():
        shop.drop(level)
    shop.drop(variant.item)
    shop.drop(variant)


def settle(product: Product) -> None:
    """Positions run from 1, and option values know whether they are used."""
    used = {choice.id for variant in product.variants for choice in variant.choices}
    for position, variant in enumerate(product.variants, 1):
        variant.position = position
    for option in product.options:
        for value in option.option_values:
            value.has_variants = value.id in used

"""Inventory items, where they are stocked, and the places themselves."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.connections import Connection, connection
from mercat.sandbox.shopify.levels import NAMES, close_level, open_level, put
from mercat.sandbox.shopify.news import changed
from mercat.sandbox.shopify.products import count, number
from mercat.sandbox.shopify.records import InventoryItem, Level, Location
from mercat.sandbox.shopify.refusals import Refused, bad_request
from mercat.sandbox.shopify.registry import field
from mercat.sandbox.shopify.searching import Filters, exactly, search
from mercat.sandbox.shopify.shaping import write_item

ITEMS = Filters(
    fields={
        "id": lambda item: [number(item)],
        "sku": lambda item: [item.variant.sku],
        "created_at": lambda item: [item.created_at],
        "updated_at": lambda item: [item.updated_at],
    },
    text=lambda item: [item.variant.sku or "", item.variant.product.title],
)
LOCATIONS = Filters(
    fields={
        "id": lambda location: [number(location)],
        "name": lambda location: [location.name],
        "is_active": lambda location: [location.is_active],
        "updated_at": lambda location: [location.updated_at],
        "created_at": lambda location: [location.created_at],
    },
    text=lambda location: [location.name],
)


@field("QueryRoot.locations")
def locations(_: Any, call: Call, args: dict[str, Any]) -> Connection:
    found = [each for each in call.shop.locations if each.is_active or args.get("includeInactive")]
    found = list(search(found, args.get("query"), LOCATIONS, call=call, path="locations"))
    return connection(found, call, args, key=number, root=True)


@field("QueryRoot.location")
def location(_: Any, call: Call, args: dict[str, Any]) -> Location | None:
    """Without an id it is the shop's first."""
    return call.shop.find(args["id"], Location) if args.get("id") else call.shop.locations[0]


@field("QueryRoot.inventoryItem")
def inventory_item(_: Any, call: Call, args: dict[str, Any]) -> InventoryItem | None:
    return call.shop.find(args["id"], InventoryItem)


@field("QueryRoot.inventoryItems")
def inventory_items(_: Any, call: Call, args: dict[str, Any]) -> Connection:
    query = args.get("query")
    if sku := exactly(query, "sku"):
        found = [variant.item for variant in call.shop.variants_by_sku.get(sku, {}).values()]
    else:
        found = list(search(call.shop.all(InventoryItem), query, ITEMS, call=call, path="inventoryItems"))
    return connection(found, call, args, key=number, root=True)


@field("QueryRoot.inventoryLevel")
def inventory_level(_: Any, call: Call, args: dict[str, Any]) -> Level | None:
    return call.shop.find(args["id"].partition("?")[0], Level)


@field("InventoryLevel.id")
def level_id(level: Level, _: Call, __: dict[str, Any]) -> str:
    """As Shopify writes it, with the item behind a question mark."""
    return f"{level.id}?inventory_item_id={level.item.legacy_resource_id}"


@field("InventoryLevel.quantities")
def quantities(level: Level, _: Call, args: dict[str, Any]) -> list[dict[str, Any]]:
    if unknown := [name for name in args["names"] if name not in NAMES]:
        message = f"The quantity names are {', '.join(NAMES)}; not {unknown[0]!r}."
        raise bad_request(message, "INVALID_QUANTITY_NAME")
    return [
        {
            "id": f"gid://shopify/InventoryQuantity/{level.legacy_resource_id}?name={name}",
            "name": name,
            "quantity": level.stock[name],
            "updatedAt": level.changed.get(name),
        }
        for name in args["names"]
    ]


@field("InventoryItem.sku")
def sku(item: InventoryItem, _: Call, __: dict[str, Any]) -> str | None:
    return item.variant.sku


@field("InventoryItem.unitCost")
def unit_cost(item: InventoryItem, call: Call, _: dict[str, Any]) -> dict[str, Any] | None:
    if item.cost is None:
        return None
    return {"amount": str(Decimal(item.cost).normalize()), "currencyCode": call.shop.options.currency}


@field("InventoryItem.measurement")
def measurement(item: InventoryItem, _: Call, __: dict[str, Any]) -> dict[str, Any]:
    weight = item.weight or {"unit": "KILOGRAMS", "value": 0.0}
    return {"id": f"gid://shopify/InventoryItemMeasurement/{item.legacy_resource_id}", "weight": weight}


@field("InventoryItem.variants")
def variants_of(item: InventoryItem, call: Call, args: dict[str, Any]) -> Connection:
    return connection([item.variant], call, args)


@field("InventoryItem.countryHarmonizedSystemCodes")
def country_codes(item: InventoryItem, call: Call, args: dict[str, Any]) -> Connection:
    return connection(item.country_codes, call, args)


@field("InventoryItem.duplicateSkuCount")
def duplicates(item: InventoryItem, call: Call, _: dict[str, Any]) -> int:
    return max(0, len(call.shop.variants_by_sku.get(item.variant.sku or "", {})) - 1)


@field("InventoryItem.locationsCount")
def locations_count(item: InventoryItem, _: Call, __: dict[str, Any]) -> dict[str, Any]:
    return count(len(item.levels), None)


@field("InventoryItem.inventoryLevels")
def levels_of_item(item: InventoryItem, call: Call, args: dict[str, Any]) -> Connection:
    if args.get("query"):
        raise bad_request("the sandbox cannot search inventory levels", "SANDBOX_NOT_IMPLEMENTED")
    return connection(list(item.levels.values()), call, args)


@field("InventoryItem.inventoryLevel")
def level_of_item(item: InventoryItem, call: Call, args: dict[str, Any]) -> Level | None:
    call.shop.find(args["locationId"], Location)
    return item.levels.get(args["locationId"])


@field("Location.inventoryLevels")
def levels_of_location(location: Location, call: Call, args: dict[str, Any]) -> Connection:
    found = [each for each in call.shop.all(Level) if each.location is location]
    return connection(found, call, args)


@field("Location.inventoryLevel")
def level_of_location(location: Location, call: Call, args: dict[str, Any]) -> Level | None:
    item = call.shop.find(args["inventoryItemId"], InventoryItem)
    return item.levels.get(location.id) if item else None


@field("Mutation.inventoryItemUpdate")
def update(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    item = call.shop.find(args["id"], InventoryItem)
    if item is None:
        raise Refused(["id"], "Inventory item does not exist")
    if Decimal(args["input"].get("cost") or 0) < 0:
        raise Refused(["input", "cost"], "Cost must be greater than or equal to 0")
    write_item(call.shop, item, args["input"])
    changed(call.shop, item)
    return {"inventoryItem": item, "userErrors": []}


@field("Mutation.inventoryActivate", idempotent=True)
def activate(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    """Stock an item at a location. Where it is stocked already, quantities must not be given."""
    item = call.shop.find(args["inventoryItemId"], InventoryItem)
    place = call.shop.find(args["locationId"], Location)
    if item is None:
        raise Refused(["inventoryItemId"], "Inventory item does not exist")
    if place is None or not place.is_active:
        raise Refused(["locationId"], "Location does not exist or is not active")
    given = {"available": args.get("available"), "on_hand": args.get("onHand")}
    if place.id in item.levels and any(each is not None for each in given.values()):
        message = "Not allowed to set available quantity when the item is already active at the location."
        raise Refused(["available"], message)
    if given["available"] is not None and given["on_hand"] is not None:
        raise Refused(["available"], "available and onHand exclude each other")
    level = open_level(call.shop, item, place)
    for name, quantity in given.items():
        if quantity is not None:
            put(call.shop, level, name, quantity)
    return {"inventoryLevel": level, "userErrors": []}


@field("Mutation.inventoryDeactivate")
def deactivate(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    level = call.shop.find(args["inventoryLevelId"].partition("?")[0], Level)
    if level is None:
        raise Refused(["inventoryLevelId"], "Inventory level does not exist")
    if len(level.item.levels) == 1:
        raise Refused(None, "The item has to be stocked at one location at least")
    if any(level.stock[name] for name in ("committed", "incoming", "reserved")):
        raise Refused(None, "Items that are committed, incoming or reserved keep the level open")
    close_level(call.shop, level)
    return {"userErrors": []}

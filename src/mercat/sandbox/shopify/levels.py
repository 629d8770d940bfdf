"""Quantities at a place: what follows from what."""

from __future__ import annotations

from mercat.sandbox.shopify.clocks import stamp
from mercat.sandbox.shopify.news import stock_changed
from mercat.sandbox.shopify.records import InventoryItem, Level, Location
from mercat.sandbox.shopify.state import Shop

NAMES = "available committed damaged incoming on_hand quality_control reserved safety_stock".split()
HELD = "committed damaged quality_control reserved safety_stock".split()  # on hand, and not for sale


def open_level(shop: Shop, item: InventoryItem, location: Location) -> Level:
    """Stock the item at the location; where it is stocked already, nothing changes."""
    level = item.levels.get(location.id)
    if level is None:
        number = item.legacy_resource_id
        gid = f"gid://shopify/InventoryLevel/{number}{location.legacy_resource_id}?inventory_item_id={number}"
        level = shop.make(Level, id=gid.partition("?")[0], item=item, location=location, stock=dict.fromkeys(NAMES, 0))
        item.levels[location.id] = level
    level.is_active = True
    return level


def close_level(shop: Shop, level: Level) -> None:
    """The item is no longer stocked there."""
    level.item.levels.pop(level.location.id, None)
    shop.drop(level)


def put(shop: Shop, level: Level, name: str, quantity: int) -> int:
    """Set one quantity and what hangs on it; gives the difference."""
    delta = quantity - level.stock[name]
    if delta == 0:
        return 0
    touched = [name]
    level.stock[name] = quantity
    if name == "on_hand":
        level.stock["available"] += delta
        touched.append("available")
    elif name != "incoming":
        level.stock["on_hand"] += delta
        touched.append("on_hand")
    at = stamp()
    for each in touched:
        level.changed[each] = at
    level.updated_at = level.item.updated_at = at
    # A product whose stock moved counts as updated (Product.updatedAt).
    level.item.variant.product.updated_at = at
    stock_changed(shop, level)
    return delta

"""What the shop tells subscribers: the topics, and the bodies in the older API's shape that webhooks still have."""

from __future__ import annotations

from typing import Any

from mercat.sandbox.shopify.records import Collection, Level, Location, Node, Product, Subscription, Variant
from mercat.sandbox.shopify.state import Shop

_PLURALS = {
    "Product": "PRODUCTS",
    "Collection": "COLLECTIONS",
    "Location": "LOCATIONS",
    "InventoryItem": "INVENTORY_ITEMS",
}


def changed(shop: Shop, node: Node) -> None:
    """Something is not what it was."""
    _tell(shop, node, "UPDATE")


def created(shop: Shop, node: Node) -> None:
    """Something is new."""
    _tell(shop, node, "CREATE")


def deleted(shop: Shop, node: Node) -> None:
    """Something is gone; all that is told is its id."""
    topic = f"{_PLURALS[node.typename]}_DELETE"
    if listened_to(shop, topic):
        shop.announce(topic, node, {"id": int(node.legacy_resource_id)})


def stock_changed(shop: Shop, level: Level) -> None:
    """A quantity is another one."""
    if listened_to(shop, "INVENTORY_LEVELS_UPDATE"):
        shop.announce("INVENTORY_LEVELS_UPDATE", level, _level(level))


def listened_to(shop: Shop, topic: str) -> bool:
    """Whether anyone wants to know: bodies are not built for nobody."""
    return any(each.topic == topic for each in shop.all(Subscription))


def _tell(shop: Shop, node: Node, what: str) -> None:
    plural = _PLURALS.get(node.typename)
    if plural is not None and listened_to(shop, f"{plural}_{what}"):
        shop.announce(f"{plural}_{what}", node, body_of(node))


def body_of(node: Node) -> dict[str, Any]:
    """The body of a webhook about something."""
    facts: dict[str, Any] = {
        "id": int(node.legacy_resource_id) if node.legacy_resource_id.isdigit() else node.legacy_resource_id,
        "admin_graphql_api_id": node.id,
        "created_at": node.created_at,
        "updated_at": node.updated_at,
    }
    if isinstance(node, Product):
        return facts | _product(node)
    if isinstance(node, Collection):
        return facts | {"handle": node.handle, "title": node.title, "body_html": node.description_html}
    if isinstance(node, Location):
        return facts | {"name": node.name, "active": node.is_active}
    return facts


def _product(product: Product) -> dict[str, Any]:
    return {
        "title": product.title,
        "handle": product.handle,
        "body_html": product.description_html,
        "vendor": product.vendor,
        "product_type": product.product_type,
        "status": product.status.lower(),
        "tags": ", ".join(product.tags),
        "published_at": product.published_at,
        "template_suffix": product.template_suffix,
        "variants": [_variant(each) for each in product.variants],
        "options": [{"name": each.name, "position": each.position, "values": each.values} for each in product.options],
        "media": [{"admin_graphql_api_id": each.id, "alt": each.alt} for each in product.files],
    }


def _variant(variant: Variant) -> dict[str, Any]:
    return {
        "id": int(variant.legacy_resource_id),
        "admin_graphql_api_id": variant.id,
        "title": " / ".join(choice.name for choice in variant.choices),
        "sku": variant.sku,
        "barcode": variant.barcode,
        "price": variant.price,
        "compare_at_price": variant.compare_at_price,
        "position": variant.position,
        "inventory_item_id": int(variant.item.legacy_resource_id),
        "inventory_quantity": sum(level.stock["available"] for level in variant.item.levels.values()),
        "updated_at": variant.updated_at,
    }


def _level(level: Level) -> dict[str, Any]:
    return {
        "admin_graphql_api_id": level.id,
        "inventory_item_id": int(level.item.legacy_resource_id),
        "location_id": int(level.location.legacy_resource_id),
        "available": level.stock["available"],
        "updated_at": level.updated_at,
    }

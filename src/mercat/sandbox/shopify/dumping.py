"""The whole shop as JSON, for tests that ask whether it is what it should be."""

from __future__ import annotations

from typing import Any

from mercat.sandbox.shopify.media import state_of
from mercat.sandbox.shopify.membership import members
from mercat.sandbox.shopify.records import Bulk, Collection, File, HasMetafields, Product, Subscription, Variant
from mercat.sandbox.shopify.state import Shop


def dump(shop: Shop) -> dict[str, Any]:
    """Products with all that hangs on them, and everything else that a client can make."""
    return {
        "products": [_product(each) for each in shop.products],
        "collections": [_collection(shop, each) for each in shop.all(Collection)],
        "files": [_file(shop, each) for each in shop.files],
        "definitions": [
            {
                "owner_type": owner,
                "namespace": namespace,
                "key": key,
                "name": each.name,
                "type": each.type_name,
                "unique": each.unique,
            }
            for (owner, namespace, key), each in shop.definitions.items()
        ],
        "locations": [{"id": each.id, "name": each.name, "active": each.is_active} for each in shop.locations],
        "publications": [{"id": each.id, "name": each.name} for each in shop.publications],
        "webhooks": [{"id": each.id, "topic": each.topic, "uri": each.uri} for each in shop.all(Subscription)],
        "bulk_operations": [
            {"id": each.id, "type": each.type, "status": each.status, "objects": each.objects, "query": each.query}
            for each in shop.all(Bulk)
        ],
        "calls": dict(shop.calls),
    }


def _metafields(owner: HasMetafields) -> dict[str, Any]:
    return {
        f"{namespace}.{key}": {"type": each.type, "value": each.value} for (namespace, key), each in owner.own.items()
    }


def _product(product: Product) -> dict[str, Any]:
    return {
        "id": product.id,
        "handle": product.handle,
        "title": product.title,
        "description_html": product.description_html,
        "vendor": product.vendor,
        "product_type": product.product_type,
        "status": product.status,
        "tags": product.tags,
        "category": product.category_id,
        "seo": {"title": product.search_title, "description": product.search_description},
        "options": [{"name": each.name, "values": each.values} for each in product.options],
        "variants": [_variant(each) for each in product.variants],
        "files": [{"id": each.id, "source": each.source, "alt": each.alt} for each in product.files],
        "metafields": _metafields(product),
        "collections": list(product.joined),
        "publications": list(product.published),
        "created_at": product.created_at,
        "updated_at": product.updated_at,
    }


def _variant(variant: Variant) -> dict[str, Any]:
    item = variant.item
    return {
        "id": variant.id,
        "sku": variant.sku,
        "barcode": variant.barcode,
        "price": variant.price,
        "compare_at_price": variant.compare_at_price,
        "options": [choice.name for choice in variant.choices],
        "inventory_policy": variant.inventory_policy,
        "taxable": variant.taxable,
        "file": variant.file.id if variant.file else None,
        "metafields": _metafields(variant),
        "item": {
            "id": item.id,
            "tracked": item.tracked,
            "cost": item.cost,
            "requires_shipping": item.requires_shipping,
            "country_code_of_origin": item.country_code_of_origin,
            "harmonized_system_code": item.harmonized_system_code,
            "weight": item.weight,
            "levels": {gid: dict(level.stock) for gid, level in item.levels.items()},
        },
    }


def _collection(shop: Shop, collection: Collection) -> dict[str, Any]:
    return {
        "id": collection.id,
        "handle": collection.handle,
        "title": collection.title,
        "description_html": collection.description_html,
        "metafields": _metafields(collection),
        "products": [each.id for each in members(shop, collection)],
        "publications": list(collection.published),
    }


def _file(shop: Shop, file: File) -> dict[str, Any]:
    return {
        "id": file.id,
        "filename": file.filename,
        "source": file.source,
        "alt": file.alt,
        "status": state_of(shop, file),
        "used_by": list(file.used_by),
    }

"""Products and variants as they are read: by id, by handle, by a unique metafield, by search."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.connections import Connection, Key, connection
from mercat.sandbox.shopify.metafields import own_namespace
from mercat.sandbox.shopify.records import HasMetafields, Product, Variant
from mercat.sandbox.shopify.refusals import bad_request
from mercat.sandbox.shopify.registry import field
from mercat.sandbox.shopify.searching import Filters, exactly, search

_TAG = re.compile(r"<[^>]+>")
COUNTED_TO = 10_000  # counts are exact up to here, unless the caller asks for another limit


def number(node: Any) -> int:
    """The order in which things came."""
    return int(node.legacy_resource_id)


def stock_of(variant: Variant) -> int:
    """What is available of a variant at all locations."""
    return sum(level.stock["available"] for level in variant.item.levels.values())


def only_default(product: Product) -> bool:
    """Whether the product has the one variant that products without options have."""
    return len(product.options) == 1 and product.options[0].values == ["Default Title"]


def title_of(variant: Variant) -> str:
    """A variant's choices in a row."""
    return " / ".join(choice.name for choice in variant.choices)


def _any_variant(read: Any) -> Any:
    return lambda product: [read(variant) for variant in product.variants]


PRODUCTS = Filters(
    fields={
        "id": lambda product: [number(product)],
        "title": lambda product: [product.title],
        "handle": lambda product: [product.handle],
        "status": lambda product: [product.status],
        "vendor": lambda product: [product.vendor],
        "product_type": lambda product: [product.product_type],
        "tag": lambda product: product.tags,
        "sku": _any_variant(lambda variant: variant.sku),
        "barcode": _any_variant(lambda variant: variant.barcode),
        "price": _any_variant(lambda variant: Decimal(variant.price)),
        "created_at": lambda product: [product.created_at],
        "updated_at": lambda product: [product.updated_at],
        "published_at": lambda product: [product.published_at] if product.published_at else [],
        "inventory_total": lambda product: [sum(stock_of(variant) for variant in product.variants)],
        "collection_id": lambda product: [int(gid.rpartition("/")[2]) for gid in product.joined],
        "publication_ids": lambda product: [gid.rpartition("/")[2] for gid in product.published],
        "published_status": lambda product: ["published" if product.published else "unpublished"],
        "category_id": lambda product: [product.category_id.rpartition("/")[2]] if product.category_id else [],
        "gift_card": lambda product: [product.is_gift_card],
        "has_only_default_variant": lambda product: [only_default(product)],
        "variant_id": _any_variant(number),
        "variant_title": _any_variant(title_of),
    },
    text=lambda product: [
        product.title,
        product.vendor,
        product.product_type,
        *product.tags,
        *(variant.sku or "" for variant in product.variants),
        *(variant.barcode or "" for variant in product.variants),
    ],
    metafields=True,
)
VARIANTS = Filters(
    fields={
        "id": lambda variant: [number(variant)],
        "sku": lambda variant: [variant.sku],
        "barcode": lambda variant: [variant.barcode],
        "title": lambda variant: [title_of(variant)],
        "product_id": lambda variant: [number(variant.product)],
        "product_ids": lambda variant: [str(number(variant.product))],
        "product_status": lambda variant: [variant.product.status],
        "product_type": lambda variant: [variant.product.product_type],
        "vendor": lambda variant: [variant.product.vendor],
        "tag": lambda variant: variant.product.tags,
        "taxable": lambda variant: [variant.taxable],
        "inventory_quantity": lambda variant: [stock_of(variant)],
        "location_id": lambda variant: [int(gid.rpartition("/")[2]) for gid in variant.item.levels],
        "updated_at": lambda variant: [variant.updated_at],
        "option1": lambda variant: [choice.name for choice in variant.choices[:1]],
        "option2": lambda variant: [choice.name for choice in variant.choices[1:2]],
        "option3": lambda variant: [choice.name for choice in variant.choices[2:3]],
    },
    text=lambda variant: [variant.product.title, title_of(variant), variant.sku or "", variant.barcode or ""],
    metafields=True,
)
PRODUCT_KEYS: dict[str, Key] = {
    "ID": number,
    "RELEVANCE": number,
    "CREATED_AT": lambda product: (product.created_at, number(product)),
    "UPDATED_AT": lambda product: (product.updated_at, number(product)),
    "PUBLISHED_AT": lambda product: (product.published_at or "", number(product)),
    "TITLE": lambda product: (product.title.lower(), number(product)),
    "VENDOR": lambda product: (product.vendor.lower(), number(product)),
    "PRODUCT_TYPE": lambda product: (product.product_type.lower(), number(product)),
    "INVENTORY_TOTAL": lambda product: (sum(map(stock_of, product.variants)), number(product)),
}
VARIANT_KEYS: dict[str, Key] = {
    "ID": number,
    "RELEVANCE": number,
    "POSITION": lambda variant: (variant.position, number(variant)),
    "SKU": lambda variant: (variant.sku or "", number(variant)),
    "TITLE": lambda variant: (title_of(variant), number(variant)),
    "NAME": lambda variant: (title_of(variant), number(variant)),
    "FULL_TITLE": lambda variant: (variant.product.title, title_of(variant), number(variant)),
    "INVENTORY_QUANTITY": lambda variant: (stock_of(variant), number(variant)),
}


def sort_key(keys: dict[str, Key], name: str | None) -> Key:
    """What a sort key sorts by."""
    if (name or "ID") not in keys:
        raise bad_request(f"the sandbox cannot sort by {name}", "SANDBOX_NOT_IMPLEMENTED")
    return keys[name or "ID"]


def by_unique(call: Call, owner_type: str, given: dict[str, Any]) -> HasMetafields | None:
    """What carries a unique metafield's value; without a definition that makes it unique there is no asking."""
    namespace, key = own_namespace(call, given.get("namespace")), given["key"]
    definition = call.shop.definitions.get((owner_type, namespace, key))
    if definition is None or not definition.unique:
        message = f"Metafield definition of type 'id' is required when using custom ids: {namespace}.{key}"
        raise bad_request(message, "NOT_FOUND")
    return call.shop.unique.get((owner_type, namespace, key, given["value"]))


def identified(call: Call, given: dict[str, Any]) -> Product | None:
    """The product that an identifier names."""
    if "id" in given:
        return call.shop.find(given["id"], Product)
    if "handle" in given:
        return call.shop.products_by_handle.get(given["handle"])
    found = by_unique(call, "PRODUCT", given["customId"])
    return found if isinstance(found, Product) else None


@field("QueryRoot.product")
def product(_: Any, call: Call, args: dict[str, Any]) -> Product | None:
    return call.shop.find(args["id"], Product)


@field("QueryRoot.productByIdentifier")
def product_by_identifier(_: Any, call: Call, args: dict[str, Any]) -> Product | None:
    return identified(call, args["identifier"])


@field("QueryRoot.productVariant")
def product_variant(_: Any, call: Call, args: dict[str, Any]) -> Variant | None:
    return call.shop.find(args["id"], Variant)


@field("QueryRoot.productVariantByIdentifier")
def variant_by_identifier(_: Any, call: Call, args: dict[str, Any]) -> Variant | None:
    given = args["identifier"]
    if "id" in given:
        return call.shop.find(given["id"], Variant)
    found = by_unique(call, "PRODUCTVARIANT", given["customId"])
    return found if isinstance(found, Variant) else None


def found_products(call: Call, query: str | None) -> Sequence[Product]:
    """Those that a query finds, without looking at each where it asks for a handle or a SKU only."""
    if handle := exactly(query, "handle"):
        one = call.shop.products_by_handle.get(handle)
        return [one] if one else []
    if sku := exactly(query, "sku"):
        return list(dict.fromkeys(variant.product for variant in call.shop.variants_by_sku.get(sku, {}).values()))
    return search(call.shop.products, query, PRODUCTS, call=call, path="products")


def found_variants(call: Call, query: str | None) -> Sequence[Variant]:
    """As ``found_products``."""
    if sku := exactly(query, "sku"):
        return list(call.shop.variants_by_sku.get(sku, {}).values())
    return search(call.shop.all(Variant), query, VARIANTS, call=call, path="productVariants")


@field("QueryRoot.products")
def products(_: Any, call: Call, args: dict[str, Any]) -> Connection:
    key = sort_key(PRODUCT_KEYS, args.get("sortKey"))
    return connection(found_products(call, args.get("query")), call, args, key=key, root=True)


@field("QueryRoot.productVariants")
def product_variants(_: Any, call: Call, args: dict[str, Any]) -> Connection:
    key = sort_key(VARIANT_KEYS, args.get("sortKey"))
    return connection(found_variants(call, args.get("query")), call, args, key=key, root=True)


def count(total: int, limit: int | None) -> dict[str, Any]:
    """A count that is exact up to its limit."""
    if limit is not None and total > limit:
        return {"count": limit, "precision": "AT_LEAST"}
    return {"count": total, "precision": "EXACT"}


@field("QueryRoot.productsCount")
def products_count(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    return count(len(found_products(call, args.get("query"))), args.get("limit", COUNTED_TO))


@field("QueryRoot.productVariantsCount")
def variants_count(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    return count(len(found_variants(call, args.get("query"))), args.get("limit", COUNTED_TO))


@field("Product.variants")
def variants_of(product: Product, call: Call, args: dict[str, Any]) -> Connection:
    return connection(product.variants, call, args, key=sort_key(VARIANT_KEYS, args.get("sortKey") or "POSITION"))


@field("Product.variantsCount")
def variants_count_of(product: Product, _: Call, __: dict[str, Any]) -> dict[str, Any]:
    return count(len(product.variants), None)


@field("Product.media")
def media_of(product: Product, call: Call, args: dict[str, Any]) -> Connection:
    return connection(product.files, call, args)


@field("Product.mediaCount")
def media_count(product: Product, _: Call, __: dict[str, Any]) -> dict[str, Any]:
    return count(len(product.files), None)


@field("Product.featuredMedia")
def featured(product: Product, _: Call, __: dict[str, Any]) -> Any:
    return product.files[0] if product.files else None


@field("Product.options")
def options_of(product: Product, _: Call, args: dict[str, Any]) -> Any:
    return product.options[: args.get("first")]


@field("Product.description", "Collection.description")
def description(node: Any, _: Call, args: dict[str, Any]) -> str:
    text = re.sub(r"\s+", " ", _TAG.sub(" ", node.description_html)).strip()
    return text[: args.get("truncateAt")]


@field("Product.seo", "Collection.seo")
def seo(node: Any, _: Call, __: dict[str, Any]) -> dict[str, Any]:
    return {"title": node.search_title, "description": node.search_description}


@field("Product.category")
def category(product: Product, call: Call, _: dict[str, Any]) -> Any:
    return call.shop.node(product.category_id) if product.category_id else None


@field("Product.totalInventory")
def total_inventory(product: Product, _: Call, __: dict[str, Any]) -> int:
    return sum(stock_of(variant) for variant in product.variants if variant.item.tracked)


@field("Product.tracksInventory")
def tracks_inventory(product: Product, _: Call, __: dict[str, Any]) -> bool:
    return any(variant.item.tracked for variant in product.variants)


@field("Product.hasOnlyDefaultVariant")
def has_only_default(product: Product, _: Call, __: dict[str, Any]) -> bool:
    return only_default(product)


@field("Product.hasOutOfStockVariants")
def has_out_of_stock(product: Product, _: Call, __: dict[str, Any]) -> bool:
    return any(variant.item.tracked and stock_of(variant) <= 0 for variant in product.variants)


@field("Product.priceRangeV2")
def price_range(product: Product, call: Call, _: dict[str, Any]) -> dict[str, Any]:
    prices = sorted((variant.price for variant in product.variants), key=Decimal) or ["0.00"]
    currency = call.shop.options.currency
    return {
        "minVariantPrice": {"amount": prices[0], "currencyCode": currency},
        "maxVariantPrice": {"amount": prices[-1], "currencyCode": currency},
    }


@field("Product.onlineStoreUrl", "Product.onlineStorePreviewUrl")
def online_url(product: Product, call: Call, _: dict[str, Any]) -> str | None:
    return f"https://{call.shop.options.domain}/products/{product.handle}" if product.published else None


@field("ProductVariant.inventoryItem")
def item_of(variant: Variant, _: Call, __: dict[str, Any]) -> Any:
    return variant.item


@field("ProductVariant.inventoryQuantity", "ProductVariant.sellableOnlineQuantity")
def quantity_of(variant: Variant, _: Call, __: dict[str, Any]) -> int:
    return stock_of(variant)


@field("ProductVariant.availableForSale")
def available(variant: Variant, _: Call, __: dict[str, Any]) -> bool:
    return not variant.item.tracked or variant.inventory_policy == "CONTINUE" or stock_of(variant) > 0


@field("ProductVariant.title")
def variant_title(variant: Variant, _: Call, __: dict[str, Any]) -> str:
    return title_of(variant)


@field("ProductVariant.displayName")
def display_name(variant: Variant, _: Call, __: dict[str, Any]) -> str:
    return f"{variant.product.title} - {title_of(variant)}"


@field("ProductVariant.selectedOptions")
def selected_options(variant: Variant, _: Call, __: dict[str, Any]) -> list[dict[str, Any]]:
    pairs = zip(variant.product.options, variant.choices, strict=True)
    return [{"name": option.name, "value": choice.name, "optionValue": choice} for option, choice in pairs]


@field("ProductVariant.media")
def variant_media(variant: Variant, call: Call, args: dict[str, Any]) -> Connection:
    return connection([variant.file] if variant.file else [], call, args)

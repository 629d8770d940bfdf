"""What Shopify shows after taking the variables of ``ProductSet``: its documented behaviour, as a pure function."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import msgspec

from mercat.connectors.shopify import wire


def as_shopify_shows(variables: dict[str, Any]) -> wire.Product:
    """The product after a creation from nothing."""
    stated = variables["input"]
    tags = {tag.casefold(): tag for tag in reversed(stated.get("tags", []))}
    return msgspec.convert(
        {
            "id": "gid://shopify/Product/1",
            "handle": stated.get("handle", "made-from-the-title"),
            "title": stated["title"],
            # Shopify sets its own line ends between elements.
            "descriptionHtml": stated.get("descriptionHtml", "").replace("</p><p>", "</p>\n<p>"),
            "vendor": stated.get("vendor", ""),
            "productType": stated.get("productType", ""),
            "tags": [tags[each] for each in sorted(tags)],
            "status": stated.get("status", "ACTIVE"),
            "updatedAt": "2026-11-21T10:00:00Z",
            "seo": {name: stated.get("seo", {}).get(name) or None for name in ("title", "description")},
            "category": {"id": stated["category"]} if "category" in stated else None,
            "options": [{"name": each["name"], "position": each["position"]} for each in stated["productOptions"]],
            "metafields": {"nodes": stated.get("metafields", [])},
            "media": {"nodes": [_media(place, file) for place, file in enumerate(stated.get("files", []))]},
            "variants": {"nodes": [_variant(place, each) for place, each in enumerate(stated["variants"])]},
        },
        wire.Product,
    )


def _media(place: int, file: dict[str, Any]) -> dict[str, Any]:
    name = file.get("filename") or urlsplit(file["originalSource"]).path.rpartition("/")[2]
    return {
        "id": f"gid://shopify/MediaImage/{place}",
        "mediaContentType": "IMAGE",
        "alt": file["alt"] or None,
        "image": {"url": f"https://cdn.shopify.com/s/files/1/0001/files/{name}?v=17"},
    }


def _variant(place: int, stated: dict[str, Any]) -> dict[str, Any]:
    item = stated.get("inventoryItem", {})
    cost = item.get("cost")
    return {
        "id": f"gid://shopify/ProductVariant/{place}",
        "sku": stated.get("sku"),
        "barcode": stated.get("barcode"),
        "price": _money(stated.get("price") or "0"),
        "compareAtPrice": None if stated.get("compareAtPrice") is None else _money(stated["compareAtPrice"]),
        "inventoryPolicy": stated.get("inventoryPolicy", "DENY"),
        "taxable": stated.get("taxable", True),
        "selectedOptions": [{"name": each["optionName"], "value": each["name"]} for each in stated["optionValues"]],
        "inventoryItem": {
            "id": f"gid://shopify/InventoryItem/{place}",
            "tracked": item.get("tracked", False),
            "requiresShipping": item.get("requiresShipping", True),
            "harmonizedSystemCode": item.get("harmonizedSystemCode"),
            "countryCodeOfOrigin": item.get("countryCodeOfOrigin"),
            # Money of MoneyV2 comes without needless noughts.
            "unitCost": None if cost is None else {"amount": str(Decimal(cost).normalize())},
            "measurement": item.get("measurement", {"weight": {"unit": "KILOGRAMS", "value": 0.0}}),
        },
    }


def _money(text: str) -> str:
    return f"{Decimal(text):.2f}"

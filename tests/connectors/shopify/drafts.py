"""Drafts of desks, and what comes of publishing them."""

from __future__ import annotations

from typing import Any

import msgspec

from mercat.connectors.shopify.channel import ShopifyChannel
from mercat.sdk.channels import ListingDraft, Shown
from mercat.sdk.records import ImageRecord, Metafield, ProductRecord, VariantRecord


def draft(number: int = 1, **fields: Any) -> ListingDraft:
    stated: dict[str, Any] = {
        "handle": f"desk-{number}",
        "name": f"Desk {number}",
        "tags": ["office"],
        "status": "active",
        "metafields": {"custom.oak": Metafield("boolean", value=True)},
        "images": [ImageRecord(url=f"https://images.example/desk-{number}.jpg")],
        "variants": [
            VariantRecord(sku=f"D{number}-{size}", price="10.00", track_inventory=True, options={"Size": size})
            for size in ("S", "L")
        ],
    }
    return ListingDraft(key=f"key-{number}", product=ProductRecord(**(stated | fields)))


def publish(sell: ShopifyChannel, *drafts: ListingDraft) -> list[Shown]:
    found = []
    for outcome in sell.publish(drafts):
        assert outcome.shown is not None, outcome.error
        found.append(outcome.shown)
    return found


def recorded(made: ListingDraft, shown: Shown, **fields: Any) -> ListingDraft:
    return msgspec.structs.replace(
        made,
        product=msgspec.structs.replace(made.product, **fields),
        reference=shown.reference,
        variant_references={each.sku: each.reference for each in shown.variants if each.sku},
        image_references=shown.image_references,
    )

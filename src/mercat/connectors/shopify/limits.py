"""What Shopify takes of one product, and of one batch."""

from mercat.sdk.limits import Limits

LIMITS = Limits(
    title=255,
    tags=250,
    tag=255,
    images=250,
    variants=2048,
    options=3,
    metafields=249,  # 250 in one list, and one of them is our key
    needs=frozenset({"name", "price"}),
    bulk_from=500,
    batch_bytes=100 * 1000 * 1000,
    takes_files=True,
)
"""shopify.dev: productSet, ProductSetInput and "Bulk import data", versions 2026-07 and 2026-10, read November 2026."""

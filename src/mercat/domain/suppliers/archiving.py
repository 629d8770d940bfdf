"""What a complete feed no longer has: planned to be archived, never deleted."""

from __future__ import annotations

from collections.abc import Container
from uuid import UUID

from mercat.core.unit import WriteUnit
from mercat.domain.catalog import service as catalog
from mercat.domain.suppliers.offer_repository import OfferBulk


def plan_missing(unit: WriteUnit, change_set_id: UUID, supplier_id: bytes, *, seen: Container[int]) -> tuple[int, int]:
    """Plan the end of every active offer whose key was not seen, and of products that nobody else offers.

    How many offers are missing, and how many products are archived by it.
    """
    repository = OfferBulk(unit.bulk)
    missing = archived = 0
    for page in repository.active(supplier_id):
        gone = [offer for offer in page if catalog.key_hash(offer.row_key or offer.supplier_sku) not in seen]
        if not gone:
            continue
        elsewhere = repository.offered_elsewhere({offer.product_id for offer in gone}, supplier_id)
        ends = [
            catalog.Missing(offer.row_key or offer.supplier_sku, offer.product_id, offer.variant_id) for offer in gone
        ]
        missing += len(gone)
        archived += catalog.plan_archives(unit, change_set_id, ends, keep=elsewhere)
    return missing, archived

"""Offering: who sells a product to us, and on what terms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from mercat.core.money import plain
from mercat.core.unit import ReadUnit
from mercat.domain.catalog.service import ListedProduct
from mercat.domain.suppliers.offer_repository import OfferBulk
from mercat.domain.suppliers.repository import OfferRepository


@dataclass(frozen=True)
class OfferView:
    """One supplier's terms for one variant. ``cost`` per piece is decimal text; quantities are in pieces."""

    supplier: str
    supplier_name: str
    sku: str
    supplier_sku: str
    cost: str | None
    currency: str | None
    quantity_available: int | None
    minimum_order_quantity: int | None
    pack_size: int | None
    lead_time_days: int | None
    last_seen_at: dt.datetime
    discontinued_at: dt.datetime | None


def offers_of_product(unit: ReadUnit, product_id: UUID) -> list[OfferView]:
    """Every offer of the product's variants: those that stand first, then by the suppliers' precedence."""
    offers = OfferRepository(unit.session).of_product(product_id)
    offers.sort(key=lambda each: (each.discontinued_at is not None, each.priority, each.supplier_sku))
    return [
        OfferView(
            each.supplier,
            each.supplier_name,
            each.sku,
            each.supplier_sku,
            plain(each.cost),
            each.currency,
            each.quantity_available,
            each.minimum_order_quantity,
            each.pack_size,
            each.lead_time_days,
            each.last_seen_at,
            each.discontinued_at,
        )
        for each in offers
    ]


def add_stock(unit: ReadUnit, products: Sequence[ListedProduct]) -> None:
    """Put into ``stock`` of each product how many pieces of it suppliers offer now; it stays empty where none counts."""
    if products:
        counted = OfferBulk(unit.bulk).pieces([bytes.fromhex(each.id.replace("-", "")) for each in products])
        for each in products:
            each.stock = counted.get(each.id)

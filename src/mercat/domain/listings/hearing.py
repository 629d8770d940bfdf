"""What the listings' room does when the catalogue says that products changed."""

from __future__ import annotations

from mercat.core.unit import WriteUnit, on
from mercat.domain.catalog.messages import ProductsChanged
from mercat.domain.listings.messages import RefreshStore
from mercat.domain.listings.store_repository import StoreRepository


@on(ProductsChanged)
def look_at_listings(unit: WriteUnit, fact: ProductsChanged) -> None:
    """One job a store, however many products: which of them moved, their revisions tell."""
    if not fact.product_ids and not fact.created:
        return
    for store in StoreRepository(unit.session).listed():
        if store.is_active:
            unit.enqueue(RefreshStore(store.name), key=f"refresh-{store.id}", subject=("store", str(store.id)))

"""Listings as people look at them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import joinedload

from mercat.core.page import Page
from mercat.core.repository import Repository
from mercat.domain.catalog.models import Product, ProductVariant
from mercat.domain.listings.models import Listing, ListingVariant, Store


class ListingRepository(Repository[Listing]):
    """Listings with their stores and products."""

    model = Listing

    def listed(self, *, store_id: UUID | None, state: str | None, page: int = 1, per_page: int = 50) -> Page[Listing]:
        """Listings, those that were touched last first."""
        rows = self._whole().order_by(Listing.updated_at.desc(), Listing.id)
        if store_id is not None:
            rows = rows.where(Listing.store_id == store_id)
        if state is not None:
            rows = rows.where(Listing.state == state)
        return self.paged(rows, page=page, per_page=per_page)

    def of_sku(self, sku: str, *, store_id: UUID | None) -> Sequence[Listing]:
        """The listings of the product that has this SKU."""
        owner = select(ProductVariant.product_id).where(ProductVariant.sku == sku)
        rows = self._whole().where(Listing.product_id.in_(owner)).order_by(Listing.id)
        if store_id is not None:
            rows = rows.where(Listing.store_id == store_id)
        return self.session.scalars(rows).all()

    def first_skus(self, product_ids: Sequence[UUID]) -> dict[UUID, str]:
        """The SKU that each product is called by."""
        rows = select(ProductVariant.product_id, ProductVariant.sku).where(ProductVariant.product_id.in_(product_ids))
        found: dict[UUID, str] = {}
        for product_id, sku in self.session.execute(rows.order_by(ProductVariant.position, ProductVariant.id)):
            found.setdefault(product_id, sku)
        return found

    def variants(self, listing_id: UUID) -> Sequence[ListingVariant]:
        """What the shop calls its variants."""
        rows = select(ListingVariant).where(ListingVariant.listing_id == listing_id)
        return self.session.scalars(rows.order_by(ListingVariant.sku)).all()

    def retry(self, store_id: UUID, product_ids: Sequence[UUID] | None) -> int:
        """Listings that the shop refused are to be sent again; how many."""
        refused = [Listing.store_id == store_id, Listing.state == "error"]
        if product_ids is not None:
            refused.append(Listing.product_id.in_(product_ids))
        count = self.session.scalar(select(func.count()).select_from(Listing).where(*refused)) or 0
        self.session.execute(update(Listing).where(*refused).values(state="pending", last_error=None))
        return count

    def _whole(self) -> Select[Any]:
        return (
            select(Listing)
            .join(Store, Store.id == Listing.store_id)
            .outerjoin(Product, Product.id == Listing.product_id)
            .options(joinedload(Listing.store), joinedload(Listing.product))
        )

"""Listings as people look at them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import joinedload

from mercat.core.database.bulk import CHUNK, Bulk, chunks
from mercat.core.page import Page
from mercat.core.repository import Repository
from mercat.domain.listings.models import Listing, ListingVariant


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
        bulk = Bulk(self.session.connection())
        owners = bulk.fetch("SELECT product_id FROM product_variants WHERE sku = ?", (sku,))
        ids = [UUID(bytes=bulk.id_of(each[0])) for each in owners]
        rows = self._whole().where(Listing.product_id.in_(ids)).order_by(Listing.id)
        if store_id is not None:
            rows = rows.where(Listing.store_id == store_id)
        return self.session.scalars(rows).all()

    def whole(self, listing_id: UUID) -> Listing | None:
        """With its store and its product."""
        found: Listing | None = self.session.scalar(self._whole().where(Listing.id == listing_id))
        return found

    def first_skus(self, product_ids: Sequence[UUID]) -> dict[UUID, str]:
        """The SKU that each product is called by."""
        bulk = Bulk(self.session.connection())
        found: dict[UUID, str] = {}
        for some in chunks(product_ids, CHUNK):
            where, values = bulk.among("product_id", [each.bytes for each in some], ids=True)
            sql = f"SELECT product_id, sku FROM product_variants WHERE {where} ORDER BY position, id"
            for product_id, sku in bulk.fetch(sql, values):
                found.setdefault(UUID(bytes=bulk.id_of(product_id)), sku)
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
        return select(Listing).options(joinedload(Listing.store), joinedload(Listing.product))

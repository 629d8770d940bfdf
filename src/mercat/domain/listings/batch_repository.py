"""Batches that are on their way."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update

from mercat.core.database.bulk import Bulk
from mercat.core.repository import Repository
from mercat.domain.listings.models import Listing, PublishBatch


class BatchRepository(Repository[PublishBatch]):
    """A store's batches."""

    model = PublishBatch

    def under_way(self, store_id: UUID) -> list[PublishBatch]:
        """Those that were not finished, oldest first: a crash leaves one."""
        rows = select(PublishBatch).where(
            PublishBatch.store_id == store_id, PublishBatch.state.in_(("planned", "sent"))
        )
        return list(self.session.scalars(rows.order_by(PublishBatch.id)))

    def keys(self, batch_id: UUID) -> list[str]:
        """Its listings' keys in the order in which they were sent."""
        rows = select(Listing.listing_key).where(Listing.batch_id == batch_id).order_by(Listing.batch_position)
        return list(self.session.scalars(rows))

    def release(self, batch_id: UUID) -> None:
        """Its listings are free again."""
        rows = update(Listing).where(Listing.batch_id == batch_id)
        self.session.execute(rows.values(batch_id=None, batch_position=None))

    def payloads(self, batch_id: UUID, *, after: int, limit: int) -> list[tuple[int, str]]:
        """(position, draft as it is kept), a page at a time."""
        bulk = Bulk(self.session.connection())
        rows = bulk.fetch(
            "SELECT batch_position, sending_payload FROM listings WHERE batch_id = ? AND batch_position > ? "
            f"ORDER BY batch_position LIMIT {limit}",
            (bulk.id(batch_id.bytes), after),
        )
        return [(position, payload) for position, payload in rows]

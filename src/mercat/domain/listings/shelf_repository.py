"""What stores' channels call our collections."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from mercat.core.repository import Repository
from mercat.domain.listings.models import StoreCollection


class Known(NamedTuple):
    """The channel's id, and the digest of what it was told last."""

    reference: str
    told: str


class ShelfRepository(Repository[StoreCollection]):
    """Reads and writes them; there are as many as a person makes collections."""

    model = StoreCollection

    def known(self, store_id: UUID) -> dict[UUID, Known]:
        """By collection."""
        return {row.collection_id: Known(row.reference, row.told_hash) for row in self._of(store_id)}

    def keep(self, store_id: UUID, found: Mapping[UUID, Known], now: dt.datetime) -> None:
        """Note what a channel calls these, and what it was told."""
        there = {row.collection_id: row for row in self._of(store_id)}
        for collection_id, (reference, told) in found.items():
            row = there.get(collection_id)
            if row is None:
                row = StoreCollection(store_id=store_id, collection_id=collection_id, created_at=now)
                self.session.add(row)
            row.reference, row.told_hash, row.updated_at = reference, told, now
        self.session.flush()

    def _of(self, store_id: UUID) -> list[StoreCollection]:
        return list(self.session.scalars(select(StoreCollection).where(StoreCollection.store_id == store_id)))

"""Stores, their places, and what all of a store's drafts depend on."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select, update

from mercat.core.errors import NotFound
from mercat.core.repository import Repository
from mercat.domain.listings.models import Listing, Store, StoreLocation


class StoreRepository(Repository[Store]):
    """Stores by name."""

    model = Store

    def by_name(self, name: str) -> Store:
        """The store of this name. Raises ``NotFound``."""
        found = self.find_by(name=name)
        if found is None:
            known = ", ".join(each.name for each in self.listed()) or "none yet: `mercat store add` connects one"
            message = f"no store is called {name!r}; there are {known}"
            raise NotFound(message, store=name)
        return found

    def at(self, platform: str, domain: str) -> Store | None:
        """The store of this shop, or ``None``."""
        return self.find_by(platform=platform, shop_domain=domain)

    def listed(self) -> Sequence[Store]:
        """All of them by name."""
        return self.session.scalars(select(Store).order_by(Store.name)).all()

    def sealed(self) -> Sequence[Store]:
        """Those that hold something sealed, each locked against other writers."""
        rows = select(Store).where(Store.credentials != "").order_by(Store.id).with_for_update()
        return self.session.scalars(rows).all()

    def places(self, store_id: UUID) -> Sequence[StoreLocation]:
        """Where the channel keeps stock."""
        rows = select(StoreLocation).where(StoreLocation.store_id == store_id).order_by(StoreLocation.id)
        return self.session.scalars(rows).all()

    def listings_by_state(self, store_id: UUID) -> dict[str, int]:
        """How many listings are in which state; those that were taken away count as ``delisted``."""
        rows = (
            select(Listing.state, Listing.status, func.count())
            .where(Listing.store_id == store_id)
            .group_by(Listing.state, Listing.status)
        )
        counts: dict[str, int] = {}
        for state, status, count in self.session.execute(rows):
            name = "delisted" if status == "delisted" and state == "in_sync" else state
            counts[name] = counts.get(name, 0) + count
        return counts

    def forget_looks(self, store_id: UUID) -> None:
        """Every listing is looked at again."""
        rows = update(Listing).where(Listing.store_id == store_id)
        self.session.execute(rows.values(product_revision=None))

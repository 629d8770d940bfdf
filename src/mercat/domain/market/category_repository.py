"""Categories of marketplaces."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, tuple_

from mercat.core.database.bulk import CHUNK, chunks
from mercat.core.errors import NotFound
from mercat.core.repository import Repository
from mercat.domain.market.models import CategoryMetric, MarketCategory

Key = tuple[str, str]


class CategoryRepository(Repository[MarketCategory]):
    """By the marketplace's own id and the marketplace."""

    model = MarketCategory

    def by_keys(self, keys: Collection[Key]) -> dict[Key, MarketCategory]:
        """Those that are known."""
        found: dict[Key, MarketCategory] = {}
        pair = tuple_(MarketCategory.external_id, MarketCategory.marketplace)
        for some in chunks(sorted(set(keys)), CHUNK // 2):
            for each in self.session.scalars(select(MarketCategory).where(pair.in_(some))):
                found[each.external_id, each.marketplace] = each
        return found

    def by_key(self, key: Key) -> MarketCategory:
        """Raises ``NotFound``."""
        found = self.by_keys([key]).get(key)
        if found is None:
            message = f"nothing is known of the category {key[0]} at {key[1]}: `mercat market categories` lists those that are"
            raise NotFound(message, category=key[0])
        return found

    def due(self, source: str, now: dt.datetime) -> list[MarketCategory]:
        """Those whose list is due, longest first."""
        rows = select(MarketCategory).where(MarketCategory.source == source, MarketCategory.next_due_at <= now)
        return list(self.session.scalars(rows.order_by(MarketCategory.next_due_at, MarketCategory.id)))

    def of_ids(self, ids: Collection[UUID]) -> list[MarketCategory]:
        """These, read anew."""
        rows = select(MarketCategory).where(MarketCategory.id.in_(ids)).order_by(MarketCategory.id)
        return list(self.session.scalars(rows.execution_options(populate_existing=True)))

    def metrics(self, category_id: UUID, since: dt.date, until: dt.date) -> list[CategoryMetric]:
        """Its days in figures, oldest first, both ends included."""
        is_it = CategoryMetric.category_id == category_id
        rows = select(CategoryMetric).where(is_it, CategoryMetric.day >= since, CategoryMetric.day <= until)
        return list(self.session.scalars(rows.order_by(CategoryMetric.day)))

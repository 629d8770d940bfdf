"""Sources, and the listings that they are to be asked about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from mercat.core.database.bulk import CHUNK, chunks
from mercat.core.errors import NotFound
from mercat.core.repository import Repository
from mercat.domain.market.models import MarketCategory, MarketProduct, MarketSourceAccount


class SourceRepository(Repository[MarketSourceAccount]):
    """Who can be asked."""

    model = MarketSourceAccount

    def by_name(self, name: str) -> MarketSourceAccount:
        """Raises ``NotFound`` naming those there are."""
        found = self.find_by(name=name)
        if found is None or not found.is_active:
            names = self.session.scalars(
                select(MarketSourceAccount.name).where(MarketSourceAccount.is_active).order_by(MarketSourceAccount.name)
            )
            message = f"there is no source called {name!r}; there are {', '.join(names) or 'none yet'}"
            raise NotFound(message, source=name)
        return found

    def listed(self) -> list[MarketSourceAccount]:
        """By name."""
        rows = select(MarketSourceAccount).where(MarketSourceAccount.is_active).order_by(MarketSourceAccount.name)
        return list(self.session.scalars(rows))

    def due(self, now: dt.datetime) -> list[str]:
        """Sources that may be asked, with a listing or a list that is due."""
        is_due = (
            select(MarketProduct.id)
            .where(
                MarketProduct.source == MarketSourceAccount.name,
                MarketProduct.is_active,
                MarketProduct.next_due_at <= now,
            )
            .exists()
        )
        list_is_due = (
            select(MarketCategory.id)
            .where(MarketCategory.source == MarketSourceAccount.name, MarketCategory.next_due_at <= now)
            .exists()
        )
        may = (MarketSourceAccount.resume_at.is_(None)) | (MarketSourceAccount.resume_at <= now)
        rows = select(MarketSourceAccount.name).where(
            MarketSourceAccount.is_active, MarketSourceAccount.paused_reason.is_(None), may, or_(is_due, list_is_due)
        )
        return list(self.session.scalars(rows.order_by(MarketSourceAccount.name)))


class DueRepository:
    """Listings by when they are due."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def due(self, source: str, now: dt.datetime, *, most: int) -> list[MarketProduct]:
        """Those that are due longest."""
        rows = (
            select(MarketProduct)
            .where(MarketProduct.source == source, MarketProduct.is_active, MarketProduct.next_due_at <= now)
            .order_by(MarketProduct.next_due_at)
            .limit(most)
        )
        return list(self.session.scalars(rows))

    def of(self, ids: Collection[UUID]) -> list[MarketProduct]:
        """These, read anew."""
        found: list[MarketProduct] = []
        for some in chunks(sorted(ids), CHUNK):
            rows = select(MarketProduct).where(MarketProduct.id.in_(some))
            found += self.session.scalars(rows.execution_options(populate_existing=True))
        return found

    def lease(self, ids: Collection[UUID], *, attempted_at: dt.datetime, until: dt.datetime) -> None:
        """Nobody else asks about them before then; if we never tell what came of it, they are due again."""
        for some in chunks(sorted(ids), CHUNK):
            self.session.execute(
                update(MarketProduct)
                .where(MarketProduct.id.in_(some))
                .values(last_attempt_at=attempted_at, next_due_at=until, updated_at=attempted_at)
            )

    def waiting(self, source: str, now: dt.datetime) -> tuple[int, int]:
        """(watched listings of a source, those of them that are due)."""
        of_source = (MarketProduct.source == source) & MarketProduct.is_active
        total = self.session.scalar(select(func.count()).select_from(MarketProduct).where(of_source)) or 0
        due = of_source & (MarketProduct.next_due_at <= now)
        return total, self.session.scalar(select(func.count()).select_from(MarketProduct).where(due)) or 0

    def shortest(self, source: str) -> int | None:
        """The shortest rhythm of a source's listings, in seconds; none where it has no listings."""
        of_source = (MarketProduct.source == source) & MarketProduct.is_active
        found: int | None = self.session.scalar(select(func.min(MarketProduct.track_every_s)).where(of_source))
        return found

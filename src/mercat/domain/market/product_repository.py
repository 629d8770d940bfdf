"""Watched listings: found, made and linked, many at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import joinedload

from mercat.core.database.bulk import CHUNK, chunks
from mercat.core.database.types import as_ascii
from mercat.core.errors import Conflict, NotFound
from mercat.core.ids import new_id_bytes
from mercat.core.repository import Repository
from mercat.domain.market.models import CompetitorLink, MarketProduct, UserProduct

Key = tuple[str, str]


class MarketProductRepository(Repository[MarketProduct]):
    """Watched listings."""

    model = MarketProduct

    def by_keys(self, keys: Collection[Key]) -> dict[Key, MarketProduct]:
        """By ASIN and marketplace."""
        found: dict[Key, MarketProduct] = {}
        wanted = set(keys)
        # By the ASINs, which are nearly all of one marketplace: a thousand pairs are compared with every row of a young table.
        for some in chunks(sorted({as_ascii(asin) for asin, _ in wanted}), CHUNK // 2):
            for each in self.session.scalars(select(MarketProduct).where(MarketProduct.asin.in_(some))):
                if (each.asin, each.marketplace) in wanted:
                    found[each.asin, each.marketplace] = each
        return found

    def named(self, word: str, marketplace: str | None) -> MarketProduct:
        """By id, or ASIN. Raises ``NotFound``, and ``Conflict`` where it is watched at several marketplaces and none is said."""
        try:
            return self.get(UUID(word))
        except ValueError:
            rows = select(MarketProduct).where(MarketProduct.asin == as_ascii(word.strip().upper()[:10]))
        if marketplace is not None:
            rows = rows.where(MarketProduct.marketplace == marketplace)
        found = list(self.session.scalars(rows.order_by(MarketProduct.marketplace)))
        if not found:
            where = f" at {marketplace}" if marketplace else ""
            message = f"{word} is not watched{where}: `mercat market track {word}` does so"
            raise NotFound(message, asin=word)
        if len(found) > 1:
            places = ", ".join(each.marketplace for each in found)
            message = f"{word} is watched at {places}: say at which"
            raise Conflict(message, asin=word)
        return found[0]

    def of_ids(self, ids: Collection[UUID]) -> list[MarketProduct]:
        """These listings; read anew, since set-based statements do not see the session."""
        found: list[MarketProduct] = []
        for some in chunks(sorted(ids), CHUNK):
            rows = select(MarketProduct).where(MarketProduct.id.in_(some)).execution_options(populate_existing=True)
            found += self.session.scalars(rows)
        return found

    def insert(self, rows: Sequence[Mapping[str, Any]], now: dt.datetime) -> list[UUID]:
        """New listings, set-wise; all rows have the same columns. Their ids in the order given."""
        if not rows:
            return []
        ids = [UUID(bytes=each) for each in new_id_bytes(len(rows))]
        stamped = [
            {"id": row_id, **row, "created_at": now, "updated_at": now} for row_id, row in zip(ids, rows, strict=True)
        ]
        for some in chunks(stamped, CHUNK):
            self.session.execute(MarketProduct.__table__.insert(), some)  # type: ignore[attr-defined]  # a Table
        return ids

    def links(self, product_id: UUID) -> list[CompetitorLink]:
        """Whom of ours a listing competes with, each with the product."""
        rows = select(CompetitorLink).where(CompetitorLink.market_product_id == product_id)
        return list(self.session.scalars(rows.options(joinedload(CompetitorLink.product)).order_by(CompetitorLink.id)))

    def link(self, ours: UUID, theirs: UUID) -> CompetitorLink | None:
        """The link between the two."""
        is_it = and_(CompetitorLink.product_id == ours, CompetitorLink.market_product_id == theirs)
        return self.session.scalars(select(CompetitorLink).where(is_it)).first()

    def with_product(self, row_id: UUID) -> MarketProduct:
        """One listing with our product, if it is one. Raises ``NotFound``."""
        rows = select(MarketProduct).where(MarketProduct.id == row_id).options(joinedload(MarketProduct.product))
        found = self.session.scalars(rows).first()
        if found is None:
            message = f"there is no watched listing {row_id}"
            raise NotFound(message, id=str(row_id))
        return found

    def watch(self, user_id: UUID, row_id: UUID) -> UserProduct | None:
        """How somebody watches a listing."""
        is_it = and_(UserProduct.user_id == user_id, UserProduct.market_product_id == row_id)
        return self.session.scalars(select(UserProduct).where(is_it)).first()

    def save(self, rows: Iterable[CompetitorLink | UserProduct]) -> None:
        """Put new rows into the session."""
        self.session.add_all(rows)
        self.session.flush()

"""Suppliers, feeds, received files and rejected rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, func, select, update

from mercat.core.lists import beyond
from mercat.core.page import Page
from mercat.core.repository import Repository
from mercat.domain.suppliers.models import Feed, FeedFile, FeedReject, Supplier, SupplierOffer

ProductVariant = beyond(SupplierOffer.variant)
_STEP = 10
# Made once: to put it together takes longer than to ask it.
_OFFERED = (
    select(
        Supplier.priority,
        Supplier.code.label("supplier"),
        Supplier.name.label("supplier_name"),
        ProductVariant.sku,
        SupplierOffer.supplier_sku,
        SupplierOffer.cost,
        SupplierOffer.currency,
        SupplierOffer.quantity_available,
        SupplierOffer.minimum_order_quantity,
        SupplierOffer.pack_size,
        SupplierOffer.lead_time_days,
        SupplierOffer.last_seen_at,
        SupplierOffer.discontinued_at,
    )
    .join(SupplierOffer.variant)
    .join(SupplierOffer.supplier)
    .where(ProductVariant.product_id == bindparam("product_id"))
)


class SupplierRepository(Repository[Supplier]):
    """Suppliers by code."""

    model = Supplier

    def by_code(self, code: str) -> Supplier | None:
        """The supplier of this code, or ``None``."""
        return self.find_by(code=code)

    def next_priority(self) -> int:
        """Behind everybody else."""
        return (self.session.scalar(select(func.max(Supplier.priority))) or 0) + _STEP


class FeedRepository(Repository[Feed]):
    """Feeds by name."""

    model = Feed

    def by_name(self, name: str) -> Feed | None:
        """The feed of this name, or ``None``."""
        return self.find_by(name=name)

    def listed(self, *, page: int = 1, per_page: int = 50) -> Page[Feed]:
        """Feeds by name."""
        return self.paged(select(Feed).order_by(Feed.name), page=page, per_page=per_page)

    def note_run(self, feed_id: UUID, at: dt.datetime, *, is_good: bool) -> None:
        """A feed ran; if it went well, that too. A feed that was removed meanwhile stays removed."""
        values = {"last_run_at": at, "last_success_at": at} if is_good else {"last_run_at": at}
        self.session.execute(update(Feed).where(Feed.id == feed_id).values(values))


class FeedFileRepository(Repository[FeedFile]):
    """Received files."""

    model = FeedFile

    def has_any_of(self, feed_id: UUID) -> bool:
        """Whether a feed ever brought a file."""
        return self.session.scalar(select(FeedFile.id).where(FeedFile.feed_id == feed_id).limit(1)) is not None

    def change_sets_of(self, feed_id: UUID, sha256: str, reading: str) -> list[UUID]:
        """The change sets that came of these bytes, brought by this feed and read in this way."""
        rows = select(FeedFile.change_set_id).where(
            FeedFile.feed_id == feed_id, FeedFile.sha256 == sha256, FeedFile.reading == reading
        )
        return [each for each in self.session.scalars(rows) if each is not None]

    def newest_of(self, feed_id: UUID, name: str) -> FeedFile | None:
        """The last file of this name that a feed brought."""
        rows = select(FeedFile).where(FeedFile.feed_id == feed_id, FeedFile.name == name)
        return self.session.scalars(rows.order_by(FeedFile.id.desc()).limit(1)).one_or_none()

    def hashes_among(self, hashes: Collection[str]) -> set[str]:
        """Those of these that are a received file's."""
        return set(self.session.scalars(select(FeedFile.sha256).where(FeedFile.sha256.in_(sorted(hashes)))))


class FeedRejectRepository(Repository[FeedReject]):
    """Rows that were not taken."""

    model = FeedReject

    def of_set(self, change_set_id: UUID, *, page: int = 1, per_page: int = 50) -> Page[FeedReject]:
        """The rejects of one run, by line."""
        rows = select(FeedReject).where(FeedReject.change_set_id == change_set_id)
        return self.paged(rows.order_by(FeedReject.line, FeedReject.id), page=page, per_page=per_page)

    def reasons(self, change_set_id: UUID) -> dict[int, str]:
        """Line → why it was not taken."""
        rows = select(FeedReject.line, FeedReject.reason).where(FeedReject.change_set_id == change_set_id)
        return {int(line): str(reason) for line, reason in self.session.execute(rows)}


class OfferRepository(Repository[SupplierOffer]):
    """Offers of one product."""

    model = SupplierOffer

    def of_product(self, product_id: UUID) -> list[Row[Any]]:
        """What an ``OfferView`` shows of each, by the same names, with ``priority``, its supplier's precedence."""
        return list(self.session.execute(_OFFERED, {"product_id": product_id}))

"""Suppliers, their feeds and files, and what each offers."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mercat.core.database.base import Row, one_of
from mercat.core.database.types import Amount, Id, KeptJson, LongText, UTCDateTime, ascii_key
from mercat.domain.catalog.models import ProductVariant


class Supplier(Row):
    """Who sells to us. Of two who state the same field, the one with the lower ``priority`` is believed."""

    __tablename__ = "suppliers"
    __table_args__ = (UniqueConstraint("priority"),)

    name: Mapped[str] = mapped_column(String(255))
    code: Mapped[str] = mapped_column(String(100), unique=True)
    contact: Mapped[str | None] = mapped_column(String(255))
    email: Mapped[str | None] = mapped_column(String(255))
    phone: Mapped[str | None] = mapped_column(String(100))
    address: Mapped[str | None] = mapped_column(LongText)
    currency: Mapped[str | None] = mapped_column(ascii_key(3))
    payment_terms: Mapped[str | None] = mapped_column(String(255))
    minimum_order_value: Mapped[Decimal | None] = mapped_column(Amount)
    lead_time_days: Mapped[int | None] = mapped_column(Integer)
    # Unique, and by default in order of arrival: which of two suppliers wins never depends on which came last.
    priority: Mapped[int] = mapped_column(Integer)
    is_active: Mapped[bool] = mapped_column(default=True)


class Feed(Row):
    """Where a supplier's files come from and how they are read, mapped and guarded."""

    __tablename__ = "feeds"
    __table_args__ = (Index(None, "supplier_id"),)

    supplier_id: Mapped[UUID] = mapped_column(Id, ForeignKey("suppliers.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(255), unique=True)
    connector: Mapped[str] = mapped_column(String(100))
    location: Mapped[str] = mapped_column(LongText)
    settings: Mapped[dict[str, Any]] = mapped_column(KeptJson, default=dict)
    profile: Mapped[str | None] = mapped_column(LongText)
    mode: Mapped[str] = mapped_column(String(20), default="upsert")
    is_complete: Mapped[bool] = mapped_column(default=False)
    matching_rules: Mapped[dict[str, Any]] = mapped_column(KeptJson, default=dict)
    guard_rules: Mapped[dict[str, Any]] = mapped_column(KeptJson, default=dict)
    is_active: Mapped[bool] = mapped_column(default=True)
    last_run_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    last_success_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)

    supplier: Mapped[Supplier] = relationship(lazy="joined")


class FeedFile(Row):
    """A file that was received: kept for ever under its hash, with the reading that it was last given."""

    __tablename__ = "feed_files"
    __table_args__ = (
        Index(None, "supplier_id", "sha256"),
        Index(None, "feed_id"),
        Index(None, "change_set_id"),
    )

    supplier_id: Mapped[UUID] = mapped_column(Id, ForeignKey("suppliers.id", ondelete="CASCADE"))
    feed_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("feeds.id", ondelete="SET NULL"))
    name: Mapped[str] = mapped_column(String(1000))
    sha256: Mapped[str] = mapped_column(ascii_key(64))
    size: Mapped[int] = mapped_column(BigInteger)
    fetched_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    # What the reading depended on besides the bytes: connector, settings, profile, mode.
    reading: Mapped[str] = mapped_column(ascii_key(64))
    change_set_id: Mapped[UUID | None] = mapped_column(Id)

    supplier: Mapped[Supplier] = relationship(lazy="raise")
    feed: Mapped[Feed | None] = relationship(lazy="raise")


class SupplierOffer(Row):
    """A supplier's terms for one variant. ``cost`` per piece in ``currency``; quantities in pieces.

    ``row_hash`` is the digest of the row that stated it last, ``change_id`` the change that holds the whole statement.
    """

    __tablename__ = "supplier_offers"
    __table_args__ = (
        # The code first: led by the supplier, PostgreSQL reads all of its offers and filters them while its statistics
        # are young, which is just after a load.
        Index("uq_supplier_offers_supplier_sku_supplier_id", "supplier_sku", "supplier_id", unique=True),
        Index(None, "row_key", "supplier_id"),
        Index(None, "supplier_id", "id"),
        Index(None, "variant_id"),
        CheckConstraint("cost IS NULL OR cost >= 0", name="cost"),
    )

    supplier_id: Mapped[UUID] = mapped_column(Id, ForeignKey("suppliers.id", ondelete="CASCADE"))
    variant_id: Mapped[UUID] = mapped_column(Id, ForeignKey("product_variants.id", ondelete="CASCADE"))
    supplier_sku: Mapped[str] = mapped_column(String(255))
    # The feed's key where it is not the supplier's SKU itself: feeds that group several variants under one handle.
    row_key: Mapped[str | None] = mapped_column(String(255))
    cost: Mapped[Decimal | None] = mapped_column(Amount)
    currency: Mapped[str | None] = mapped_column(ascii_key(3))
    quantity_available: Mapped[int | None] = mapped_column(Integer)
    minimum_order_quantity: Mapped[int | None] = mapped_column(Integer)
    pack_size: Mapped[int | None] = mapped_column(Integer)
    lead_time_days: Mapped[int | None] = mapped_column(Integer)
    row_hash: Mapped[int | None] = mapped_column(BigInteger)
    change_id: Mapped[UUID | None] = mapped_column(Id)
    last_seen_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    discontinued_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)

    supplier: Mapped[Supplier] = relationship(lazy="raise")
    variant: Mapped[ProductVariant] = relationship(lazy="raise")


class FeedReject(Row):
    """A row that was not taken, with its line, its text and the reason: nothing is dropped in silence."""

    __tablename__ = "feed_rejects"
    __table_args__ = (Index(None, "change_set_id", "line"),)

    change_set_id: Mapped[UUID] = mapped_column(Id, ForeignKey("change_sets.id", ondelete="CASCADE"))
    line: Mapped[int] = mapped_column(Integer)
    source_key: Mapped[str | None] = mapped_column(String(255))
    raw: Mapped[str] = mapped_column(LongText)
    reason: Mapped[str] = mapped_column(LongText)


class MatchDecision(Row):
    """What a person, or the lack of one, decided about a supplier's key: a pin, a ban, or an open question.

    Pins and bans survive every re-import. ``candidates`` explains an open question: SKUs with the reason each fits.
    """

    __tablename__ = "match_decisions"
    __table_args__ = (
        one_of("decision", ("open", "pin", "ban")),
        UniqueConstraint("supplier_id", "supplier_sku"),
        Index(None, "variant_id"),
        Index(None, "decision"),
    )

    supplier_id: Mapped[UUID] = mapped_column(Id, ForeignKey("suppliers.id", ondelete="CASCADE"))
    supplier_sku: Mapped[str] = mapped_column(String(255))
    decision: Mapped[str] = mapped_column(String(10))
    variant_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("product_variants.id", ondelete="CASCADE"))
    candidates: Mapped[list[dict[str, Any]]] = mapped_column(KeptJson, default=list)
    title: Mapped[str | None] = mapped_column(String(1000))
    decided_by: Mapped[str | None] = mapped_column(String(255))

    supplier: Mapped[Supplier] = relationship(lazy="raise")
    variant: Mapped[ProductVariant | None] = relationship(lazy="raise")

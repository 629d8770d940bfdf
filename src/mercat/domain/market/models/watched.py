"""Listings that are watched, whom they compete with, who watches them, and what was seen of them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mercat.core.clock import now
from mercat.core.database.base import Base, Row, amount_within, one_of
from mercat.core.database.types import Amount, Id, KeptJson, LongText, UTCDateTime, ascii_key
from mercat.domain.access.models import User
from mercat.domain.catalog.models import Product

FREQUENCIES = ("hourly", "daily", "weekly", "custom")
ROLES = ("direct", "substitute", "premium", "budget", "reference")
METHODS = ("manual", "asin", "gtin", "mpn")
# Older observations are refused: what is kept is partitioned by month from here on.
EARLIEST = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


class MarketProduct(Row):
    """A listing at a marketplace that is watched. What was seen last stands beside it; ``product_id`` is what it is of ours.

    The figures are a projection of the snapshots, field by field the last one that stated it, and can be rebuilt.
    """

    __tablename__ = "market_products"
    __table_args__ = (
        UniqueConstraint("asin", "marketplace"),
        one_of("track_frequency", FREQUENCIES),
        one_of("match_method", METHODS),
        *amount_within("rating", 0, 5),
        CheckConstraint("track_every_s > 0", name="track_every_s"),
        *amount_within("price_change_threshold", 0, 100),
        *amount_within("rank_change_threshold", 0, 100),
        Index(None, "product_id"),
        Index(None, "is_active", "next_due_at"),
        Index(None, "is_unlisted", "unlisted_at"),
    )

    asin: Mapped[str] = mapped_column(ascii_key(10))
    marketplace: Mapped[str] = mapped_column(ascii_key(2))
    title: Mapped[str | None] = mapped_column(String(1000))
    brand: Mapped[str | None] = mapped_column(String(255))
    manufacturer: Mapped[str | None] = mapped_column(String(255))
    part_number: Mapped[str | None] = mapped_column(String(255))
    model_number: Mapped[str | None] = mapped_column(String(255))
    gtins: Mapped[list[str]] = mapped_column(KeptJson, default=list)
    url: Mapped[str] = mapped_column(LongText)
    image_url: Mapped[str | None] = mapped_column(LongText)
    category: Mapped[str | None] = mapped_column(String(255))
    product_type: Mapped[str | None] = mapped_column(String(255))
    description: Mapped[str | None] = mapped_column(LongText)
    features: Mapped[list[str]] = mapped_column(KeptJson, default=list)
    # What was seen last.
    currency: Mapped[str] = mapped_column(ascii_key(3))
    price: Mapped[Decimal | None] = mapped_column(Amount)
    original_price: Mapped[Decimal | None] = mapped_column(Amount)
    discount_pct: Mapped[Decimal | None] = mapped_column(Amount)
    buybox_price: Mapped[Decimal | None] = mapped_column(Amount)
    amazon_price: Mapped[Decimal | None] = mapped_column(Amount)
    lowest_fba_price: Mapped[Decimal | None] = mapped_column(Amount)
    lowest_fbm_price: Mapped[Decimal | None] = mapped_column(Amount)
    own_price: Mapped[Decimal | None] = mapped_column(Amount)
    offer_count: Mapped[int | None] = mapped_column(Integer)
    sales_rank: Mapped[int | None] = mapped_column(Integer)
    rank_category: Mapped[str | None] = mapped_column(String(255))
    sub_rank: Mapped[int | None] = mapped_column(Integer)
    sub_rank_category: Mapped[str | None] = mapped_column(String(255))
    rating: Mapped[Decimal | None] = mapped_column(Amount)
    review_count: Mapped[int | None] = mapped_column(Integer)
    in_stock: Mapped[bool | None] = mapped_column()
    stock_quantity: Mapped[int | None] = mapped_column(Integer)
    stock_status: Mapped[str | None] = mapped_column(String(255))
    seller: Mapped[str | None] = mapped_column(String(255))
    seller_id: Mapped[str | None] = mapped_column(String(100))
    is_amazon_seller: Mapped[bool | None] = mapped_column()
    is_fba: Mapped[bool | None] = mapped_column()
    is_prime: Mapped[bool | None] = mapped_column()
    coupon: Mapped[str | None] = mapped_column(String(500))
    deal: Mapped[str | None] = mapped_column(String(100))
    has_amazons_choice: Mapped[bool | None] = mapped_column()
    last_snapshot_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    # How restless it is: the share of its observations that changed price or stock, 0 to 1, older ones counting less.
    volatility: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    # What it is of ours, and how sure that is (0 to 1).
    product_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("products.id", ondelete="SET NULL"))
    match_method: Mapped[str | None] = mapped_column(String(10))
    match_confidence: Mapped[Decimal | None] = mapped_column(Amount)
    is_competitor: Mapped[bool] = mapped_column(default=False)
    is_unlisted: Mapped[bool] = mapped_column(default=False)
    unlisted_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    # How it is watched. ``source`` names who is asked; nothing where files alone tell of it.
    is_active: Mapped[bool] = mapped_column(default=True)
    source: Mapped[str | None] = mapped_column(String(100))
    track_frequency: Mapped[str] = mapped_column(String(10), default="daily")
    track_every_s: Mapped[int] = mapped_column(Integer, default=86_400)
    price_change_threshold: Mapped[Decimal | None] = mapped_column(Amount)
    rank_change_threshold: Mapped[Decimal | None] = mapped_column(Amount)
    next_due_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    last_attempt_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    last_success_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    failure_count: Mapped[int] = mapped_column(Integer, default=0)
    not_found_count: Mapped[int] = mapped_column(Integer, default=0)
    not_found_since: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    last_error: Mapped[str | None] = mapped_column(LongText)

    product: Mapped[Product | None] = relationship(lazy="raise")


class MarketSourceAccount(Row):
    """Somebody who is asked about listings. ``credentials`` and ``token`` are sealed.

    ``resume_at``: not before then, because it did not answer, or said so; ``paused_reason``: not before a person mended it.
    """

    __tablename__ = "market_sources"

    name: Mapped[str] = mapped_column(String(100), unique=True)
    # The connector that speaks to it.
    provider: Mapped[str] = mapped_column(String(50))
    settings: Mapped[dict[str, Any]] = mapped_column(KeptJson, default=dict)
    credentials: Mapped[str] = mapped_column(LongText)
    token: Mapped[str | None] = mapped_column(LongText)
    token_expires_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    is_sandbox: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    paused_reason: Mapped[str | None] = mapped_column(LongText)
    resume_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    failure_count: Mapped[int] = mapped_column(Integer, default=0)
    last_error: Mapped[str | None] = mapped_column(LongText)
    last_attempt_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    last_success_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)


class CompetitorLink(Row):
    """A listing that competes with a product of ours, and in what role."""

    __tablename__ = "competitor_links"
    __table_args__ = (
        UniqueConstraint("product_id", "market_product_id"),
        one_of("role", ROLES),
        Index(None, "market_product_id"),
    )

    product_id: Mapped[UUID] = mapped_column(Id, ForeignKey("products.id", ondelete="CASCADE"))
    market_product_id: Mapped[UUID] = mapped_column(Id, ForeignKey("market_products.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(20), default="direct")
    # How sure it is that the two compete, 0 to 1; a person's word is 1.
    confidence: Mapped[Decimal] = mapped_column(Amount, default=Decimal(1))
    notes: Mapped[str | None] = mapped_column(LongText)

    product: Mapped[Product] = relationship(lazy="raise")
    market_product: Mapped[MarketProduct] = relationship(lazy="raise")


class UserProduct(Row):
    """Somebody who wants to hear of a listing, and from which change on (percent); nothing is their own default."""

    __tablename__ = "user_products"
    __table_args__ = (
        UniqueConstraint("user_id", "market_product_id"),
        *amount_within("price_change_threshold", 0, 100),
        *amount_within("rank_change_threshold", 0, 100),
        Index(None, "market_product_id"),
    )

    user_id: Mapped[UUID] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    market_product_id: Mapped[UUID] = mapped_column(Id, ForeignKey("market_products.id", ondelete="CASCADE"))
    price_change_threshold: Mapped[Decimal | None] = mapped_column(Amount)
    rank_change_threshold: Mapped[Decimal | None] = mapped_column(Amount)
    is_active: Mapped[bool] = mapped_column(default=True)
    is_primary: Mapped[bool] = mapped_column(default=False)
    notes: Mapped[str | None] = mapped_column(LongText)
    claimed_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)

    user: Mapped[User] = relationship(lazy="raise")
    market_product: Mapped[MarketProduct] = relationship(lazy="raise")


class ProductSnapshot(Base):
    """What was seen of a listing at one instant; never changed. Monthly partitions on PostgreSQL.

    ``stated`` has a bit for each metric that the observation spoke of (``metrics.py``): a price that is null and stated
    says that there was no offer, one that is not stated says nothing.
    """

    __tablename__ = "product_snapshots"
    __table_args__ = (
        CheckConstraint("scraped_at >= '2024-01-01'", name="scraped_at"),
        *amount_within("rating", 0, 5),
        # Kept together by listing and in the order of time, as MariaDB does by itself: a history is one read.
        {"postgresql_partition_by": "RANGE (scraped_at)", "sqlite_with_rowid": False},
    )

    market_product_id: Mapped[UUID] = mapped_column(
        Id, ForeignKey("market_products.id", ondelete="CASCADE"), primary_key=True
    )
    scraped_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, primary_key=True)
    stated: Mapped[int] = mapped_column(BigInteger)
    provider: Mapped[str] = mapped_column(String(50))
    currency: Mapped[str] = mapped_column(ascii_key(3))
    price: Mapped[Decimal | None] = mapped_column(Amount)
    original_price: Mapped[Decimal | None] = mapped_column(Amount)
    buybox_price: Mapped[Decimal | None] = mapped_column(Amount)
    buybox_shipping: Mapped[Decimal | None] = mapped_column(Amount)
    amazon_price: Mapped[Decimal | None] = mapped_column(Amount)
    used_price: Mapped[Decimal | None] = mapped_column(Amount)
    lowest_fba_price: Mapped[Decimal | None] = mapped_column(Amount)
    lowest_fbm_price: Mapped[Decimal | None] = mapped_column(Amount)
    deal_price: Mapped[Decimal | None] = mapped_column(Amount)
    own_price: Mapped[Decimal | None] = mapped_column(Amount)
    sales_rank: Mapped[int | None] = mapped_column(Integer)
    sub_rank: Mapped[int | None] = mapped_column(Integer)
    rank_category: Mapped[str | None] = mapped_column(String(255))
    sub_rank_category: Mapped[str | None] = mapped_column(String(255))
    offer_count: Mapped[int | None] = mapped_column(Integer)
    used_offer_count: Mapped[int | None] = mapped_column(Integer)
    rating: Mapped[Decimal | None] = mapped_column(Amount)
    review_count: Mapped[int | None] = mapped_column(Integer)
    in_stock: Mapped[bool | None] = mapped_column()
    stock_quantity: Mapped[int | None] = mapped_column(Integer)
    stock_status: Mapped[str | None] = mapped_column(String(255))
    seller: Mapped[str | None] = mapped_column(String(255))
    seller_id: Mapped[str | None] = mapped_column(String(100))
    is_amazon_seller: Mapped[bool | None] = mapped_column()
    is_fba: Mapped[bool | None] = mapped_column()
    is_prime: Mapped[bool | None] = mapped_column()
    coupon: Mapped[str | None] = mapped_column(String(500))
    deal: Mapped[str | None] = mapped_column(String(100))
    has_amazons_choice: Mapped[bool | None] = mapped_column()
    monthly_sold: Mapped[int | None] = mapped_column(Integer)
    # All ranks as they were told: kind, node, name, rank.
    ranks: Mapped[list[dict[str, Any]] | None] = mapped_column(KeptJson)
    # Metrics that few sources tell, by name.
    extra: Mapped[dict[str, Any] | None] = mapped_column(KeptJson)
    # When we came to know of it. It has no ``updated_at``: nothing changes it.
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)

    market_product: Mapped[MarketProduct] = relationship(lazy="raise")


class SnapshotDaily(Base):
    """A listing's day in a line, kept when its snapshots are gone. Means are weighted by time."""

    __tablename__ = "snapshot_daily"
    __table_args__ = ({"sqlite_with_rowid": False},)

    market_product_id: Mapped[UUID] = mapped_column(
        Id, ForeignKey("market_products.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    observations: Mapped[int] = mapped_column(Integer)
    currency: Mapped[str] = mapped_column(ascii_key(3))
    price_open: Mapped[Decimal | None] = mapped_column(Amount)
    price_high: Mapped[Decimal | None] = mapped_column(Amount)
    price_low: Mapped[Decimal | None] = mapped_column(Amount)
    price_close: Mapped[Decimal | None] = mapped_column(Amount)
    price_mean: Mapped[Decimal | None] = mapped_column(Amount)
    buybox_open: Mapped[Decimal | None] = mapped_column(Amount)
    buybox_high: Mapped[Decimal | None] = mapped_column(Amount)
    buybox_low: Mapped[Decimal | None] = mapped_column(Amount)
    buybox_close: Mapped[Decimal | None] = mapped_column(Amount)
    buybox_mean: Mapped[Decimal | None] = mapped_column(Amount)
    rank_mean: Mapped[Decimal | None] = mapped_column(Amount)
    rank_min: Mapped[int | None] = mapped_column(Integer)
    rank_max: Mapped[int | None] = mapped_column(Integer)
    rank_median: Mapped[int | None] = mapped_column(Integer)
    rank_close: Mapped[int | None] = mapped_column(Integer)
    # Of the day's time that is known of, 0 to 1.
    in_stock_share: Mapped[Decimal | None] = mapped_column(Amount)
    rating: Mapped[Decimal | None] = mapped_column(Amount)
    review_count: Mapped[int | None] = mapped_column(Integer)
    offer_count: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)
    updated_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now, onupdate=now)

    market_product: Mapped[MarketProduct] = relationship(lazy="raise")

"""Categories of marketplaces with their lists of best sellers, what each list says in figures, and reviews."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    column,
    literal_column,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mercat.core.clock import now
from mercat.core.database.base import Base, Row, amount_within
from mercat.core.database.types import Amount, Id, LongText, UTCDateTime, ascii_key
from mercat.domain.market.models.watched import MarketProduct


class MarketCategory(Row):
    """A node of a marketplace's tree, by the marketplace's own id or word. ``source``: who is asked for its list."""

    __tablename__ = "market_categories"
    __table_args__ = (
        UniqueConstraint("external_id", "marketplace"),
        CheckConstraint("track_every_s > 0", name="track_every_s"),
        CheckConstraint("level >= 0", name="level"),
        Index(None, "parent_id"),
        Index(None, "source", "next_due_at"),
    )

    external_id: Mapped[str] = mapped_column(ascii_key(100))
    marketplace: Mapped[str] = mapped_column(ascii_key(2))
    name: Mapped[str | None] = mapped_column(String(255))
    url: Mapped[str | None] = mapped_column(LongText)
    parent_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("market_categories.id", ondelete="SET NULL"))
    level: Mapped[int] = mapped_column(Integer, default=0)
    product_count: Mapped[int | None] = mapped_column(Integer)
    last_scraped_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    source: Mapped[str | None] = mapped_column(String(100))
    track_every_s: Mapped[int] = mapped_column(Integer, default=86_400)
    next_due_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    last_attempt_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    failure_count: Mapped[int] = mapped_column(Integer, default=0)
    last_error: Mapped[str | None] = mapped_column(LongText)


class BestsellerScrape(Row):
    """A list of best sellers at one instant. ``depth``: down to this rank it is whole."""

    __tablename__ = "bestseller_scrapes"
    __table_args__ = (
        UniqueConstraint("category_id", "scraped_at"),
        CheckConstraint("depth >= 0", name="depth"),
    )

    category_id: Mapped[UUID] = mapped_column(Id, ForeignKey("market_categories.id", ondelete="CASCADE"))
    scraped_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)
    provider: Mapped[str] = mapped_column(String(50))
    depth: Mapped[int] = mapped_column(Integer, default=0)

    category: Mapped[MarketCategory] = relationship(lazy="raise")


class BestsellerSnapshot(Base):
    """A place in such a list, as it was told."""

    __tablename__ = "bestseller_snapshots"
    __table_args__ = (
        CheckConstraint(column("rank") >= literal_column("1"), name="rank"),
        *amount_within("rating", 0, 5),
        Index(None, "asin"),
        Index(None, "market_product_id"),
        {"sqlite_with_rowid": False},
    )

    scrape_id: Mapped[UUID] = mapped_column(
        Id, ForeignKey("bestseller_scrapes.id", ondelete="CASCADE"), primary_key=True
    )
    rank: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    asin: Mapped[str] = mapped_column(ascii_key(10))
    market_product_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("market_products.id", ondelete="SET NULL"))
    title: Mapped[str | None] = mapped_column(String(1000))
    price: Mapped[Decimal | None] = mapped_column(Amount)
    currency: Mapped[str] = mapped_column(ascii_key(3))
    rating: Mapped[Decimal | None] = mapped_column(Amount)
    review_count: Mapped[int | None] = mapped_column(Integer)
    image_url: Mapped[str | None] = mapped_column(LongText)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)

    scrape: Mapped[BestsellerScrape] = relationship(lazy="raise")
    market_product: Mapped[MarketProduct | None] = relationship(lazy="raise")


class CategoryMetric(Base):
    """A category's day in figures, made of the day's last list; kept when that is gone.

    Prices are of the list, or where it tells none, of listings that are watched; sales ranks are of watched listings. Each
    stands beside how many it was made of.
    """

    __tablename__ = "category_metrics"
    __table_args__ = (*amount_within("rating_mean", 0, 5), {"sqlite_with_rowid": False})

    category_id: Mapped[UUID] = mapped_column(
        Id, ForeignKey("market_categories.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    currency: Mapped[str] = mapped_column(ascii_key(3))
    sample_size: Mapped[int] = mapped_column(Integer)
    price_count: Mapped[int] = mapped_column(Integer)
    price_mean: Mapped[Decimal | None] = mapped_column(Amount)
    price_median: Mapped[Decimal | None] = mapped_column(Amount)
    price_min: Mapped[Decimal | None] = mapped_column(Amount)
    price_max: Mapped[Decimal | None] = mapped_column(Amount)
    rank_count: Mapped[int] = mapped_column(Integer)
    rank_mean: Mapped[Decimal | None] = mapped_column(Amount)
    rank_median: Mapped[Decimal | None] = mapped_column(Amount)
    rank_min: Mapped[int | None] = mapped_column(Integer)
    rank_max: Mapped[int | None] = mapped_column(Integer)
    rating_count: Mapped[int] = mapped_column(Integer)
    rating_mean: Mapped[Decimal | None] = mapped_column(Amount)
    review_count_mean: Mapped[Decimal | None] = mapped_column(Amount)
    created_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now)
    updated_at: Mapped[dt.datetime] = mapped_column(UTCDateTime, default=now, onupdate=now)

    category: Mapped[MarketCategory] = relationship(lazy="raise")


class Review(Row):
    """What somebody wrote of a listing. Of one marketplace and id there is one; what it says last stands."""

    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("marketplace", "review_id"),
        *amount_within("rating", 0, 5),
        CheckConstraint("helpful_count >= 0", name="helpful_count"),
        Index(None, "market_product_id", "review_date"),
    )

    market_product_id: Mapped[UUID] = mapped_column(Id, ForeignKey("market_products.id", ondelete="CASCADE"))
    marketplace: Mapped[str] = mapped_column(ascii_key(2))
    review_id: Mapped[str] = mapped_column(ascii_key(64))
    rating: Mapped[Decimal] = mapped_column(Amount)
    title: Mapped[str | None] = mapped_column(String(500))
    text: Mapped[str | None] = mapped_column(LongText)
    reviewer: Mapped[str | None] = mapped_column(String(255))
    review_date: Mapped[dt.date | None] = mapped_column(Date)
    variation: Mapped[str | None] = mapped_column(String(255))
    verified: Mapped[bool | None] = mapped_column()
    helpful_count: Mapped[int | None] = mapped_column(Integer)

    market_product: Mapped[MarketProduct] = relationship(lazy="raise")

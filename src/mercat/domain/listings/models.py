"""Stores, their listings, and batches on their way to them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mercat.core.database.base import Row, one_of
from mercat.core.database.types import Amount, Id, KeptJson, LongText, UTCDateTime, ascii_key
from mercat.domain.catalog.models import Collection, Product, ProductVariant

SUBSCRIPTIONS = ("trial", "active", "frozen", "cancelled")
STATUSES = ("draft", "active", "sold_out", "delisted")
STATES = ("pending", "in_sync", "drifted", "blocked", "error")
BATCH_STATES = ("planned", "sent", "recorded", "failed")


class Store(Row):
    """An account at a channel. ``credentials`` and ``token`` are sealed; ``settings`` say what is shown there and how."""

    __tablename__ = "stores"
    __table_args__ = (
        one_of("subscription_status", SUBSCRIPTIONS),
        UniqueConstraint("platform", "shop_domain"),
        Index(None, "shop_domain"),
        Index(None, "subscription_status"),
    )

    name: Mapped[str] = mapped_column(String(255), unique=True)
    # The connector that speaks to it.
    platform: Mapped[str] = mapped_column(String(50))
    shop_domain: Mapped[str] = mapped_column(String(255))
    currency: Mapped[str | None] = mapped_column(ascii_key(3))
    timezone: Mapped[str | None] = mapped_column(String(100))
    locale: Mapped[str | None] = mapped_column(String(20))
    credentials: Mapped[str] = mapped_column(LongText)
    token: Mapped[str | None] = mapped_column(LongText)
    token_expires_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    scopes: Mapped[list[str]] = mapped_column(KeptJson, default=list)
    subscription_status: Mapped[str] = mapped_column(String(20), default="active")
    channel_settings: Mapped[dict[str, Any]] = mapped_column(KeptJson, default=dict)
    settings: Mapped[dict[str, Any]] = mapped_column(KeptJson, default=dict)
    # A loopback shop: the one kind that may be reached at a private address.
    is_sandbox: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    # Why nothing is sent: the channel no longer takes the credentials. Gone with the next test that succeeds.
    paused_reason: Mapped[str | None] = mapped_column(LongText)
    connected_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    uninstalled_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    last_sync_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    # Up to when the shop's own changes are known; ``None`` before the first load.
    pulled_until: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    # The digest of all that drafts depend on besides their product; another one, and every listing is looked at again.
    basis: Mapped[str | None] = mapped_column(ascii_key(32))


class StoreLocation(Row):
    """Where the channel keeps stock. Our quantities go to the one that ``is_stocked``."""

    __tablename__ = "store_locations"
    __table_args__ = (UniqueConstraint("store_id", "reference"), Index(None, "location_id"))

    store_id: Mapped[UUID] = mapped_column(Id, ForeignKey("stores.id", ondelete="CASCADE"))
    # Soft until there is a room for stock.
    location_id: Mapped[UUID | None] = mapped_column(Id)
    reference: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(255))
    is_active: Mapped[bool] = mapped_column(default=True)
    is_stocked: Mapped[bool] = mapped_column(default=False)

    store: Mapped[Store] = relationship(lazy="raise")


class StoreCollection(Row):
    """What a store's channel calls a collection of ours, and the digest of what it was last told of it."""

    __tablename__ = "store_collections"
    __table_args__ = (UniqueConstraint("store_id", "collection_id"), Index(None, "collection_id"))

    store_id: Mapped[UUID] = mapped_column(Id, ForeignKey("stores.id", ondelete="CASCADE"))
    collection_id: Mapped[UUID] = mapped_column(Id, ForeignKey("collections.id", ondelete="CASCADE"))
    reference: Mapped[str] = mapped_column(String(255))
    told_hash: Mapped[str] = mapped_column(ascii_key(32))

    store: Mapped[Store] = relationship(lazy="raise")
    collection: Mapped[Collection] = relationship(lazy="raise")


class PublishBatch(Row):
    """Many drafts that go to the channel as one. Its ``key`` finds it there when the answer was lost.

    ``planned``: its listings hold what will be sent; ``sent``: the channel has it under ``reference``; ``recorded``: all
    outcomes are with the listings.
    """

    __tablename__ = "publish_batches"
    __table_args__ = (one_of("state", BATCH_STATES), Index(None, "store_id", "state"))

    store_id: Mapped[UUID] = mapped_column(Id, ForeignKey("stores.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(ascii_key(64), unique=True)
    reference: Mapped[str | None] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(20), default="planned")
    size: Mapped[int] = mapped_column(Integer, default=0)
    message: Mapped[str | None] = mapped_column(LongText)
    sent_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)

    store: Mapped[Store] = relationship(lazy="raise")


class Listing(Row):
    """A product at a store: what it shall show, what was last sent, what the shop showed then, and what it shows now.

    ``published_payload`` and ``shown_payload`` together are the base of the three-way comparison: ours has changed where
    the wanted draft differs from the one, theirs where the shop differs from the other. ``theirs_payload`` is what the
    shop was last seen to show, kept only where that differs. ``sending_payload`` is on its way: a crash leaves it, and
    the next run asks the shop what became of it.
    """

    __tablename__ = "listings"
    __table_args__ = (
        one_of("status", STATUSES),
        one_of("state", STATES),
        UniqueConstraint("store_id", "platform_listing_id"),
        UniqueConstraint("store_id", "product_id"),
        UniqueConstraint("store_id", "listing_key"),
        Index(None, "store_id", "state"),
        Index(None, "product_id"),
        Index(None, "batch_id", "batch_position"),
    )

    store_id: Mapped[UUID] = mapped_column(Id, ForeignKey("stores.id", ondelete="CASCADE"))
    # Nothing where the product was removed: the listing stays until it is withdrawn.
    product_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("products.id", ondelete="SET NULL"))
    # Ours, for ever: laid down with the listing at the channel.
    listing_key: Mapped[str] = mapped_column(ascii_key(64))
    platform_listing_id: Mapped[str | None] = mapped_column(String(255))
    listing_url: Mapped[str | None] = mapped_column(LongText)
    status: Mapped[str] = mapped_column(String(20), default="draft")
    state: Mapped[str] = mapped_column(String(20), default="pending")
    # The product's revision that ``desired_hash`` was made of.
    product_revision: Mapped[int | None] = mapped_column(Integer)
    desired_hash: Mapped[str | None] = mapped_column(ascii_key(32))
    published_hash: Mapped[str | None] = mapped_column(ascii_key(32))
    published_payload: Mapped[str | None] = mapped_column(LongText)
    published_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    shown_hash: Mapped[str | None] = mapped_column(ascii_key(32))
    shown_payload: Mapped[str | None] = mapped_column(LongText)
    theirs_hash: Mapped[str | None] = mapped_column(ascii_key(32))
    theirs_payload: Mapped[str | None] = mapped_column(LongText)
    # The fields in which the shop differs, with what is done about each: push, pull, hold or conflict.
    drift: Mapped[dict[str, Any] | None] = mapped_column(KeptJson)
    sending_hash: Mapped[str | None] = mapped_column(ascii_key(32))
    sending_payload: Mapped[str | None] = mapped_column(LongText)
    # The channel's ids of pictures by our address, as JSON.
    image_references: Mapped[str | None] = mapped_column(LongText)
    # The channel's ids of the collections that we put it in, as JSON.
    joined_references: Mapped[str | None] = mapped_column(LongText)
    batch_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("publish_batches.id", ondelete="SET NULL"))
    batch_position: Mapped[int | None] = mapped_column(Integer)
    # When the shop changed it last, by the shop's own clock: what is older than that is old news.
    shop_updated_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    last_checked_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    last_error: Mapped[str | None] = mapped_column(LongText)

    store: Mapped[Store] = relationship(lazy="raise")
    product: Mapped[Product | None] = relationship(lazy="raise")
    batch: Mapped[PublishBatch | None] = relationship(lazy="raise")


class ListingVariant(Row):
    """A variant at a store, by the channel's ids. ``stock_moves`` counts our movements: each has a key of its own."""

    __tablename__ = "listing_variants"
    __table_args__ = (UniqueConstraint("listing_id", "sku"), Index(None, "variant_id"), Index(None, "stock_reference"))

    listing_id: Mapped[UUID] = mapped_column(Id, ForeignKey("listings.id", ondelete="CASCADE"))
    variant_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("product_variants.id", ondelete="SET NULL"))
    sku: Mapped[str] = mapped_column(String(255))
    reference: Mapped[str] = mapped_column(String(255))
    stock_reference: Mapped[str | None] = mapped_column(String(255))
    price_override: Mapped[Decimal | None] = mapped_column(Amount)
    published_price: Mapped[Decimal | None] = mapped_column(Amount)
    # What the stocked location offered when we looked or set it last.
    published_quantity: Mapped[int | None] = mapped_column(Integer)
    stock_moves: Mapped[int] = mapped_column(Integer, default=0)

    listing: Mapped[Listing] = relationship(lazy="raise")
    variant: Mapped[ProductVariant | None] = relationship(lazy="raise")


class PendingConsent(Row):
    """A shop's owner was sent to the channel's page and is expected back. ``draft`` is sealed: it holds the app's secrets."""

    __tablename__ = "pending_consents"
    __table_args__ = (UniqueConstraint("state_hash"), Index(None, "expires_at"))

    state_hash: Mapped[str] = mapped_column(ascii_key(64))
    platform: Mapped[str] = mapped_column(String(50))
    name: Mapped[str] = mapped_column(String(255))
    draft: Mapped[str] = mapped_column(LongText)
    actor: Mapped[str] = mapped_column(String(255))
    # Soft: whoever began it may be gone.
    user_id: Mapped[UUID | None] = mapped_column(Id)
    expires_at: Mapped[dt.datetime] = mapped_column(UTCDateTime)

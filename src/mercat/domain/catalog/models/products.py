"""Products, their variants, and what hangs on them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from mercat.core.database.base import Row, one_of
from mercat.core.database.types import (
    Amount,
    Id,
    KeptJson,
    LongText,
    SearchedJson,
    UTCDateTime,
    ascii_key,
)
from mercat.domain.catalog.models.categories import Category
from mercat.domain.catalog.models.first_variant import FirstVariant

PRODUCT_STATUSES = ("draft", "active", "archived")


class Product(FirstVariant, Row):
    """What we sell, as a shopper sees it. Every product has at least one variant, which carries sku, price and measures.

    ``sku``, ``price``, ``barcode`` and the other fields of a variant read, write and filter the first one.
    """

    __tablename__ = "products"
    __table_args__ = (
        one_of("status", PRODUCT_STATUSES),
        # Unique as an index, not as a constraint: a first load builds it after the rows, on SQLite too.
        Index("uq_products_handle", "handle", unique=True),
        Index(None, "category_id", "status"),
        Index(None, "brand", "category_id"),
        Index(None, "manufacturer_part_number"),
        Index(None, "part_key"),
        Index(None, "status", "updated_at"),
    )

    handle: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(1000))
    description: Mapped[str | None] = mapped_column(LongText)
    short_description: Mapped[str | None] = mapped_column(LongText)
    brand: Mapped[str | None] = mapped_column(String(255))
    manufacturer: Mapped[str | None] = mapped_column(String(255))
    manufacturer_part_number: Mapped[str | None] = mapped_column(String(255))
    # The part number as matching compares it: Latin capitals and digits only.
    part_key: Mapped[str | None] = mapped_column(ascii_key(255))
    product_type: Mapped[str | None] = mapped_column(String(255))
    tags: Mapped[list[str]] = mapped_column(KeptJson, default=list)
    seo_title: Mapped[str | None] = mapped_column(String(1000))
    seo_description: Mapped[str | None] = mapped_column(LongText)
    status: Mapped[str] = mapped_column(String(20), default="active")
    category_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("categories.id", ondelete="SET NULL"))
    option1_name: Mapped[str | None] = mapped_column(String(255))
    option2_name: Mapped[str | None] = mapped_column(String(255))
    option3_name: Mapped[str | None] = mapped_column(String(255))
    custom_attributes: Mapped[dict[str, Any]] = mapped_column(SearchedJson, default=dict)
    revision: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": None}  # noqa: RUF012  # SQLAlchemy reads it from the class

    category: Mapped[Category | None] = relationship(lazy="raise_on_sql")
    variants: Mapped[list[ProductVariant]] = relationship(
        back_populates="product",
        order_by="ProductVariant.position",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )
    metafields: Mapped[list[ProductMetafield]] = relationship(
        back_populates="product",
        order_by="ProductMetafield.display_order",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )
    images: Mapped[list[ProductImage]] = relationship(
        back_populates="product",
        order_by="ProductImage.position",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )


class ProductVariant(Row):
    """What is bought, stocked and priced. Money is of ``currency``; weight of ``weight_unit``; sides of ``dimension_unit``."""

    __tablename__ = "product_variants"
    __table_args__ = (
        one_of("inventory_policy", ("deny", "continue")),
        CheckConstraint("price IS NULL OR price >= 0", name="price"),
        CheckConstraint("cost_price IS NULL OR cost_price >= 0", name="cost_price"),
        Index("uq_product_variants_sku", "sku", unique=True),
        Index(None, "product_id", "position"),
        Index(None, "barcode"),
    )

    product_id: Mapped[UUID] = mapped_column(Id, ForeignKey("products.id", ondelete="CASCADE"))
    sku: Mapped[str] = mapped_column(String(255))
    barcode: Mapped[str | None] = mapped_column(ascii_key(14))
    option1: Mapped[str | None] = mapped_column(String(255))
    option2: Mapped[str | None] = mapped_column(String(255))
    option3: Mapped[str | None] = mapped_column(String(255))
    position: Mapped[int] = mapped_column(Integer, default=1)
    price: Mapped[Decimal | None] = mapped_column(Amount)
    compare_at_price: Mapped[Decimal | None] = mapped_column(Amount)
    cost_price: Mapped[Decimal | None] = mapped_column(Amount)
    currency: Mapped[str | None] = mapped_column(ascii_key(3))
    weight: Mapped[Decimal | None] = mapped_column(Amount)
    weight_unit: Mapped[str | None] = mapped_column(String(5))
    length: Mapped[Decimal | None] = mapped_column(Amount)
    width: Mapped[Decimal | None] = mapped_column(Amount)
    height: Mapped[Decimal | None] = mapped_column(Amount)
    dimension_unit: Mapped[str | None] = mapped_column(String(5))
    requires_shipping: Mapped[bool] = mapped_column(default=True)
    taxable: Mapped[bool] = mapped_column(default=True)
    track_inventory: Mapped[bool] = mapped_column(default=True)
    inventory_policy: Mapped[str] = mapped_column(String(10), default="deny")
    hs_code: Mapped[str | None] = mapped_column(String(20))
    country_of_origin: Mapped[str | None] = mapped_column(String(100))

    product: Mapped[Product] = relationship(back_populates="variants", lazy="raise_on_sql")
    identifiers: Mapped[list[ProductIdentifier]] = relationship(
        back_populates="variant", cascade="all, delete-orphan", passive_deletes=True
    )


class ProductIdentifier(Row):
    """A further code of a variant: second GTINs, supplier and catalogue numbers, ASINs.

    The chief GTIN is ``ProductVariant.barcode`` and the part number ``Product.manufacturer_part_number``.
    """

    __tablename__ = "product_identifiers"
    __table_args__ = (
        UniqueConstraint("scheme", "value", "variant_id"),
        Index(None, "variant_id"),
    )

    variant_id: Mapped[UUID] = mapped_column(Id, ForeignKey("product_variants.id", ondelete="CASCADE"))
    scheme: Mapped[str] = mapped_column(String(60))
    value: Mapped[str] = mapped_column(String(255))
    valid_from: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)
    valid_to: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)

    variant: Mapped[ProductVariant] = relationship(back_populates="identifiers", lazy="raise_on_sql")


class ProductMetafield(Row):
    """A typed custom value, kept in Shopify's serialised form (2026-10: a string whatever the type)."""

    __tablename__ = "product_metafields"
    __table_args__ = (
        UniqueConstraint("product_id", "namespace", "key"),
        Index(None, "namespace", "key"),
    )

    product_id: Mapped[UUID] = mapped_column(Id, ForeignKey("products.id", ondelete="CASCADE"))
    namespace: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(255))
    value: Mapped[str] = mapped_column(LongText)
    value_type: Mapped[str] = mapped_column(String(60))
    description: Mapped[str | None] = mapped_column(LongText)
    is_visible: Mapped[bool] = mapped_column(default=True)
    display_order: Mapped[int] = mapped_column(Integer, default=0)

    product: Mapped[Product] = relationship(back_populates="metafields", lazy="raise_on_sql")


class MetafieldDefinition(Row):
    """The registry of custom fields: what a value of this key must look like, checked on every way in."""

    __tablename__ = "metafield_definitions"
    __table_args__ = (
        one_of("owner", ("product", "variant", "inventory_item", "supplier", "asset")),
        UniqueConstraint("owner", "namespace", "key"),
    )

    owner: Mapped[str] = mapped_column(String(20), default="product")
    namespace: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(255))
    type: Mapped[str] = mapped_column(String(60))
    validations: Mapped[dict[str, Any]] = mapped_column(KeptJson, default=dict)
    is_required: Mapped[bool] = mapped_column(default=False)
    is_searchable: Mapped[bool] = mapped_column(default=False)
    is_filterable: Mapped[bool] = mapped_column(default=False)
    group_name: Mapped[str | None] = mapped_column(String(100))
    sort_order: Mapped[int] = mapped_column(Integer, default=0)
    default_value: Mapped[Any] = mapped_column(KeptJson, nullable=True)
    help_text: Mapped[str | None] = mapped_column(LongText)
    pinned_categories: Mapped[list[str]] = mapped_column(KeptJson, default=list)
    is_active: Mapped[bool] = mapped_column(default=True)


class ProductImage(Row):
    """A picture of a product or of one variant, by its address."""

    __tablename__ = "product_images"
    __table_args__ = (
        UniqueConstraint("product_id", "file_hash"),
        Index(None, "product_id", "position"),
        Index(None, "variant_id"),
    )

    product_id: Mapped[UUID] = mapped_column(Id, ForeignKey("products.id", ondelete="CASCADE"))
    variant_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("product_variants.id", ondelete="SET NULL"))
    url: Mapped[str] = mapped_column(LongText)
    alt_text: Mapped[str | None] = mapped_column(LongText)
    position: Mapped[int] = mapped_column(Integer, default=1)
    is_featured: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    format: Mapped[str | None] = mapped_column(String(10))
    file_size: Mapped[int | None] = mapped_column(Integer)
    file_hash: Mapped[str | None] = mapped_column(ascii_key(64))
    source_scheme: Mapped[str | None] = mapped_column(String(60))
    source_id: Mapped[str | None] = mapped_column(String(255))
    source_view: Mapped[str | None] = mapped_column(String(60))

    product: Mapped[Product] = relationship(back_populates="images", lazy="raise_on_sql")

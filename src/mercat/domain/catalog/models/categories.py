"""Categories as a materialised-path tree, and the other groups a product can stand in."""

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
    UTCDateTime,
    ascii_key,
)

# MariaDB ends an index key at 3,072 bytes, PostgreSQL a B-tree entry at about 2,700.
PATH_LENGTH = 2600
# The mappings that say that a feed named a category, by their ``taxonomy``; how it stands with it, by ``external_id``.
WORDS = "supplier-word"
NEW_WORD, KEPT_WORD = WORD_STATES = ("new", "kept")


class Category(Row):
    """A node of the tree. ``path`` is the codes of its ancestors and its own, each followed by a slash.

    Codes are eight characters cut from the ids (ids themselves would end the tree at depth 78), which leaves room for
    288 levels. A prefix search on ``path`` finds a whole subtree by the index.
    """

    __tablename__ = "categories"
    __table_args__ = (
        UniqueConstraint("parent_key", "slug"),
        UniqueConstraint("path"),
        Index(None, "parent_id", "sort_order"),
        # PostgreSQL serves LIKE 'prefix%' from a B-tree only with this operator class or the C collation.
        Index(
            "ix_categories_path_prefix",
            "path",
            postgresql_ops={"path": "text_pattern_ops"},
        ),
        CheckConstraint("level >= 0", name="level"),
        CheckConstraint("product_count >= 0", name="product_count"),
    )

    name: Mapped[str] = mapped_column(String(255))
    slug: Mapped[str] = mapped_column(String(255))
    description: Mapped[str | None] = mapped_column(LongText)
    parent_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("categories.id", ondelete="RESTRICT"))
    # The parent's code, "" for a root: a NULL parent_id would let two roots share a slug on every database.
    parent_key: Mapped[str] = mapped_column(ascii_key(16), default="")
    path: Mapped[str] = mapped_column(ascii_key(PATH_LENGTH))
    level: Mapped[int] = mapped_column(Integer, default=0)
    sort_order: Mapped[int] = mapped_column(Integer, default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    product_count: Mapped[int] = mapped_column(Integer, default=0)
    meta_data: Mapped[dict[str, Any]] = mapped_column(KeptJson, default=dict)

    parent: Mapped[Category | None] = relationship(remote_side="Category.id", lazy="raise")


class CategoryMapping(Row):
    """A channel's or a taxonomy's own node for one of our categories."""

    __tablename__ = "category_mappings"
    __table_args__ = (
        UniqueConstraint("category_id", "taxonomy", "store_key"),
        Index(None, "taxonomy", "external_id"),
        CheckConstraint("taxonomy IS NOT NULL OR store_id IS NOT NULL", name="one_side"),
    )

    category_id: Mapped[UUID] = mapped_column(Id, ForeignKey("categories.id", ondelete="CASCADE"))
    # Stores live in a higher room: a soft reference, with its text beside it so that the unique key has no NULL.
    store_id: Mapped[UUID | None] = mapped_column(Id)
    store_key: Mapped[str] = mapped_column(String(36), default="")
    taxonomy: Mapped[str] = mapped_column(String(50), default="")
    external_id: Mapped[str] = mapped_column(String(255))
    handle: Mapped[str | None] = mapped_column(String(255))
    synced_at: Mapped[dt.datetime | None] = mapped_column(UTCDateTime)

    category: Mapped[Category] = relationship(lazy="raise")


class Collection(Row):
    """A group of products, by hand or by rules (field, relation, value; all or any)."""

    __tablename__ = "collections"
    __table_args__ = (
        one_of("kind", ("manual", "rules")),
        one_of("rules_match", ("all", "any")),
    )

    handle: Mapped[str] = mapped_column(String(255), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str | None] = mapped_column(LongText)
    kind: Mapped[str] = mapped_column(String(20), default="manual")
    rules_match: Mapped[str] = mapped_column(String(3), default="all")
    rules: Mapped[list[dict[str, str]]] = mapped_column(KeptJson, default=list)
    seo_title: Mapped[str | None] = mapped_column(String(255))
    seo_description: Mapped[str | None] = mapped_column(LongText)
    image_url: Mapped[str | None] = mapped_column(LongText)
    position: Mapped[int] = mapped_column(Integer, default=0)
    is_active: Mapped[bool] = mapped_column(default=True)


class CollectionProduct(Row):
    """A product's place in a collection."""

    __tablename__ = "collection_products"
    __table_args__ = (
        UniqueConstraint("collection_id", "product_id"),
        Index(None, "product_id"),
    )

    collection_id: Mapped[UUID] = mapped_column(Id, ForeignKey("collections.id", ondelete="CASCADE"))
    product_id: Mapped[UUID] = mapped_column(Id, ForeignKey("products.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer, default=0)

    collection: Mapped[Collection] = relationship(lazy="raise")


class Icon(Row):
    """A picture for a category or a collection, with how it was made."""

    __tablename__ = "icons"
    __table_args__ = (
        one_of("status", ("generating", "active", "inactive", "failed")),
        CheckConstraint("category_id IS NOT NULL OR collection_id IS NOT NULL", name="owner"),
        UniqueConstraint("category_id", "file_hash"),
        Index(None, "category_id", "status"),
        Index(None, "collection_id"),
        Index(None, "batch_id"),
    )

    category_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("categories.id", ondelete="CASCADE"))
    collection_id: Mapped[UUID | None] = mapped_column(Id, ForeignKey("collections.id", ondelete="CASCADE"))
    filename: Mapped[str] = mapped_column(String(255))
    format: Mapped[str | None] = mapped_column(String(10))
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    file_size: Mapped[int | None] = mapped_column(Integer)
    file_hash: Mapped[str | None] = mapped_column(ascii_key(64))
    prompt: Mapped[str | None] = mapped_column(LongText)
    style: Mapped[str | None] = mapped_column(String(50))
    color: Mapped[str | None] = mapped_column(String(50))
    background: Mapped[str | None] = mapped_column(String(20))
    model: Mapped[str | None] = mapped_column(String(50))
    status: Mapped[str] = mapped_column(String(20), default="generating")
    generation_seconds: Mapped[Decimal | None] = mapped_column(Amount)
    generation_cost: Mapped[Decimal | None] = mapped_column(Amount)
    batch_id: Mapped[UUID | None] = mapped_column(Id)
    created_by: Mapped[str | None] = mapped_column(String(255))

    category: Mapped[Category | None] = relationship(lazy="raise")
    collection: Mapped[Collection | None] = relationship(lazy="raise")

"""Lists of best sellers, categories in figures, reviews; and means of the Buy Box and of ranks in a listing's day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mercat.core.database import types as t
from mercat.core.database.base import amount_within

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_MEANS = ("buybox_mean", "rank_mean")


def upgrade() -> None:
    """Create the tables, and add the columns."""
    op.create_table(
        "market_categories",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("external_id", t.ascii_key(100), nullable=False),
        sa.Column("marketplace", t.ascii_key(2), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=True),
        sa.Column("url", t.LongText, nullable=True),
        sa.Column("parent_id", t.Id(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("product_count", sa.Integer(), nullable=True),
        sa.Column("last_scraped_at", t.UTCDateTime(), nullable=True),
        sa.Column("source", sa.String(length=100), nullable=True),
        sa.Column("track_every_s", sa.Integer(), nullable=False),
        sa.Column("next_due_at", t.UTCDateTime(), nullable=True),
        sa.Column("last_attempt_at", t.UTCDateTime(), nullable=True),
        sa.Column("failure_count", sa.Integer(), nullable=False),
        sa.Column("last_error", t.LongText, nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("track_every_s > 0", name=op.f("ck_market_categories_track_every_s")),
        sa.CheckConstraint("level >= 0", name=op.f("ck_market_categories_level")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["market_categories.id"], name=op.f("fk_market_categories_parent_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_categories")),
        sa.UniqueConstraint("external_id", "marketplace", name=op.f("uq_market_categories_external_id_marketplace")),
    )
    op.create_index(op.f("ix_market_categories_parent_id"), "market_categories", ["parent_id"], unique=False)
    op.create_index(
        op.f("ix_market_categories_source_next_due_at"), "market_categories", ["source", "next_due_at"], unique=False
    )
    op.create_table(
        "bestseller_scrapes",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("category_id", t.Id(), nullable=False),
        sa.Column("scraped_at", t.UTCDateTime(), nullable=False),
        sa.Column("provider", sa.String(length=50), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("depth >= 0", name=op.f("ck_bestseller_scrapes_depth")),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["market_categories.id"],
            name=op.f("fk_bestseller_scrapes_category_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bestseller_scrapes")),
        sa.UniqueConstraint("category_id", "scraped_at", name=op.f("uq_bestseller_scrapes_category_id_scraped_at")),
    )
    _snapshots()
    _metrics()
    _reviews()
    for name in _MEANS:
        op.add_column("snapshot_daily", sa.Column(name, t.Amount(), nullable=True))


def _snapshots() -> None:
    op.create_table(
        "bestseller_snapshots",
        sa.Column("scrape_id", t.Id(), nullable=False),
        sa.Column("rank", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("asin", t.ascii_key(10), nullable=False),
        sa.Column("market_product_id", t.Id(), nullable=True),
        sa.Column("title", sa.String(length=1000), nullable=True),
        sa.Column("price", t.Amount(), nullable=True),
        sa.Column("currency", t.ascii_key(3), nullable=False),
        sa.Column("rating", t.Amount(), nullable=True),
        sa.Column("review_count", sa.Integer(), nullable=True),
        sa.Column("image_url", t.LongText, nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint(sa.column("rank") >= sa.literal_column("1"), name=op.f("ck_bestseller_snapshots_rank")),
        *amount_within("rating", 0, 5),
        sa.ForeignKeyConstraint(
            ["scrape_id"],
            ["bestseller_scrapes.id"],
            name=op.f("fk_bestseller_snapshots_scrape_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["market_product_id"],
            ["market_products.id"],
            name=op.f("fk_bestseller_snapshots_market_product_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("scrape_id", "rank", name=op.f("pk_bestseller_snapshots")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_bestseller_snapshots_asin"), "bestseller_snapshots", ["asin"], unique=False)
    op.create_index(
        op.f("ix_bestseller_snapshots_market_product_id"), "bestseller_snapshots", ["market_product_id"], unique=False
    )


def _metrics() -> None:
    op.create_table(
        "category_metrics",
        sa.Column("category_id", t.Id(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", t.ascii_key(3), nullable=False),
        sa.Column("sample_size", sa.Integer(), nullable=False),
        sa.Column("price_count", sa.Integer(), nullable=False),
        sa.Column("price_mean", t.Amount(), nullable=True),
        sa.Column("price_median", t.Amount(), nullable=True),
        sa.Column("price_min", t.Amount(), nullable=True),
        sa.Column("price_max", t.Amount(), nullable=True),
        sa.Column("rank_count", sa.Integer(), nullable=False),
        sa.Column("rank_mean", t.Amount(), nullable=True),
        sa.Column("rank_median", t.Amount(), nullable=True),
        sa.Column("rank_min", sa.Integer(), nullable=True),
        sa.Column("rank_max", sa.Integer(), nullable=True),
        sa.Column("rating_count", sa.Integer(), nullable=False),
        sa.Column("rating_mean", t.Amount(), nullable=True),
        sa.Column("review_count_mean", t.Amount(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        *amount_within("rating_mean", 0, 5),
        sa.ForeignKeyConstraint(
            ["category_id"], ["market_categories.id"], name=op.f("fk_category_metrics_category_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("category_id", "day", name=op.f("pk_category_metrics")),
        sqlite_with_rowid=False,
    )


def _reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("market_product_id", t.Id(), nullable=False),
        sa.Column("marketplace", t.ascii_key(2), nullable=False),
        sa.Column("review_id", t.ascii_key(64), nullable=False),
        sa.Column("rating", t.Amount(), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=True),
        sa.Column("text", t.LongText, nullable=True),
        sa.Column("reviewer", sa.String(length=255), nullable=True),
        sa.Column("review_date", sa.Date(), nullable=True),
        sa.Column("variation", sa.String(length=255), nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=True),
        sa.Column("helpful_count", sa.Integer(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("helpful_count >= 0", name=op.f("ck_reviews_helpful_count")),
        *amount_within("rating", 0, 5),
        sa.ForeignKeyConstraint(
            ["market_product_id"],
            ["market_products.id"],
            name=op.f("fk_reviews_market_product_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("marketplace", "review_id", name=op.f("uq_reviews_marketplace_review_id")),
    )
    op.create_index(
        op.f("ix_reviews_market_product_id_review_date"), "reviews", ["market_product_id", "review_date"], unique=False
    )


def downgrade() -> None:
    """Drop them again."""
    for name in _MEANS:
        op.drop_column("snapshot_daily", name)
    for name in ("reviews", "category_metrics", "bestseller_snapshots", "bestseller_scrapes", "market_categories"):
        op.drop_table(name)

"""Listings that are watched at marketplaces, and what was seen of them."""

import sqlalchemy as sa
from alembic import op

from mercat.core.database import types as t
from mercat.core.database.base import amount_within

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "market_products",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("asin", t.ascii_key(10), nullable=False),
        sa.Column("marketplace", t.ascii_key(2), nullable=False),
        sa.Column("title", sa.String(length=1000), nullable=True),
        sa.Column("brand", sa.String(length=255), nullable=True),
        sa.Column("manufacturer", sa.String(length=255), nullable=True),
        sa.Column("part_number", sa.String(length=255), nullable=True),
        sa.Column("model_number", sa.String(length=255), nullable=True),
        sa.Column("gtins", t.KeptJson, nullable=False),
        sa.Column("url", t.LongText, nullable=False),
        sa.Column("image_url", t.LongText, nullable=True),
        sa.Column("category", sa.String(length=255), nullable=True),
        sa.Column("product_type", sa.String(length=255), nullable=True),
        sa.Column("description", t.LongText, nullable=True),
        sa.Column("features", t.KeptJson, nullable=False),
        sa.Column("currency", t.ascii_key(3), nullable=False),
        sa.Column("price", t.Amount(), nullable=True),
        sa.Column("original_price", t.Amount(), nullable=True),
        sa.Column("discount_pct", t.Amount(), nullable=True),
        sa.Column("buybox_price", t.Amount(), nullable=True),
        sa.Column("amazon_price", t.Amount(), nullable=True),
        sa.Column("lowest_fba_price", t.Amount(), nullable=True),
        sa.Column("lowest_fbm_price", t.Amount(), nullable=True),
        sa.Column("own_price", t.Amount(), nullable=True),
        sa.Column("offer_count", sa.Integer(), nullable=True),
        sa.Column("sales_rank", sa.Integer(), nullable=True),
        sa.Column("rank_category", sa.String(length=255), nullable=True),
        sa.Column("sub_rank", sa.Integer(), nullable=True),
        sa.Column("sub_rank_category", sa.String(length=255), nullable=True),
        sa.Column("rating", t.Amount(), nullable=True),
        sa.Column("review_count", sa.Integer(), nullable=True),
        sa.Column("in_stock", sa.Boolean(), nullable=True),
        sa.Column("stock_quantity", sa.Integer(), nullable=True),
        sa.Column("stock_status", sa.String(length=255), nullable=True),
        sa.Column("seller", sa.String(length=255), nullable=True),
        sa.Column("seller_id", sa.String(length=100), nullable=True),
        sa.Column("is_amazon_seller", sa.Boolean(), nullable=True),
        sa.Column("is_fba", sa.Boolean(), nullable=True),
        sa.Column("is_prime", sa.Boolean(), nullable=True),
        sa.Column("coupon", sa.String(length=500), nullable=True),
        sa.Column("deal", sa.String(length=100), nullable=True),
        sa.Column("has_amazons_choice", sa.Boolean(), nullable=True),
        sa.Column("last_snapshot_at", t.UTCDateTime(), nullable=True),
        sa.Column("volatility", t.Amount(), nullable=False),
        sa.Column("product_id", t.Id(), nullable=True),
        sa.Column("match_method", sa.String(length=10), nullable=True),
        sa.Column("match_confidence", t.Amount(), nullable=True),
        sa.Column("is_competitor", sa.Boolean(), nullable=False),
        sa.Column("is_unlisted", sa.Boolean(), nullable=False),
        sa.Column("unlisted_at", t.UTCDateTime(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=True),
        sa.Column("track_frequency", sa.String(length=10), nullable=False),
        sa.Column("track_every_s", sa.Integer(), nullable=False),
        sa.Column("price_change_threshold", t.Amount(), nullable=True),
        sa.Column("rank_change_threshold", t.Amount(), nullable=True),
        sa.Column("next_due_at", t.UTCDateTime(), nullable=True),
        sa.Column("last_attempt_at", t.UTCDateTime(), nullable=True),
        sa.Column("last_success_at", t.UTCDateTime(), nullable=True),
        sa.Column("failure_count", sa.Integer(), nullable=False),
        sa.Column("not_found_count", sa.Integer(), nullable=False),
        sa.Column("not_found_since", t.UTCDateTime(), nullable=True),
        sa.Column("last_error", t.LongText, nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "track_frequency IN ('hourly', 'daily', 'weekly', 'custom')",
            name=op.f("ck_market_products_track_frequency"),
        ),
        *amount_within("price_change_threshold", 0, 100),
        *amount_within("rank_change_threshold", 0, 100),
        *amount_within("rating", 0, 5),
        sa.CheckConstraint("track_every_s > 0", name=op.f("ck_market_products_track_every_s")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_market_products_product_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_products")),
        sa.UniqueConstraint("asin", "marketplace", name=op.f("uq_market_products_asin_marketplace")),
    )
    op.create_index(
        op.f("ix_market_products_is_active_next_due_at"), "market_products", ["is_active", "next_due_at"], unique=False
    )
    op.create_index(
        op.f("ix_market_products_is_unlisted_unlisted_at"),
        "market_products",
        ["is_unlisted", "unlisted_at"],
        unique=False,
    )
    op.create_index(op.f("ix_market_products_product_id"), "market_products", ["product_id"], unique=False)
    op.create_table(
        "competitor_links",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("product_id", t.Id(), nullable=False),
        sa.Column("market_product_id", t.Id(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("confidence", t.Amount(), nullable=False),
        sa.Column("notes", t.LongText, nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "role IN ('direct', 'substitute', 'premium', 'budget', 'reference')", name=op.f("ck_competitor_links_role")
        ),
        sa.ForeignKeyConstraint(
            ["market_product_id"],
            ["market_products.id"],
            name=op.f("fk_competitor_links_market_product_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_competitor_links_product_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_competitor_links")),
        sa.UniqueConstraint(
            "product_id", "market_product_id", name=op.f("uq_competitor_links_product_id_market_product_id")
        ),
    )
    op.create_index(
        op.f("ix_competitor_links_market_product_id"), "competitor_links", ["market_product_id"], unique=False
    )
    op.create_table(
        "product_snapshots",
        sa.Column("market_product_id", t.Id(), nullable=False),
        sa.Column("scraped_at", t.UTCDateTime(), nullable=False),
        sa.Column("stated", sa.BigInteger(), nullable=False),
        sa.Column("provider", sa.String(length=50), nullable=False),
        sa.Column("currency", t.ascii_key(3), nullable=False),
        sa.Column("price", t.Amount(), nullable=True),
        sa.Column("original_price", t.Amount(), nullable=True),
        sa.Column("buybox_price", t.Amount(), nullable=True),
        sa.Column("buybox_shipping", t.Amount(), nullable=True),
        sa.Column("amazon_price", t.Amount(), nullable=True),
        sa.Column("used_price", t.Amount(), nullable=True),
        sa.Column("lowest_fba_price", t.Amount(), nullable=True),
        sa.Column("lowest_fbm_price", t.Amount(), nullable=True),
        sa.Column("deal_price", t.Amount(), nullable=True),
        sa.Column("own_price", t.Amount(), nullable=True),
        sa.Column("sales_rank", sa.Integer(), nullable=True),
        sa.Column("sub_rank", sa.Integer(), nullable=True),
        sa.Column("rank_category", sa.String(length=255), nullable=True),
        sa.Column("sub_rank_category", sa.String(length=255), nullable=True),
        sa.Column("offer_count", sa.Integer(), nullable=True),
        sa.Column("used_offer_count", sa.Integer(), nullable=True),
        sa.Column("rating", t.Amount(), nullable=True),
        sa.Column("review_count", sa.Integer(), nullable=True),
        sa.Column("in_stock", sa.Boolean(), nullable=True),
        sa.Column("stock_quantity", sa.Integer(), nullable=True),
        sa.Column("stock_status", sa.String(length=255), nullable=True),
        sa.Column("seller", sa.String(length=255), nullable=True),
        sa.Column("seller_id", sa.String(length=100), nullable=True),
        sa.Column("is_amazon_seller", sa.Boolean(), nullable=True),
        sa.Column("is_fba", sa.Boolean(), nullable=True),
        sa.Column("is_prime", sa.Boolean(), nullable=True),
        sa.Column("coupon", sa.String(length=500), nullable=True),
        sa.Column("deal", sa.String(length=100), nullable=True),
        sa.Column("has_amazons_choice", sa.Boolean(), nullable=True),
        sa.Column("monthly_sold", sa.Integer(), nullable=True),
        sa.Column("ranks", t.KeptJson, nullable=True),
        sa.Column("extra", t.KeptJson, nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("scraped_at >= '2024-01-01'", name=op.f("ck_product_snapshots_scraped_at")),
        *amount_within("rating", 0, 5),
        sa.ForeignKeyConstraint(
            ["market_product_id"],
            ["market_products.id"],
            name=op.f("fk_product_snapshots_market_product_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("market_product_id", "scraped_at", name=op.f("pk_product_snapshots")),
        postgresql_partition_by="RANGE (scraped_at)",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "snapshot_daily",
        sa.Column("market_product_id", t.Id(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("observations", sa.Integer(), nullable=False),
        sa.Column("currency", t.ascii_key(3), nullable=False),
        sa.Column("price_open", t.Amount(), nullable=True),
        sa.Column("price_high", t.Amount(), nullable=True),
        sa.Column("price_low", t.Amount(), nullable=True),
        sa.Column("price_close", t.Amount(), nullable=True),
        sa.Column("price_mean", t.Amount(), nullable=True),
        sa.Column("buybox_open", t.Amount(), nullable=True),
        sa.Column("buybox_high", t.Amount(), nullable=True),
        sa.Column("buybox_low", t.Amount(), nullable=True),
        sa.Column("buybox_close", t.Amount(), nullable=True),
        sa.Column("rank_min", sa.Integer(), nullable=True),
        sa.Column("rank_max", sa.Integer(), nullable=True),
        sa.Column("rank_median", sa.Integer(), nullable=True),
        sa.Column("rank_close", sa.Integer(), nullable=True),
        sa.Column("in_stock_share", t.Amount(), nullable=True),
        sa.Column("rating", t.Amount(), nullable=True),
        sa.Column("review_count", sa.Integer(), nullable=True),
        sa.Column("offer_count", sa.Integer(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["market_product_id"],
            ["market_products.id"],
            name=op.f("fk_snapshot_daily_market_product_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("market_product_id", "day", name=op.f("pk_snapshot_daily")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "user_products",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("user_id", t.Id(), nullable=False),
        sa.Column("market_product_id", t.Id(), nullable=False),
        sa.Column("price_change_threshold", t.Amount(), nullable=True),
        sa.Column("rank_change_threshold", t.Amount(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("notes", t.LongText, nullable=True),
        sa.Column("claimed_at", t.UTCDateTime(), nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        *amount_within("price_change_threshold", 0, 100),
        *amount_within("rank_change_threshold", 0, 100),
        sa.ForeignKeyConstraint(
            ["market_product_id"],
            ["market_products.id"],
            name=op.f("fk_user_products_market_product_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_products_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_products")),
        sa.UniqueConstraint("user_id", "market_product_id", name=op.f("uq_user_products_user_id_market_product_id")),
    )
    op.create_index(op.f("ix_user_products_market_product_id"), "user_products", ["market_product_id"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_table("user_products")
    op.drop_table("snapshot_daily")
    op.drop_table("product_snapshots")
    op.drop_table("competitor_links")
    op.drop_table("market_products")

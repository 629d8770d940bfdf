"""Stores and listings, calls that went out and deliveries that came in."""

import sqlalchemy as sa
from alembic import op

from mercat.core.database import types as t

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of the listings room, and what operations keeps of the outside."""
    op.create_table(
        "api_budgets",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("service", sa.String(length=50), nullable=False),
        sa.Column("monthly_calls", sa.Integer(), nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("monthly_calls >= 0", name=op.f("ck_api_budgets_monthly_calls")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_budgets")),
        sa.UniqueConstraint("service", name=op.f("uq_api_budgets_service")),
    )
    op.create_table(
        "api_usage",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("service", sa.String(length=50), nullable=False),
        sa.Column("account", t.Id(), nullable=True),
        sa.Column("endpoint", sa.String(length=255), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("latency_ms", sa.Integer(), nullable=False),
        sa.Column("request_count", sa.Integer(), nullable=False),
        sa.Column("points", sa.Float(), nullable=True),
        sa.Column("cost", t.Amount(), nullable=True),
        sa.Column("rate_limit_remaining", sa.Float(), nullable=True),
        sa.Column("rate_limit_reset_at", t.UTCDateTime(), nullable=True),
        sa.Column("job_id", t.Id(), nullable=True),
        sa.Column("recorded_at", t.UTCDateTime(), nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_usage")),
    )
    op.create_index(op.f("ix_api_usage_account_recorded_at"), "api_usage", ["account", "recorded_at"], unique=False)
    op.create_index(op.f("ix_api_usage_service_recorded_at"), "api_usage", ["service", "recorded_at"], unique=False)
    op.create_table(
        "processed_hashes",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("source", t.ascii_key(100), nullable=False),
        sa.Column("delivery_key", t.ascii_key(255), nullable=False),
        sa.Column("topic", sa.String(length=255), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("payload", t.LongText, nullable=True),
        sa.Column("result", t.LongText, nullable=True),
        sa.Column("file_id", t.Id(), nullable=True),
        sa.Column("happened_at", t.UTCDateTime(), nullable=True),
        sa.Column("received_at", t.UTCDateTime(), nullable=False),
        sa.Column("finished_at", t.UTCDateTime(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("state IN ('claimed', 'done', 'failed')", name=op.f("ck_processed_hashes_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_processed_hashes")),
        sa.UniqueConstraint("source", "delivery_key", name=op.f("uq_processed_hashes_source_delivery_key")),
    )
    op.create_index(
        op.f("ix_processed_hashes_state_received_at"), "processed_hashes", ["state", "received_at"], unique=False
    )
    op.create_table(
        "stores",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("platform", sa.String(length=50), nullable=False),
        sa.Column("shop_domain", sa.String(length=255), nullable=False),
        sa.Column("currency", t.ascii_key(3), nullable=True),
        sa.Column("timezone", sa.String(length=100), nullable=True),
        sa.Column("locale", sa.String(length=20), nullable=True),
        sa.Column("credentials", t.LongText, nullable=False),
        sa.Column("token", t.LongText, nullable=True),
        sa.Column("token_expires_at", t.UTCDateTime(), nullable=True),
        sa.Column("scopes", t.KeptJson, nullable=False),
        sa.Column("subscription_status", sa.String(length=20), nullable=False),
        sa.Column("channel_settings", t.KeptJson, nullable=False),
        sa.Column("settings", t.KeptJson, nullable=False),
        sa.Column("is_sandbox", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("paused_reason", t.LongText, nullable=True),
        sa.Column("connected_at", t.UTCDateTime(), nullable=True),
        sa.Column("uninstalled_at", t.UTCDateTime(), nullable=True),
        sa.Column("last_sync_at", t.UTCDateTime(), nullable=True),
        sa.Column("pulled_until", t.UTCDateTime(), nullable=True),
        sa.Column("basis", t.ascii_key(32), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "subscription_status IN ('trial', 'active', 'frozen', 'cancelled')",
            name=op.f("ck_stores_subscription_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stores")),
        sa.UniqueConstraint("name", name=op.f("uq_stores_name")),
        sa.UniqueConstraint("platform", "shop_domain", name=op.f("uq_stores_platform_shop_domain")),
    )
    op.create_index(op.f("ix_stores_shop_domain"), "stores", ["shop_domain"], unique=False)
    op.create_index(op.f("ix_stores_subscription_status"), "stores", ["subscription_status"], unique=False)
    op.create_table(
        "publish_batches",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("store_id", t.Id(), nullable=False),
        sa.Column("key", t.ascii_key(64), nullable=False),
        sa.Column("reference", sa.String(length=255), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("message", t.LongText, nullable=True),
        sa.Column("sent_at", t.UTCDateTime(), nullable=True),
        sa.Column("finished_at", t.UTCDateTime(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("state IN ('planned', 'sent', 'recorded', 'failed')", name=op.f("ck_publish_batches_state")),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_publish_batches_store_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publish_batches")),
        sa.UniqueConstraint("key", name=op.f("uq_publish_batches_key")),
    )
    op.create_index(op.f("ix_publish_batches_store_id_state"), "publish_batches", ["store_id", "state"], unique=False)
    op.create_table(
        "store_locations",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("store_id", t.Id(), nullable=False),
        sa.Column("location_id", t.Id(), nullable=True),
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_stocked", sa.Boolean(), nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_store_locations_store_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_locations")),
        sa.UniqueConstraint("store_id", "reference", name=op.f("uq_store_locations_store_id_reference")),
    )
    op.create_index(op.f("ix_store_locations_location_id"), "store_locations", ["location_id"], unique=False)
    op.create_table(
        "listings",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("store_id", t.Id(), nullable=False),
        sa.Column("product_id", t.Id(), nullable=True),
        sa.Column("listing_key", t.ascii_key(64), nullable=False),
        sa.Column("platform_listing_id", sa.String(length=255), nullable=True),
        sa.Column("listing_url", t.LongText, nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("product_revision", sa.Integer(), nullable=True),
        sa.Column("desired_hash", t.ascii_key(32), nullable=True),
        sa.Column("published_hash", t.ascii_key(32), nullable=True),
        sa.Column("published_payload", t.LongText, nullable=True),
        sa.Column("published_at", t.UTCDateTime(), nullable=True),
        sa.Column("shown_hash", t.ascii_key(32), nullable=True),
        sa.Column("shown_payload", t.LongText, nullable=True),
        sa.Column("theirs_hash", t.ascii_key(32), nullable=True),
        sa.Column("theirs_payload", t.LongText, nullable=True),
        sa.Column("drift", t.KeptJson, nullable=True),
        sa.Column("sending_hash", t.ascii_key(32), nullable=True),
        sa.Column("sending_payload", t.LongText, nullable=True),
        sa.Column("image_references", t.LongText, nullable=True),
        sa.Column("batch_id", t.Id(), nullable=True),
        sa.Column("batch_position", sa.Integer(), nullable=True),
        sa.Column("shop_updated_at", t.UTCDateTime(), nullable=True),
        sa.Column("last_checked_at", t.UTCDateTime(), nullable=True),
        sa.Column("last_error", t.LongText, nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "state IN ('pending', 'in_sync', 'drifted', 'blocked', 'error')", name=op.f("ck_listings_state")
        ),
        sa.CheckConstraint("status IN ('draft', 'active', 'sold_out', 'delisted')", name=op.f("ck_listings_status")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["publish_batches.id"], name=op.f("fk_listings_batch_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_listings_product_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_listings_store_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listings")),
        sa.UniqueConstraint("store_id", "listing_key", name=op.f("uq_listings_store_id_listing_key")),
        sa.UniqueConstraint("store_id", "platform_listing_id", name=op.f("uq_listings_store_id_platform_listing_id")),
        sa.UniqueConstraint("store_id", "product_id", name=op.f("uq_listings_store_id_product_id")),
    )
    op.create_index(
        op.f("ix_listings_batch_id_batch_position"), "listings", ["batch_id", "batch_position"], unique=False
    )
    op.create_index(op.f("ix_listings_product_id"), "listings", ["product_id"], unique=False)
    op.create_index(op.f("ix_listings_store_id_state"), "listings", ["store_id", "state"], unique=False)
    op.create_table(
        "listing_variants",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("listing_id", t.Id(), nullable=False),
        sa.Column("variant_id", t.Id(), nullable=True),
        sa.Column("sku", sa.String(length=255), nullable=False),
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.Column("stock_reference", sa.String(length=255), nullable=True),
        sa.Column("price_override", t.Amount(), nullable=True),
        sa.Column("published_price", t.Amount(), nullable=True),
        sa.Column("published_quantity", sa.Integer(), nullable=True),
        sa.Column("stock_moves", sa.Integer(), nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listings.id"], name=op.f("fk_listing_variants_listing_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["product_variants.id"], name=op.f("fk_listing_variants_variant_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_variants")),
        sa.UniqueConstraint("listing_id", "sku", name=op.f("uq_listing_variants_listing_id_sku")),
    )
    op.create_index(op.f("ix_listing_variants_stock_reference"), "listing_variants", ["stock_reference"], unique=False)
    op.create_index(op.f("ix_listing_variants_variant_id"), "listing_variants", ["variant_id"], unique=False)


def downgrade() -> None:
    """Drop them; MariaDB drops a table's indexes with it and would refuse those that a foreign key needs."""
    for name in (
        "listing_variants",
        "listings",
        "publish_batches",
        "store_locations",
        "stores",
        "processed_hashes",
        "api_budgets",
        "api_usage",
    ):
        op.drop_table(name)

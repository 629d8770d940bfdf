"""The spine: catalogue, suppliers, run history."""

import sqlalchemy as sa
from alembic import op

from mercat.core.database import types as t

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table of the first rooms."""
    op.create_table(
        "categories",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("slug", sa.String(length=255), nullable=False),
        sa.Column("description", t.LongText, nullable=True),
        sa.Column("parent_id", t.Id(), nullable=True),
        sa.Column("parent_key", t.ascii_key(16), nullable=False),
        sa.Column("path", t.ascii_key(2600), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("product_count", sa.Integer(), nullable=False),
        sa.Column("meta_data", t.KeptJson, nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("level >= 0", name=op.f("ck_categories_level")),
        sa.CheckConstraint("product_count >= 0", name=op.f("ck_categories_product_count")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["categories.id"], name=op.f("fk_categories_parent_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_categories")),
        sa.UniqueConstraint("parent_key", "slug", name=op.f("uq_categories_parent_key_slug")),
        sa.UniqueConstraint("path", name=op.f("uq_categories_path")),
    )
    op.create_index(op.f("ix_categories_parent_id_sort_order"), "categories", ["parent_id", "sort_order"], unique=False)
    op.create_index(
        "ix_categories_path_prefix", "categories", ["path"], unique=False, postgresql_ops={"path": "text_pattern_ops"}
    )
    op.create_table(
        "change_sets",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("origin_ref", sa.String(length=255), nullable=True),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("precedence", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("counts", t.KeptJson, nullable=False),
        sa.Column("findings", t.KeptJson, nullable=False),
        sa.Column("evidence", t.KeptJson, nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("approved_by", sa.String(length=255), nullable=True),
        sa.Column("approved_at", t.UTCDateTime(), nullable=True),
        sa.Column("applied_at", t.UTCDateTime(), nullable=True),
        sa.Column("undone_at", t.UTCDateTime(), nullable=True),
        sa.Column("undo_of", t.Id(), nullable=True),
        sa.Column("indexed_at", t.UTCDateTime(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "origin IN ('feed', 'user', 'api', 'suggestion', 'channel', 'import', 'undo', 'system', 'script')",
            name=op.f("ck_change_sets_origin"),
        ),
        sa.CheckConstraint(
            "status IN ('planning', 'planned', 'held', 'approved', 'applied', 'partially_applied', 'rejected', 'undone')",
            name=op.f("ck_change_sets_status"),
        ),
        sa.ForeignKeyConstraint(
            ["undo_of"], ["change_sets.id"], name=op.f("fk_change_sets_undo_of"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_sets")),
    )
    op.create_index(op.f("ix_change_sets_source_applied_at"), "change_sets", ["source", "applied_at"], unique=False)
    op.create_index(op.f("ix_change_sets_status_created_at"), "change_sets", ["status", "created_at"], unique=False)
    op.create_index(op.f("ix_change_sets_undo_of"), "change_sets", ["undo_of"], unique=False)
    op.create_table(
        "collections",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("handle", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("description", t.LongText, nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("rules_match", sa.String(length=3), nullable=False),
        sa.Column("rules", t.KeptJson, nullable=False),
        sa.Column("seo_title", sa.String(length=255), nullable=True),
        sa.Column("seo_description", t.LongText, nullable=True),
        sa.Column("image_url", t.LongText, nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('manual', 'rules')", name=op.f("ck_collections_kind")),
        sa.CheckConstraint("rules_match IN ('all', 'any')", name=op.f("ck_collections_rules_match")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collections")),
        sa.UniqueConstraint("handle", name=op.f("uq_collections_handle")),
    )
    op.create_table(
        "metafield_definitions",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("owner", sa.String(length=20), nullable=False),
        sa.Column("namespace", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("validations", t.KeptJson, nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("is_searchable", sa.Boolean(), nullable=False),
        sa.Column("is_filterable", sa.Boolean(), nullable=False),
        sa.Column("group_name", sa.String(length=100), nullable=True),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("default_value", t.KeptJson, nullable=True),
        sa.Column("help_text", t.LongText, nullable=True),
        sa.Column("pinned_categories", t.KeptJson, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "owner IN ('product', 'variant', 'inventory_item', 'supplier', 'asset')",
            name=op.f("ck_metafield_definitions_owner"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metafield_definitions")),
        sa.UniqueConstraint("owner", "namespace", "key", name=op.f("uq_metafield_definitions_owner_namespace_key")),
    )
    op.create_table(
        "suppliers",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("code", sa.String(length=100), nullable=False),
        sa.Column("contact", sa.String(length=255), nullable=True),
        sa.Column("email", sa.String(length=255), nullable=True),
        sa.Column("phone", sa.String(length=100), nullable=True),
        sa.Column("address", t.LongText, nullable=True),
        sa.Column("currency", t.ascii_key(3), nullable=True),
        sa.Column("payment_terms", sa.String(length=255), nullable=True),
        sa.Column("minimum_order_value", t.Amount(), nullable=True),
        sa.Column("lead_time_days", sa.Integer(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppliers")),
        sa.UniqueConstraint("code", name=op.f("uq_suppliers_code")),
        sa.UniqueConstraint("priority", name=op.f("uq_suppliers_priority")),
    )
    op.create_table(
        "sync_history",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("sync_type", sa.String(length=50), nullable=False),
        sa.Column("sync_source", sa.String(length=255), nullable=True),
        sa.Column("sync_target", sa.String(length=255), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("started_at", t.UTCDateTime(), nullable=False),
        sa.Column("completed_at", t.UTCDateTime(), nullable=True),
        sa.Column("total_items", sa.Integer(), nullable=False),
        sa.Column("items_processed", sa.Integer(), nullable=False),
        sa.Column("items_successful", sa.Integer(), nullable=False),
        sa.Column("items_failed", sa.Integer(), nullable=False),
        sa.Column("items_skipped", sa.Integer(), nullable=False),
        sa.Column("record_counts", t.KeptJson, nullable=False),
        sa.Column("message", t.LongText, nullable=True),
        sa.Column("warnings", t.KeptJson, nullable=False),
        sa.Column("errors", t.KeptJson, nullable=False),
        sa.Column("input_files", t.KeptJson, nullable=False),
        sa.Column("output_files", t.KeptJson, nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("job_id", t.Id(), nullable=True),
        sa.Column("change_set_id", t.Id(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'running', 'success', 'partial', 'held', 'failed', 'cancelled')",
            name=op.f("ck_sync_history_status"),
        ),
        sa.CheckConstraint(
            "items_successful + items_failed + items_skipped = items_processed",
            name=op.f("ck_sync_history_items_add_up"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_history")),
    )
    op.create_index(op.f("ix_sync_history_change_set_id"), "sync_history", ["change_set_id"], unique=False)
    op.create_index(op.f("ix_sync_history_started_at"), "sync_history", ["started_at"], unique=False)
    op.create_index(op.f("ix_sync_history_sync_type_status"), "sync_history", ["sync_type", "status"], unique=False)
    op.create_table(
        "category_mappings",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("category_id", t.Id(), nullable=False),
        sa.Column("store_id", t.Id(), nullable=True),
        sa.Column("store_key", sa.String(length=36), nullable=False),
        sa.Column("taxonomy", sa.String(length=50), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=False),
        sa.Column("handle", sa.String(length=255), nullable=True),
        sa.Column("synced_at", t.UTCDateTime(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("taxonomy IS NOT NULL OR store_id IS NOT NULL", name=op.f("ck_category_mappings_one_side")),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.id"], name=op.f("fk_category_mappings_category_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category_mappings")),
        sa.UniqueConstraint(
            "category_id", "taxonomy", "store_key", name=op.f("uq_category_mappings_category_id_taxonomy_store_key")
        ),
    )
    op.create_index(
        op.f("ix_category_mappings_taxonomy_external_id"),
        "category_mappings",
        ["taxonomy", "external_id"],
        unique=False,
    )
    op.create_table(
        "changes",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("change_set_id", t.Id(), nullable=False),
        sa.Column("product_id", t.Id(), nullable=True),
        sa.Column("variant_id", t.Id(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("field", sa.String(length=320), nullable=True),
        sa.Column("old_value", t.KeptJson, nullable=True),
        sa.Column("new_value", t.KeptJson, nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("reason", t.LongText, nullable=True),
        sa.Column("flag", sa.String(length=50), nullable=True),
        sa.Column("source_key", sa.String(length=255), nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("digest", sa.BigInteger(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('create', 'update', 'archive', 'restore')", name=op.f("ck_changes_kind")),
        sa.CheckConstraint("status IN ('planned', 'skipped', 'conflict', 'reverted')", name=op.f("ck_changes_status")),
        sa.ForeignKeyConstraint(
            ["change_set_id"], ["change_sets.id"], name=op.f("fk_changes_change_set_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
    )
    op.create_index(op.f("ix_changes_change_set_id_kind_id"), "changes", ["change_set_id", "kind", "id"], unique=False)
    op.create_index(op.f("ix_changes_product_id_id"), "changes", ["product_id", "id"], unique=False)
    op.create_table(
        "feed_rejects",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("change_set_id", t.Id(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("source_key", sa.String(length=255), nullable=True),
        sa.Column("raw", t.LongText, nullable=False),
        sa.Column("reason", t.LongText, nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["change_set_id"], ["change_sets.id"], name=op.f("fk_feed_rejects_change_set_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_rejects")),
    )
    op.create_index(op.f("ix_feed_rejects_change_set_id_line"), "feed_rejects", ["change_set_id", "line"], unique=False)
    op.create_table(
        "feeds",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("supplier_id", t.Id(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("connector", sa.String(length=100), nullable=False),
        sa.Column("location", t.LongText, nullable=False),
        sa.Column("settings", t.KeptJson, nullable=False),
        sa.Column("profile", t.LongText, nullable=True),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.Column("matching_rules", t.KeptJson, nullable=False),
        sa.Column("guard_rules", t.KeptJson, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("last_run_at", t.UTCDateTime(), nullable=True),
        sa.Column("last_success_at", t.UTCDateTime(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["suppliers.id"], name=op.f("fk_feeds_supplier_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feeds")),
        sa.UniqueConstraint("name", name=op.f("uq_feeds_name")),
    )
    op.create_index(op.f("ix_feeds_supplier_id"), "feeds", ["supplier_id"], unique=False)
    op.create_table(
        "icons",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("category_id", t.Id(), nullable=True),
        sa.Column("collection_id", t.Id(), nullable=True),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("format", sa.String(length=10), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("file_size", sa.Integer(), nullable=True),
        sa.Column("file_hash", t.ascii_key(64), nullable=True),
        sa.Column("prompt", t.LongText, nullable=True),
        sa.Column("style", sa.String(length=50), nullable=True),
        sa.Column("color", sa.String(length=50), nullable=True),
        sa.Column("background", sa.String(length=20), nullable=True),
        sa.Column("model", sa.String(length=50), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("generation_seconds", t.Amount(), nullable=True),
        sa.Column("generation_cost", t.Amount(), nullable=True),
        sa.Column("batch_id", t.Id(), nullable=True),
        sa.Column("created_by", sa.String(length=255), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("status IN ('generating', 'active', 'inactive', 'failed')", name=op.f("ck_icons_status")),
        sa.CheckConstraint("category_id IS NOT NULL OR collection_id IS NOT NULL", name=op.f("ck_icons_owner")),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.id"], name=op.f("fk_icons_category_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name=op.f("fk_icons_collection_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_icons")),
        sa.UniqueConstraint("category_id", "file_hash", name=op.f("uq_icons_category_id_file_hash")),
    )
    op.create_index(op.f("ix_icons_batch_id"), "icons", ["batch_id"], unique=False)
    op.create_index(op.f("ix_icons_category_id_status"), "icons", ["category_id", "status"], unique=False)
    op.create_index(op.f("ix_icons_collection_id"), "icons", ["collection_id"], unique=False)
    op.create_table(
        "products",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("handle", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=1000), nullable=False),
        sa.Column("description", t.LongText, nullable=True),
        sa.Column("short_description", t.LongText, nullable=True),
        sa.Column("brand", sa.String(length=255), nullable=True),
        sa.Column("manufacturer", sa.String(length=255), nullable=True),
        sa.Column("manufacturer_part_number", sa.String(length=255), nullable=True),
        sa.Column("part_key", t.ascii_key(255), nullable=True),
        sa.Column("product_type", sa.String(length=255), nullable=True),
        sa.Column("tags", t.KeptJson, nullable=False),
        sa.Column("seo_title", sa.String(length=1000), nullable=True),
        sa.Column("seo_description", t.LongText, nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("category_id", t.Id(), nullable=True),
        sa.Column("option1_name", sa.String(length=255), nullable=True),
        sa.Column("option2_name", sa.String(length=255), nullable=True),
        sa.Column("option3_name", sa.String(length=255), nullable=True),
        sa.Column("custom_attributes", t.SearchedJson, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("status IN ('draft', 'active', 'archived')", name=op.f("ck_products_status")),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.id"], name=op.f("fk_products_category_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
    )
    op.create_index(op.f("ix_products_brand_category_id"), "products", ["brand", "category_id"], unique=False)
    op.create_index(op.f("ix_products_category_id_status"), "products", ["category_id", "status"], unique=False)
    op.create_index(
        op.f("ix_products_manufacturer_part_number"), "products", ["manufacturer_part_number"], unique=False
    )
    op.create_index(op.f("ix_products_part_key"), "products", ["part_key"], unique=False)
    op.create_index(op.f("ix_products_status_updated_at"), "products", ["status", "updated_at"], unique=False)
    op.create_index("uq_products_handle", "products", ["handle"], unique=True)
    op.create_table(
        "restatements",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("change_set_id", t.Id(), nullable=False),
        sa.Column("keys", t.LongBinary, nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["change_set_id"], ["change_sets.id"], name=op.f("fk_restatements_change_set_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restatements")),
    )
    op.create_index(op.f("ix_restatements_change_set_id"), "restatements", ["change_set_id"], unique=False)
    op.create_table(
        "collection_products",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("collection_id", t.Id(), nullable=False),
        sa.Column("product_id", t.Id(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name=op.f("fk_collection_products_collection_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_collection_products_product_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_products")),
        sa.UniqueConstraint(
            "collection_id", "product_id", name=op.f("uq_collection_products_collection_id_product_id")
        ),
    )
    op.create_index(op.f("ix_collection_products_product_id"), "collection_products", ["product_id"], unique=False)
    op.create_table(
        "feed_files",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("supplier_id", t.Id(), nullable=False),
        sa.Column("feed_id", t.Id(), nullable=True),
        sa.Column("name", sa.String(length=1000), nullable=False),
        sa.Column("sha256", t.ascii_key(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", t.UTCDateTime(), nullable=False),
        sa.Column("reading", t.ascii_key(64), nullable=False),
        sa.Column("change_set_id", t.Id(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_feed_files_feed_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["suppliers.id"], name=op.f("fk_feed_files_supplier_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_files")),
    )
    op.create_index(op.f("ix_feed_files_change_set_id"), "feed_files", ["change_set_id"], unique=False)
    op.create_index(op.f("ix_feed_files_feed_id"), "feed_files", ["feed_id"], unique=False)
    op.create_index(op.f("ix_feed_files_supplier_id_sha256"), "feed_files", ["supplier_id", "sha256"], unique=False)
    op.create_table(
        "product_metafields",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("product_id", t.Id(), nullable=False),
        sa.Column("namespace", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("value", t.LongText, nullable=False),
        sa.Column("value_type", sa.String(length=60), nullable=False),
        sa.Column("description", t.LongText, nullable=True),
        sa.Column("is_visible", sa.Boolean(), nullable=False),
        sa.Column("display_order", sa.Integer(), nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_product_metafields_product_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_metafields")),
        sa.UniqueConstraint(
            "product_id", "namespace", "key", name=op.f("uq_product_metafields_product_id_namespace_key")
        ),
    )
    op.create_index(
        op.f("ix_product_metafields_namespace_key"), "product_metafields", ["namespace", "key"], unique=False
    )
    op.create_table(
        "product_variants",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("product_id", t.Id(), nullable=False),
        sa.Column("sku", sa.String(length=255), nullable=False),
        sa.Column("barcode", t.ascii_key(14), nullable=True),
        sa.Column("option1", sa.String(length=255), nullable=True),
        sa.Column("option2", sa.String(length=255), nullable=True),
        sa.Column("option3", sa.String(length=255), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("price", t.Amount(), nullable=True),
        sa.Column("compare_at_price", t.Amount(), nullable=True),
        sa.Column("cost_price", t.Amount(), nullable=True),
        sa.Column("currency", t.ascii_key(3), nullable=True),
        sa.Column("weight", t.Amount(), nullable=True),
        sa.Column("weight_unit", sa.String(length=5), nullable=True),
        sa.Column("length", t.Amount(), nullable=True),
        sa.Column("width", t.Amount(), nullable=True),
        sa.Column("height", t.Amount(), nullable=True),
        sa.Column("dimension_unit", sa.String(length=5), nullable=True),
        sa.Column("requires_shipping", sa.Boolean(), nullable=False),
        sa.Column("taxable", sa.Boolean(), nullable=False),
        sa.Column("track_inventory", sa.Boolean(), nullable=False),
        sa.Column("inventory_policy", sa.String(length=10), nullable=False),
        sa.Column("hs_code", sa.String(length=20), nullable=True),
        sa.Column("country_of_origin", sa.String(length=100), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "inventory_policy IN ('deny', 'continue')", name=op.f("ck_product_variants_inventory_policy")
        ),
        sa.CheckConstraint("cost_price IS NULL OR cost_price >= 0", name=op.f("ck_product_variants_cost_price")),
        sa.CheckConstraint("price IS NULL OR price >= 0", name=op.f("ck_product_variants_price")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_product_variants_product_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_variants")),
    )
    op.create_index(op.f("ix_product_variants_barcode"), "product_variants", ["barcode"], unique=False)
    op.create_index(
        op.f("ix_product_variants_product_id_position"), "product_variants", ["product_id", "position"], unique=False
    )
    op.create_index("uq_product_variants_sku", "product_variants", ["sku"], unique=True)
    op.create_table(
        "field_locks",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("product_id", t.Id(), nullable=False),
        sa.Column("variant_id", t.Id(), nullable=True),
        sa.Column("owner_key", sa.String(length=36), nullable=False),
        sa.Column("field", sa.String(length=320), nullable=False),
        sa.Column("locked_by", sa.String(length=255), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("product_id IS NOT NULL", name=op.f("ck_field_locks_owner")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_field_locks_product_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["product_variants.id"], name=op.f("fk_field_locks_variant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_locks")),
        sa.UniqueConstraint("product_id", "owner_key", "field", name=op.f("uq_field_locks_product_id_owner_key_field")),
    )
    op.create_index(op.f("ix_field_locks_variant_id"), "field_locks", ["variant_id"], unique=False)
    op.create_table(
        "match_decisions",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("supplier_id", t.Id(), nullable=False),
        sa.Column("supplier_sku", sa.String(length=255), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("variant_id", t.Id(), nullable=True),
        sa.Column("candidates", t.KeptJson, nullable=False),
        sa.Column("title", sa.String(length=1000), nullable=True),
        sa.Column("decided_by", sa.String(length=255), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("decision IN ('open', 'pin', 'ban')", name=op.f("ck_match_decisions_decision")),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["suppliers.id"], name=op.f("fk_match_decisions_supplier_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["product_variants.id"], name=op.f("fk_match_decisions_variant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_decisions")),
        sa.UniqueConstraint("supplier_id", "supplier_sku", name=op.f("uq_match_decisions_supplier_id_supplier_sku")),
    )
    op.create_index(op.f("ix_match_decisions_decision"), "match_decisions", ["decision"], unique=False)
    op.create_index(op.f("ix_match_decisions_variant_id"), "match_decisions", ["variant_id"], unique=False)
    op.create_table(
        "product_identifiers",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("variant_id", t.Id(), nullable=False),
        sa.Column("scheme", sa.String(length=60), nullable=False),
        sa.Column("value", sa.String(length=255), nullable=False),
        sa.Column("valid_from", t.UTCDateTime(), nullable=True),
        sa.Column("valid_to", t.UTCDateTime(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["product_variants.id"], name=op.f("fk_product_identifiers_variant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_identifiers")),
        sa.UniqueConstraint(
            "scheme", "value", "variant_id", name=op.f("uq_product_identifiers_scheme_value_variant_id")
        ),
    )
    op.create_index(op.f("ix_product_identifiers_variant_id"), "product_identifiers", ["variant_id"], unique=False)
    op.create_table(
        "product_images",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("product_id", t.Id(), nullable=False),
        sa.Column("variant_id", t.Id(), nullable=True),
        sa.Column("url", t.LongText, nullable=False),
        sa.Column("alt_text", t.LongText, nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_featured", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("format", sa.String(length=10), nullable=True),
        sa.Column("file_size", sa.Integer(), nullable=True),
        sa.Column("file_hash", t.ascii_key(64), nullable=True),
        sa.Column("source_scheme", sa.String(length=60), nullable=True),
        sa.Column("source_id", sa.String(length=255), nullable=True),
        sa.Column("source_view", sa.String(length=60), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_product_images_product_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["product_variants.id"], name=op.f("fk_product_images_variant_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_images")),
        sa.UniqueConstraint("product_id", "file_hash", name=op.f("uq_product_images_product_id_file_hash")),
    )
    op.create_index(
        op.f("ix_product_images_product_id_position"), "product_images", ["product_id", "position"], unique=False
    )
    op.create_index(op.f("ix_product_images_variant_id"), "product_images", ["variant_id"], unique=False)
    op.create_table(
        "supplier_offers",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("supplier_id", t.Id(), nullable=False),
        sa.Column("variant_id", t.Id(), nullable=False),
        sa.Column("supplier_sku", sa.String(length=255), nullable=False),
        sa.Column("row_key", sa.String(length=255), nullable=True),
        sa.Column("cost", t.Amount(), nullable=True),
        sa.Column("currency", t.ascii_key(3), nullable=True),
        sa.Column("quantity_available", sa.Integer(), nullable=True),
        sa.Column("minimum_order_quantity", sa.Integer(), nullable=True),
        sa.Column("pack_size", sa.Integer(), nullable=True),
        sa.Column("lead_time_days", sa.Integer(), nullable=True),
        sa.Column("row_hash", sa.BigInteger(), nullable=True),
        sa.Column("change_id", t.Id(), nullable=True),
        sa.Column("last_seen_at", t.UTCDateTime(), nullable=False),
        sa.Column("discontinued_at", t.UTCDateTime(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("cost IS NULL OR cost >= 0", name=op.f("ck_supplier_offers_cost")),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["suppliers.id"], name=op.f("fk_supplier_offers_supplier_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["product_variants.id"], name=op.f("fk_supplier_offers_variant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_offers")),
    )
    op.create_index(
        op.f("ix_supplier_offers_row_key_supplier_id"), "supplier_offers", ["row_key", "supplier_id"], unique=False
    )
    op.create_index(op.f("ix_supplier_offers_supplier_id_id"), "supplier_offers", ["supplier_id", "id"], unique=False)
    op.create_index(op.f("ix_supplier_offers_variant_id"), "supplier_offers", ["variant_id"], unique=False)
    op.create_index(
        "uq_supplier_offers_supplier_sku_supplier_id", "supplier_offers", ["supplier_sku", "supplier_id"], unique=True
    )


def downgrade() -> None:
    """Drop them again, children first; their indexes go with them."""
    op.drop_table("supplier_offers")
    op.drop_table("product_images")
    op.drop_table("product_identifiers")
    op.drop_table("match_decisions")
    op.drop_table("field_locks")
    op.drop_table("product_variants")
    op.drop_table("product_metafields")
    op.drop_table("feed_files")
    op.drop_table("collection_products")
    op.drop_table("restatements")
    op.drop_table("products")
    op.drop_table("icons")
    op.drop_table("feeds")
    op.drop_table("feed_rejects")
    op.drop_table("changes")
    op.drop_table("category_mappings")
    op.drop_table("sync_history")
    op.drop_table("suppliers")
    op.drop_table("metafield_definitions")
    op.drop_table("collections")
    op.drop_table("change_sets")
    op.drop_table("categories")

"""What stores' channels call our collections, and which of theirs each listing was put in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mercat.core.database import types as t

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the column."""
    op.create_table(
        "store_collections",
        sa.Column("store_id", t.Id(), nullable=False),
        sa.Column("collection_id", t.Id(), nullable=False),
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.Column("told_hash", t.ascii_key(32), nullable=False),
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name=op.f("fk_store_collections_collection_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_store_collections_store_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_collections")),
        sa.UniqueConstraint("store_id", "collection_id", name=op.f("uq_store_collections_store_id_collection_id")),
    )
    op.create_index(op.f("ix_store_collections_collection_id"), "store_collections", ["collection_id"])
    op.add_column("listings", sa.Column("joined_references", t.LongText, nullable=True))


def downgrade() -> None:
    """Drop them; the shops keep their collections."""
    with op.batch_alter_table("listings") as listings:
        listings.drop_column("joined_references")
    op.drop_table("store_collections")

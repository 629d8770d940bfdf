"""Pictures that were sent in."""

import sqlalchemy as sa
from alembic import op

from mercat.core.database import types as t

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "media_files",
        sa.Column("sha256", t.ascii_key(64), nullable=False),
        sa.Column("format", sa.String(length=10), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("file_size", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("is_used", sa.Boolean(), nullable=False),
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("format IN ('jpg', 'png', 'webp', 'gif')", name=op.f("ck_media_files_format")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_files")),
        sa.UniqueConstraint("sha256", name=op.f("uq_media_files_sha256")),
    )
    op.create_index(op.f("ix_media_files_is_used_created_at"), "media_files", ["is_used", "created_at"])


def downgrade() -> None:
    """Drop it; the files stay."""
    op.drop_table("media_files")

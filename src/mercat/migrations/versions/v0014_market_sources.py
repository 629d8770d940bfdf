"""Who is asked about listings."""

import sqlalchemy as sa
from alembic import op

from mercat.core.database import types as t

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "market_sources",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("provider", sa.String(length=50), nullable=False),
        sa.Column("settings", t.KeptJson, nullable=False),
        sa.Column("credentials", t.LongText, nullable=False),
        sa.Column("token", t.LongText, nullable=True),
        sa.Column("token_expires_at", t.UTCDateTime(), nullable=True),
        sa.Column("is_sandbox", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("paused_reason", t.LongText, nullable=True),
        sa.Column("resume_at", t.UTCDateTime(), nullable=True),
        sa.Column("failure_count", sa.Integer(), nullable=False),
        sa.Column("last_error", t.LongText, nullable=True),
        sa.Column("last_attempt_at", t.UTCDateTime(), nullable=True),
        sa.Column("last_success_at", t.UTCDateTime(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_market_sources")),
        sa.UniqueConstraint("name", name=op.f("uq_market_sources_name")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("market_sources")

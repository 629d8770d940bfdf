"""Shop owners who were sent to the channel's page."""

import sqlalchemy as sa
from alembic import op

from mercat.core.database import types as t

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "pending_consents",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("state_hash", t.ascii_key(64), nullable=False),
        sa.Column("platform", sa.String(length=50), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("draft", t.LongText, nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("user_id", t.Id(), nullable=True),
        sa.Column("expires_at", t.UTCDateTime(), nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_consents")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_pending_consents_state_hash")),
    )
    op.create_index(op.f("ix_pending_consents_expires_at"), "pending_consents", ["expires_at"], unique=False)


def downgrade() -> None:
    """Drop the table: what it holds is good for minutes."""
    op.drop_table("pending_consents")

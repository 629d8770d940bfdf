"""Requests with an idempotency key."""

import sqlalchemy as sa
from alembic import op

from mercat.core.database import types as t

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "idempotent_requests",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("request_key", sa.String(length=255), nullable=False),
        sa.Column("digest", t.ascii_key(64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("media_type", sa.String(length=100), nullable=True),
        sa.Column("body", t.LongBinary, nullable=True),
        sa.Column("received_at", t.UTCDateTime(), nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotent_requests")),
        sa.UniqueConstraint("owner", "request_key", name=op.f("uq_idempotent_requests_owner_request_key")),
    )
    op.create_index(op.f("ix_idempotent_requests_received_at"), "idempotent_requests", ["received_at"], unique=False)


def downgrade() -> None:
    """Drop the table: what it holds is of use for a day."""
    op.drop_table("idempotent_requests")

"""Work on rows that was done, and how tables grow."""

import sqlalchemy as sa
from alembic import op

from mercat.core.database import types as t

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "data_steps",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("name", t.ascii_key(100), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("completed_at", t.UTCDateTime(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_steps")),
        sa.UniqueConstraint("name", name=op.f("uq_data_steps_name")),
    )
    op.create_table(
        "table_growth",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("table_name", t.ascii_key(64), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_table_growth")),
        sa.UniqueConstraint("day", "table_name", name=op.f("uq_table_growth_day_table_name")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("table_growth")
    op.drop_table("data_steps")

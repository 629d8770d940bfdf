"""How many runs failed since the last success."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what failed last has failed once as far as anybody knows."""
    op.add_column("sync_freshness", sa.Column("failed_in_a_row", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE sync_freshness SET failed_in_a_row = 1 WHERE last_status = 'failed'")


def downgrade() -> None:
    """Drop the column."""
    with op.batch_alter_table("sync_freshness") as freshness:
        freshness.drop_column("failed_in_a_row")

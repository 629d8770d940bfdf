"""Lists that a user comes back to."""

import sqlalchemy as sa
from alembic import op

from mercat.core.database import types as t

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column beside what they prefer."""
    op.add_column("user_settings", sa.Column("saved_views", t.KeptJson, nullable=True))


def downgrade() -> None:
    """Without it."""
    op.drop_column("user_settings", "saved_views")

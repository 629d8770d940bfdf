"""The search index in its second form: a sample for common words, and a vocabulary for beginnings."""

from alembic import op

from mercat.core.database.revising import bind
from mercat.core.database.search import create_index, drop_index

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Begin the index anew; the catalogue goes into it again with the next run, or at once by ``mercat db upgrade``."""
    drop_index(bind())
    create_index(bind())
    op.execute("UPDATE change_sets SET indexed_at = NULL")


def downgrade() -> None:
    """Nothing: the older schema's index was made by the same code."""

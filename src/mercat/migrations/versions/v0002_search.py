"""The search index."""

from mercat.core.database.revising import bind
from mercat.core.database.search import create_index, drop_index

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the empty index."""
    create_index(bind())


def downgrade() -> None:
    """Drop the index; it holds nothing that the catalogue does not."""
    drop_index(bind())

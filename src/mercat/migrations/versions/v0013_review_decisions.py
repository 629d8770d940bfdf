"""What people decide about parts of sets that wait, and an index of what guards flagged."""

import sqlalchemy as sa
from alembic import op

from mercat.core.database import types as t

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_INDEX = "ix_changes_change_set_id_flag_id"


def upgrade() -> None:
    """Create the table and the index."""
    op.create_table(
        "review_decisions",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("change_set_id", t.Id(), nullable=False),
        sa.Column("subject", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.String(length=255), nullable=False),
        sa.Column("user_id", t.Id(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("subject IN ('row', 'rule')", name=op.f("ck_review_decisions_subject")),
        sa.CheckConstraint("decision IN ('approved', 'held', 'rejected')", name=op.f("ck_review_decisions_decision")),
        sa.ForeignKeyConstraint(
            ["change_set_id"],
            ["change_sets.id"],
            name=op.f("fk_review_decisions_change_set_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_decisions")),
        sa.UniqueConstraint(
            "change_set_id", "subject", "name", name=op.f("uq_review_decisions_change_set_id_subject_name")
        ),
    )
    op.create_index(
        _INDEX,
        "changes",
        ["change_set_id", "flag", "id"],
        unique=False,
        sqlite_where=sa.text("flag IS NOT NULL"),
        postgresql_where=sa.text("flag IS NOT NULL"),
    )


def downgrade() -> None:
    """Drop both: what was decided and not applied is open again."""
    op.drop_index(_INDEX, table_name="changes")
    op.drop_table("review_decisions")

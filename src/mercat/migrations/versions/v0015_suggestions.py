"""Suggestions, and the actions that each consists of."""

import sqlalchemy as sa
from alembic import op

from mercat.core.database import types as t
from mercat.core.database.base import amount_within

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "suggestions",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("kind", t.ascii_key(50), nullable=False),
        sa.Column("subject_type", sa.String(length=50), nullable=False),
        sa.Column("subject_id", sa.String(length=100), nullable=False),
        sa.Column("subject_label", sa.String(length=255), nullable=True),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("description", t.LongText, nullable=False),
        sa.Column("reasoning", t.LongText, nullable=False),
        sa.Column("evidence", t.KeptJson, nullable=False),
        sa.Column("cautions", t.KeptJson, nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("priority", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("confidence", t.Amount(), nullable=True),
        sa.Column("estimated_impact", t.KeptJson, nullable=False),
        sa.Column("expires_at", t.UTCDateTime(), nullable=False),
        sa.Column("dedupe_key", t.ascii_key(64), nullable=False),
        sa.Column("open_key", t.ascii_key(64), nullable=True),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("reviewed_by", sa.String(length=255), nullable=True),
        sa.Column("reviewed_at", t.UTCDateTime(), nullable=True),
        sa.Column("review_notes", t.LongText, nullable=True),
        sa.Column("applied_at", t.UTCDateTime(), nullable=True),
        sa.Column("outcome", t.KeptJson, nullable=True),
        sa.Column("next_outcome_at", t.UTCDateTime(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "category IN ('pricing', 'content', 'tracking', 'stock')", name=op.f("ck_suggestions_category")
        ),
        sa.CheckConstraint("priority IN ('low', 'normal', 'high', 'urgent')", name=op.f("ck_suggestions_priority")),
        sa.CheckConstraint(
            "status IN ('pending', 'approved', 'partially_approved', 'rejected', 'applied', 'failed', 'stale', 'expired', 'rolled_back')",
            name=op.f("ck_suggestions_status"),
        ),
        *amount_within("confidence", 0, 1),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestions")),
        sa.UniqueConstraint("open_key", name=op.f("uq_suggestions_open_key")),
    )
    op.create_index(
        op.f("ix_suggestions_dedupe_key_created_at"), "suggestions", ["dedupe_key", "created_at"], unique=False
    )
    op.create_index(op.f("ix_suggestions_next_outcome_at"), "suggestions", ["next_outcome_at"], unique=False)
    op.create_index(op.f("ix_suggestions_status_expires_at"), "suggestions", ["status", "expires_at"], unique=False)
    op.create_index(
        op.f("ix_suggestions_status_priority_created_at"),
        "suggestions",
        ["status", "priority", "created_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_suggestions_subject_type_subject_id"), "suggestions", ["subject_type", "subject_id"], unique=False
    )
    op.create_table(
        "suggestion_actions",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("suggestion_id", t.Id(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("action_type", sa.String(length=20), nullable=False),
        sa.Column("target", sa.String(length=255), nullable=False),
        sa.Column("target_field", sa.String(length=255), nullable=False),
        sa.Column("current_value", t.LongText, nullable=True),
        sa.Column("proposed_value", t.LongText, nullable=True),
        sa.Column("reasoning", t.LongText, nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("applied_at", t.UTCDateTime(), nullable=True),
        sa.Column("change_set_id", t.Id(), nullable=True),
        sa.Column("error", t.LongText, nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "action_type IN ('set_price', 'set_field', 'set_threshold', 'set_tracking')",
            name=op.f("ck_suggestion_actions_action_type"),
        ),
        sa.CheckConstraint(
            "status IN ('proposed', 'approved', 'applied', 'failed', 'stale', 'rejected', 'rolled_back')",
            name=op.f("ck_suggestion_actions_status"),
        ),
        sa.CheckConstraint("position >= 0", name=op.f("ck_suggestion_actions_position")),
        sa.ForeignKeyConstraint(
            ["suggestion_id"], ["suggestions.id"], name=op.f("fk_suggestion_actions_suggestion_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestion_actions")),
    )
    op.create_index(op.f("ix_suggestion_actions_change_set_id"), "suggestion_actions", ["change_set_id"], unique=False)
    op.create_index(
        op.f("ix_suggestion_actions_suggestion_id_position"),
        "suggestion_actions",
        ["suggestion_id", "position"],
        unique=False,
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("suggestion_actions")
    op.drop_table("suggestions")

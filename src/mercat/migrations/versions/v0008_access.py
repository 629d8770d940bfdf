"""Users and what lets them in; who did what, by user."""

import sqlalchemy as sa
from alembic import op

from mercat.core.database import types as t

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of the access room. The columns at the end are plain additions: no table is rebuilt for them."""
    op.create_table(
        "sign_in_failures",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject_hash", t.ascii_key(64), nullable=False),
        sa.Column("failed_login_attempts", sa.Integer(), nullable=False),
        sa.Column("last_failed_at", t.UTCDateTime(), nullable=True),
        sa.Column("locked_until", t.UTCDateTime(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("kind IN ('name', 'address')", name=op.f("ck_sign_in_failures_kind")),
        sa.CheckConstraint("failed_login_attempts >= 0", name=op.f("ck_sign_in_failures_failed_login_attempts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failures")),
        sa.UniqueConstraint("kind", "subject_hash", name=op.f("uq_sign_in_failures_kind_subject_hash")),
    )
    op.create_index(op.f("ix_sign_in_failures_last_failed_at"), "sign_in_failures", ["last_failed_at"], unique=False)
    op.create_table(
        "signing_keys",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("secret", t.LongText, nullable=False),
        sa.Column("retired_at", t.UTCDateTime(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_keys")),
    )
    op.create_table(
        "users",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("email_folded", sa.String(length=255), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("username_folded", t.ascii_key(64), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("password_changed_at", t.UTCDateTime(), nullable=True),
        sa.Column("first_name", sa.String(length=100), nullable=True),
        sa.Column("last_name", sa.String(length=100), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_verified", sa.Boolean(), nullable=False),
        sa.Column("last_login_at", t.UTCDateTime(), nullable=True),
        sa.Column("last_login_ip", sa.String(length=45), nullable=True),
        sa.Column("reset_requested_at", t.UTCDateTime(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("role IN ('viewer', 'operator', 'approver', 'admin')", name=op.f("ck_users_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email_folded", name=op.f("uq_users_email_folded")),
        sa.UniqueConstraint("username_folded", name=op.f("uq_users_username_folded")),
    )
    op.create_index(op.f("ix_users_role_is_active"), "users", ["role", "is_active"], unique=False)
    op.create_table(
        "api_keys",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("user_id", t.Id(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("prefix", t.ascii_key(16), nullable=False),
        sa.Column("key_hash", t.ascii_key(64), nullable=False),
        sa.Column("scopes", t.KeptJson, nullable=False),
        sa.Column("rate_limit_per_minute", sa.Integer(), nullable=True),
        sa.Column("expires_at", t.UTCDateTime(), nullable=True),
        sa.Column("last_used_at", t.UTCDateTime(), nullable=True),
        sa.Column("revoked_at", t.UTCDateTime(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "rate_limit_per_minute IS NULL OR rate_limit_per_minute > 0", name=op.f("ck_api_keys_rate_limit_per_minute")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_api_keys_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
    )
    op.create_index(op.f("ix_api_keys_prefix"), "api_keys", ["prefix"], unique=False)
    op.create_index(op.f("ix_api_keys_user_id"), "api_keys", ["user_id"], unique=False)
    op.create_table(
        "audit_entries",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("at", t.UTCDateTime(), nullable=False),
        sa.Column("user_id", t.Id(), nullable=True),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("via", sa.String(length=100), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("action", t.ascii_key(100), nullable=False),
        sa.Column("subject_type", sa.String(length=50), nullable=True),
        sa.Column("subject_id", sa.String(length=100), nullable=True),
        sa.Column("subject", sa.String(length=255), nullable=True),
        sa.Column("details", t.KeptJson, nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_audit_entries_user_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_action_at"), "audit_entries", ["action", "at"], unique=False)
    op.create_index(op.f("ix_audit_entries_at"), "audit_entries", ["at"], unique=False)
    op.create_index(
        op.f("ix_audit_entries_subject_type_subject_id"), "audit_entries", ["subject_type", "subject_id"], unique=False
    )
    op.create_index(op.f("ix_audit_entries_user_id_at"), "audit_entries", ["user_id", "at"], unique=False)
    op.create_table(
        "one_time_links",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("user_id", t.Id(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("token_hash", t.ascii_key(64), nullable=False),
        sa.Column("expires_at", t.UTCDateTime(), nullable=False),
        sa.Column("used_at", t.UTCDateTime(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("purpose IN ('invitation', 'password_reset')", name=op.f("ck_one_time_links_purpose")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_one_time_links_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_one_time_links_token_hash")),
    )
    op.create_index(op.f("ix_one_time_links_user_id"), "one_time_links", ["user_id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("user_id", t.Id(), nullable=False),
        sa.Column("token_hash", t.ascii_key(64), nullable=False),
        sa.Column("expires_at", t.UTCDateTime(), nullable=False),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.Column("user_agent", sa.String(length=255), nullable=True),
        sa.Column("last_used_at", t.UTCDateTime(), nullable=False),
        sa.Column("revoked_at", t.UTCDateTime(), nullable=True),
        sa.Column("revoked_reason", sa.String(length=50), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
    )
    op.create_index(op.f("ix_sessions_user_id_expires_at"), "sessions", ["user_id", "expires_at"], unique=False)
    op.create_table(
        "user_settings",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("user_id", t.Id(), nullable=False),
        sa.Column("per_page", sa.Integer(), nullable=True),
        sa.Column("timezone", sa.String(length=100), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("per_page IS NULL OR per_page BETWEEN 1 AND 1000", name=op.f("ck_user_settings_per_page")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_settings_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_settings")),
        sa.UniqueConstraint("user_id", name=op.f("uq_user_settings_user_id")),
    )
    op.create_table(
        "spent_tokens",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("session_id", t.Id(), nullable=False),
        sa.Column("token_hash", t.ascii_key(64), nullable=False),
        sa.Column("spent_at", t.UTCDateTime(), nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_spent_tokens_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spent_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_spent_tokens_token_hash")),
    )
    op.create_index(op.f("ix_spent_tokens_session_id"), "spent_tokens", ["session_id"], unique=False)
    op.add_column("change_sets", sa.Column("user_id", t.Id(), nullable=True))
    op.add_column("jobs", sa.Column("user_id", t.Id(), nullable=True))
    op.create_index(op.f("ix_jobs_user_id_status"), "jobs", ["user_id", "status"], unique=False)
    op.add_column("sync_history", sa.Column("user_id", t.Id(), nullable=True))


def downgrade() -> None:
    """Drop them all; a table takes its indexes along."""
    op.drop_column("sync_history", "user_id")
    op.drop_index(op.f("ix_jobs_user_id_status"), table_name="jobs")
    op.drop_column("jobs", "user_id")
    op.drop_column("change_sets", "user_id")
    op.drop_table("spent_tokens")
    op.drop_table("user_settings")
    op.drop_table("sessions")
    op.drop_table("one_time_links")
    op.drop_table("audit_entries")
    op.drop_table("api_keys")
    op.drop_table("users")
    op.drop_table("signing_keys")
    op.drop_table("sign_in_failures")

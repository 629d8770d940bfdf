"""What is logged, configured and told to others, and how fresh what moves in and out is."""

import sqlalchemy as sa
from alembic import op

from mercat.core.database import types as t

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables, and two columns: the request behind a job, and when a budget's warning was given."""
    op.add_column("jobs", sa.Column("request_id", sa.String(length=64), nullable=True))
    op.add_column("api_budgets", sa.Column("warned_at", t.UTCDateTime(), nullable=True))
    op.create_table(
        "sync_freshness",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("sync_type", t.ascii_key(50), nullable=False),
        sa.Column("sync_source", sa.String(length=255), nullable=False),
        sa.Column("sync_target", sa.String(length=255), nullable=False),
        sa.Column("last_status", sa.String(length=20), nullable=False),
        sa.Column("last_run_at", t.UTCDateTime(), nullable=False),
        sa.Column("last_success_at", t.UTCDateTime(), nullable=True),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "last_status IN ('pending', 'running', 'success', 'partial', 'held', 'failed', 'cancelled')",
            name=op.f("ck_sync_freshness_last_status"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_freshness")),
        sa.UniqueConstraint(
            "sync_type",
            "sync_source",
            "sync_target",
            name=op.f("uq_sync_freshness_sync_type_sync_source_sync_target"),
        ),
    )
    op.create_table(
        "system_logs",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("event", sa.String(length=255), nullable=False),
        sa.Column("message", t.LongText, nullable=True),
        sa.Column("logger_name", sa.String(length=255), nullable=True),
        sa.Column("module", sa.String(length=255), nullable=True),
        sa.Column("function", sa.String(length=255), nullable=True),
        sa.Column("line_number", sa.Integer(), nullable=True),
        sa.Column("actor", sa.String(length=255), nullable=True),
        sa.Column("user_id", t.Id(), nullable=True),
        sa.Column("job_id", t.Id(), nullable=True),
        sa.Column("session_id", sa.String(length=64), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("data", t.KeptJson, nullable=True),
        sa.Column("stack_trace", t.LongText, nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "level IN ('debug', 'info', 'warning', 'error', 'critical')", name=op.f("ck_system_logs_level")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_system_logs")),
    )
    op.create_index(op.f("ix_system_logs_created_at"), "system_logs", ["created_at"], unique=False)
    op.create_index(op.f("ix_system_logs_job_id"), "system_logs", ["job_id"], unique=False)
    op.create_index(op.f("ix_system_logs_level_created_at"), "system_logs", ["level", "created_at"], unique=False)
    op.create_index(op.f("ix_system_logs_request_id"), "system_logs", ["request_id"], unique=False)
    op.create_table(
        "configurations",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("key", t.ascii_key(100), nullable=False),
        sa.Column("value", t.LongText, nullable=True),
        sa.Column("data_type", sa.String(length=10), nullable=False),
        sa.Column("description", t.LongText, nullable=False),
        sa.Column("category", sa.String(length=50), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("is_encrypted", sa.Boolean(), nullable=False),
        sa.Column("validation_regex", sa.String(length=500), nullable=True),
        sa.Column("changed_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "data_type IN ('string', 'integer', 'float', 'boolean', 'json', 'secret')",
            name=op.f("ck_configurations_data_type"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_configurations")),
        sa.UniqueConstraint("key", name=op.f("uq_configurations_key")),
    )
    op.create_table(
        "configuration_changes",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("key", t.ascii_key(100), nullable=False),
        sa.Column("old_value", t.LongText, nullable=True),
        sa.Column("new_value", t.LongText, nullable=True),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("user_id", t.Id(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_configuration_changes")),
    )
    op.create_index(op.f("ix_configuration_changes_key_id"), "configuration_changes", ["key", "id"], unique=False)
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("url", t.LongText, nullable=False),
        sa.Column("description", t.LongText, nullable=True),
        sa.Column("events", t.KeptJson, nullable=False),
        sa.Column("secrets", t.LongText, nullable=False),
        sa.Column("old_secret_until", t.UTCDateTime(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", t.LongText, nullable=True),
        sa.Column("failing_since", t.UTCDateTime(), nullable=True),
        sa.Column("last_success_at", t.UTCDateTime(), nullable=True),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
        sa.UniqueConstraint("name", name=op.f("uq_webhook_endpoints_name")),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("endpoint_id", t.Id(), nullable=False),
        sa.Column("event", sa.String(length=100), nullable=False),
        sa.Column("payload", t.LongText, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", t.UTCDateTime(), nullable=True),
        sa.Column("delivered_at", t.UTCDateTime(), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("latency_ms", sa.Integer(), nullable=True),
        sa.Column("answer", t.LongText, nullable=True),
        sa.Column("error", t.LongText, nullable=True),
        sa.Column("tries", t.KeptJson, nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("status IN ('pending', 'delivered', 'dead')", name=op.f("ck_webhook_deliveries_status")),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["webhook_endpoints.id"],
            name=op.f("fk_webhook_deliveries_endpoint_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
    )
    op.create_index(
        op.f("ix_webhook_deliveries_endpoint_id_status_next_at"),
        "webhook_deliveries",
        ["endpoint_id", "status", "next_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_webhook_deliveries_status_next_at"), "webhook_deliveries", ["status", "next_at"], unique=False
    )


def downgrade() -> None:
    """Drop them."""
    for name in (
        "webhook_deliveries",
        "webhook_endpoints",
        "configuration_changes",
        "configurations",
        "system_logs",
        "sync_freshness",
    ):
        op.drop_table(name)
    op.drop_column("api_budgets", "warned_at")
    op.drop_column("jobs", "request_id")

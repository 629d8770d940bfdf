"""Alerts: rules, thresholds, mutes, what they raised, and who was told; what users prefer about it."""

import sqlalchemy as sa
from alembic import op

from mercat.core.database import types as t

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None
_PREFERENCES = (
    "rank_threshold_pct",
    "price_threshold_pct",
    "digest",
    "quiet_to",
    "quiet_from",
    "notification_preferences",
)


def upgrade() -> None:
    """Create the tables, and the users' preferences."""
    with op.batch_alter_table("user_settings") as settings:
        settings.add_column(sa.Column("notification_preferences", t.KeptJson, nullable=True))
        settings.add_column(sa.Column("quiet_from", sa.String(length=5), nullable=True))
        settings.add_column(sa.Column("quiet_to", sa.String(length=5), nullable=True))
        settings.add_column(sa.Column("digest", sa.String(length=10), nullable=True))
        settings.add_column(sa.Column("price_threshold_pct", t.Amount(), nullable=True))
        settings.add_column(sa.Column("rank_threshold_pct", t.Amount(), nullable=True))
        settings.create_check_constraint(
            op.f("ck_user_settings_digest"), "digest IS NULL OR digest IN ('hourly', 'daily')"
        )
        settings.create_check_constraint(
            op.f("ck_user_settings_quiet_hours"), "(quiet_from IS NULL) = (quiet_to IS NULL)"
        )
    op.create_table(
        "alert_rules",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("key", t.ascii_key(100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", t.LongText, nullable=True),
        sa.Column("kind", t.ascii_key(50), nullable=False),
        sa.Column("subject_type", sa.String(length=50), nullable=False),
        sa.Column("condition", t.KeptJson, nullable=True),
        sa.Column("comparison", sa.String(length=20), nullable=True),
        sa.Column("threshold", t.Amount(), nullable=True),
        sa.Column("critical_threshold", t.Amount(), nullable=True),
        sa.Column("hysteresis_pct", sa.Integer(), nullable=False),
        sa.Column("cooldown_s", sa.Integer(), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("is_event", sa.Boolean(), nullable=False),
        sa.Column("auto_resolve", sa.Boolean(), nullable=False),
        sa.Column("channels", t.KeptJson, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_built_in", sa.Boolean(), nullable=False),
        sa.Column("fired_count", sa.Integer(), nullable=False),
        sa.Column("last_fired_at", t.UTCDateTime(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "comparison IS NULL OR comparison IN ('abs_least', 'least', 'above', 'most', 'below')",
            name=op.f("ck_alert_rules_comparison"),
        ),
        sa.CheckConstraint("severity IN ('info', 'warning', 'critical')", name=op.f("ck_alert_rules_severity")),
        sa.CheckConstraint("cooldown_s >= 0", name=op.f("ck_alert_rules_cooldown_s")),
        sa.CheckConstraint("hysteresis_pct BETWEEN 0 AND 100", name=op.f("ck_alert_rules_hysteresis_pct")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_rules")),
        sa.UniqueConstraint("key", name=op.f("uq_alert_rules_key")),
    )
    op.create_index(op.f("ix_alert_rules_kind_is_active"), "alert_rules", ["kind", "is_active"], unique=False)
    op.create_table(
        "alert_mutes",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("rule_id", t.Id(), nullable=True),
        sa.Column("subject_type", sa.String(length=50), nullable=True),
        sa.Column("subject_id", sa.String(length=100), nullable=True),
        sa.Column("until", t.UTCDateTime(), nullable=True),
        sa.Column("reason", t.LongText, nullable=True),
        sa.Column("muted_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("rule_id IS NOT NULL OR subject_id IS NOT NULL", name=op.f("ck_alert_mutes_says_what")),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["alert_rules.id"], name=op.f("fk_alert_mutes_rule_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_mutes")),
    )
    op.create_index(op.f("ix_alert_mutes_rule_id"), "alert_mutes", ["rule_id"], unique=False)
    op.create_index(
        op.f("ix_alert_mutes_subject_type_subject_id"), "alert_mutes", ["subject_type", "subject_id"], unique=False
    )
    op.create_table(
        "alert_thresholds",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("rule_id", t.Id(), nullable=False),
        sa.Column("user_id", t.Id(), nullable=True),
        sa.Column("subject_id", sa.String(length=100), nullable=True),
        sa.Column("category_id", sa.String(length=100), nullable=True),
        sa.Column("scope_key", t.ascii_key(64), nullable=False),
        sa.Column("threshold", t.Amount(), nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["alert_rules.id"], name=op.f("fk_alert_thresholds_rule_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_alert_thresholds_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_thresholds")),
        sa.UniqueConstraint("rule_id", "scope_key", name=op.f("uq_alert_thresholds_rule_id_scope_key")),
    )
    op.create_index(op.f("ix_alert_thresholds_user_id"), "alert_thresholds", ["user_id"], unique=False)
    op.create_table(
        "alerts",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("rule_id", t.Id(), nullable=True),
        sa.Column("rule_key", t.ascii_key(100), nullable=False),
        sa.Column("alert_type", t.ascii_key(50), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("message", t.LongText, nullable=False),
        sa.Column("subject_type", sa.String(length=50), nullable=False),
        sa.Column("subject_id", sa.String(length=100), nullable=False),
        sa.Column("subject_label", sa.String(length=255), nullable=True),
        sa.Column("snapshot_ref", sa.String(length=100), nullable=True),
        sa.Column("measure", t.Amount(), nullable=True),
        sa.Column("old_value", sa.String(length=255), nullable=True),
        sa.Column("new_value", sa.String(length=255), nullable=True),
        sa.Column("change_percentage", t.Amount(), nullable=True),
        sa.Column("data", t.KeptJson, nullable=False),
        sa.Column("action_url", sa.String(length=500), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("opened_at", t.UTCDateTime(), nullable=False),
        sa.Column("last_seen_at", t.UTCDateTime(), nullable=False),
        sa.Column("occurrences", sa.Integer(), nullable=False),
        sa.Column("acknowledged_by", sa.String(length=255), nullable=True),
        sa.Column("acknowledged_at", t.UTCDateTime(), nullable=True),
        sa.Column("snoozed_until", t.UTCDateTime(), nullable=True),
        sa.Column("resolved_by", sa.String(length=255), nullable=True),
        sa.Column("resolved_at", t.UTCDateTime(), nullable=True),
        sa.Column("resolution", sa.String(length=20), nullable=True),
        sa.Column("resolution_notes", t.LongText, nullable=True),
        sa.Column("dedupe_key", t.ascii_key(64), nullable=False),
        sa.Column("open_key", t.ascii_key(64), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("(status = 'resolved') = (resolved_at IS NOT NULL)", name=op.f("ck_alerts_resolved_at")),
        sa.CheckConstraint(
            "resolution IS NULL OR resolution IN ('person', 'cleared', 'superseded')", name=op.f("ck_alerts_resolution")
        ),
        sa.CheckConstraint("severity IN ('info', 'warning', 'critical')", name=op.f("ck_alerts_severity")),
        sa.CheckConstraint("status IN ('open', 'acknowledged', 'snoozed', 'resolved')", name=op.f("ck_alerts_status")),
        sa.ForeignKeyConstraint(["rule_id"], ["alert_rules.id"], name=op.f("fk_alerts_rule_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("open_key", name=op.f("uq_alerts_open_key")),
    )
    op.create_index(op.f("ix_alerts_alert_type_status"), "alerts", ["alert_type", "status"], unique=False)
    op.create_index(op.f("ix_alerts_dedupe_key_last_seen_at"), "alerts", ["dedupe_key", "last_seen_at"], unique=False)
    op.create_index(op.f("ix_alerts_opened_at"), "alerts", ["opened_at"], unique=False)
    op.create_index(op.f("ix_alerts_rule_id"), "alerts", ["rule_id"], unique=False)
    op.create_index(
        op.f("ix_alerts_status_severity_opened_at"), "alerts", ["status", "severity", "opened_at"], unique=False
    )
    op.create_index(op.f("ix_alerts_status_snoozed_until"), "alerts", ["status", "snoozed_until"], unique=False)
    op.create_index(op.f("ix_alerts_subject_type_subject_id"), "alerts", ["subject_type", "subject_id"], unique=False)
    op.create_table(
        "notifications",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("user_id", t.Id(), nullable=False),
        sa.Column("alert_id", t.Id(), nullable=True),
        sa.Column("type", t.ascii_key(50), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("message", t.LongText, nullable=False),
        sa.Column("data", t.KeptJson, nullable=False),
        sa.Column("priority", sa.String(length=10), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("read_at", t.UTCDateTime(), nullable=True),
        sa.Column("sent_at", t.UTCDateTime(), nullable=True),
        sa.Column("action_url", sa.String(length=500), nullable=True),
        sa.Column("next_at", t.UTCDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", t.LongText, nullable=True),
        sa.Column("tries", t.KeptJson, nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("channel IN ('in_app', 'email', 'webhook')", name=op.f("ck_notifications_channel")),
        sa.CheckConstraint("priority IN ('low', 'normal', 'high', 'urgent')", name=op.f("ck_notifications_priority")),
        sa.CheckConstraint(
            "status IN ('unread', 'read', 'pending', 'sent', 'failed')", name=op.f("ck_notifications_status")
        ),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_notifications_alert_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notifications_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
    )
    op.create_index(op.f("ix_notifications_alert_id"), "notifications", ["alert_id"], unique=False)
    op.create_index(op.f("ix_notifications_status_next_at"), "notifications", ["status", "next_at"], unique=False)
    op.create_index(
        op.f("ix_notifications_user_id_status_created_at"),
        "notifications",
        ["user_id", "status", "created_at"],
        unique=False,
    )


def downgrade() -> None:
    """Drop the tables and the preferences."""
    op.drop_table("notifications")
    op.drop_table("alerts")
    op.drop_table("alert_thresholds")
    op.drop_table("alert_mutes")
    op.drop_table("alert_rules")
    with op.batch_alter_table("user_settings") as settings:
        settings.drop_constraint(op.f("ck_user_settings_quiet_hours"), type_="check")
        settings.drop_constraint(op.f("ck_user_settings_digest"), type_="check")
        for name in _PREFERENCES:
            settings.drop_column(name)

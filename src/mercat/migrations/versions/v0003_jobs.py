"""Durable jobs, their logs, schedules and workers."""

import sqlalchemy as sa
from alembic import op

from mercat.core.database import types as t

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables of durable jobs."""
    op.create_table(
        "job_workers",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("queues", t.KeptJson, nullable=False),
        sa.Column("concurrency", sa.Integer(), nullable=False),
        sa.Column("beats", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", t.UTCDateTime(), nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_workers")),
        sa.UniqueConstraint("name", name=op.f("uq_job_workers_name")),
    )
    op.create_table(
        "schedules",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=100), nullable=False),
        sa.Column("payload", t.KeptJson, nullable=False),
        sa.Column("queue", sa.String(length=100), nullable=False),
        sa.Column("cron", sa.String(length=200), nullable=True),
        sa.Column("every_s", sa.Integer(), nullable=True),
        sa.Column("timezone", sa.String(length=100), nullable=False),
        sa.Column("may_overlap", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("next_at", t.UTCDateTime(), nullable=False),
        sa.Column("last_at", t.UTCDateTime(), nullable=True),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("last_job_id", t.Id(), nullable=True),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("(cron IS NULL) <> (every_s IS NULL)", name=op.f("ck_schedules_cron_or_every")),
        sa.CheckConstraint("every_s IS NULL OR every_s > 0", name=op.f("ck_schedules_every_s")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
        sa.UniqueConstraint("name", name=op.f("uq_schedules_name")),
    )
    op.create_index(op.f("ix_schedules_is_active_next_at"), "schedules", ["is_active", "next_at"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("kind", sa.String(length=100), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("queue", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=True),
        sa.Column("items_done", sa.BigInteger(), nullable=True),
        sa.Column("items_total", sa.BigInteger(), nullable=True),
        sa.Column("current_stage", sa.String(length=255), nullable=True),
        sa.Column("payload", t.KeptJson, nullable=False),
        sa.Column("result", t.KeptJson, nullable=True),
        sa.Column("error", t.LongText, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("run_after", t.UTCDateTime(), nullable=False),
        sa.Column("started_at", t.UTCDateTime(), nullable=True),
        sa.Column("completed_at", t.UTCDateTime(), nullable=True),
        sa.Column("estimated_seconds", sa.Integer(), nullable=True),
        sa.Column("cancel_requested_at", t.UTCDateTime(), nullable=True),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("subject_type", sa.String(length=50), nullable=True),
        sa.Column("subject_id", sa.String(length=100), nullable=True),
        sa.Column("parent_id", t.Id(), nullable=True),
        sa.Column("schedule_id", t.Id(), nullable=True),
        sa.Column("merge_key", sa.String(length=250), nullable=True),
        sa.Column("queued_key", sa.String(length=250), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("steps_done", sa.Integer(), nullable=False),
        sa.Column("handed_at", t.UTCDateTime(), nullable=True),
        sa.Column("worker", sa.String(length=255), nullable=True),
        sa.Column("claim", t.Id(), nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'running', 'completed', 'failed', 'cancelled')", name=op.f("ck_jobs_status")
        ),
        sa.CheckConstraint("priority BETWEEN 1 AND 100", name=op.f("ck_jobs_priority")),
        sa.CheckConstraint("progress IS NULL OR progress BETWEEN 0 AND 100", name=op.f("ck_jobs_progress")),
        sa.ForeignKeyConstraint(["parent_id"], ["jobs.id"], name=op.f("fk_jobs_parent_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedules.id"], name=op.f("fk_jobs_schedule_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("queued_key", name=op.f("uq_jobs_queued_key")),
    )
    op.create_index(op.f("ix_jobs_actor_status"), "jobs", ["actor", "status"], unique=False)
    op.create_index(op.f("ix_jobs_kind"), "jobs", ["kind"], unique=False)
    op.create_index(op.f("ix_jobs_merge_key_status"), "jobs", ["merge_key", "status"], unique=False)
    op.create_index(op.f("ix_jobs_parent_id"), "jobs", ["parent_id"], unique=False)
    op.create_index(op.f("ix_jobs_schedule_id"), "jobs", ["schedule_id"], unique=False)
    op.create_index(op.f("ix_jobs_status_created_at"), "jobs", ["status", "created_at"], unique=False)
    op.create_index(
        op.f("ix_jobs_status_handed_at_run_after_priority"),
        "jobs",
        ["status", "handed_at", "run_after", "priority"],
        unique=False,
    )
    op.create_index(op.f("ix_jobs_subject_type_subject_id"), "jobs", ["subject_type", "subject_id"], unique=False)
    op.create_table(
        "job_events",
        sa.Column("id", t.Id(), nullable=False),
        sa.Column("job_id", t.Id(), nullable=False),
        sa.Column("at", t.UTCDateTime(), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("message", t.LongText, nullable=False),
        sa.Column("data", t.KeptJson, nullable=True),
        sa.Column("created_at", t.UTCDateTime(), nullable=False),
        sa.Column("updated_at", t.UTCDateTime(), nullable=False),
        sa.CheckConstraint("level IN ('debug', 'info', 'warning', 'error')", name=op.f("ck_job_events_level")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_job_events_job_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_events")),
    )
    op.create_index(op.f("ix_job_events_job_id_id"), "job_events", ["job_id", "id"], unique=False)


def downgrade() -> None:
    """Drop them again, children first; their indexes go with them."""
    op.drop_table("job_events")
    op.drop_table("jobs")
    op.drop_table("schedules")
    op.drop_table("job_workers")

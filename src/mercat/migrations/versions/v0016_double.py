"""Figures of calls in double precision on MariaDB too, so that a copy of the database is equal to it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_COLUMNS = ("points", "rate_limit_remaining")


def upgrade() -> None:
    """From MariaDB's single precision; the others had double all along."""
    if op.get_context().dialect.name in {"mysql", "mariadb"}:
        for name in _COLUMNS:
            op.alter_column("api_usage", name, existing_type=sa.Float(), type_=mysql.DOUBLE(), existing_nullable=True)


def downgrade() -> None:
    """Back to single precision."""
    if op.get_context().dialect.name in {"mysql", "mariadb"}:
        for name in _COLUMNS:
            op.alter_column("api_usage", name, existing_type=mysql.DOUBLE(), type_=sa.Float(), existing_nullable=True)

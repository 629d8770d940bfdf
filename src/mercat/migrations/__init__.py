"""Alembic, inside the wheel."""

"""Alembic's entry: runs the revisions on the connection that ``core.database.migrate`` hands over."""

from alembic import context

from mercat.core.database.base import Base
from mercat.core.database.migrate import is_ours, same_type
from mercat.core.jobs import models as _jobs  # noqa: F401  # the tables register themselves
from mercat.domain import register_tables

register_tables()
if context.is_offline_mode():
    context.configure(
        dialect_name=context.config.attributes["dialect"],
        target_metadata=Base.metadata,
        transaction_per_migration=False,
    )
else:
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=same_type,
        include_object=is_ours,
        transaction_per_migration=False,
    )
with context.begin_transaction():
    context.run_migrations()

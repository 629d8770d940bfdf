"""What follows when the schema is of this version: what is derived, schedules, and work on rows that came with it."""

from __future__ import annotations

from mercat.cli.session import me
from mercat.core.unit import Runtime
from mercat.domain import register_data_steps
from mercat.domain.alerts import service as alerts
from mercat.domain.catalog import service as catalog
from mercat.domain.market import service as market
from mercat.domain.operations import service as operations
from mercat.domain.suggestions import service as suggestions


def settle_in(runtime: Runtime) -> dict[str, int]:
    """Safe to repeat. Rows that data steps touched, by their names."""
    # A revision may have emptied the search index.
    catalog.index_pending(runtime)
    with runtime.write(me()) as unit:
        operations.ensure_nightly(unit)
        alerts.ensure_rules(unit)
        alerts.ensure_watch(unit)
        market.ensure_schedules(unit)
        suggestions.ensure_consulting(unit)
    register_data_steps()
    return operations.run_data_steps(runtime, me())

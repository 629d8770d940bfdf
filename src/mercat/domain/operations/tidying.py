"""Retention: what is older than it is to be kept goes, in small steps that hold nobody up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.unit import ReadUnit, Runtime, WriteUnit
from mercat.domain.operations.calling import month_of
from mercat.domain.operations.configurable import (
    KEEP_INBOX,
    KEEP_JOB_LOGS,
    KEEP_LOGS,
    KEEP_USAGE,
    KEEP_WEBHOOKS,
    Key,
)
from mercat.domain.operations.configuring import value_of
from mercat.domain.operations.messages import Forgetting, Tidy
from mercat.domain.operations.requests import KEPT_FOR
from mercat.domain.operations.scheduling import ensure_schedule
from mercat.domain.operations.tidy_repository import TidyRepository

_AT_ONCE = 2_000
_KEPT: dict[str, Key[int]] = {
    "system_logs": KEEP_LOGS,
    "job_events": KEEP_JOB_LOGS,
    "api_usage": KEEP_USAGE,
    "processed_hashes": KEEP_INBOX,
    "webhook_deliveries": KEEP_WEBHOOKS,
}
NIGHTLY = "tidy"
_CRON = "40 3 * * *"


def tidy(
    runtime: Runtime,
    actor: Actor,
    *,
    dry_run: bool = False,
    days: int | None = None,
    check: Callable[[], None] = lambda: None,
) -> dict[str, int]:
    """Remove what is older than the configuration keeps it: rows by table. ``dry_run`` only counts.

    ``days``: remove what is older than that, whatever the configuration says.
    Each step is a unit of its own; ``check`` is called between them and may raise to stop. Safe to repeat.
    """
    actor.require("operations.configure")
    with runtime.read(actor) as unit:
        ends = _ends(unit, days)
        counts = (
            {table: TidyRepository(unit.session).count(table, before) for table, before in ends.items()}
            if dry_run
            else {}
        )
    if dry_run:
        return {**counts, **_forget(runtime, actor, days=days, is_dry=True)}
    gone = dict.fromkeys(ends, 0)
    for table, before in ends.items():
        while True:
            check()
            with runtime.read(actor) as unit:
                ids = TidyRepository(unit.session).old(table, before, most=_AT_ONCE)
            if not ids:
                break
            gone[table] += runtime.attempt(partial(_remove, table=table, ids=ids), actor)
    while True:
        check()
        some = _forget(runtime, actor, days=days)
        gone |= {table: gone.get(table, 0) + count for table, count in some.items()}
        if not any(some.values()):
            return gone


def _forget(runtime: Runtime, actor: Actor, *, days: int | None, is_dry: bool = False) -> dict[str, int]:
    """The same of the rooms above, which know what is over."""

    def tell(unit: WriteUnit) -> dict[str, int]:
        fact = Forgetting(days, is_dry)
        unit.announce(fact)
        return fact.gone

    return runtime.attempt(tell, actor)


def ensure_nightly(unit: WriteUnit) -> None:
    """Have ``tidy`` run every night, unless a schedule of that name is there already."""
    ensure_schedule(unit, NIGHTLY, Tidy(), cron=_CRON)


def _ends(unit: ReadUnit, days: int | None) -> dict[str, dt.datetime]:
    """The instant before which each table's rows go; a table that is kept for ever is left out."""
    kept = {table: value_of(unit, key) if days is None else days for table, key in _KEPT.items()}
    ends = {table: unit.now - dt.timedelta(days=age) for table, age in kept.items() if age or days is not None}
    if "api_usage" in ends:
        # Budgets count the calls of this month.
        ends["api_usage"] = min(ends["api_usage"], month_of(unit.now))
    return {**ends, "idempotent_requests": unit.now - KEPT_FOR}


def _remove(unit: WriteUnit, table: str, ids: list[UUID]) -> int:
    return TidyRepository(unit.session).remove(table, ids)

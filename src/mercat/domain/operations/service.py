"""What operations keeps: runs, jobs and schedules, calls that went out with their cost, deliveries that came in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from mercat.core.jobs.context import current_job
from mercat.core.page import Page
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.operations.calling import BudgetView, record_calls, refuse_overspent, set_budget, usage
from mercat.domain.operations.inbox import Delivery, claim, claimed_deliveries, finish_deliveries, purge_deliveries
from mercat.domain.operations.models import SyncHistory
from mercat.domain.operations.repository import SyncHistoryRepository
from mercat.domain.operations.scheduling import (
    ScheduleDraft,
    add_schedule,
    find_schedule,
    list_schedules,
    remove_schedule,
    run_schedule,
)
from mercat.domain.operations.steering import (
    OVER,
    cancel_job,
    count_jobs,
    get_job,
    job_log,
    list_jobs,
    retry_job,
)

__all__ = [
    "OVER",
    "BudgetView",
    "Delivery",
    "RunResult",
    "ScheduleDraft",
    "add_schedule",
    "begin_run",
    "cancel_job",
    "claim",
    "claimed_deliveries",
    "close_orphans",
    "count_jobs",
    "find_schedule",
    "finish_deliveries",
    "finish_run",
    "get_job",
    "job_log",
    "list_jobs",
    "list_runs",
    "list_schedules",
    "purge_deliveries",
    "record_calls",
    "refuse_overspent",
    "remove_schedule",
    "retry_job",
    "run_schedule",
    "set_budget",
    "usage",
]


_MOST_LISTED = 200


@dataclass(frozen=True)
class RunResult:
    """How a run went. ``successful + failed + skipped`` is what was processed."""

    status: str
    total: int = 0
    successful: int = 0
    failed: int = 0
    skipped: int = 0
    record_counts: Mapping[str, int] = field(default_factory=dict)
    message: str | None = None
    warnings: Sequence[str] = ()
    errors: Sequence[str] = ()
    change_set_id: UUID | None = None


def begin_run(
    unit: WriteUnit, sync_type: str, *, source: str, target: str, files: Sequence[Mapping[str, Any]]
) -> SyncHistory:
    """A run starts; it knows the job that it is part of."""
    run = SyncHistory(
        sync_type=sync_type,
        sync_source=source[:255],
        sync_target=target,
        status="running",
        started_at=unit.now,
        input_files=[dict(each) for each in files],
        actor=unit.actor.name,
        job_id=current_job(),
    )
    unit.add(run)
    return run


def finish_run(unit: WriteUnit, run_id: UUID, result: RunResult) -> None:
    """A run ends. Of very many warnings the first two hundred are kept, with a line that says so."""
    run = SyncHistoryRepository(unit.session).get(run_id)
    run.status = result.status
    run.completed_at = unit.now
    run.total_items = result.total
    run.items_processed = result.successful + result.failed + result.skipped
    run.items_successful, run.items_failed, run.items_skipped = result.successful, result.failed, result.skipped
    run.record_counts = dict(result.record_counts)
    run.message = result.message
    run.warnings, run.errors = _listed(result.warnings), _listed(result.errors)
    run.change_set_id = result.change_set_id


def close_orphans(
    unit: WriteUnit,
    sync_type: str,
    *,
    source: str | None = None,
    target: str | None = None,
    message: str = "nothing of it was applied",
) -> int:
    """Runs whose process died are marked failed. The caller holds the lock that every run of this type holds.

    ``source``, ``target``: only runs from or to there, where each has a lock of its own.
    """
    orphans = SyncHistoryRepository(unit.session).running(sync_type)
    orphans = [each for each in orphans if target is None or each.sync_target == target]
    orphans = [each for each in orphans if source is None or each.sync_source == source]
    for each in orphans:
        each.status, each.completed_at = "failed", unit.now
        each.message = f"the process ended before the run did; {message}"
    return len(orphans)


def list_runs(unit: ReadUnit, *, sync_type: str | None = None, page: int = 1, per_page: int = 50) -> Page[SyncHistory]:
    """Runs, newest first."""
    return SyncHistoryRepository(unit.session).newest(sync_type=sync_type, page=page, per_page=per_page)


def _listed(lines: Sequence[str]) -> list[str]:
    more = len(lines) - _MOST_LISTED
    return [*lines[:_MOST_LISTED], *([f"... and {more} more"] if more > 0 else [])]

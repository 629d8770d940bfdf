"""Runs that move data in or out: begun, ended, and how fresh what they move is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from mercat.core.jobs.context import current_job
from mercat.core.page import Page
from mercat.core.redaction import scrub
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.operations.emitting import emit
from mercat.domain.operations.messages import RunNoted
from mercat.domain.operations.models import SyncHistory
from mercat.domain.operations.repository import FreshnessRepository, SyncHistoryRepository

# What is told to endpoints when a run of a type ends.
_EVENTS = {
    "feed_import": "feed.run_finished",
    "store_publish": "store.publish_finished",
    "store_pull": "store.pull_finished",
}
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
        user_id=unit.actor.id,
        job_id=current_job(),
    )
    unit.add(run)
    return run


def finish_run(unit: WriteUnit, run_id: UUID, result: RunResult) -> None:
    """A run ends. Of very many warnings the first two hundred are kept, with a line that says so.

    Secrets are hidden in what it says: a vendor's refusal may repeat what it was sent.
    """
    run = SyncHistoryRepository(unit.session).get(run_id)
    run.status = result.status
    run.completed_at = unit.now
    run.total_items = result.total
    run.items_processed = result.successful + result.failed + result.skipped
    run.items_successful, run.items_failed, run.items_skipped = result.successful, result.failed, result.skipped
    run.record_counts = dict(result.record_counts)
    run.message = None if result.message is None else scrub(result.message)
    run.warnings, run.errors = _listed(result.warnings), _listed(result.errors)
    run.change_set_id = result.change_set_id
    _tell(unit, run)


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
        _tell(unit, each)
    return len(orphans)


def note_freshness(unit: WriteUnit, sync_type: str, *, source: str = "", target: str = "", status: str) -> None:
    """How the last run from there to there went, for whoever asks how fresh things are. Of a feed ``source`` is its name."""
    is_good = status in {"success", "partial"}
    is_failure = status == "failed"
    repository = FreshnessRepository(unit.session)
    repository.note(sync_type, source, target, status, unit.now, is_good=is_good, is_failure=is_failure)
    in_a_row = repository.failed_in_a_row(sync_type, source, target)
    unit.announce(RunNoted(sync_type, source, target, status, in_a_row))


def forget_freshness(unit: WriteUnit, sync_type: str, name: str) -> None:
    """A feed or a store of this name is gone: nobody waits for its runs."""
    FreshnessRepository(unit.session).forget(sync_type, name)


def list_runs(unit: ReadUnit, *, sync_type: str | None = None, page: int = 1, per_page: int = 50) -> Page[SyncHistory]:
    """Runs, newest first."""
    return SyncHistoryRepository(unit.session).newest(sync_type=sync_type, page=page, per_page=per_page)


def _tell(unit: WriteUnit, run: SyncHistory) -> None:
    event = _EVENTS.get(run.sync_type)
    if event is not None:
        facts = {
            "run_id": run.id,
            "source": run.sync_source,
            "target": run.sync_target,
            "status": run.status,
            "items_processed": run.items_processed,
            "items_failed": run.items_failed,
            "counts": run.record_counts,
            "message": run.message,
            "change_set_id": run.change_set_id,
            "job_id": run.job_id,
        }
        emit(unit, event, facts)


def _listed(lines: Sequence[str]) -> list[str]:
    more = len(lines) - _MOST_LISTED
    return [*map(scrub, lines[:_MOST_LISTED]), *([f"... and {more} more"] if more > 0 else [])]

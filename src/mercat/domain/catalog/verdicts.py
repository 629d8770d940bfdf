"""Verdicts on change sets: carried out beside running imports, at once or as a job."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.database.locks import named_lock
from mercat.core.jobs import UNWATCHED, Watch
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.catalog.deciding import approve, get_set, reject
from mercat.domain.catalog.indexing import index_pending
from mercat.domain.catalog.messages import DecideSet
from mercat.domain.catalog.reviewing import apply_passed
from mercat.domain.catalog.undoing import undo

# Held by whoever changes the catalogue in bulk: one at a time.
BULK_LOCK = "bulk"
Verdict = Literal["approve", "apply_passed", "reject", "undo"]
_PERMISSIONS = {
    "approve": "catalog.approve",
    "apply_passed": "catalog.approve",
    "reject": "catalog.approve",
    "undo": "catalog.undo",
}
_ASKED_FOR = 20
# A larger set takes longer than somebody should be kept waiting.
_MOST_AT_ONCE = 5_000


def decide(
    runtime: Runtime, actor: Actor, reference: str, verdict: Verdict, *, watch: Watch = UNWATCHED
) -> dict[str, Any]:
    """Carry a verdict out; the set that stands in the end (of an undoing: the set that did it), in plain values.

    It waits its turn behind running imports, and the search index follows. Raises ``NotFound``, and ``Conflict`` for a
    set about which there is nothing to decide.
    """
    actor.require(_PERMISSIONS[verdict])
    with named_lock(runtime.engine, BULK_LOCK, on_wait=watch.stand_in_line):
        decided = runtime.attempt(lambda unit: _carry_out(unit, reference, verdict, watch), actor)
    index_pending(runtime, progress=lambda done: watch.progress("indexing for search", done, None))
    return decided


def _carry_out(unit: WriteUnit, reference: str, verdict: Verdict, watch: Watch) -> dict[str, Any]:
    found = get_set(unit, reference)

    def progress(stage: str, done: int) -> None:
        watch.progress(stage, done, None)

    if verdict == "reject":
        return described(reject(unit, found.id))
    act = {"approve": approve, "apply_passed": apply_passed, "undo": undo}[verdict]
    return described(act(unit, found.id, progress=progress))


def decide_soon(runtime: Runtime, actor: Actor, reference: str, verdict: Verdict) -> dict[str, Any] | UUID:
    """Carry a verdict out at once, as ``decide`` does; what takes longer than somebody waits is left to a worker: the job's id."""
    with runtime.read(actor) as unit:
        change_set = get_set(unit, reference)
        touched = sum(change_set.counts.get(name, 0) for name in ("created", "updated", "archived"))
    if verdict == "reject" or touched <= _MOST_AT_ONCE:
        return decide(runtime, actor, str(change_set.id), verdict)
    return runtime.attempt(lambda unit: enqueue_verdict(unit, change_set.id, verdict), actor)


def enqueue_verdict(unit: WriteUnit, change_set_id: UUID, verdict: Verdict) -> UUID:
    """Have a worker carry it out; the job's id. Raises ``Forbidden``."""
    unit.actor.require(_PERMISSIONS[verdict])
    message = DecideSet(str(change_set_id), verdict)
    key = f"{verdict}-{change_set_id}"
    return unit.enqueue(message, key=key, subject=("change_set", str(change_set_id)), priority=_ASKED_FOR)


def described(change_set: Any) -> dict[str, Any]:
    """A change set in plain values, as every door shows it."""
    names = (
        *("id", "status", "title", "origin", "source", "counts", "findings", "evidence", "created_by", "created_at"),
        *("approved_by", "approved_at", "applied_at", "undone_at", "undo_of"),
    )
    return {name: getattr(change_set, name) for name in names}

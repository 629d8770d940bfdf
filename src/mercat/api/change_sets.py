"""Change sets over HTTP: what was planned, held, applied and undone, and deciding about it."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field
from starlette.responses import Response

from mercat.api.answers import answer
from mercat.api.asking import Asked
from mercat.api.jobs import accepted
from mercat.api.lists import add_list, item_model
from mercat.api.routes import Caller, House, Room, needs
from mercat.core.actor import Actor
from mercat.core.lists import get_row
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.catalog import service as catalog

router = Room("Change sets")
ChangeSetItem = item_model("ChangeSet", catalog.CHANGE_SETS)

add_list(router, "/change-sets", catalog.CHANGE_SETS, name="ChangeSet")
add_list(router, "/changes", catalog.CHANGES, name="Change")
add_list(router, "/review", catalog.REVIEW, name="ReviewedChange")


class ReviewFigures(BaseModel):
    """How far a set is decided, in rows of its source. `passing` would be applied now."""

    flagged: int
    approved: int
    held: int
    rejected: int
    open: int
    passing: int
    rules: dict[str, str] = Field(description="what was decided about all that a rule flagged")


class RowDecision(Asked):
    """What is decided about rows of a set that waits, or about all that a rule flagged."""

    decision: Literal["approved", "held", "rejected", "open"]
    keys: list[str] = Field([], max_length=10_000, description="rows, by the supplier's keys")
    change_ids: list[UUID] = Field([], max_length=10_000, description="rows, by changes that belong to them")
    rule: str | None = Field(None, max_length=50, description="a guard's rule, for all that it flagged")


@router.get("/change-sets/{change_set_id:uuid}", response_model=ChangeSetItem, **needs("catalog.read"))
def get_change_set(change_set_id: UUID, runtime: House, caller: Caller) -> Response:
    """One change set. Its changes are the list `/changes?change_set_id=…`, its bad rows `/rejects?change_set_id=…`."""
    with runtime.read(caller) as unit:
        return answer(get_row(unit, catalog.CHANGE_SETS, change_set_id, called="change set"))


@router.post("/change-sets/{change_set_id:uuid}/approve", response_model=ChangeSetItem, **needs("catalog.approve"))
def approve_change_set(change_set_id: UUID, runtime: House, caller: Caller) -> Response:
    """Let a held or planned set through. A large one is applied by a worker: 202 with its job."""
    return _decide(runtime, caller, change_set_id, "approve")


@router.get("/change-sets/{change_set_id:uuid}/review", response_model=ReviewFigures, **needs("catalog.read"))
def review_change_set(change_set_id: UUID, runtime: House, caller: Caller) -> Response:
    """How far a set is decided. What was decided about each change stands in the list `/review?change_set_id=…`."""
    return _reviewed(runtime, caller, change_set_id)


@router.post("/change-sets/{change_set_id:uuid}/decisions", response_model=ReviewFigures, **needs("catalog.approve"))
def decide_rows(change_set_id: UUID, runtime: House, caller: Caller, asked: RowDecision) -> Response:
    """Approve, hold or reject rows, or all that a rule flagged; `open` takes that back. Nothing is applied yet."""
    decision = None if asked.decision == "open" else asked.decision

    def work(unit: WriteUnit) -> None:
        catalog.decide_rows(
            unit, change_set_id, decision, keys=asked.keys, change_ids=asked.change_ids, rule=asked.rule
        )

    runtime.attempt(work, caller)
    return _reviewed(runtime, caller, change_set_id)


@router.post("/change-sets/{change_set_id:uuid}/apply-passed", response_model=ChangeSetItem, **needs("catalog.approve"))
def apply_what_passed(change_set_id: UUID, runtime: House, caller: Caller) -> Response:
    """Apply what nothing flagged and what was approved; what is open or held waits on in a set of its own."""
    return _decide(runtime, caller, change_set_id, "apply_passed")


@router.post("/change-sets/{change_set_id:uuid}/reject", response_model=ChangeSetItem, **needs("catalog.approve"))
def reject_change_set(change_set_id: UUID, runtime: House, caller: Caller) -> Response:
    """Turn a held or planned set down. Nothing was touched and nothing will be."""
    return _decide(runtime, caller, change_set_id, "reject")


@router.post("/change-sets/{change_set_id:uuid}/undo", response_model=ChangeSetItem, **needs("catalog.undo"))
def undo_change_set(change_set_id: UUID, runtime: House, caller: Caller) -> Response:
    """Take an applied set back; the answer is the set that did it. A large one is undone by a worker: 202."""
    return _decide(runtime, caller, change_set_id, "undo")


def _reviewed(runtime: Runtime, caller: Actor, change_set_id: UUID) -> Response:
    with runtime.read(caller) as unit:
        return answer(catalog.review(unit, catalog.get_set(unit, str(change_set_id))))


def _decide(runtime: Runtime, caller: Actor, change_set_id: UUID, verdict: catalog.Verdict) -> Response:
    decided = catalog.decide_soon(runtime, caller, str(change_set_id), verdict)
    return accepted(runtime, caller, decided) if isinstance(decided, UUID) else answer(decided)

"""Deciding: a planned set is judged, approved, rejected or applied."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from mercat.core.errors import Conflict
from mercat.core.page import Page
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.catalog.applying import Progress, apply
from mercat.domain.catalog.change_repository import ChangeRepository, ChangeSetRepository
from mercat.domain.catalog.models import Change, ChangeSet
from mercat.domain.catalog.planning import Source
from mercat.domain.catalog.telling import ask_for_a_decision, is_decided


def open_set(
    unit: WriteUnit, source: Source, title: str, *, reference: str | None, evidence: Mapping[str, Any]
) -> ChangeSet:
    """Begin a set that is about to be planned."""
    unit.actor.require("catalog.plan")
    change_set = ChangeSet(
        origin=source.origin,
        origin_ref=reference,
        source=source.code,
        precedence=source.precedence,
        title=title[:500],
        status="planning",
        evidence=dict(evidence),
        created_by=unit.actor.name,
        user_id=unit.actor.id,
    )
    unit.add(change_set)
    return change_set


def close_plan(
    unit: WriteUnit,
    change_set_id: UUID,
    counts: Mapping[str, int],
    findings: Sequence[Mapping[str, Any]],
    *,
    waits: bool = True,
) -> ChangeSet:
    """The plan is whole: held if a guard found something, planned otherwise.

    ``waits``: a held one waits for a person; the caller does not let it through by itself.
    """
    change_set = ChangeSetRepository(unit.session).locked(change_set_id)
    if change_set.status != "planning":
        message = f"the change set is {change_set.status} already"
        raise Conflict(message)
    change_set.counts = dict(counts)
    change_set.findings = [dict(each) for each in findings]
    change_set.status = "held" if findings else "planned"
    if findings and waits:
        ask_for_a_decision(unit, change_set)
    return change_set


def discard(unit: WriteUnit, change_set_id: UUID) -> None:
    """Remove a set that was never decided."""
    unit.actor.require("catalog.plan")
    is_decided(unit, ChangeSetRepository(unit.session).get(change_set_id))
    ChangeSetRepository(unit.session).discard(change_set_id)


def discard_abandoned(unit: WriteUnit) -> int:
    """Remove what a killed run left: half a plan, or a whole one that it was about to apply.

    The caller holds the lock that every planner holds, so nobody is working on them.
    """
    repository = ChangeSetRepository(unit.session)
    left = repository.abandoned()
    for each in left:
        repository.discard(each.id)
    return len(left)


def last_set(unit: ReadUnit, source: str) -> ChangeSet | None:
    """The newest set of a source that stands or waits for a decision."""
    return ChangeSetRepository(unit.session).last_of(source)


def approve(
    unit: WriteUnit,
    change_set_id: UUID,
    *,
    progress: Progress = lambda _stage, _count: None,
    beside: Sequence[str] = (),
) -> ChangeSet:
    """A person lets a held or planned set through: it is applied at once. Raises ``Conflict`` for a decided one."""
    unit.actor.require("catalog.approve")
    change_set = ChangeSetRepository(unit.session).locked(change_set_id)
    if change_set.status not in {"held", "planned", "approved"}:
        message = f"the change set is {change_set.status}: there is nothing to approve"
        raise Conflict(message, change_set_id=str(change_set_id))
    change_set.status = "approved"
    change_set.approved_by, change_set.approved_at = unit.actor.name, unit.now
    unit.save()
    is_decided(unit, change_set)
    return apply(unit, change_set_id, progress=progress, beside=beside)


def reject(unit: WriteUnit, change_set_id: UUID) -> ChangeSet:
    """A person turns a set down. Nothing was touched and nothing will be."""
    unit.actor.require("catalog.approve")
    change_set = ChangeSetRepository(unit.session).locked(change_set_id)
    if change_set.status not in {"held", "planned", "approved"}:
        message = f"the change set is {change_set.status}: there is nothing to reject"
        raise Conflict(message, change_set_id=str(change_set_id))
    change_set.status = "rejected"
    is_decided(unit, change_set)
    return change_set


def get_set(unit: ReadUnit, reference: str) -> ChangeSet:
    """A set by its id or the end of it. Raises ``NotFound``."""
    return ChangeSetRepository(unit.session).get_by_reference(reference)


def is_any_decided(unit: ReadUnit, change_set_ids: Collection[UUID]) -> bool:
    """Whether one of these sets was applied, undone or turned down; those of killed runs are gone and count for nothing."""
    fates = ChangeSetRepository(unit.session).statuses(change_set_ids)
    return not fates.isdisjoint({"applied", "partially_applied", "undone", "rejected"})


def list_sets(unit: ReadUnit, *, status: str | None = None, page: int = 1, per_page: int = 50) -> Page[ChangeSet]:
    """Sets, newest first."""
    return ChangeSetRepository(unit.session).newest(status=status, page=page, per_page=per_page)


def list_changes(
    unit: ReadUnit, change_set_id: UUID, *, flagged: bool = False, page: int = 1, per_page: int = 50
) -> Page[Change]:
    """The changes of one set."""
    return ChangeRepository(unit.session).of_set(change_set_id, page=page, per_page=per_page, flagged=flagged)

"""Undoing: a set's statements are withdrawn, and each field falls back to what then stands.

The value of a field is what the best of the standing statements says, so sets can be undone in any order: undoing A
after B and a person's edit leaves what B and the edit alone would have made. What somebody else changed again since is
left alone and reported. Taking an undoing back is the same with the set among those that stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from mercat.core.clock import now
from mercat.core.errors import Conflict
from mercat.core.unit import WriteUnit
from mercat.domain.catalog import categories, locking
from mercat.domain.catalog.applying import CATEGORY_CREATED, Progress
from mercat.domain.catalog.category_changes import record
from mercat.domain.catalog.change_repository import LATER, STANDING, ChangeBulk, ChangeRepository, ChangeSetRepository
from mercat.domain.catalog.handing_over import Family
from mercat.domain.catalog.merging import PERSONS
from mercat.domain.catalog.models import Change, ChangeSet
from mercat.domain.catalog.settling import Settling
from mercat.domain.catalog.telling import tell

_PAGE = 1_000
_SAMPLES = 20
_FEEDS = ("feed", "import")


def undo(unit: WriteUnit, change_set_id: UUID, *, progress: Progress = lambda _stage, _count: None) -> ChangeSet:
    """Withdraw an applied set; the answer is the set that did it. Undoing an undoing makes the first one stand again.

    Raises ``Conflict`` for a set that does not stand.
    """
    unit.actor.require("catalog.undo")
    subject = ChangeSetRepository(unit.session).locked(change_set_id)
    if subject.status not in STANDING:
        message = f"the change set is {subject.status}: only an applied one can be undone"
        raise Conflict(message, change_set_id=str(change_set_id))
    if subject.origin == "undo":
        return _redo(unit, subject, progress)
    subject.status = "undone"
    subject.undone_at = unit.now
    undoing = ChangeSet(
        origin="undo",
        source=unit.actor.name,
        title=f"Undo: {subject.title}"[:500],
        status="applied",
        created_by=unit.actor.name,
        user_id=unit.actor.id,
        applied_at=now(),
        undo_of=subject.id,
    )
    unit.add(undoing)
    unit.expect_many()
    run = Settling(unit, subject, into=undoing, progress=progress)
    if subject.origin in _FEEDS:
        run.counts["restated"] += Family(unit, subject.source).hand_over(subject)
    _release_locks(unit, subject)
    run.settle()
    _take_back_tree(unit, subject, run)
    undoing.counts = dict(run.counts)
    if run.counts["conflicts"]:
        message = f"{run.counts['conflicts']} fields have changed again since and are left alone"
        undoing.findings = [
            {"rule": "changed_since", "count": run.counts["conflicts"], "message": message, "samples": run.kept}
        ]
        undoing.status = "partially_applied"
    run.announce(undoing)
    tell(unit, "change_set.undone", subject)
    return undoing


def _redo(unit: WriteUnit, undoing: ChangeSet, progress: Progress) -> ChangeSet:
    subject = None if undoing.undo_of is None else ChangeSetRepository(unit.session).locked(undoing.undo_of)
    if subject is None or subject.status != "undone":
        message = "what this undid stands again already, or is gone"
        raise Conflict(message)
    if tree := _tree_changes(unit, subject):
        return _redo_tree(unit, undoing, subject, tree)
    undoing.status, undoing.undone_at = "undone", unit.now
    conflicts = subject.counts.get("conflicts", 0)
    subject.status, subject.undone_at = "partially_applied" if conflicts else "applied", None
    subject.indexed_at = None
    unit.save()
    run = Settling(unit, subject, into=subject, progress=progress)
    if subject.origin in _FEEDS:
        Family(unit, subject.source).take_back(subject)
    if subject.origin in PERSONS:
        _lock_again(unit, subject)
    run.make_again()
    run.settle()
    run.drop_empty_categories()
    run.announce(subject)
    return subject


def _release_locks(unit: WriteUnit, subject: ChangeSet) -> None:
    """A person's lock goes with the edit that made it, unless another edit of the same field stands."""
    if subject.origin not in PERSONS:
        return
    changes = ChangeBulk(unit.bulk)
    for page in changes.pages(subject.id.bytes, "product_id IS NOT NULL", kinds=LATER, size=_PAGE):
        owners = {change.product_id for change in page if change.product_id is not None}
        edited = {
            (statement.change.product_id, statement.change.variant_id, statement.change.field)
            for statements in changes.statements(owners).values()
            for statement in statements
            if statement.stands and statement.origin in PERSONS
        }
        for change in page:
            if change.product_id and (change.product_id, change.variant_id, change.field) not in edited:
                locking.unlock_place(unit, change.product_id, change.variant_id, str(change.field))


def _lock_again(unit: WriteUnit, subject: ChangeSet) -> None:
    changes = ChangeBulk(unit.bulk)
    for page in changes.pages(subject.id.bytes, "product_id IS NOT NULL", kinds=LATER, size=_PAGE):
        standing = changes.existing({change.product_id for change in page if change.product_id is not None})
        places = {
            (change.product_id, change.variant_id, str(change.field))
            for change in page
            if change.product_id is not None and change.product_id in standing
        }
        locking.lock_places(unit, places, f"edited in {subject.id}")


def _redo_tree(unit: WriteUnit, undoing: ChangeSet, subject: ChangeSet, tree: Sequence[Change]) -> ChangeSet:
    """A set of its own, because what is done now may hold more or less than what was done then."""
    steps, refused = categories.redo_category_changes(unit, tree)
    if refused and not steps:
        message = f"it cannot be made again: {'; '.join(dict.fromkeys(reason for _, reason in refused))}"
        raise Conflict(message, change_set_id=str(undoing.id))
    undoing.status, undoing.undone_at = "undone", unit.now
    again = record(unit, subject.title, steps, origin=subject.origin)
    if refused:
        message = f"{len(refused)} changes of the tree could not be made again"
        samples = [{"field": change.field, "by": reason} for change, reason in refused[:_SAMPLES]]
        finding = {"rule": "changed_since", "count": len(refused), "message": message, "samples": samples}
        again.findings, again.status = [finding], "partially_applied"
    return again


def _tree_changes(unit: WriteUnit, subject: ChangeSet) -> list[Change]:
    changed = ChangeRepository(unit.session).about_categories(subject.id)
    return [change for change in changed if change.field != CATEGORY_CREATED]


def _take_back_tree(unit: WriteUnit, subject: ChangeSet, run: Settling) -> None:
    run.drop_empty_categories()
    moved = _tree_changes(unit, subject)
    for change, reason in categories.undo_category_changes(unit, moved) if moved else ():
        run.counts["conflicts"] += 1
        run.kept.append({"field": change.field, "by": reason})

"""Reviewing: a person decides about parts of a set that waits, and has applied what passes.

What is decided, is decided for a whole row of the source: its values came together, and the statement of a source is taken or not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from mercat.core.errors import Conflict, Invalid
from mercat.core.lists import ListQuery, ListSpec, list_rows
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.catalog import indexing
from mercat.domain.catalog.applying import Progress, apply
from mercat.domain.catalog.change_repository import ChangeBulk, ChangeSetRepository
from mercat.domain.catalog.models import ChangeSet, ReviewDecision
from mercat.domain.catalog.models.changes import DECISIONS, ROW, RULE
from mercat.domain.catalog.review_repository import PARTS, ReviewRepository, SiftingBulk, review_of, review_of_product
from mercat.domain.catalog.telling import tell
from mercat.domain.catalog.withholding import HOLD, REJECT, verdicts

Decision = Literal["approved", "held", "rejected"]
_WAITING = {"held", "planned", "approved"}
# Of so many products that a word finds, changes are shown.
_MOST_FOUND = 500
_AT_ONCE = 5_000
_MOST_BESIDE = 100
_TAKES = ("created", "updated", "archived")


@dataclass(frozen=True)
class Review:
    """How far a set is decided, in rows of its source. ``passing`` would be applied now; ``open`` are flagged and undecided.

    ``rules``: what was decided about all that a rule flagged.
    """

    flagged: int
    approved: int
    held: int
    rejected: int
    open: int
    passing: int
    rules: Mapping[str, str]


def review(unit: ReadUnit, change_set: ChangeSet) -> Review:
    """How far a set is decided."""
    unit.actor.require("catalog.read")
    repository = ReviewRepository(unit.session)
    rows, rules = repository.decided(change_set.id, ROW), repository.decided(change_set.id, RULE)
    named = _rules_of(change_set)
    pairs = list(repository.flagged(change_set.id, named))
    flagged = {name for name, _ in pairs}
    found = verdicts(pairs, rows, rules)
    tally = Counter(found.values())
    held = sum(decision == "held" for decision in rows.values())
    open_ = sum(verdict == HOLD for verdict in found.values()) - held
    taken = sum(change_set.counts.get(name, 0) for name in _TAKES)
    approved = sum(verdict == "apply" for verdict in found.values())
    passing = max(taken - tally[HOLD] - tally[REJECT], 0)
    return Review(len(flagged), approved, held, tally[REJECT], open_, passing, rules)


def review_list(unit: ReadUnit, change_set: ChangeSet, part: str, *, q: str = "") -> ListSpec:
    """The list of a part of the set: flagged, changed, new or missing; with ``q`` of the products that it finds, or new of this key.

    Raises ``Invalid`` for another part.
    """
    if part not in PARTS:
        message = f"a set has the parts {', '.join(PARTS)}, not {part!r}"
        raise Invalid(message, field="part")
    if not q.strip():
        return review_of(part, _rules_of(change_set))
    hits = indexing.find(unit, q, limit=_MOST_FOUND).ids
    return review_of(part, _rules_of(change_set), product_ids=[UUID(bytes=each) for each in hits], q=q.strip())


def changes_beside(
    unit: ReadUnit, change_set_id: UUID, product_id: UUID, fields: Sequence[str]
) -> list[dict[str, Any]]:
    """All that a set changes of one product, but for what only says where it stands: rows of ``REVIEW`` with these fields."""
    query = ListQuery(equal={"change_set_id": [change_set_id]}, fields=fields, per_page=_MOST_BESIDE)
    return list_rows(unit, review_of_product(product_id), query).data


def decide_rows(
    unit: WriteUnit,
    change_set_id: UUID,
    decision: Decision | None,
    *,
    change_ids: Sequence[UUID] = (),
    keys: Sequence[str] = (),
    rule: str | None = None,
) -> int:
    """Approve, hold or reject rows of a set that waits, or all that a rule flagged; ``None`` opens them again. How many.

    Rows by their keys, or by changes that belong to them. Nothing is applied yet. Raises ``Conflict`` for a set that was decided,
    and ``Invalid`` for a rule that flagged nothing.
    """
    unit.actor.require("catalog.approve")
    change_set = _waiting(unit, change_set_id)
    if decision is not None and decision not in DECISIONS:
        message = f"a decision is one of {', '.join(DECISIONS)}, not {decision!r}"
        raise Invalid(message, field="decision")
    repository = ReviewRepository(unit.session)
    subject, names = ROW, sorted({*keys, *repository.keys_of(change_set.id, change_ids)})
    if rule is not None:
        if rule not in _rules_of(change_set):
            message = f"no rule {rule!r} flagged anything here: there are {', '.join(_rules_of(change_set)) or 'none'}"
            raise Invalid(message, field="rule")
        subject, names = RULE, [rule]
    repository.forget(change_set.id, subject, names)
    if decision is not None:
        said = {"decision": decision, "decided_by": unit.actor.name, "user_id": unit.actor.id}
        unit.add(*(ReviewDecision(change_set_id=change_set.id, subject=subject, name=name, **said) for name in names))
    return len(names)


def apply_passed(
    unit: WriteUnit, change_set_id: UUID, *, progress: Progress = lambda _stage, _count: None
) -> ChangeSet:
    """Apply what nothing flagged and what was approved; turn down what was rejected; let the rest wait in a set of its own.

    Raises ``Conflict`` where nothing would be applied, and for a set that was decided.
    """
    unit.actor.require("catalog.approve")
    change_set = _waiting(unit, change_set_id)
    repository = ReviewRepository(unit.session)
    found = verdicts(
        repository.flagged(change_set.id, _rules_of(change_set)),
        repository.decided(change_set.id, ROW),
        repository.decided(change_set.id, RULE),
    )
    unit.expect_many()
    sifted = _sift(unit, change_set, found)
    if not sifted.remaining:
        message = "nothing would be applied: every row is held back or rejected. Approve some, or reject the set"
        raise Conflict(message, change_set_id=str(change_set.id))
    _turn_down(unit, sifted)
    if sifted.held:
        _hold_back(unit, change_set, sifted)
    change_set.counts = _counts_without(change_set.counts, sifted)
    change_set.findings = []
    change_set.status = "approved"
    change_set.approved_by, change_set.approved_at = unit.actor.name, unit.now
    unit.save()
    return apply(unit, change_set.id, progress=progress)


@dataclass
class _Sifted:
    """Changes that go elsewhere, what they would have made by kind of row, and whether anything remains."""

    held: list[bytes]
    rejected: list[bytes]
    held_counts: Counter[str]
    rejected_counts: Counter[str]
    held_rows: set[str]
    remaining: bool


def _sift(unit: WriteUnit, change_set: ChangeSet, found: Mapping[str, str]) -> _Sifted:
    sifted = _Sifted([], [], Counter(), Counter(), set(), remaining=False)
    updated: set[str] = set()
    for change_id, kind, field, key in SiftingBulk(unit.bulk).rows(change_set):
        verdict = found.get(key)
        if verdict not in {HOLD, REJECT}:
            sifted.remaining = True
            continue
        ids, counts = (
            (sifted.held, sifted.held_counts) if verdict == HOLD else (sifted.rejected, sifted.rejected_counts)
        )
        ids.append(change_id)
        if verdict == HOLD:
            sifted.held_rows.add(key)
        if kind == "create" and field is None:
            counts["created"] += 1
        elif kind == "archive":
            counts["archived"] += field == "status"
        elif key not in updated:
            updated.add(key)
            counts["updated"] += 1
    return sifted


def _turn_down(unit: WriteUnit, sifted: _Sifted) -> None:
    changes = ChangeBulk(unit.bulk)
    for start in range(0, len(sifted.rejected), _AT_ONCE):
        some = sifted.rejected[start : start + _AT_ONCE]
        changes.mark(some, "skipped", f"rejected by {unit.actor.name}", unit.now)


def _hold_back(unit: WriteUnit, change_set: ChangeSet, sifted: _Sifted) -> ChangeSet:
    """What waits gets a set of its own, held by the rules that flagged it."""
    flags: dict[str, set[str]] = {}
    for key, rule in ReviewRepository(unit.session).flagged(change_set.id, _rules_of(change_set)):
        if key in sifted.held_rows:
            flags.setdefault(rule, set()).add(key)
    findings = [
        {**each, "count": len(flags[each["rule"]]), "message": _held_back(len(flags[each["rule"]]), each["rule"])}
        for each in change_set.findings
        if each["rule"] in flags
    ]
    by_hand = len(sifted.held_rows.difference(*flags.values()))
    if by_hand:
        message = _held_back(by_hand, None)
        findings.append({"rule": "held_by_hand", "count": by_hand, "message": message, "samples": []})
    waiting = ChangeSet(
        origin=change_set.origin,
        origin_ref=change_set.origin_ref,
        source=change_set.source,
        precedence=change_set.precedence,
        title=f"{change_set.title}, held back"[:500],
        status="held",
        counts=dict(sifted.held_counts),
        findings=findings,
        evidence={**change_set.evidence, "will_apply": False, "held_back_from": str(change_set.id)},
        created_by=change_set.created_by,
        user_id=change_set.user_id,
    )
    unit.add(waiting)
    changes = ChangeBulk(unit.bulk)
    for start in range(0, len(sifted.held), _AT_ONCE):
        changes.adopt(sifted.held[start : start + _AT_ONCE], waiting.id.bytes)
    tell(unit, "change_set.held", waiting)
    return waiting


def _held_back(count: int, rule: str | None) -> str:
    rows = "1 row was" if count == 1 else f"{count} rows were"
    return f"{rows} held back" + (f" ({rule})" if rule else " by hand")


def _counts_without(counts: Mapping[str, Any], sifted: _Sifted) -> dict[str, Any]:
    gone = sifted.held_counts + sifted.rejected_counts
    kept = {name: max(counts.get(name, 0) - gone[name], 0) for name in _TAKES}
    said = {"held_back": sum(sifted.held_counts.values()), "turned_down": sum(sifted.rejected_counts.values())}
    return {**counts, **kept, **said}


def _rules_of(change_set: ChangeSet) -> list[str]:
    return [str(each["rule"]) for each in change_set.findings]


def _waiting(unit: WriteUnit, change_set_id: UUID) -> ChangeSet:
    change_set = ChangeSetRepository(unit.session).locked(change_set_id)
    if change_set.status not in _WAITING:
        message = f"the change set is {change_set.status}: there is nothing to decide"
        raise Conflict(message, change_set_id=str(change_set_id))
    return change_set

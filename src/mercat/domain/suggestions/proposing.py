"""Proposing: a suggestion is written down once, and nothing else is touched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any
from uuid import UUID

import xxhash

from mercat.core.errors import Conflict, Invalid
from mercat.core.money import plain
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.operations import service as operations
from mercat.domain.suggestions.configurable import AUTO_APPLY
from mercat.domain.suggestions.messages import SuggestionMade
from mercat.domain.suggestions.models import (
    ACTION_TYPES,
    CATEGORIES,
    OPEN_STATUSES,
    PENDING,
    PRIORITIES,
    PROPOSED,
    REJECTED,
    Suggestion,
    SuggestionAction,
)
from mercat.domain.suggestions.schemas import ActionDraft, ActionView, SuggestionDraft, SuggestionView
from mercat.domain.suggestions.suggestion_repository import SuggestionRepository

_MOST_DAYS = 366
_MOST_ACTIONS = 50
# What a person turned down is not suggested again for so long.
_TURNED_DOWN_FOR = dt.timedelta(days=14)


def propose(unit: WriteUnit, draft: SuggestionDraft) -> Suggestion | None:
    """Write a suggestion down. The same again refreshes the one that waits; ``None`` for what was turned down lately.

    One that is approved already stays as it was approved. Raises ``Invalid``.
    """
    unit.actor.require("suggestions.propose")
    _check(draft)
    repository, key = SuggestionRepository(unit.session), _key(draft)
    there = repository.open_of(key)
    if there is not None:
        if there.status == PENDING:
            _fill(unit, there, draft)
            unit.save()
        return there
    last = repository.last_of(key, unit.now - _TURNED_DOWN_FOR)
    if (
        last is not None
        and last.status == REJECTED
        and _proposed(last) == [each.proposed_value for each in draft.actions]
    ):
        return None
    made = Suggestion(dedupe_key=key, open_key=key, created_by=unit.actor.name)
    _fill(unit, made, draft)
    unit.add(made)
    operations.emit(unit, "suggestion.made", {"suggestion_id": made.id, "kind": made.kind, "title": made.title})
    unit.announce(SuggestionMade(made.id))
    return made


def propose_or_refuse(unit: WriteUnit, draft: SuggestionDraft) -> Suggestion:
    """The same for whoever waits for the answer. Raises ``Conflict`` for what was turned down lately."""
    made = propose(unit, draft)
    if made is None:
        message = "the very same was turned down within the last two weeks: propose another value, or ask whoever did"
        raise Conflict(message)
    return made


def add_action(unit: WriteUnit, suggestion_id: UUID, draft: ActionDraft) -> Suggestion:
    """One more change of a suggestion that waits. Raises ``NotFound``, ``Invalid``, ``Conflict`` for one that was decided."""
    unit.actor.require("suggestions.propose")
    suggestion = SuggestionRepository(unit.session).locked(suggestion_id)
    if suggestion.status != PENDING:
        message = f"the suggestion is {suggestion.status}: propose another one"
        raise Conflict(message)
    if draft.action_type not in ACTION_TYPES or len(suggestion.actions) >= _MOST_ACTIONS:
        message = f"an action is one of {', '.join(ACTION_TYPES)}, and a suggestion has {_MOST_ACTIONS} of them at most"
        raise Invalid(message)
    action = SuggestionAction()
    _describe(action, draft, len(suggestion.actions))
    suggestion.actions.append(action)
    unit.save()
    return suggestion


def draft_of(given: Mapping[str, Any], *, source: str) -> SuggestionDraft:
    """A draft of plain values, as programs give them."""
    values = dict(given)
    values["evidence"] = [(each["type"], each["id"]) for each in given["evidence"]]
    values["actions"] = [ActionDraft(**each) for each in given["actions"]]
    values["subject_id"] = str(given["subject_id"])
    return SuggestionDraft(**values, source=source)


def expire(unit: WriteUnit) -> int:
    """What nobody looked at in time is over; how many."""
    old = SuggestionRepository(unit.session).expired(unit.now)
    for each in old:
        close(each, "expired")
    unit.save()
    return len(old)


def close(suggestion: Suggestion, status: str) -> None:
    """It is over, or open again: its key is free exactly then."""
    suggestion.status = status
    suggestion.open_key = suggestion.dedupe_key if status in OPEN_STATUSES else None


def policy_of(unit: ReadUnit, suggestion: Suggestion) -> dict[str, Any] | None:
    """The policy by which this kind applies itself, where there is one and nothing speaks against it."""
    policy: dict[str, Any] | None = operations.value_of(unit, AUTO_APPLY).get(suggestion.kind)
    if policy is None or suggestion.cautions or not suggestion.actions:
        return None
    least = Decimal(str(policy.get("min_confidence", 0)))
    most = policy.get("max_step_pct")
    if (suggestion.confidence or Decimal(0)) < least:
        return None
    if most is not None and any(_step(each) > Decimal(str(most)) for each in suggestion.actions):
        return None
    return policy


def view_of(suggestion: Suggestion) -> SuggestionView:
    """A suggestion with its actions, as it is shown."""
    names = [each.name for each in fields(SuggestionView) if each.name not in {"actions", "confidence"}]
    shown = [each.name for each in fields(ActionView)]
    return SuggestionView(
        **{name: getattr(suggestion, name) for name in names},
        confidence=plain(suggestion.confidence),
        actions=[ActionView(**{name: getattr(each, name) for name in shown}) for each in suggestion.actions],
    )


def _step(action: SuggestionAction) -> Decimal:
    if action.action_type != "set_price" or not action.current_value or not action.proposed_value:
        return Decimal(0)
    before, after = Decimal(action.current_value), Decimal(action.proposed_value)
    return abs(after - before) * 100 / before if before else Decimal(100)


def _fill(unit: WriteUnit, row: Suggestion, draft: SuggestionDraft) -> None:
    for name in ("kind", "subject_type", "subject_id", "description", "reasoning", "category", "priority", "source"):
        setattr(row, name, getattr(draft, name))
    row.subject_label, row.title = draft.subject_label[:255], draft.title[:500]
    row.evidence = [{"type": kind, "id": id_} for kind, id_ in dict.fromkeys(draft.evidence)]
    row.cautions, row.estimated_impact = list(draft.cautions), dict(draft.estimated_impact)
    row.confidence, row.status = draft.confidence, PENDING
    row.expires_at = unit.now + dt.timedelta(days=draft.expires_in)
    # In place, as far as there are any: whoever looks at the suggestion just now knows its actions by their ids.
    there = [*row.actions, *(SuggestionAction() for _ in draft.actions[len(row.actions) :])][: len(draft.actions)]
    for position, (action, each) in enumerate(zip(there, draft.actions, strict=True)):
        _describe(action, each, position)
    row.actions = there


def _describe(action: SuggestionAction, draft: ActionDraft, position: int) -> None:
    action.position, action.status = position, PROPOSED
    for name in ("action_type", "target", "target_field", "current_value", "proposed_value", "reasoning"):
        setattr(action, name, getattr(draft, name))


def _key(draft: SuggestionDraft) -> str:
    # What changes nothing by itself is told apart by what it says.
    what = ",".join(sorted({f"{each.target}.{each.target_field}" for each in draft.actions})) or draft.title
    return xxhash.xxh3_128_hexdigest(f"{draft.kind}\0{draft.subject_type}\0{draft.subject_id}\0{what}".encode())


def _proposed(last: Suggestion) -> list[str | None]:
    return [each.proposed_value for each in last.actions]


def _check(draft: SuggestionDraft) -> None:
    faults = []
    if not draft.evidence:
        faults.append("evidence: say what it was drawn from, by type and id")
    if draft.category not in CATEGORIES or draft.priority not in PRIORITIES:
        faults.append(f"category is one of {', '.join(CATEGORIES)}, priority of {', '.join(PRIORITIES)}")
    if not draft.title.strip() or not draft.reasoning.strip():
        faults.append("title and reasoning are never empty")
    if draft.confidence is not None and not 0 <= draft.confidence <= 1:
        faults.append("confidence goes from 0 to 1")
    if not 1 <= draft.expires_in <= _MOST_DAYS or len(draft.actions) > _MOST_ACTIONS:
        faults.append(f"it expires in 1 to {_MOST_DAYS} days and has at most {_MOST_ACTIONS} actions")
    faults += [
        f"{each.action_type!r} is no action; there are {', '.join(ACTION_TYPES)}"
        for each in draft.actions
        if each.action_type not in ACTION_TYPES
    ]
    if faults:
        raise Invalid("; ".join(faults))

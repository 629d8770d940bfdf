"""Reviewing: a person says yes, no, or yes with another value. The target is not touched."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal, InvalidOperation
from uuid import UUID

from mercat.core.errors import Conflict, Invalid, NotFound
from mercat.core.money import plain
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.suggestions.models import (
    APPLIED,
    APPROVED,
    OPEN_STATUSES,
    PARTIALLY_APPROVED,
    PENDING,
    PROPOSED,
    REJECTED,
    SET_PRICE,
    Suggestion,
    SuggestionAction,
)
from mercat.domain.suggestions.proposing import close
from mercat.domain.suggestions.suggestion_repository import SuggestionRepository

# Decided, in whole or in part, and nothing was done yet.
_REVIEWED = {*OPEN_STATUSES, REJECTED}


def get_suggestion(unit: ReadUnit, reference: str) -> Suggestion:
    """By id, or the end of one. Raises ``NotFound``."""
    unit.actor.require("suggestions.read")
    return SuggestionRepository(unit.session).get_by_reference(reference)


def approve(
    unit: WriteUnit, suggestion_id: UUID, *, only: Collection[UUID] | None = None, notes: str | None = None
) -> Suggestion:
    """Let it be applied: all of its actions, or ``only`` some. Nothing else changes yet. Raises ``NotFound``, ``Conflict``."""
    unit.actor.require("suggestions.review")
    suggestion = _reviewable(unit, suggestion_id)
    chosen = _chosen(suggestion, only)
    for each in suggestion.actions:
        if each.status in {PROPOSED, APPROVED}:
            each.status = APPROVED if each in chosen else PROPOSED
    is_whole = all(each.status == APPROVED for each in suggestion.actions)
    _review(unit, suggestion, APPROVED if is_whole else PARTIALLY_APPROVED, notes)
    return suggestion


def reject(
    unit: WriteUnit, suggestion_id: UUID, *, only: Collection[UUID] | None = None, notes: str | None = None
) -> Suggestion:
    """Turn it down, or ``only`` some of its actions. The same is not suggested again for two weeks."""
    unit.actor.require("suggestions.review")
    suggestion = _reviewable(unit, suggestion_id)
    for each in _chosen(suggestion, only):
        each.status = REJECTED
    left = [each for each in suggestion.actions if each.status != REJECTED]
    status = suggestion.status if left else REJECTED
    _review(unit, suggestion, status, notes)
    return suggestion


def reopen(unit: WriteUnit, suggestion_id: UUID) -> Suggestion:
    """Take the review back: what was turned down or approved, and not applied, is to be decided again.

    Raises ``NotFound``, and ``Conflict`` where something of it was applied, its time is over, or the same waits already.
    """
    unit.actor.require("suggestions.review")
    repository = SuggestionRepository(unit.session)
    suggestion = repository.locked(suggestion_id)
    if suggestion.status not in _REVIEWED or any(each.status == APPLIED for each in suggestion.actions):
        why = f"it is {suggestion.status}"
    elif suggestion.expires_at <= unit.now:
        why = "its time is over"
    elif suggestion.status == REJECTED and repository.open_of(suggestion.dedupe_key) is not None:
        why = "the same was suggested anew"
    else:
        for each in suggestion.actions:
            each.status = PROPOSED
        close(suggestion, PENDING)
        suggestion.reviewed_by = suggestion.reviewed_at = suggestion.review_notes = None
        unit.save()
        return suggestion
    message = f"the suggestion cannot be opened again: {why}"
    raise Conflict(message, suggestion_id=str(suggestion_id))


def edit(unit: WriteUnit, suggestion_id: UUID, action_id: UUID, proposed: str) -> Suggestion:
    """Another value instead of the one proposed; what was approved has to be approved again. Raises ``Invalid``."""
    unit.actor.require("suggestions.review")
    suggestion = _reviewable(unit, suggestion_id)
    [action] = _chosen(suggestion, [action_id])
    action.proposed_value = _value(action, proposed)
    action.status = PROPOSED
    close(suggestion, "pending")
    suggestion.review_notes = f"{unit.actor.name} changed {action.target_field} to {action.proposed_value}"
    unit.save()
    return suggestion


def _value(action: SuggestionAction, given: str) -> str:
    if action.action_type != SET_PRICE and not action.target_field.endswith("_threshold"):
        return given
    try:
        number = Decimal(given.strip())
    except InvalidOperation as wrong:
        message = f"{action.target_field} is a number like 12.50, not {given!r}"
        raise Invalid(message, field="proposed_value") from wrong
    if not number.is_finite() or number <= 0:
        message = f"{action.target_field} is above zero"
        raise Invalid(message, field="proposed_value")
    return plain(number) or "0"


def _reviewable(unit: WriteUnit, suggestion_id: UUID) -> Suggestion:
    suggestion = SuggestionRepository(unit.session).locked(suggestion_id)
    if suggestion.status not in OPEN_STATUSES:
        message = f"the suggestion is {suggestion.status}: there is nothing to decide any more"
        raise Conflict(message, suggestion_id=str(suggestion_id))
    return suggestion


def _chosen(suggestion: Suggestion, only: Collection[UUID] | None) -> list[SuggestionAction]:
    if only is None:
        return list(suggestion.actions)
    chosen = [each for each in suggestion.actions if each.id in set(only)]
    if len(chosen) != len(set(only)):
        message = "this suggestion has no such action: `mercat suggestions show` lists them"
        raise NotFound(message)
    return chosen


def _review(unit: WriteUnit, suggestion: Suggestion, status: str, notes: str | None) -> None:
    close(suggestion, status)
    suggestion.reviewed_by, suggestion.reviewed_at = unit.actor.name, unit.now
    suggestion.review_notes = notes if notes is not None else suggestion.review_notes
    unit.save()

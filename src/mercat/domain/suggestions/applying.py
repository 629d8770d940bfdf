"""Applying: what was approved becomes a change, through the room that owns its target; and is taken back the same way."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from mercat.core.errors import Conflict, Invalid, MercatError, NotFound
from mercat.core.log import get_logger
from mercat.core.money import plain
from mercat.core.unit import WriteUnit
from mercat.domain.catalog import service as catalog
from mercat.domain.market import service as market
from mercat.domain.operations import service as operations
from mercat.domain.suggestions.configurable import MAX_STEP, MIN_MARGIN
from mercat.domain.suggestions.facts_repository import FactsRepository, VariantFacts
from mercat.domain.suggestions.measuring import begin_outcome
from mercat.domain.suggestions.messages import SuggestionApplied
from mercat.domain.suggestions.models import (
    APPLIED,
    APPROVED,
    FAILED,
    PARTIALLY_APPROVED,
    ROLLED_BACK,
    SET_FIELD,
    SET_PRICE,
    SET_THRESHOLD,
    SET_TRACKING,
    STALE,
    Suggestion,
    SuggestionAction,
)
from mercat.domain.suggestions.pricing import Rails, breaches
from mercat.domain.suggestions.proposing import close, policy_of
from mercat.domain.suggestions.suggestion_repository import SuggestionRepository

log = get_logger(__name__)
ORIGIN = "suggestion"


class _Stale(Exception):
    """The target has another value by now."""


def apply(unit: WriteUnit, suggestion_id: UUID) -> Suggestion:
    """Do what was approved. Twice does nothing more; a target that moved makes its action ``stale`` and stays as it is.

    Raises ``NotFound``, and ``Conflict`` for what was not approved.
    """
    unit.actor.require("suggestions.apply")
    suggestion = SuggestionRepository(unit.session).locked(suggestion_id)
    if suggestion.status in {APPLIED, STALE, FAILED} and suggestion.applied_at is not None:
        return suggestion
    if suggestion.status not in {APPROVED, PARTIALLY_APPROVED}:
        message = f"the suggestion is {suggestion.status}: approve it first"
        raise Conflict(message, suggestion_id=str(suggestion_id))
    if not suggestion.actions:
        message = "there is nothing in it to apply: do what it says by hand, then reject it with a note"
        raise Conflict(message, suggestion_id=str(suggestion_id))
    begin_outcome(unit, suggestion)
    for action in suggestion.actions:
        if action.status == APPROVED:
            _act(unit, action)
    fates = {each.status for each in suggestion.actions}
    close(suggestion, FAILED if FAILED in fates else STALE if STALE in fates else APPLIED)
    suggestion.applied_at = unit.now
    unit.save()
    unit.announce(SuggestionApplied(suggestion.id))
    return suggestion


def roll_back(unit: WriteUnit, suggestion_id: UUID) -> Suggestion:
    """Take back what was applied. What moved since then stays, and raises ``Conflict``: all of it or nothing."""
    unit.actor.require("suggestions.apply")
    suggestion = SuggestionRepository(unit.session).locked(suggestion_id)
    done = [each for each in suggestion.actions if each.status == APPLIED]
    if not done:
        message = f"the suggestion is {suggestion.status}: nothing of it was applied"
        raise Conflict(message, suggestion_id=str(suggestion_id))
    for action in done:
        if action.change_set_id is not None:
            catalog.undo(unit, action.change_set_id)
        elif action.action_type in _TRACKING:
            _track(unit, action, expected=action.proposed_value, value=action.current_value)
        action.status = ROLLED_BACK
    close(suggestion, ROLLED_BACK)
    suggestion.next_outcome_at = None
    unit.save()
    return suggestion


def apply_by_policy(unit: WriteUnit, suggestion: Suggestion) -> bool:
    """Apply at once what a policy of its kind lets through; none does unless a merchant says so."""
    if suggestion.status != "pending" or policy_of(unit, suggestion) is None:
        return False
    for each in suggestion.actions:
        each.status = APPROVED
    close(suggestion, APPROVED)
    suggestion.reviewed_by, suggestion.reviewed_at = "policy suggestions.auto_apply", unit.now
    unit.save()
    apply(unit, suggestion.id)
    log.info("suggestion_applied_by_policy", suggestion_id=str(suggestion.id), kind=suggestion.kind)
    return True


def _act(unit: WriteUnit, action: SuggestionAction) -> None:
    try:
        action.change_set_id = _ACTS[action.action_type](unit, action)
    except _Stale as moved:
        action.status, action.error = STALE, str(moved)
    except MercatError as refused:
        action.status, action.error = FAILED, refused.message
    else:
        action.status, action.applied_at, action.error = APPLIED, unit.now, None


def _set_price(unit: WriteUnit, action: SuggestionAction) -> UUID | None:
    facts = _variant(unit, action.target)
    _refuse_moved(action, plain(facts.price))
    proposed = Decimal(action.proposed_value or "0")
    rails = Rails(
        Decimal(str(operations.value_of(unit, MIN_MARGIN))),
        Decimal(str(operations.value_of(unit, MAX_STEP))),
        facts.floor,
        facts.ceiling,
    )
    faults = breaches(facts.price, proposed, facts.cost, rails)
    if faults:
        message = "; ".join(faults)
        raise Invalid(message, sku=action.target)
    return _edit(unit, action, "price", plain(proposed))


def _set_field(unit: WriteUnit, action: SuggestionAction) -> UUID | None:
    return _edit(unit, action, action.target_field, action.proposed_value)


def _edit(unit: WriteUnit, action: SuggestionAction, field: str, value: str | None) -> UUID | None:
    expected = {field: action.current_value}
    try:
        change_set = catalog.edit(unit, action.target, {field: value}, origin=ORIGIN, expected=expected)
    except Conflict as moved:
        raise _Stale(moved.message) from moved
    return None if change_set is None else change_set.id


def _set_tracking(unit: WriteUnit, action: SuggestionAction) -> None:
    _track(unit, action, expected=action.current_value, value=action.proposed_value)


def _track(unit: WriteUnit, action: SuggestionAction, *, expected: str | None, value: str | None) -> None:
    row = market.find(unit, action.target)
    own = action.target_field
    if own not in _TRACKED:
        message = f"{own} is nothing that a watched listing has: there are {', '.join(_TRACKED)}"
        raise Invalid(message)
    now = getattr(row, own)
    seen = str(now).lower() if isinstance(now, bool) else plain(now) if isinstance(now, Decimal) else now
    # A listing without a threshold of its own has its rule's: that is what was shown.
    if seen is not None and seen != expected:
        message = f"{action.target_field} of {row.asin} is {seen} now, not {expected}"
        raise _Stale(message)
    if (own, value) == ("is_active", "false"):
        market.untrack(unit, action.target)
        return
    given: dict[str, Any] = {"frequency": value} if own == "track_frequency" else {}
    if own.endswith("_threshold") and value is not None:
        given[own] = Decimal(value)
    # To watch it again is to track it.
    market.track(unit, market.TrackDraft(row.asin, row.marketplace, **given))


def _variant(unit: WriteUnit, sku: str) -> VariantFacts:
    product = catalog.get_product(unit, sku)
    found = [each for each in FactsRepository(unit.bulk).variants_of([product.id]) if each.sku == sku]
    if not found:
        message = f"{sku} is no variant with a price any more"
        raise NotFound(message, sku=sku)
    return found[0]


def _refuse_moved(action: SuggestionAction, now: str | None) -> None:
    if now != action.current_value:
        message = f"{action.target_field} of {action.target} is {now} now, not {action.current_value}: look again"
        raise _Stale(message)


_TRACKED = ("price_change_threshold", "rank_change_threshold", "track_frequency", "is_active")
_TRACKING = {SET_THRESHOLD, SET_TRACKING}
_ACTS: dict[str, Callable[[WriteUnit, SuggestionAction], UUID | None]] = {
    SET_PRICE: _set_price,
    SET_FIELD: _set_field,
    SET_THRESHOLD: _set_tracking,
    SET_TRACKING: _set_tracking,
}

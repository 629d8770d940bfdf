"""Measuring: the figures when a suggestion was applied, and what they are a week and a month later."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from mercat.core.money import plain
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.suggestions.facts_repository import FactsRepository, VariantFacts
from mercat.domain.suggestions.models import Suggestion
from mercat.domain.suggestions.pricing import margin_pct
from mercat.domain.suggestions.suggestion_repository import SuggestionRepository

_AFTER_DAYS = (7, 30)


def begin_outcome(unit: WriteUnit, suggestion: Suggestion) -> None:
    """The figures before it is applied, and when to look again."""
    suggestion.outcome = {"before": figures(unit, suggestion)}
    suggestion.next_outcome_at = unit.now + dt.timedelta(days=_AFTER_DAYS[0])


def measure_due(unit: WriteUnit) -> int:
    """Look at those whose week or month is over; how many."""
    due = SuggestionRepository(unit.session).outcome_due(unit.now)
    for each in due:
        known = dict(each.outcome or {})
        days = next((day for day in _AFTER_DAYS if f"after_{day}_days" not in known), None)
        if days is not None:
            known[f"after_{days}_days"] = {**figures(unit, each), "at": unit.now.isoformat()}
        each.outcome = known
        later = [day for day in _AFTER_DAYS if f"after_{day}_days" not in known]
        each.next_outcome_at = (each.applied_at or unit.now) + dt.timedelta(days=later[0]) if later else None
    unit.save()
    return len(due)


def figures(unit: ReadUnit, suggestion: Suggestion) -> dict[str, Any]:
    """Price, cost and margin of the variant, and how its listings stand; of a watched listing, how that one does."""
    repository = FactsRepository(unit.bulk)
    subject = UUID(suggestion.subject_id)
    if suggestion.subject_type == "variant":
        found = repository.variants([subject])
        own = _of_variant(found[0]) if found else {}
        seen = repository.listings_of(found[0].product_id) if found else []
    elif suggestion.subject_type == "market_product":
        own, seen = {}, repository.listings([subject])
    else:
        own, seen = {}, repository.listings_of(subject)
    listings = {
        each.asin: {
            "price": plain(each.price),
            "buybox_price": plain(each.buybox_price),
            "sales_rank": each.sales_rank,
            "in_stock": each.in_stock,
        }
        for each in seen
    }
    return {**own, "listings": listings}


def _of_variant(facts: VariantFacts) -> dict[str, Any]:
    margin = None if facts.cost is None else f"{margin_pct(facts.price, facts.cost):.2f}"
    return {"price": plain(facts.price), "cost": plain(facts.cost), "margin_pct": margin}

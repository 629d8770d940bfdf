"""Margins: those below their target are signals for the alerts' rules, set by set."""

from __future__ import annotations

from decimal import Decimal

from mercat.core.unit import WriteUnit
from mercat.domain.alerts import service as alerts
from mercat.domain.suggestions.facts_repository import FactsRepository, VariantFacts
from mercat.domain.suggestions.pricing import margin_pct

KIND = "margin_below"


def check_margins(unit: WriteUnit) -> dict[str, int]:
    """Every live variant with a price and a cost, by one walk along those that are thin."""
    alerts.ensure_rules(unit)
    bound = alerts.highest_threshold(unit, KIND)
    thin = list(FactsRepository(unit.bulk).thin(bound)) if bound is not None else []
    tally = alerts.judge(unit, [_signal(each) for each in thin])
    over = alerts.clear_others(unit, KIND, "variant", {str(each.variant_id) for each in thin})
    return {"thin": len(thin), "opened": len(tally.opened), "resolved": len(tally.resolved) + len(over.resolved)}


def _signal(facts: VariantFacts) -> alerts.Signal:
    cost = facts.cost or Decimal(0)
    margin = margin_pct(facts.price, cost)
    return alerts.Signal(
        KIND,
        alerts.Subject("variant", str(facts.variant_id), f"{facts.name} ({facts.sku})"[:255]),
        f"{facts.sku} earns {margin:.1f} %",
        f"It sells at {facts.price.normalize():f} {facts.currency or ''} and costs {cost.normalize():f}.",
        measure=margin.quantize(Decimal("0.0001")),
        new_value=f"{margin:.2f}",
        facts={"sku": facts.sku, "price": facts.price, "cost": cost, "margin_pct": margin},
        category=None if facts.category_id is None else str(facts.category_id),
        data={"product_id": str(facts.product_id), "sku": facts.sku},
    )

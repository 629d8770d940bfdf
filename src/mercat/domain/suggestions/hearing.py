"""What this room hears: prices moved, something needs a person, it is time to look."""

from __future__ import annotations

from mercat.core.unit import WriteUnit, on
from mercat.domain.alerts.messages import AlertsRaised, Looking
from mercat.domain.catalog.messages import ProductsChanged
from mercat.domain.operations.messages import Forgetting
from mercat.domain.suggestions.keeping import count_old, forget_old
from mercat.domain.suggestions.messages import Advise, CheckMargins

# After what people wait for.
_IN_THE_BACKGROUND = 70


@on(ProductsChanged)
def look_at_margins(unit: WriteUnit, fact: ProductsChanged) -> None:
    """One job, however many products."""
    if fact.product_ids or fact.created:
        unit.enqueue(CheckMargins(), key="margins", priority=_IN_THE_BACKGROUND)


@on(AlertsRaised)
def look_for_advice(unit: WriteUnit, fact: AlertsRaised) -> None:
    """One job, however many alerts."""
    if fact.ids:
        unit.enqueue(Advise(), key="advise", priority=_IN_THE_BACKGROUND)


@on(Looking)
def look_at_outcomes(unit: WriteUnit, fact: Looking) -> None:
    """Outcomes that are due, and suggestions that nobody looked at."""
    del fact
    from mercat.domain.suggestions.measuring import measure_due  # noqa: PLC0415  # every command comes by here
    from mercat.domain.suggestions.proposing import expire  # noqa: PLC0415

    measure_due(unit)
    expire(unit)


@on(Forgetting)
def forget_what_is_old(unit: WriteUnit, fact: Forgetting) -> None:
    """Part of every night's tidying."""
    fact.gone |= count_old(unit, days=fact.days) if fact.is_dry else forget_old(unit, days=fact.days)

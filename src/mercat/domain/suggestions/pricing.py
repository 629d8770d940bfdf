"""Prices: what a margin asks for, and what the guardrails allow. Exact decimals; pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

CENT = Decimal("0.01")
_HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Rails:
    """What no suggested price may pass: percent of margin and of one step, and the item's own floor and ceiling."""

    min_margin_pct: Decimal = Decimal(0)
    max_step_pct: Decimal = Decimal(25)
    floor: Decimal | None = None
    ceiling: Decimal | None = None


def margin_pct(price: Decimal, cost: Decimal) -> Decimal:
    """(price - cost) / price, in percent; the price is above zero."""
    return (price - cost) * _HUNDRED / price


def price_for_margin(cost: Decimal, target_pct: Decimal) -> Decimal:
    """The lowest price in whole cents with at least this margin: cost / (1 - target); the target is below 100."""
    return (cost * _HUNDRED / (_HUNDRED - target_pct)).quantize(CENT, ROUND_CEILING)


def lowest(cost: Decimal | None, current: Decimal, rails: Rails) -> Decimal:
    """The lowest price that the rails allow."""
    bounds = [(current * (_HUNDRED - rails.max_step_pct) / _HUNDRED).quantize(CENT, ROUND_CEILING), CENT]
    if rails.floor is not None:
        bounds.append(rails.floor)
    if cost is not None:
        bounds.append(price_for_margin(cost, rails.min_margin_pct))
    return max(bounds)


def highest(current: Decimal, rails: Rails) -> Decimal:
    """The highest price that the rails allow."""
    step = (current * (_HUNDRED + rails.max_step_pct) / _HUNDRED).quantize(CENT, ROUND_FLOOR)
    return step if rails.ceiling is None else min(step, rails.ceiling)


def breaches(current: Decimal, proposed: Decimal, cost: Decimal | None, rails: Rails) -> list[str]:
    """Why a price may not be set, each reason a sentence; none: it may."""
    found = []
    if proposed <= 0:
        return ["a price is above zero"]
    step = abs(proposed - current) * _HUNDRED / current if current else Decimal(0)
    if step > rails.max_step_pct:
        found.append(
            f"{current} to {proposed} is a step of {step:.1f} %, beyond the {rails.max_step_pct.normalize():f} % allowed at once"
        )
    if rails.floor is not None and proposed < rails.floor:
        found.append(f"{proposed} is below the floor of {rails.floor}")
    if rails.ceiling is not None and proposed > rails.ceiling:
        found.append(f"{proposed} is above the ceiling of {rails.ceiling}")
    if cost is not None and margin_pct(proposed, cost) < rails.min_margin_pct and proposed < current:
        found.append(
            f"{proposed} leaves a margin of {margin_pct(proposed, cost):.1f} %, below the {rails.min_margin_pct.normalize():f} % that is the least"
        )
    return found

"""Guards of a publishing plan: what waits for a person. Pure: counts in, findings out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from mercat.domain.listings.schemas import PublishGuards

_SAMPLES = 20


class PriceMove(NamedTuple):
    """A price that the shop shows and the one that it would show."""

    sku: str
    old: Decimal | None
    new: Decimal | None


@dataclass(frozen=True)
class Plan:
    """How much a run would do. ``listed``: what the shop shows of ours by now."""

    listed: int
    created: int
    updated: int
    withdrawn: int


def jumps(moves: Sequence[PriceMove], limit: float | None) -> list[PriceMove]:
    """The moves that go further than the limit, in percent of the old price; to nothing or zero is always too far."""
    return [each for each in moves if limit is not None and each.old and _is_far(each.old, each.new, limit)]


def _is_far(old: Decimal, new: Decimal | None, limit: float) -> bool:
    return not new or abs(new - old) * 100 > old * Decimal(str(limit))


def judge(plan: Plan, moves: Sequence[PriceMove], rules: PublishGuards) -> list[dict[str, Any]]:
    """What holds the plan; nothing: it may run."""
    found = []
    far = jumps(moves, rules.price_change_pct)
    if far:
        samples = [{"sku": each.sku, "old": each.old, "new": each.new} for each in far[:_SAMPLES]]
        message = f"{len(far)} prices at the shop move by more than {rules.price_change_pct:g} %"
        found.append({"rule": "price_change", "count": len(far), "message": message, "samples": samples})
    if plan.withdrawn >= rules.withdraw_at_least and _over(plan.withdrawn, plan.listed, rules.withdraw_pct):
        message = f"{plan.withdrawn} of {plan.listed} listings would be withdrawn (limit {rules.withdraw_pct:g} %)"
        found.append({"rule": "withdraw_share", "count": plan.withdrawn, "message": message, "samples": []})
    if plan.updated >= rules.update_at_least and _over(plan.updated, plan.listed, rules.update_pct):
        message = f"{plan.updated} of {plan.listed} listings would be changed (limit {rules.update_pct:g} %)"
        found.append({"rule": "mass_change", "count": plan.updated, "message": message, "samples": []})
    return found


def _over(part: int, whole: int, limit: float | None) -> bool:
    return limit is not None and part > 0 and part * 100 > whole * limit

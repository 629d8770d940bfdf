"""Guards: what a plan may do by itself, and what waits for a person."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from mercat.core.errors import Invalid

_SAMPLES = 20


@dataclass(frozen=True)
class GuardRules:
    """The limits of one feed. ``None`` (or ``False``) switches a rule off; percentages are of what the name says."""

    price_change_pct: float | None = 30.0
    cost_above_price: bool = True
    price_empty: bool = True
    quantity_empty_pct: float | None = 20.0
    archive_pct: float | None = 2.0
    shrink_pct: float | None = 20.0
    rename_pct: float | None = 20.0
    rename_at_least: int = 10

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> GuardRules:
        """The defaults with what is given instead. Raises ``Invalid`` naming the rule that is unknown or no limit."""
        known = {each.name for each in fields(cls)}
        for name, value in given.items():
            if name not in known:
                message = f"no guard is called {name!r}; there are {', '.join(sorted(known))}"
                raise Invalid(message)
            if value is not None and (not isinstance(value, (int, float)) or not 0 <= value < math.inf):
                message = f"guard {name} takes a number from 0 up, or none to switch it off, not {value!r}"
                raise Invalid(message)
        return cls(**given)


class Judge:
    """Watches a plan grow and says in the end what should hold it. Pure: facts in, findings out."""

    def __init__(self, rules: GuardRules) -> None:
        self.rules = rules
        self._counts: dict[str, int] = {}
        self._samples: dict[str, list[dict[str, Any]]] = {}
        self.renamed = 0

    def price(self, sku: str, old: str | None, new: str | None) -> str | None:
        """The rule that a change of price breaks, if any."""
        if old is None or Decimal(old) == 0:
            return None
        if new is None or Decimal(new) == 0:
            return self._flag("price_empty", sku, old, new) if self.rules.price_empty else None
        limit = self.rules.price_change_pct
        if limit is not None and abs(Decimal(new) - Decimal(old)) * 100 > Decimal(old) * Decimal(str(limit)):
            return self._flag("price_change", sku, old, new)
        return None

    def margin(self, sku: str, price: str | None, cost: str | None) -> str | None:
        """The rule that selling below cost breaks. ``None`` or zero on either side says nothing."""
        if not self.rules.cost_above_price or not price or not cost or price == "0":
            return None
        return self._flag("cost_above_price", sku, cost, price) if Decimal(cost) > Decimal(price) else None

    def quantity(self, sku: str, old: int | None, new: int | None) -> str | None:
        """Counts a stock that runs dry; whether that holds the plan is a question of how many."""
        if self.rules.quantity_empty_pct is None or not old or new:
            return None
        return self._flag("quantity_empty", sku, old, new)

    def take_back(self, flags: Mapping[str, int]) -> None:
        """Forget flags and renamings of rows that a later line of the same file repeats."""
        for rule, count in flags.items():
            if rule == "renamed":
                self.renamed -= count
            else:
                self._counts[rule] = self._counts.get(rule, 0) - count

    def _flag(self, rule: str, sku: str, old: object, new: object) -> str:
        self._counts[rule] = self._counts.get(rule, 0) + 1
        samples = self._samples.setdefault(rule, [])
        if len(samples) < _SAMPLES:
            samples.append({"sku": sku, "old": old, "new": new})
        return rule

    def findings(self, *, known: int, stocked: int, seen: int, archived: int, complete: bool) -> list[dict[str, Any]]:
        """What holds the plan.

        ``known``: offers of this source before; ``stocked``: those with stock; ``seen``: rows in the file;
        ``archived``: offers that went missing; ``complete``: whether the file claims to be the whole range.
        """
        found = []
        rules = self.rules
        for rule, (one, several) in _PER_ROW.items():
            count = self._counts.get(rule, 0)
            if count > 0:
                message = (one if count == 1 else several).format(count=count, rules=rules)
                found.append(self._finding(rule, count, message))
        dry = self._counts.get("quantity_empty", 0)
        if _over(dry, stocked, rules.quantity_empty_pct):
            message = f"{dry} of {stocked} stocked offers fall to nothing (limit {rules.quantity_empty_pct:g} %)"
            found.append(self._finding("quantity_empty", dry, message))
        if self.renamed >= rules.rename_at_least and _over(self.renamed, known, rules.rename_pct):
            message = f"{self.renamed} of {known} products get another name (limit {rules.rename_pct:g} %)"
            found.append(self._finding("mass_rename", self.renamed, message))
        if complete and _over(archived, known, rules.archive_pct):
            message = (
                f"{archived} of {known} products are missing and would be archived (limit {rules.archive_pct:g} %)"
            )
            found.append(self._finding("archive_share", archived, message))
        if complete and _over(known - seen, known, rules.shrink_pct):
            message = f"the feed shrank from {known} to {seen} rows (limit {rules.shrink_pct:g} %)"
            found.append(self._finding("feed_shrunk", known - seen, message))
        return found

    def _finding(self, rule: str, count: int, message: str) -> dict[str, Any]:
        return {"rule": rule, "count": count, "message": message, "samples": self._samples.get(rule, [])}


# Of one, and of several.
_PER_ROW = {
    "price_change": (
        "{count} price moves by more than {rules.price_change_pct:g} %",
        "{count} prices move by more than {rules.price_change_pct:g} %",
    ),
    "price_empty": ("{count} price becomes 0 or empty", "{count} prices become 0 or empty"),
    "cost_above_price": ("{count} product would sell below cost", "{count} products would sell below cost"),
}


def _over(part: int, whole: int, limit: float | None) -> bool:
    return limit is not None and part > 0 and whole > 0 and part * 100 > whole * limit

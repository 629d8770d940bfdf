"""The guards of a plan, as a form shows them: what each asks, and numbers that may be left out to switch it off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field

from mercat.core.errors import Invalid
from mercat.domain.catalog import service as catalog


@dataclass(frozen=True)
class Guard:
    """A guard: its name among the rules, what it holds, and the unit of its limit (empty: on or off)."""

    name: str
    says: str
    unit: str = ""


GUARDS = (
    Guard("price_change_pct", "A price moves by more than", "%"),
    Guard("quantity_empty_pct", "Stock falls to nothing for more than", "% of products"),
    Guard("archive_pct", "More would be archived than", "% of products"),
    Guard("shrink_pct", "The file has fewer rows than last time, by more than", "%"),
    Guard("rename_pct", "Names change for more than", "% of products"),
    Guard("rename_at_least", "… and for at least", "products"),
    Guard("cost_above_price", "The cost is above the price"),
    Guard("price_empty", "A price becomes empty or nothing"),
)


class GuardForm(BaseModel):
    """The limits as a form sends them: an empty number switches a guard off, as does an unchecked box."""

    price_change_pct: str = Field("", max_length=20)
    quantity_empty_pct: str = Field("", max_length=20)
    archive_pct: str = Field("", max_length=20)
    shrink_pct: str = Field("", max_length=20)
    rename_pct: str = Field("", max_length=20)
    rename_at_least: str = Field("", max_length=20)
    cost_above_price: bool = False
    price_empty: bool = False

    @staticmethod
    def shown(guards: Mapping[str, Any]) -> dict[str, Any]:
        """The fields for rules that replace single defaults."""
        rules = catalog.GuardRules.of(guards)
        return {each.name: _shown(getattr(rules, each.name), has_unit=bool(each.unit)) for each in GUARDS}

    def guards(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """The rules that differ from the defaults, or were said before. Raises ``Invalid`` for what is no number."""
        usual = catalog.GuardRules()
        asked = {each.name: _read(getattr(self, each.name), each) for each in GUARDS}
        said = {name: value for name, value in asked.items() if value != getattr(usual, name) or name in before}
        catalog.GuardRules.of(said)
        return said


def _shown(value: Any, *, has_unit: bool) -> Any:
    if not has_unit:
        return bool(value)
    return "" if value is None or value is False else f"{value:g}"


def _read(given: Any, guard: Guard) -> float | bool | None:
    if isinstance(given, bool):
        return given
    if not given.strip():
        return None if guard.name != "rename_at_least" else 0
    try:
        return float(given) if guard.unit.startswith("%") else int(given)
    except ValueError as wrong:
        message = f"{guard.says}: {given!r} is no number"
        raise Invalid(message, field=guard.name) from wrong

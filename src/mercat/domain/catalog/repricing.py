"""What a price becomes by a rule. Pure: a price and a cost in, a price out, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from mercat.core.errors import Invalid
from mercat.sdk.marketplaces import minor_digits

RULES = ("percent", "amount", "margin", "exact")
_HUNDRED = Decimal(100)
_LARGEST = Decimal(1_000_000)


@dataclass(frozen=True)
class PriceRule:
    """How prices change.

    ``kind``: up or down by ``percent`` or by an ``amount``; the price that has a ``margin`` (percent of the price) over the
    cost; or ``exact``: this. ``ending``: the cents that a price ends in, at the next higher price that does (``0.99``).
    """

    kind: str
    value: Decimal
    ending: Decimal | None = None

    def __post_init__(self) -> None:
        """Raises ``Invalid`` for what no price can be made of."""
        if self.kind not in RULES:
            message = f"a price is changed by {', '.join(RULES)}, not by {self.kind!r}"
            raise Invalid(message, field="rule")
        if not self.value.is_finite() or abs(self.value) > _LARGEST:
            message = f"{self.value} is no amount that a price is changed by"
            raise Invalid(message, field="value")
        if self.kind == "margin" and not 0 <= self.value < _HUNDRED:
            message = "a margin is at least 0 % and below 100 %"
            raise Invalid(message, field="value")
        if self.ending is not None and not 0 <= self.ending < 1:
            message = "a price ends in less than one, such as 0.99"
            raise Invalid(message, field="ending")


def repriced(rule: PriceRule, price: Decimal | None, cost: Decimal | None, currency: str | None) -> Decimal | str:
    """The new price, rounded as its currency is (ISO 4217), or why there is none: a price is never made up."""
    if rule.kind == "margin" and cost is None:
        return "has no cost"
    if rule.kind in {"percent", "amount"} and price is None:
        return "has no price"
    made = _made(rule, price or Decimal(0), cost or Decimal(0))
    digits = minor_digits(currency or "")
    made = made.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    if rule.ending is not None and digits:
        whole = made.to_integral_value(rounding="ROUND_FLOOR")
        made = whole + rule.ending if whole + rule.ending >= made else whole + 1 + rule.ending
    return made if made > 0 else "would cost nothing"


def _made(rule: PriceRule, price: Decimal, cost: Decimal) -> Decimal:
    if rule.kind == "percent":
        return price * (_HUNDRED + rule.value) / _HUNDRED
    if rule.kind == "amount":
        return price + rule.value
    return cost / (1 - rule.value / _HUNDRED) if rule.kind == "margin" else rule.value

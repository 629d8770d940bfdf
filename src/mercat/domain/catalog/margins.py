"""What is left of a price: pure, exact."""

from __future__ import annotations

from decimal import Decimal


def margin(price: str | Decimal | None, cost: str | Decimal | None) -> Decimal | None:
    """The gross margin in per cent of the price, to one place; ``None`` where either is missing or the price is nothing."""
    if price is None or cost is None or Decimal(price) <= 0:
        return None
    return ((Decimal(price) - Decimal(cost)) * 100 / Decimal(price)).quantize(Decimal("0.1"))


def moved(old: str | Decimal | None, new: str | Decimal | None) -> Decimal | None:
    """By how many per cent an amount moves, to one place; ``None`` where there is nothing to move from or to."""
    if old is None or new is None or Decimal(old) == 0:
        return None
    return ((Decimal(new) - Decimal(old)) * 100 / abs(Decimal(old))).quantize(Decimal("0.1"))

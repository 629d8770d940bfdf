"""Grams, which the file states, and the unit that the shop shows."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from mercat.sdk.metafields import number

_GRAMS = {"g": Decimal(1), "kg": Decimal(1000), "oz": Decimal("28.349523125"), "lb": Decimal("453.59237")}


def grams_to(grams: str, unit: str) -> str:
    """Grams in another unit, to four decimals (pound and ounce by the international definition of 1959)."""
    exact = (Decimal(grams) / _GRAMS[unit]).quantize(Decimal("0.0001"), rounding=ROUND_HALF_EVEN)
    return number(exact)


def to_grams(weight: str, unit: str) -> str:
    """A weight in grams, exactly."""
    return number(Decimal(weight) * _GRAMS[unit])

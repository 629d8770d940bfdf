"""Exact money: decimals with four places in storage, never floats, always beside a currency."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from mercat.core.errors import Invalid

PLACES = 4
_QUANTUM = Decimal(1).scaleb(-PLACES)
_SCALE = 10**PLACES
# NUMERIC(19,4) has fifteen digits before the point; SQLite's 64 bits of ten-thousandths end a little earlier.
_LIMIT = Decimal(2**63 - 1).scaleb(-PLACES)
_AMOUNT = r"(?:0|[1-9][0-9]{0,13})(?:\.[0-9]{0,3}[1-9])?"
_CANONICAL = re.compile(_AMOUNT).fullmatch
_ALL_CANONICAL = re.compile(rf"(?:{_AMOUNT}\n)*").fullmatch


def exact(value: Decimal | str | int) -> Decimal:
    """A decimal of at most four places within NUMERIC(19,4). Raises ``Invalid`` for floats and for what does not fit."""
    if isinstance(value, float):
        message = "money never passes through a float: give a string or a Decimal"
        raise Invalid(message)
    try:
        number = Decimal(value).quantize(_QUANTUM, rounding=ROUND_HALF_EVEN)
    except InvalidOperation as wrong:
        message = f"not an amount: {value!r}"
        raise Invalid(message) from wrong
    # Decimal takes "NaN" for a number, but not for one that can be compared.
    if not number.is_finite():
        message = f"not an amount: {value!r}"
        raise Invalid(message)
    if not -_LIMIT <= number <= _LIMIT:
        message = f"an amount beyond {_LIMIT:,}, the most that is kept: {value!r}"
        raise Invalid(message)
    return number


def number_in(text: str | None) -> Decimal | None:
    """A text as a finite number; ``None`` for none, and for a text that is no number."""
    try:
        found = None if text is None else Decimal(text)
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() else None


def plain(value: Decimal | None) -> str | None:
    """The canonical text of an amount: no exponent, no trailing zeros (``12.5``, ``0``, ``-3``)."""
    if value is None:
        return None
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def is_canonical(text: str) -> bool:
    """Whether a text is an amount as ``plain`` would write it and NUMERIC(19,4) can keep it; never below zero."""
    return _CANONICAL(text) is not None


def are_canonical(texts: Iterable[str]) -> bool:
    """``is_canonical`` of all of them, in one look."""
    return _ALL_CANONICAL("\n".join([*texts, ""])) is not None


def to_units(value: Decimal | str | int) -> int:
    """Ten-thousandths of the unit, the form in which SQLite keeps an amount (it has no decimals)."""
    if isinstance(value, str) and _CANONICAL(value):
        # The usual case of a bulk load, five times as fast as through Decimal.
        whole, _, fraction = value.partition(".")
        return int(whole + fraction.ljust(PLACES, "0"))
    return int(exact(value) * _SCALE)


def all_to_units(texts: Sequence[str | None]) -> list[int | None]:
    """``to_units`` of many texts; empty ones are ``None``."""
    if are_canonical(filter(None, texts)):
        # What all are, each need not be asked.
        parts = [text.partition(".") if text else None for text in texts]
        return [None if each is None else int(each[0] + each[2].ljust(PLACES, "0")) for each in parts]
    return [to_units(text) if text else None for text in texts]


def from_units(units: int) -> Decimal:
    """The amount behind ten-thousandths."""
    return Decimal(units).scaleb(-PLACES)


@dataclass(frozen=True, order=False)
class Money:
    """An amount of a currency (ISO 4217). Refuses to mix currencies."""

    amount: Decimal
    currency: str

    @classmethod
    def of(cls, amount: Decimal | str | int, currency: str) -> Money:
        """Exact money; raises ``Invalid`` for what is not an amount or not a currency code."""
        if len(currency) != 3 or not currency.isalpha() or not currency.isupper():
            message = f"not an ISO 4217 currency code: {currency!r}"
            raise Invalid(message)
        return cls(exact(amount), currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def times(self, factor: Decimal | int) -> Money:
        """Scaled and rounded half to even at four places."""
        return Money(exact(self.amount * factor), self.currency)

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            message = f"{self.currency} and {other.currency} do not mix"
            raise Invalid(message)
        return other.amount

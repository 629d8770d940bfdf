"""Which of an article's prices counts, and what it comes to for one piece.

BMEcat 1.2 specification (2001), ARTICLE_PRICE_DETAILS and ARTICLE_ORDER_DETAILS: PRICE_AMOUNT is the price of
PRICE_QUANTITY order units, PRICE_FACTOR multiplies it, LOWER_BOUND starts a scale; what an order unit contains
(NO_CU_PER_OU content units) is for information and does not change the price.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, NamedTuple

from mercat.connectors.bmecat.settings import BmecatSettings, PriceRole
from mercat.sdk.metafields import number
from mercat.sdk.stating import Statement

# UN/ECE Recommendation 20 codes (and older ones still in use) that count pieces; other content units are measures.
PIECES = {"C62", "PCE", "EA", "H87", "PC", "ST", "STK", "NMB", "NAR"}
_FOUR = Decimal("0.0001")


class Price(NamedTuple):
    """An amount for one piece as a plain decimal, and its currency if the file states one."""

    amount: str
    currency: str | None


def content(order: Mapping[str, Any], settings: BmecatSettings, said: Statement) -> Decimal:
    """How many pieces an order unit is: one, unless content units are sold and are pieces."""
    stated = said.decimal("NO_CU_PER_OU", order.get("content"))
    if settings.sold_by == "order_unit" or not isinstance(stated, str) or Decimal(stated) <= 0:
        return Decimal(1)
    return Decimal(stated) if (order.get("content_unit") or "").upper() in PIECES else Decimal(1)


def chosen(raw: Mapping[str, Any], settings: BmecatSettings, said: Statement) -> dict[PriceRole, Price]:
    """For each role its price: the preferred type, currency, then the period in force, then the lowest scale."""
    pieces = content(raw["order"], settings, said)
    found: dict[PriceRole, Price] = {}
    for kind, role in settings.price_types.items():
        candidates = [price for price in raw["prices"] if price["type"] == kind and (price["amount"] or "").strip()]
        if role in found or not candidates:
            continue
        price = _best(candidates, settings.currency or raw.get("currency"), raw.get("generated") or "")
        amount = _for_one_piece(price, raw["order"], pieces, said)
        if amount is not None:
            found[role] = Price(amount, price["currency"] or raw.get("currency") or settings.currency)
            _mention_others(candidates, price, said)
    return found


def _best(candidates: Sequence[Mapping[str, Any]], currency: str | None, generated: str) -> Mapping[str, Any]:
    # The file's own date stands for today: the same file must give the same prices on any day.
    def rank(price: Mapping[str, Any]) -> tuple[bool, bool, Decimal]:
        starts, ends = price["from"] or "", price["until"] or ""
        in_force = not generated or (starts <= generated and (not ends or generated <= ends))
        foreign = bool(currency) and (price["currency"] or currency) != currency
        return foreign, not in_force, _bound(price)

    return min(candidates, key=rank)


def _bound(price: Mapping[str, Any]) -> Decimal:
    bound = Statement().decimal("LOWER_BOUND", price["lower_bound"])
    return Decimal(bound) if isinstance(bound, str) else Decimal(1)


def _for_one_piece(price: Mapping[str, Any], order: Mapping[str, Any], pieces: Decimal, said: Statement) -> str | None:
    amount = said.decimal(f"{price['type']} price", price["amount"])
    if not isinstance(amount, str):
        return None
    factor = said.decimal("PRICE_FACTOR", price["factor"])
    quantity = said.decimal("PRICE_QUANTITY", order.get("price_quantity"))
    total = Decimal(amount) * (Decimal(factor) if isinstance(factor, str) else 1)
    divisor = pieces * (Decimal(quantity) if isinstance(quantity, str) and Decimal(quantity) > 0 else 1)
    exact = total / divisor
    # Four decimals are what the catalogue stores; a price stated with more keeps its value to the nearest of them.
    rounded = exact.quantize(_FOUR, rounding=ROUND_HALF_EVEN)
    if rounded * divisor != total:
        said.warn(f"{price['type']} price: {amount} for {number(divisor)} pieces was rounded to {number(rounded)} each")
    return number(rounded)


def _mention_others(candidates: Sequence[Mapping[str, Any]], taken: Mapping[str, Any], said: Statement) -> None:
    others = [price for price in candidates if price is not taken]
    if others:
        shown = ", ".join(
            f"{one['amount']} {one['currency'] or ''} from {_bound(one)}".replace("  ", " ") for one in others
        )
        said.warn(f"{taken['type']}: {taken['amount']} was taken; other scales, periods or currencies: {shown}")

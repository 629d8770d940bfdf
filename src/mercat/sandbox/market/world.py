"""A market that moves: listings with prices, ranks and stock, the same for the same seed; and what goes wrong."""

from __future__ import annotations

import random
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from mercat.core.clock import now

# Keepa's domain id → (the Selling Partner API's marketplace id, currency, digits behind the point).
PLACES: dict[int, tuple[str, str, int]] = {
    1: ("ATVPDKIKX0DER", "USD", 2),
    2: ("A1F83G8C2ARO7P", "GBP", 2),
    3: ("A1PA6795UKMFR9", "EUR", 2),
    4: ("A13V1IB3VIYZZH", "EUR", 2),
    5: ("A1VC38T7YXB528", "JPY", 0),
    6: ("A2EUQ1WTGCTBG2", "CAD", 2),
    8: ("APJ6JRA9NG5V4", "EUR", 2),
    9: ("A1RKKUPIHCS9HS", "EUR", 2),
    10: ("A21TJRUUN4KGV", "INR", 2),
    11: ("A1AM78C64UM0Y8", "MXN", 2),
    12: ("A2Q3Y263D00KWC", "BRL", 2),
}
BY_MARKETPLACE = {identifier: domain for domain, (identifier, _, _) in PLACES.items()}
_SELLERS = ("A1SANDBOX0001", "A1SANDBOX0002", "A1SANDBOX0003")
FAULTS = ("429", "500", "503", "expired", "garbage")


@dataclass
class Listing:
    """One listing. ``history`` is of its price: (Unix seconds, smallest units or -1)."""

    asin: str
    domain: int
    title: str
    price: int
    rank: int
    in_stock: bool = True
    seller: str = _SELLERS[0]
    rating_tenths: int = 45
    reviews: int = 100
    history: list[tuple[int, int]] = field(default_factory=list)


class World:
    """Every ASIN that begins with ``B0`` is sold everywhere, until it is said to be gone; the clock is the real one."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.gone: set[str] = set()
        self.told: dict[tuple[int, str], Listing] = {}
        self.faults: deque[str] = deque()
        self.calls: Counter[str] = Counter()

    def listing(self, domain: int, asin: str) -> Listing | None:
        """A listing as it is now; none where there is none."""
        if asin in self.gone or not asin.startswith("B0"):
            return None
        found = self.told.get((domain, asin))
        if found is None:
            chance = random.Random(f"{self.seed} {domain} {asin}")  # noqa: S311  # a market, not a secret
            price = chance.randrange(500, 20_000)
            found = Listing(asin, domain, f"Sandbox item {asin[-4:]}", price, chance.randrange(1, 500_000))
            start = int(now().timestamp()) // 60 * 60 - 90 * 86_400
            for step in range(60):
                price = max(100, round(price * chance.uniform(0.9, 1.12)))
                found.history.append((start + step * 86_400, -1 if chance.random() < 0.05 else price))
            found.price = price
            self.told[domain, asin] = found
        return found

    def change(self, domain: int, asin: str, values: dict[str, Any]) -> None:
        """Set what a listing shows from now on; ``gone`` takes it out of the market."""
        if values.pop("gone", None) is not None:
            self.gone.add(asin)
            return
        self.gone.discard(asin)
        found = self.listing(domain, asin)
        if found is None:
            raise ValueError(f"{asin} is nowhere: ASINs of the sandbox begin with B0")
        for name, value in values.items():
            if not hasattr(found, name) or name in {"asin", "domain", "history"}:
                raise ValueError(
                    f"{name!r} cannot be set; price, rank, in_stock, seller, rating_tenths and reviews can"
                )
            setattr(found, name, value)
        if "price" in values or "in_stock" in values:
            found.history.append((int(now().timestamp()) // 60 * 60, found.price if found.in_stock else -1))

    def best_sellers(self, domain: int, category: int, count: int) -> list[str]:
        """So many ASINs, ordered by their ranks as they are now; each category has its own."""
        found = (self.listing(domain, f"B0{category:02}{number:06}") for number in range(count))
        return [each.asin for each in sorted((one for one in found if one), key=lambda one: one.rank)]

    def fault(self) -> str | None:
        """What goes wrong with this call, if anything was said to."""
        return self.faults.popleft() if self.faults else None

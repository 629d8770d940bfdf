"""Keepa's API on loopback: the key, the tokens, and products with their series."""

from __future__ import annotations

import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mercat.core.clock import now
from mercat.sandbox.market.world import PLACES, Listing, World

_EPOCH_MINUTES = 21_564_000
_TYPES = 36
_BRAZIL = 12
_KNOWN = frozenset("key domain asin stats history rating buybox".split())
_MOST = 100
_LISTED = 120
_TREE = {1: ("Sandbox", 0), 2: ("Boxes", 1), 3: ("Small boxes", 2)}


class Keepa:
    """``tokens`` refill at ``rate`` a minute up to an hour's worth, as Keepa's do."""

    def __init__(self, world: World, *, key: str, rate: int = 1200) -> None:
        self.world = world
        self.key = key
        self.rate = rate
        self.tokens = float(rate)
        self._at = time.monotonic()

    @property
    def credentials(self) -> dict[str, str]:
        """What a client needs."""
        return {"key": self.key}

    def routes(self) -> list[Route]:
        """Where it answers."""
        return [
            Route("/token", self.token),
            Route("/product", self.product),
            Route("/bestsellers", self.bestsellers),
            Route("/category", self.category),
        ]

    async def token(self, request: Request) -> Response:
        """How many tokens are left."""
        return self._refused(request, frozenset({"key"})) or self._answer(0)

    async def product(self, request: Request) -> Response:
        """Up to a hundred products of one domain."""
        refused = self._refused(request, _KNOWN)
        if refused is not None:
            return refused
        asked = request.query_params
        asins = [each for each in asked.get("asin", "").split(",") if each]
        domain = int(asked["domain"]) if asked.get("domain", "").isdigit() else 0
        if domain not in PLACES or not 1 <= len(asins) <= _MOST or any(len(each) != 10 for each in asins):
            return self._error(400, "REQUEST_REJECTED", "Invalid parameter: domain or asin")
        each = 1 + (asked.get("rating") == "1") + 2 * (asked.get("buybox") == "1")
        self._refill()
        if self.tokens <= 0:
            return self._error(429, "NOT_ENOUGH_TOKEN", "Not enough tokens available")
        found = [(asin, self.world.listing(domain, asin)) for asin in asins]
        products = [
            {"asin": asin, "domainId": domain, "title": None, "csv": None, "lastUpdate": 0}
            if listing is None
            else _product(listing, asked)
            for asin, listing in found
        ]
        return self._answer(each * len(asins), products=products)

    async def bestsellers(self, request: Request) -> Response:
        """A category's list, the best seller first; of a category that is none there is no list."""
        refused = self._refused(request, frozenset("key domain category range".split()))
        if refused is not None:
            return refused
        domain = _domain(request)
        if domain is None or domain == _BRAZIL:
            return self._error(400, "REQUEST_REJECTED", "Invalid parameter: domain")
        self._refill()
        if self.tokens <= 0:
            return self._error(429, "NOT_ENOUGH_TOKEN", "Not enough tokens available")
        category = request.query_params.get("category", "")
        if category not in map(str, _TREE):
            return self._answer(50, bestSellersList=None)
        asins = self.world.best_sellers(domain, int(category), _LISTED)
        told = {"domainId": domain, "lastUpdate": _minutes(), "categoryId": int(category), "asinList": asins}
        return self._answer(50, bestSellersList=told)

    async def category(self, request: Request) -> Response:
        """A node of the tree, with those above it where they are asked for."""
        refused = self._refused(request, frozenset("key domain category parents".split()))
        if refused is not None:
            return refused
        domain, asked = _domain(request), request.query_params.get("category", "")
        if domain is None or not asked.isdigit():
            return self._error(400, "REQUEST_REJECTED", "Invalid parameter: domain or category")
        nodes = {
            str(at): {"domainId": domain, "catId": at, "name": name, "parent": parent, "productCount": 1_000 // at}
            for at, (name, parent) in _TREE.items()
        }
        found = {asked: nodes[asked]} if asked in nodes else {}
        above = {at: each for at, each in nodes.items() if asked in nodes and int(at) < int(asked)}
        return self._answer(
            1, categories=found, categoryParents=above if request.query_params.get("parents") == "1" else {}
        )

    def _refused(self, request: Request, known: frozenset[str]) -> Response | None:
        self.world.calls[request.url.path] += 1
        if request.query_params.get("key") != self.key:
            return self._error(400, "REQUEST_REJECTED", "Invalid access key")
        unknown = sorted(set(request.query_params) - known)
        if unknown:
            return self._error(400, "REQUEST_REJECTED", f"Unknown parameter: {unknown[0]}")
        match self.world.fault():
            case "429":
                self.tokens = -10.0
                return self._error(429, "NOT_ENOUGH_TOKEN", "Not enough tokens available")
            case "500" | "503":
                return self._error(500, "INTERNAL_SERVER_ERROR", "Internal server error")
            case "expired":
                return self._error(402, "PAYMENT_REQUIRED", "The subscription has run out")
            case "garbage":
                return Response("<html>", media_type="text/html")
        return None

    def _refill(self) -> None:
        passed_s, self._at = time.monotonic() - self._at, time.monotonic()
        self.tokens = min(self.rate * 60, self.tokens + passed_s * self.rate / 60)

    def _facts(self, consumed: int) -> dict[str, Any]:
        return {
            "timestamp": int(now().timestamp() * 1000),
            "tokensLeft": int(self.tokens),
            "refillIn": 60_000 // max(self.rate, 1),
            "refillRate": self.rate,
            "tokenFlowReduction": 0.0,
            "tokensConsumed": consumed,
            "processingTimeInMs": 1,
        }

    def _answer(self, cost: int, **more: Any) -> Response:
        self._refill()
        self.tokens -= cost
        return JSONResponse({**self._facts(cost), **more})

    def _error(self, status: int, kind: str, message: str) -> Response:
        return JSONResponse({**self._facts(0), "error": {"type": kind, "message": message, "details": ""}}, status)


def _domain(request: Request) -> int | None:
    asked = request.query_params.get("domain", "")
    return int(asked) if asked.isdigit() and int(asked) in PLACES else None


def _minutes() -> int:
    return int(now().timestamp()) // 60 - _EPOCH_MINUTES


def _product(listing: Listing, asked: Any) -> dict[str, Any]:
    minutes = _minutes()
    current = [-1] * _TYPES
    current[1] = listing.price if listing.in_stock else -1
    current[3], current[11] = listing.rank, int(listing.in_stock)
    product: dict[str, Any] = {
        "asin": listing.asin,
        "domainId": listing.domain,
        "title": listing.title,
        "brand": "Sandbox",
        "lastUpdate": minutes,
        "rootCategory": 1,
        "categoryTree": [{"catId": 1, "name": "Sandbox"}],
        "csv": None,
        "stats": None,
    }
    if asked.get("rating") == "1":
        current[16], current[17] = listing.rating_tenths, listing.reviews
    if asked.get("stats"):
        stats: dict[str, Any] = {"current": current, "buyBoxPrice": -2, "buyBoxShipping": -2}
        if asked.get("buybox") == "1":
            stats |= {
                "buyBoxPrice": current[1],
                "buyBoxShipping": 0,
                "buyBoxSellerId": listing.seller,
                "buyBoxIsFBA": True,
            }
        product["stats"] = stats
    if asked.get("history", "1") == "1":
        series = [value for at, price in listing.history for value in (at // 60 - _EPOCH_MINUTES, price)]
        product["csv"] = [
            None,
            series,
            None,
            [listing.history[-1][0] // 60 - _EPOCH_MINUTES, listing.rank],
            *[None] * (_TYPES - 4),
        ]
    return product

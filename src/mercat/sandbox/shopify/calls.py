"""One request to the shop, as resolvers see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mercat.sandbox.shopify.access import Token
from mercat.sandbox.shopify.state import Shop


@dataclass(slots=True)
class Call:
    """``window`` cuts a bulk query's roots into pieces; ``bulk`` lets connections answer whole."""

    shop: Shop
    token: Token
    bulk: bool = False
    window: tuple[int, int] | None = None
    total: int = 0
    searches: list[dict[str, Any]] = field(default_factory=list)
    kept: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)

"""What a merchant may set of the market."""

from __future__ import annotations

from typing import Any

from mercat.core.errors import Invalid
from mercat.domain.operations import service as operations


def _texts(given: Any) -> None:
    if not isinstance(given, list) or not all(isinstance(each, str) and each for each in given):
        message = 'market.own_sellers takes a JSON list of texts like ["A1B2C3"]'
        raise Invalid(message, field="market.own_sellers")


KEEP_SNAPSHOTS: operations.Key[int] = operations.declare(
    operations.Key(
        "retention.market_days",
        "integer",
        90,
        "days for which single observations of the market are kept; their days in a line are kept for ever; 0 keeps all. "
        "PostgreSQL drops whole months, the month that is not over yet last",
        "a number of days, 0 to 99999",
        r"\d{1,5}",
    )
)
OWN_SELLERS: operations.Key[list[str]] = operations.declare(
    operations.Key(
        "market.own_sellers",
        "json",
        [],
        "our own seller ids at the marketplaces: whether the Buy Box is ours is known by them",
        'a JSON list like ["A1B2C3D4E5F6G7"]',
        check=_texts,
    )
)
BESTSELLER_DEPTH: operations.Key[int] = operations.declare(
    operations.Key(
        "market.bestseller_depth",
        "integer",
        100,
        "ranks that are kept of a list of best sellers that a source tells; of watched listings every rank is kept",
        "a number of ranks, 1 to 99999",
        r"[1-9]\d{0,4}",
    )
)

"""The past of watched listings, told again as signals: so a rule can be tried on it before it is switched on."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from mercat.core.unit import ReadUnit
from mercat.domain.alerts.service import Signal, replays
from mercat.domain.market.configurable import OWN_SELLERS
from mercat.domain.market.detectors import Tail, detect
from mercat.domain.market.history_repository import HistoryBulk, Series
from mercat.domain.market.metrics import COLUMNS
from mercat.domain.market.product_repository import MarketProductRepository
from mercat.domain.market.snapshot_repository import State
from mercat.domain.market.watching import signal_of
from mercat.domain.operations import service as operations

_PAGE = 200
_FIRST = bytes(16)
# What detectors look at; what is compared with our own prices of today is not tried on the past.
_METRICS = [
    each for each in COLUMNS if each.name in {"price", "sales_rank", "in_stock", "seller_id", "rating", "review_count"}
]


@replays(
    "price_change",
    "rank_improved",
    "rank_dropped",
    "out_of_stock",
    "back_in_stock",
    "buy_box_lost",
    "rating_drop",
    "review_spike",
)
def tell_past(unit: ReadUnit, kind: str, since: dt.datetime) -> Iterator[Signal]:
    """Listing by listing, each in the order of time."""
    sellers: list[str] = operations.value_of(unit, OWN_SELLERS)
    own = frozenset(sellers)
    repository, after = HistoryBulk(unit.bulk), _FIRST
    while listings := repository.listings_after(after, _PAGE):
        for listing, series in repository.many(listings, _METRICS, since, unit.now).items():
            yield from _signals(unit, kind, listing, series, own)
        after = listings[-1]


def _signals(unit: ReadUnit, kind: str, listing: bytes, series: Series, own: frozenset[str]) -> Iterator[Signal]:
    row = MarketProductRepository(unit.session).get(UUID(bytes=listing))
    state = State(
        listing, row.asin, row.marketplace, row.title, row.currency, None, "0", is_unlisted=False, unlisted_at=None
    )
    seen: dict[dt.datetime, dict[str, Any]] = defaultdict(dict)
    for name, points in series.points.items():
        for point in points:
            seen[point.at][name] = point.value
    tail = Tail()
    for at in sorted(seen):
        for finding in detect(tail, at, seen[at], own_sellers=own):
            if finding.kind == kind:
                yield signal_of(finding, state, row.currency, None)

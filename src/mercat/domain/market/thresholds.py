"""Thresholds that are kept with listings and with those who watch them go with the signals that they concern."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from mercat.core.unit import ReadUnit
from mercat.domain.alerts.schemas import Signal
from mercat.domain.market.threshold_repository import ThresholdBulk

_LISTING = "market_product"
_OF_PRICE, _OF_RANK = frozenset({"price_change"}), frozenset({"rank_improved", "rank_dropped"})


def with_thresholds(unit: ReadUnit, signals: Sequence[Signal]) -> list[Signal]:
    """The signals, each with what holds for its listing: for everybody, and for some users."""
    concerned = {UUID(each.subject.id) for each in signals if _is_concerned(each)}
    items: dict[tuple[str, bool], Decimal] = {}
    users: dict[tuple[str, bool], dict[UUID, Decimal]] = {}
    for wanted in ThresholdBulk(unit.bulk).of(concerned):
        for is_rank, threshold in ((False, wanted.price), (True, wanted.rank)):
            key = (str(wanted.listing_id), is_rank)
            if threshold is not None and wanted.user_id is None:
                items[key] = threshold
            elif threshold is not None and wanted.user_id is not None:
                users.setdefault(key, {})[wanted.user_id] = threshold
    return [_told(each, items, users) if _is_concerned(each) else each for each in signals]


def _told(
    signal: Signal, items: dict[tuple[str, bool], Decimal], users: dict[tuple[str, bool], dict[UUID, Decimal]]
) -> Signal:
    key = (signal.subject.id, signal.kind in _OF_RANK)
    if key not in items and key not in users:
        return signal
    return replace(signal, item_threshold=items.get(key), user_thresholds=users.get(key, {}))


def _is_concerned(signal: Signal) -> bool:
    return signal.subject.type == _LISTING and signal.kind in _OF_PRICE | _OF_RANK

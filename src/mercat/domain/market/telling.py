"""Telling what happened to listings: alerts for people."""

from __future__ import annotations

from collections.abc import Sequence

from mercat.core.unit import WriteUnit
from mercat.domain.alerts import service as alerts
from mercat.domain.market.models import MarketProduct

SUBJECT = "market_product"


def tell_vanished(unit: WriteUnit, rows: Sequence[MarketProduct]) -> None:
    """Their marketplace knows them no more."""
    signals = [
        alerts.Signal(
            "listing_unlisted",
            subject_of(row),
            f"{row.title or row.asin} is no longer listed at {row.marketplace}",
            f"{row.asin} was not found {row.not_found_count} times since {row.not_found_since:%Y-%m-%d %H:%M} UTC",
            at=unit.now,
        )
        for row in rows
    ]
    if signals:
        alerts.judge(unit, signals)


def subject_of(row: MarketProduct) -> alerts.Subject:
    """What an alert of a listing is about."""
    return alerts.Subject(SUBJECT, str(row.id), row.title or f"{row.asin} at {row.marketplace}")

"""What the market's room does by itself."""

from __future__ import annotations

from mercat.core.unit import WriteUnit
from mercat.domain.market.messages import KeepHistory, RefreshMarket
from mercat.domain.operations import service as operations

_EVERY_S = 300
_CRON = "10 2 * * *"


def ensure_schedules(unit: WriteUnit) -> None:
    """Have listings looked at when they are due, and the past kept in order every night."""
    operations.ensure_schedule(unit, "market", RefreshMarket(), every_s=_EVERY_S)
    operations.ensure_schedule(unit, "market-history", KeepHistory(), cron=_CRON)

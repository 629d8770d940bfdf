"""The rules that come with Mercat: the kinds of signals there are, with their units, and how loud each is by default.

Thresholds are defaults of the trade; every one can be changed (``mercat alerts rules set``). A kind is named once here, and
whoever gives signals of it names it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mercat.domain.alerts.models import CRITICAL, EMAIL, IN_APP, INFO, WARNING

_DAY = 86_400
_LOUDLY, _QUIETLY = (IN_APP, EMAIL), (IN_APP,)


@dataclass(frozen=True)
class Kind:
    """A kind of signal, and the rule that comes with it. ``measure`` says what a threshold of it counts."""

    key: str
    subject_type: str
    name: str
    severity: str
    measure: str = ""
    comparison: str | None = None
    threshold: Decimal | None = None
    critical_threshold: Decimal | None = None
    hysteresis_pct: int = 0
    cooldown_s: int = _DAY
    is_event: bool = False
    condition: Any = None
    channels: tuple[str, ...] = _LOUDLY
    is_active: bool = True


def _least(at: str, critical: str | None = None, *, hysteresis: int = 50) -> dict[str, Any]:
    return _compared("least", at, critical, hysteresis)


def _compared(comparison: str, at: str, critical: str | None = None, hysteresis: int = 50) -> dict[str, Any]:
    return {
        "comparison": comparison,
        "threshold": Decimal(at),
        "critical_threshold": None if critical is None else Decimal(critical),
        "hysteresis_pct": hysteresis,
    }


_ITEM = "market_product"
_KINDS: Iterable[Kind] = (
    Kind("price_change", _ITEM, "A price moved", WARNING, "percent, signed", is_event=True,
         **_compared("abs_least", "10", "20")),
    Kind("price_below_floor", "variant", "Our price is below its floor", CRITICAL,
         condition={"field": "price", "op": "<", "value": "{floor}"}),
    Kind("margin_below", "variant", "Our margin is below its target", CRITICAL, "percent of the price",
         **_compared("below", "20", None, 0)),
    Kind("rank_improved", _ITEM, "A sales rank improved", INFO, "percent better", is_event=True, channels=_QUIETLY,
         **_least("30")),
    Kind("rank_dropped", _ITEM, "A sales rank dropped", WARNING, "percent worse", is_event=True, **_least("30")),
    Kind("out_of_stock", _ITEM, "Out of stock", CRITICAL),
    Kind("back_in_stock", _ITEM, "Back in stock", INFO, is_event=True, channels=_QUIETLY),
    Kind("buy_box_lost", _ITEM, "The buy box is lost", CRITICAL),
    Kind("rating_drop", _ITEM, "A rating fell", WARNING, "stars lost in 7 days", is_event=True, cooldown_s=7 * _DAY,
         **_least("0.2")),
    Kind("review_spike", _ITEM, "Reviews come unusually fast, or unusually bad", WARNING, "standard deviations",
         is_event=True, **_least("3")),
    Kind("listing_unlisted", _ITEM, "A product is no longer listed", CRITICAL),
    Kind("listing_relisted", _ITEM, "A product is listed again", INFO, is_event=True, channels=_QUIETLY),
    Kind("competitor_undercut", _ITEM, "A competitor undercuts us", WARNING, "percent below our price", **_least("5")),
    Kind("observation", _ITEM, "Whatever is observed of a product: for rules of your own", INFO, is_active=False),
    Kind("feed_stale", "feed", "A source has gone silent", WARNING, "times its rhythm without a success",
         **_least("2", "6", hysteresis=0)),
    Kind("sync_failed", "sync", "Runs fail", WARNING, "failures in a row", **_least("1", "3", hysteresis=0)),
    Kind("held_run", "change_set", "A change set waits for a person", WARNING),
    Kind("listing_failed", "listing", "A store refused a listing", WARNING),
    Kind("listing_blocked", "listing", "A listing cannot be sent as it is", WARNING),
    Kind("token_expiring", "store", "Credentials run out", WARNING, "days left", **_compared("most", "7", "1", 0)),
    Kind("account_unauthorized", "store", "An account refuses our credentials", CRITICAL),
    Kind("budget_nearly_spent", "service", "A month's calls are nearly spent", WARNING, "percent of the budget",
         critical_threshold=Decimal(100)),
    Kind("job_dead_letter", "system", "Jobs were given up", CRITICAL, "jobs", **_compared("above", "10")),
    Kind("queue_depth", "system", "Jobs pile up", CRITICAL, "jobs", **_compared("above", "1000")),
    Kind("failure_rate", "system", "Jobs fail", CRITICAL, "percent of the last hour's jobs", **_compared("above", "20")),
)  # fmt: skip

KINDS: dict[str, Kind] = {each.key: each for each in _KINDS}

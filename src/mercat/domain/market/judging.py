"""Whether an observation can be kept, and as what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET

from mercat.core.errors import Invalid
from mercat.core.money import exact, is_canonical, plain
from mercat.domain.market.metrics import COLUMNS, METRICS
from mercat.domain.market.models import EARLIEST
from mercat.sdk.market import Observation

_MOST = 2**31 - 1
_TEXTS = {"rank_category": 255, "sub_rank_category": 255, "stock_status": 255, "seller": 255}
_TEXTS |= {"seller_id": 100, "coupon": 500, "deal": 100}
_FIRST = 4  # asin, marketplace, observed_at and currency come before the metrics
# Clocks of others run ahead a little.
_AHEAD = dt.timedelta(minutes=5)


def refuse_instant(at: dt.datetime, now: dt.datetime) -> None:
    """Raises ``Invalid`` for a time before anything is kept, or yet to come."""
    if at < EARLIEST:
        message = f"seen at {at:%Y-%m-%d}: what was seen before {EARLIEST:%Y-%m-%d} is not kept"
        raise Invalid(message, field="observed_at")
    if at > now + _AHEAD:
        message = f"seen at {at:%Y-%m-%d %H:%M} UTC, which is yet to come"
        raise Invalid(message, field="observed_at")


def judged(seen: Observation, now: dt.datetime) -> dict[str, Any]:
    """The metrics that it states, by name. Raises ``Invalid`` for one that cannot have been seen."""
    refuse_instant(seen.observed_at, now)
    said = msgspec.structs.astuple(seen)[_FIRST:]
    values: dict[str, Any] = {}
    for metric, value in zip(COLUMNS, said, strict=False):
        if value is not UNSET:
            values[metric.name] = None if value is None else _CHECKS[metric.unit](metric.name, value)
    if seen.extra is not UNSET:
        _extra(seen.extra)
    return values


def _money(name: str, value: Any) -> str:
    if isinstance(value, str) and is_canonical(value):
        return value
    try:
        amount = exact(value) if isinstance(value, str) else None
    except Invalid:
        amount = None
    if amount is None or amount < 0:
        message = f"{name}: {value!r} is no amount from 0 up"
        raise Invalid(message, field=name)
    return plain(amount) or "0"


def _stars(name: str, value: Any) -> str:
    stars = _money(name, value)
    if Decimal(stars) > 5:
        message = f"{name}: {value} is more than five stars"
        raise Invalid(message, field=name)
    return stars


def _count(name: str, value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value <= _MOST:
        message = f"{name}: {value!r} is no number from 0 to {_MOST:,}"
        raise Invalid(message, field=name)
    return value


def _rank(name: str, value: Any) -> int:
    if _count(name, value) < 1:
        message = f"{name}: ranks count from 1"
        raise Invalid(message, field=name)
    return int(value)


def _text(name: str, value: Any) -> str | None:
    # No database keeps NUL.
    return str(value).replace("\0", "").strip()[: _TEXTS[name]] or None


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        message = f"{name}: {value!r} is neither true nor false"
        raise Invalid(message, field=name)
    return value


def _ranks(_name: str, value: Any) -> Any:
    return msgspec.to_builtins(value)


def _extra(given: dict[str, Any]) -> None:
    for name, value in given.items():
        metric = METRICS.get(name)
        if metric is None or metric.kind != "extra":
            message = f"extra: {name!r} is no metric that is kept there"
            raise Invalid(message, field="extra")
        if value is not None:
            _CHECKS[metric.unit](name, value)


def checked(unit: str, name: str, value: Any) -> Any:
    """A value as a metric of this unit is kept; ``None`` stays. Raises ``Invalid``."""
    return None if value is None else _CHECKS[unit](name, value)


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "money": _money,
    "stars": _stars,
    "count": _count,
    "rank": _rank,
    "text": _text,
    "flag": _flag,
    "json": _ranks,
}

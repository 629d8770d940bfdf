"""Values that hold until the next one: their means over time, their ends, and a day of them in a line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from mercat.domain.market.metrics import Metric
from mercat.domain.market.schemas import Point
from mercat.sdk.marketplaces import minor_digits

_MICROSECOND = dt.timedelta(microseconds=1)


class Span(NamedTuple):
    """A value and how long it held, in microseconds."""

    value: Any
    lasted: int


def spans(points: Sequence[Point], start: dt.datetime, end: dt.datetime, before: Any = None) -> Iterator[Span]:
    """Which value held how long between two instants; ``before`` held at the start, if anything is known of that."""
    value, since = before, start
    for point in points:
        if point.at >= end:
            break
        if point.at > since:
            yield Span(value, (point.at - since) // _MICROSECOND)
            since = point.at
        value = point.value
    if end > since:
        yield Span(value, (end - since) // _MICROSECOND)


def mean(
    points: Sequence[Point], start: dt.datetime, end: dt.datetime, *, metric: Metric, currency: str, before: Any = None
) -> Decimal | None:
    """The mean over the time in which there was a value, rounded down to its smallest unit, as Keepa counts it.

    Keepa's ``avg30`` and its like are the floor of the mean weighted by time; stretches without an offer do not count
    (checked against the statistics in real answers of its product API, November 2026). ``None``: there never was one.
    """
    digits = digits_of(metric, currency)
    total, lasted = Decimal(0), 0
    for span in spans(points, start, end, before):
        if span.value is not None:
            total += Decimal(span.value) * span.lasted
            lasted += span.lasted
    if not lasted:
        return None
    return Decimal(int(total.scaleb(digits) // lasted)).scaleb(-digits)


def digits_of(metric: Metric, currency: str) -> int:
    """How many digits behind the point a metric's smallest unit has: cents of money, tenths of a star, whole counts; shares have four."""
    return {"money": minor_digits(currency), "stars": 1, "percent": 2, "flag": 4}.get(metric.unit, 0)


def share(points: Sequence[Point], start: dt.datetime, end: dt.datetime, before: Any = None) -> Decimal | None:
    """The share of the known time in which a flag was set, 0 to 1 with four places; ``None``: nothing is known."""
    known = [span for span in spans(points, start, end, before) if span.value is not None]
    lasted = sum(span.lasted for span in known)
    if not lasted:
        return None
    return (Decimal(sum(span.lasted for span in known if span.value)) / lasted).quantize(Decimal("0.0001"))


def median(points: Sequence[Point], start: dt.datetime, end: dt.datetime, before: Any = None) -> int | None:
    """The value that held at the middle of the time in which there was one, when sorted: outliers of minutes do not move it."""
    known = sorted(span for span in spans(points, start, end, before) if span.value is not None)
    half, passed = sum(span.lasted for span in known) / 2, 0
    for span in known:
        passed += span.lasted
        if passed >= half:
            return int(span.value)
    return None

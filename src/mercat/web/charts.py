"""Charts as SVG that the server makes: a listing's prices, who held the Buy Box, sales rank and offers, on one time axis.

A line's path stretches with its panel (``preserveAspectRatio=none``), every label is HTML placed in percent, and colours are
classes: the same markup serves both themes, any width, paper, and whoever has no script.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

Points = Sequence[tuple[dt.datetime, float | None]]
WIDTH = 1000
_BUCKETS = 40
_ROWS = 60
_SLOTS = 200
_DATES = 7
# What is drawn closer to a label than this, in percent of the panel's height, loses its own.
_NEAR = 8.0


@dataclass(frozen=True)
class Line:
    """A line: its class, what it is called, and its points, each of which holds until the next; ``None`` is no offer."""

    css: str
    title: str
    points: Points


@dataclass(frozen=True)
class Panel:
    """A panel as it is drawn. ``ticks``: (percent from above, words, class)."""

    css: str
    title: str
    svg: Markup
    ticks: Sequence[tuple[float, str, str]]


@dataclass(frozen=True)
class Scale:
    """Values to heights: ``low`` at the foot of the panel; with ``is_log`` by their logarithm, the smallest on top."""

    low: float
    high: float
    size: float
    is_log: bool = False

    def __call__(self, value: float) -> float:
        """How far from above."""
        low, high, at = (math.log10(max(each, 1)) if self.is_log else each for each in (self.low, self.high, value))
        share = (at - low) / ((high - low) or 1)
        return (share if self.is_log else 1 - share) * self.size

    def percent(self, value: float) -> float:
        """The same in percent."""
        return round(self(value) / self.size * 100, 2)


@dataclass(frozen=True)
class Span:
    """The time that a chart shows."""

    since: dt.datetime
    until: dt.datetime

    def x(self, at: dt.datetime) -> float:
        """How far from the left, of ``WIDTH``."""
        whole = (self.until - self.since).total_seconds() or 1
        return min(max((at - self.since).total_seconds() / whole, 0), 1) * WIDTH

    def percent(self, at: dt.datetime) -> float:
        """The same in percent."""
        return round(self.x(at) / 10, 2)


def n(value: float) -> str:
    """A coordinate in as few characters as it takes."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def thin(points: Points, buckets: int = _BUCKETS) -> list[tuple[dt.datetime, float | None]]:
    """The first, lowest, highest and last of each bucket, and every gap: peaks survive, bytes do not."""
    if len(points) <= buckets * 4:
        return list(points)
    size, found = len(points) / buckets, []
    for bucket in range(buckets):
        some = points[int(bucket * size) : int((bucket + 1) * size)]
        known = [each for each in some if each[1] is not None]
        kept = {some[0], some[-1], *((min(known, key=_value), max(known, key=_value)) if known else ())}
        found += sorted(kept, key=lambda each: each[0])
    return found


def _value(point: tuple[dt.datetime, float | None]) -> float:
    return point[1] or 0.0


def path(points: Points, span: Span, y: Scale, *, is_stepped: bool) -> str:
    """An SVG path; ``None`` breaks it. Steps where a value holds until it changes."""
    found, is_down, last = [], False, ""
    for at, value in points:
        x = n(span.x(at))
        if value is None:
            found += [f"H{x}"] if is_down and is_stepped else []
            is_down = False
            continue
        height = n(y(value))
        if not is_down:
            found.append(f"M{x} {height}")
        elif not is_stepped:
            found.append(f"L{x} {height}")
        elif height != last:
            found.append(f"H{x}V{height}")
        is_down, last = True, height
    if is_down and is_stepped:
        found.append(f"H{WIDTH}")
    return "".join(found)


def areas(points: Points, span: Span, y: Scale) -> str:
    """What lies below a stepped line, stretch by stretch."""
    found = []
    ends = [*(at for at, _ in points[1:]), span.until][: len(points)]
    for (at, value), end in zip(points, ends, strict=True):
        if value is not None:
            found.append(f"M{n(span.x(at))} {n(y.size)}V{n(y(value))}H{n(span.x(end))}V{n(y.size)}Z")
    return "".join(found)


def ticks(low: float, high: float, *, most: int = 5) -> list[float]:
    """Round values that span these, a handful of them."""
    if low == high:
        low, high = low * 0.95, high * 1.05 or 1
    raw = (high - low) / max(most - 1, 1)
    power = 10 ** math.floor(math.log10(raw))
    step = next(each * power for each in (1, 2, 2.5, 5, 10) if each * power >= raw)
    first = math.floor(low / step) * step
    count = math.ceil((high - first) / step - 1e-9) + 1
    return [round(first + step * each, 6) for each in range(count)]


def rank_ticks(low: float, high: float) -> list[float]:
    """The same for ranks: 1, 2, 5, 10, 20, 50 and so on."""
    all_ = [base * 10**power for power in range(8) for base in (1, 2, 5)]
    below = max((each for each in all_ if each <= low), default=1)
    above = min((each for each in all_ if each >= high), default=all_[-1])
    found = [each for each in all_ if below <= each <= above]
    found = found if len(found) > 1 else [below, above * 2]
    return found if len(found) <= 5 else [found[0], found[len(found) // 2], found[-1]]


def panel(css: str, title: str, lines: Sequence[Line], span: Span, *, said: Callable[[float], str], size: int = 200, is_rank: bool = False) -> Panel | None:  # fmt: skip
    """A panel of these lines; ``None`` where none has a value. ``said`` writes a value."""
    values = [value for line in lines for _, value in line.points if value is not None]
    if not values:
        return None
    marks = (
        rank_ticks(min(values), max(values)) if is_rank else ticks(min(values), max(values), most=5 if size > 60 else 3)
    )
    y = Scale(marks[0], marks[-1], size, is_log=is_rank)
    drawn = "".join(f'<path class=g d="M0 {n(y(mark))}H{WIDTH}"/>' for mark in marks)
    # The first line lies on top.
    for line in reversed(lines):
        points = thin(line.points)
        if line.css == "amz":
            drawn += f'<path class="area amz" d="{areas(points, span, y)}"/>'
        d = path(points, span, y, is_stepped=not is_rank)
        if is_rank and d:
            drawn += f'<path class="area rank" d="{_closed(points, span, y)}"/>'
        drawn += f'<path class="s {line.css}" d="{d}"/>'
    now = [(y.percent(line.points[-1][1]), said(line.points[-1][1]), f"now {line.css}") for line in lines if line.css in {"ours", "bb", "rank"} and line.points and line.points[-1][1] is not None]  # fmt: skip
    now = [each for at, each in enumerate(now) if all(abs(each[0] - other[0]) > _NEAR for other in now[:at])]
    free = [
        (y.percent(mark), said(mark), "")
        for mark in marks
        if all(abs(y.percent(mark) - used[0]) > _NEAR for used in now)
    ]
    alone = f"{title}: {_told(lines, said)}"
    svg = Markup(
        '<svg viewBox="0 0 {} {}" preserveAspectRatio="none" role="img"><title>{}</title><desc>{}</desc>{}</svg>'
    )
    return Panel(css, title, svg.format(WIDTH, size, title, alone, Markup(drawn)), [*free, *now])  # noqa: S704  # numbers and our own classes


def _closed(points: Points, span: Span, y: Scale) -> str:
    """The area under an unbroken line; gaps are bridged, since an area says less than its line."""
    known = [(at, value) for at, value in points if value is not None]
    line = path(known, span, y, is_stepped=False)
    return f"{line}L{n(span.x(known[-1][0]))} {n(y.size)}L{n(span.x(known[0][0]))} {n(y.size)}Z"


def _told(lines: Sequence[Line], said: Callable[[float], str]) -> str:
    parts = []
    for line in lines:
        known = [value for _, value in line.points if value is not None]
        if known:
            last = line.points[-1][1]
            now = "none now" if last is None else f"{said(last)} now"
            parts.append(f"{line.title} {now}, {said(min(known))} to {said(max(known))}")
    return "; ".join(parts)


def strip(holders: Sequence[tuple[dt.datetime, str]], span: Span) -> list[tuple[str, float, float]]:
    """Who held something when: (class, left, width) in percent, as fine as is seen; stretches of the same one are one."""
    moments = [at for at, _ in holders]
    found: list[tuple[str, float, float]] = []
    width = 100 / _SLOTS
    for slot in range(_SLOTS):
        middle = span.since + (span.until - span.since) * ((slot + 0.5) / _SLOTS)
        index = bisect_right(moments, middle) - 1
        who = holders[index][1] if index >= 0 else ""
        if found and found[-1][0] == who:
            found[-1] = (who, found[-1][1], round((slot + 1) * width - found[-1][1], 2))
        else:
            found.append((who, round(slot * width, 2), round(width, 2)))
    return [each for each in found if each[0]]


def dates(span: Span, zone: dt.tzinfo) -> list[tuple[float, str]]:
    """A few instants along the axis, in percent, on the reader's clock."""
    step = (span.until - span.since) / (_DATES - 1)
    short = span.until - span.since <= dt.timedelta(days=3)
    found = []
    for number in range(_DATES):
        at = (span.since + step * number).astimezone(zone)
        found.append((round(100 / (_DATES - 1) * number, 1), f"{at:%H:%M}" if short else f"{at.day} {at:%b}"))
    return found


def held_at(points: Points, at: dt.datetime) -> float | None:
    """What held at an instant."""
    index = bisect_right([each[0] for each in points], at) - 1
    return points[index][1] if index >= 0 else None


def samples(lines: Sequence[Line], span: Span, *, count: int = _ROWS) -> list[tuple[dt.datetime, list[float | None]]]:
    """What held at instants that are evenly spread, the last of them now."""
    step = (span.until - span.since) / count
    moments = [span.since + step * (each + 1) for each in range(count)]
    return [(at, [held_at(line.points, at) for line in lines]) for at in moments]


def series(lines: Sequence[Line], span: Span, units: Mapping[str, str]) -> Markup:
    """The same as JSON, for the script's crosshair. ``units``: what stands before each class's values."""
    rows = [[int(at.timestamp()), *values] for at, values in samples(lines, span)]
    facts: dict[str, Any] = {
        "from": int(span.since.timestamp()),
        "to": int(span.until.timestamp()),
        "units": [units[line.css] for line in lines],
        "rows": rows,
    }
    return Markup(json.dumps(facts, separators=(",", ":")).replace("<", "\\u003c"))  # noqa: S704  # JSON without a tag in it

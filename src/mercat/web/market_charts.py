"""A watched listing's past as a chart: which lines, who held the Buy Box, the pins of its alerts, and the figures as a table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from mercat.core.unit import ReadUnit
from mercat.domain.market import service as market
from mercat.web.charts import Line, Panel, Points, Span, dates, held_at, panel, samples, series, strip
from mercat.web.formats import instant, money, number
from mercat.web.subjects import headline

RANGES = (("7", "7 d"), ("30", "30 d"), ("90", "90 d"), ("365", "1 y"))
USUAL = "90"
# Single observations are kept for a while only; before that there are days in a line.
_DAILY_FROM_DAYS = 60
_TABLE_ROWS = 12
# Percent of the axis between two pins: so that a finger finds the one it means.
_APART = 10.0
_FIELDS = (
    "own_price", "buybox_price", "amazon_price", "lowest_fba_price", "price", "sales_rank", "offer_count", "seller_id",
    "seller", "is_amazon_seller",
)  # fmt: skip
_PRICES = (("own_price", "ours", "You"), ("buybox_price", "bb", "Buy Box"), ("amazon_price", "amz", "Amazon"), ("lowest_fba_price", "fba", "Lowest FBA"))  # fmt: skip
_CLOSES = {
    "buybox_price": "buybox_close",
    "price": "price_close",
    "sales_rank": "rank_close",
    "offer_count": "offer_count",
}
_SEVERITIES = ("critical", "warning", "info")
_TONES = {"critical": "bad", "warning": "", "info": "ok"}


@dataclass(frozen=True)
class Chart:
    """All that ``parts/chart.html`` draws. ``keys``: (class, title, value now); ``pins``: (percent, tone, number, alert)."""

    name: str
    label: str
    panels: Sequence[Panel]
    keys: Sequence[tuple[str, str, str]]
    holders: Sequence[tuple[str, float, float]]
    share: Mapping[str, float]
    pins: Sequence[tuple[float, str, int, Mapping[str, Any]]]
    dates: Sequence[tuple[float, str]]
    data: Markup
    table: tuple[Sequence[str], Sequence[tuple[dt.datetime, Sequence[str]]]]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was seen in that time."""
        return not self.panels


def past_of(unit: ReadUnit, listing_id: str, *, days: int, also: Sequence[str] = ()) -> market.History:
    """What a chart of the last days needs, and what else is asked for."""
    fields = tuple(dict.fromkeys((*_FIELDS, *also)))
    return market.history(unit, listing_id, fields=fields, days=days, daily=days > _DAILY_FROM_DAYS, means=False)


def chart_of(
    unit: ReadUnit, past: market.History, *, zone: ZoneInfo, alerts: Sequence[Mapping[str, Any]] = ()
) -> Chart:
    """The chart of a past. ``alerts``: rows of those to be pinned."""
    span = Span(past.since, past.until)
    points = {each.name: _points(past, each) for each in past.metrics}
    currency = past.currency
    sign = money(0, currency).replace("0.00", "").replace("0", "")
    prices = [Line(css, title, points[name]) for name, css, title in _PRICES if _has(points[name])]
    if not _has(points["own_price"]) and _has(points["price"]):
        prices.insert(0, Line("ours", "Lowest new", points["price"]))
    rank = [Line("rank", "Rank", points["sales_rank"])] if _has(points["sales_rank"]) else []
    offers = [Line("offers", "New offers", points["offer_count"])] if _has(points["offer_count"]) else []
    drawn = [
        panel("price", f"Price, {currency}", prices, span, said=lambda value: _amount(value, currency)),
        panel("rankp", "Sales rank, log scale, best on top", rank, span, said=_rank, size=100, is_rank=True),
        panel("offersp", "New offers", offers, span, said=lambda value: f"{value:,.0f}", size=50),
    ]
    lines = [*prices, *rank, *offers]
    units = {"rank": "#", "offers": ""} | {line.css: sign for line in prices}
    held = _holders(past, frozenset(market.own_sellers(unit)))
    return Chart(
        name=f"{past.asin} {past.marketplace}",
        label=f"{past.since.astimezone(zone):%d %B} to {past.until.astimezone(zone):%d %B %Y}",
        panels=[each for each in drawn if each is not None],
        keys=[(line.css, line.title, _said(line, line.points[-1][1], currency)) for line in lines],
        holders=strip(held, span),
        share=_shares(held, span),
        pins=_pins(alerts, span),
        dates=dates(span, zone),
        data=series(lines, span, units),
        table=_table(lines, span, currency),
    )


def _points(past: market.History, metric: market.MetricHistory) -> list[tuple[dt.datetime, Any]]:
    """A metric's points in the span, beginning with what held before; days in a line where single ones are gone."""
    found = [(point.at, _number(point.value)) for point in metric.points]
    first = found[0][0] if found else past.until
    days = [
        (at, _number(row[close]))
        for row in past.days
        if (close := _CLOSES.get(metric.name, "")) and (at := _midnight(row["day"])) < first and row[close] is not None
    ]
    if days:
        found = [*days, *found]
    elif metric.before is not None and (not found or found[0][0] > past.since):
        found = [(past.since, _number(metric.before)), *found]
    return found


def _midnight(day: str) -> dt.datetime:
    return dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC)


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return value


def _has(points: Points) -> bool:
    return any(value is not None for _, value in points)


def _holders(past: market.History, own: frozenset[str]) -> list[tuple[dt.datetime, str]]:
    """Who had the Buy Box from when on, as a class: ours, Amazon, others, nobody."""
    by_name = {each.name: each for each in past.metrics}
    sellers, amazon = by_name["seller_id"], _points(past, by_name["is_amazon_seller"])
    found = [(point.at, point.value) for point in sellers.points]
    if sellers.before is not None and (not found or found[0][0] > past.since):
        found = [(past.since, sellers.before), *found]
    return [(at, _holder(seller, held_at(amazon, at), own)) for at, seller in found]


def _holder(seller: Any, is_amazon: Any, own: frozenset[str]) -> str:
    if not seller:
        return "none"
    if str(seller) in own:
        return "ours"
    return "amz" if is_amazon else "oth"


def _shares(held: Sequence[tuple[dt.datetime, str]], span: Span) -> dict[str, float]:
    """How much of the time each had it, in percent of the time that is known of."""
    ends = [*(at for at, _ in held[1:]), span.until][: len(held)]
    found: dict[str, float] = {}
    for (at, who), end in zip(held, ends, strict=True):
        found[who] = found.get(who, 0.0) + (end - at).total_seconds()
    whole = sum(found.values()) or 1
    return {who: round(seconds / whole * 100, 1) for who, seconds in found.items()}


def _pins(alerts: Sequence[Mapping[str, Any]], span: Span) -> list[tuple[float, str, int, Mapping[str, Any]]]:
    """The worst alerts of the span, the newest first among equals, as many as stand apart; numbered from the oldest on."""
    kept: list[tuple[float, Mapping[str, Any]]] = []
    for each in sorted(alerts, key=lambda alert: _SEVERITIES.index(alert["severity"])):
        at = instant(each["opened_at"]) or span.until
        place = span.percent(at)
        if span.since <= at <= span.until and all(abs(place - other) >= _APART for other, _ in kept):
            kept.append((place, each))
    return [
        (place, _TONES[each["severity"]], number_, {**each, "said": headline(each)})
        for number_, (place, each) in enumerate(sorted(kept, key=lambda pin: pin[0]), start=1)
    ]


def _table(lines: Sequence[Line], span: Span, currency: str) -> tuple[list[str], list[tuple[dt.datetime, list[str]]]]:
    rows = samples(lines, span, count=_TABLE_ROWS)[::-1]
    return (
        [line.title for line in lines],
        [
            (at, [_said(line, value, currency) for line, value in zip(lines, values, strict=True)])
            for at, values in rows
        ],
    )


def _said(line: Line, value: float | None, currency: str) -> str:
    if value is None:
        return "–"
    if line.css == "rank":
        return _rank(value)
    return number(int(value)) if line.css == "offers" else _amount(value, currency)


def _amount(value: float, currency: str) -> str:
    return money(f"{value:.2f}", currency)


def _rank(value: float) -> str:
    return f"#{value:,.0f}"

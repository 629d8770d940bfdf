"""Values as people read them: figures with their thousands, money with its sign, times on the reader's own clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

NOTHING = "–"
_MINUS = "−"
# CLDR 46's narrow symbols of the currencies that shops mostly use; others are written as their code.
_SIGNS = {
    "USD": "$",
    "EUR": "€",
    "GBP": "£",
    "JPY": "¥",
    "CNY": "CN¥",
    "INR": "₹",
    "KRW": "₩",
    "CAD": "CA$",
    "AUD": "A$",
}
# ISO 4217: these have no smaller unit.
_WHOLE = {"JPY", "KRW", "VND", "CLP", "ISK"}
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True)
class Clock:
    """The instant of the page, and the zone that whoever reads it lives in."""

    now: dt.datetime
    zone: ZoneInfo

    def when(self, at: dt.datetime) -> str:
        """Short: minutes and hours while it is fresh, the time of this or the last day, then the date."""
        seconds = (self.now - at).total_seconds()
        if abs(seconds) < _MINUTE:
            return "just now" if seconds >= 0 else "now"
        if abs(seconds) < _DAY / 4:
            amount = abs(seconds)
            text = f"{int(amount // _MINUTE)} min" if amount < _HOUR else f"{int(amount // _HOUR)} h"
            return f"{text} ago" if seconds > 0 else f"in {text}"
        here, today = at.astimezone(self.zone), self.now.astimezone(self.zone).date()
        days = (today - here.date()).days
        near = {0: "today", 1: "yesterday", -1: "tomorrow"}.get(days)
        if near is not None:
            return f"{near} {here:%H:%M}"
        return f"{here.day} {here:%b}" + ("" if here.year == today.year else f" {here.year}")

    def short(self, at: dt.datetime) -> str:
        """The full time in few letters: a long table has hundreds of them."""
        here = at.astimezone(self.zone)
        return f"{here:%a} {here.day} {here:%b %Y, %H:%M:%S} {here.tzname() or ''}".strip()

    def whole(self, at: dt.datetime) -> str:
        """The full time, with its zone."""
        here = at.astimezone(self.zone)
        return f"{here:%A} {here.day} {here:%B %Y, %H:%M:%S} {here.tzname() or ''}".strip()


def instant(value: dt.datetime | str | None) -> dt.datetime | None:
    """A time, given as one or as ISO 8601; without a zone it is UTC."""
    if value is None or isinstance(value, dt.datetime):
        return value
    read = dt.datetime.fromisoformat(value)
    return read if read.tzinfo else read.replace(tzinfo=dt.UTC)


def time(value: dt.datetime | str | None, clock: Clock) -> str | Markup:
    """A ``<time>``: short to read, whole as its title."""
    at = instant(value)
    if at is None:
        return NOTHING
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}", clock.short(at), clock.when(at)
    )


def moment(value: dt.datetime | str | None, clock: Clock) -> str | Markup:
    """A time to the millisecond, as logs have it, on the reader's clock; the whole as its title."""
    at = instant(value)
    if at is None:
        return NOTHING
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.astimezone(dt.UTC).isoformat(timespec="milliseconds"),
        clock.whole(at),
        at.astimezone(clock.zone).strftime("%H:%M:%S.%f")[:-3],
    )


def duration(seconds: float | None) -> str:
    """How long something takes: ``0.4 s``, ``48 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if seconds is None:
        return NOTHING
    if seconds < _MINUTE:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"  # one digit is enough from ten on
    large, small, units = (_MINUTE, 1, ("min", "s")) if seconds < _HOUR else (_HOUR, _MINUTE, ("h", "min"))
    if seconds >= _DAY:
        large, small, units = _DAY, _HOUR, ("days", "h")
    whole, rest = int(seconds // large), int(seconds % large // small)
    return f"{whole} {units[0]}" + (f" {rest} {units[1]}" if rest else "")


def between(begin: dt.datetime | str | None, end: dt.datetime | str | None, clock: Clock) -> str:
    """How long from one time to another, or until now."""
    first, last = instant(begin), instant(end) or clock.now
    return NOTHING if first is None else duration(max((last - first).total_seconds(), 0))


def number(value: Any) -> str:
    """A figure with its thousands; a real minus."""
    return NOTHING if value is None else f"{value:,}".replace("-", _MINUS)


def money(value: Any, currency: str | None = None) -> str:
    """An amount with its currency: two places at least, as many as are kept at most."""
    amount = _decimal(value)
    if amount is None:
        return NOTHING
    least = 0 if currency in _WHOLE else 2
    exact = amount.normalize().as_tuple().exponent
    text = f"{abs(amount):,.{max(least, -exact if isinstance(exact, int) else 0)}f}"
    sign = _SIGNS.get(currency or "", f"{currency} " if currency else "")
    return f"{_MINUS if amount < 0 else ''}{sign}{text}"


def percent(value: Any, *, signed: bool = True) -> str:
    """A share of a hundred with one place: ``+27.7%``."""
    amount = _decimal(value)
    if amount is None:
        return NOTHING
    text = f"{abs(amount):,.1f}%"
    return f"{_MINUS if amount < 0 else '+' if signed and amount > 0 else ''}{text}"


def size(value: int | None) -> str:
    """Bytes as people say them."""
    if value is None:
        return NOTHING
    amount = float(value)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            return f"{amount:,.0f} {unit}" if unit == "bytes" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1000
    raise AssertionError  # unreachable: the last unit returns


def plural(count: int, one: str, many: str | None = None) -> str:
    """``1 change``, ``1,204 changes``."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def words(value: str | None) -> str:
    """A name of a program as people say it: ``partially_applied`` is "partially applied"."""
    return NOTHING if value is None else value.replace("_", " ").replace(".", " ")


def sentence(value: str | None) -> str:
    """The same, beginning with a capital."""
    return capital(words(value))


def capital(text: str) -> str:
    """The same text, beginning with a capital."""
    return text[:1].upper() + text[1:]


def _decimal(value: Any) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


# How programs name themselves, the telling part first: a browser says that it is several.
_AGENTS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "macOS"))


def agent(value: str | None) -> str:
    """A browser's ``User-Agent`` as people call it: ``Firefox on Windows``; of a program the beginning of what it says."""
    if not value:
        return "Unknown"
    name = next((said for mark, said in _AGENTS if mark in value), None)
    if name is None:
        return value[:60]
    return f"{name} on {next((said for mark, said in _SYSTEMS if mark in value), 'Linux')}"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "agent": agent,
    "instant": instant,
    "time": time,
    "moment": moment,
    "duration": duration,
    "between": between,
    "number": number,
    "money": money,
    "percent": percent,
    "size": size,
    "plural": plural,
    "words": words,
    "sentence": sentence,
    "capital": capital,
}

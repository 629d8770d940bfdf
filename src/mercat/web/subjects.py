"""Where the things that alerts and suggestions are about have their pages, and what rules and values are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from mercat.domain.alerts import service as alerts
from mercat.web.formats import capital, money, number, sentence

# How each comparison reads around its threshold.
_COMPARISONS = {
    "abs_least": "{} or more, up or down",
    "least": "{} or more",
    "above": "more than {}",
    "most": "{} or less",
    "below": "below {}",
}
SUBJECTS = {
    "market_product": "Watched listing",
    "variant": "Product",
    "product": "Product",
    "change_set": "Change set",
    "listing": "Listing",
    "store": "Store",
    "feed": "Feed",
    "sync": "Runs",
    "system": "Jobs",
    "service": "Service",
    "api_key": "API key",
    "market_source": "Market source",
}
SEVERITIES = {"critical": ("Critical", "bad"), "warning": ("Warning", "warn"), "info": ("For information", "info")}
_HOURS = 3600


def address_of(subject: Mapping[str, Any], variants: Sequence[Mapping[str, Any]] = ()) -> str:
    """The page of what an alert or a suggestion is about; empty where there is none."""
    kind, subject_id, label = subject["subject_type"], str(subject["subject_id"]), subject["subject_label"] or ""
    if kind == "variant":
        sku = next((row["sku"] for row in variants if str(row["id"]) == subject_id), None)
        return f"/products/{quote(sku, safe='')}" if sku else ""
    addresses = {
        "market_product": f"/market/{subject_id}",
        "product": f"/products/{subject_id}",
        "change_set": f"/changes/{subject_id}",
        "listing": f"/listings/{subject_id}",
        "store": f"/stores/{quote(label, safe='')}",
        "feed": "/sync",
        "sync": "/sync",
        "system": "/jobs?status=failed",
    }
    return addresses.get(kind, "")


def measured(kind: str, value: Any) -> str:
    """A measure in the unit of its kind: ``12.5%``, ``3 jobs``."""
    if value is None:
        return "–"
    unit = alerts.KINDS[kind].measure if kind in alerts.KINDS else ""
    text = str(value)
    figure = (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")
    return f"{figure}%" if unit.startswith("percent") else f"{figure} {unit}".strip()


def terms(rule: Mapping[str, Any]) -> str:
    """When a rule fires, in words."""
    kind, comparison, critical = rule["kind"], rule["comparison"], rule["critical_threshold"]
    said = "whenever it is seen"
    if comparison is not None and rule["threshold"] is not None:
        said = _COMPARISONS[comparison].format(measured(kind, rule["threshold"]))
    return said if critical is None else f"{said}; critical from {measured(kind, critical).partition(' ')[0]}"


def headline(alert: Mapping[str, Any]) -> str:
    """What an alert says, without the name of what it is about, which stands beside it."""
    title, label = str(alert["title"]), alert["subject_label"] or ""
    short = title.removeprefix(f"{label}: ") if label else title
    return capital(short or title)


def hours(seconds: int) -> str:
    """A cooldown in words."""
    if not seconds:
        return "none"
    for size, name in ((7 * 24 * _HOURS, "week"), (24 * _HOURS, "day"), (_HOURS, "hour"), (60, "minute")):
        if seconds % size == 0:
            count = seconds // size
            return f"{number(count)} {name}" + ("" if count == 1 else "s")
    return f"{number(seconds)} seconds"


def kind_name(kind: str) -> str:
    """What a kind of signal is called."""
    return alerts.KINDS[kind].name if kind in alerts.KINDS else sentence(kind)


def kinds() -> tuple[tuple[str, str], ...]:
    """Kinds of signals as choices, by their names."""
    return tuple(sorted(((key, each.name) for key, each in alerts.KINDS.items()), key=lambda each: each[1]))


def value(field: str, given: str | None, currency: str | None) -> str:
    """A value of a suggestion's action as people read it."""
    if given is None or given == "":
        return "nothing"
    if field.endswith("_threshold"):
        return f"{given.rstrip('0').rstrip('.') if '.' in given else given}%"
    return money(given, currency) if "price" in field else given

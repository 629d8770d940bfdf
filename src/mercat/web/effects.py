"""What a suggestion would change, would bring, and did bring, as people read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from mercat.domain.catalog import service as catalog
from mercat.web.formats import money, number, percent, sentence
from mercat.web.subjects import value

CATEGORIES = {"pricing": "Price", "content": "Content", "tracking": "Watching", "stock": "Stock"}
PRIORITIES = {"urgent": ("Urgent", "bad"), "high": ("High", "warn"), "normal": ("Normal", ""), "low": ("Low", "part")}
STATUSES = {
    "pending": ("To decide", "ai"),
    "approved": ("Approved", "info"),
    "partially_approved": ("Partly approved", "info"),
    "rejected": ("Rejected", "part"),
    "applied": ("Applied", "ok"),
    "failed": ("Failed", "bad"),
    "stale": ("Overtaken", "warn"),
    "expired": ("Expired", "part"),
    "rolled_back": ("Taken back", "part"),
    "proposed": ("To decide", "ai"),
}
_FIELDS = {
    "price": "Price",
    "name": "Title",
    "price_change_threshold": "Alert from a price change of",
    "rank_change_threshold": "Alert from a rank change of",
    "track_frequency": "Looked at",
    "is_active": "Watched",
}


def effects(impact: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What it would bring: a name, what it is now, what it would be."""
    found = []
    if "margin_pct_after" in impact:
        found.append(("Your margin", _share(impact.get("margin_pct_before")), _share(impact["margin_pct_after"])))
    if "alerts_fired" in impact:
        found.append((f"Alerts in {impact.get('days')} days", number(impact["alerts_fired"]), "fewer"))
    known = {"price", "currency", "margin_pct_before", "margin_pct_after", "alerts_fired", "days"}
    found += [
        (sentence(name), "", str(said)) for name, said in impact.items() if name not in known and said is not None
    ]
    return found


def shown_action(
    action: Mapping[str, Any], currency: str | None, variants: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """An action with its values as people read them, its step, and whether its target moved meanwhile."""
    field = action["target_field"]
    known = next((row for row in variants if row["sku"] == action["target"]), None)
    money_of = currency or (known or {}).get("currency")
    is_price = action["action_type"] == "set_price"
    now = None if known is None or not is_price else known["price"]
    return {
        **action,
        "field": _FIELDS.get(field, sentence(field)),
        "old": value(field, action["current_value"], money_of),
        "new": value(field, action["proposed_value"], money_of),
        "is_text": not is_price and not field.endswith("_threshold"),
        "step": catalog.moved(action["current_value"], action["proposed_value"]) if is_price else None,
        "now": money(now, money_of) if now is not None and not _same(now, action["current_value"]) else "",
        "may_edit": is_price or field.endswith("_threshold"),
    }


def with_drawn(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a suggestion with its actions and effects as they are drawn."""
    impact = row["estimated_impact"] or {}
    drawn = [shown_action(each, impact.get("currency")) for each in row.get("actions", ())]
    return {**row, "drawn": drawn, "effects": effects(impact)}


def outcome(found: Mapping[str, Any] | None) -> list[tuple[str, list[tuple[str, str]]]]:
    """What was measured: when, and each figure by its name."""
    if not found:
        return []
    titles = {"before": "Before", "after_7_days": "A week later", "after_30_days": "A month later"}
    return [(title, _figures(found[name])) for name, title in titles.items() if name in found]


def _figures(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    figures = [
        ("Price", money(found.get("price"))),
        ("Cost", money(found.get("cost"))),
        ("Margin", _share(found.get("margin_pct"))),
    ]
    figures = [each for each in figures if each[1] != "–"]
    for asin, listing in (found.get("listings") or {}).items():
        figures.append((f"Buy Box {asin}", money(listing.get("buybox_price"))))
        rank = listing.get("sales_rank")
        figures.append((f"Rank {asin}", f"#{number(rank)}" if rank else "–"))
    return figures


def _share(given: Any) -> str:
    return percent(given, signed=False)


def _same(one: Any, other: Any) -> bool:
    return other is not None and Decimal(str(one)) == Decimal(str(other))

"""How a change reads: what it is about, from what to what, by how much, and what that does to the margin. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from mercat.domain.catalog import service as catalog
from mercat.web.formats import money, number, percent

_AMOUNTS = {"price", "cost_price", "compare_at_price"}
_NAMES = {
    "price": "Price",
    "cost_price": "Cost",
    "compare_at_price": "List price",
    "offer": "Offer",
    "statement": "Stock",
    "variant": "Variant",
    "manufacturer_part_number": "Part number",
    "seo_title": "SEO title",
    "seo_description": "SEO description",
}
# How a guard's rule reads where it flags something.
RULES = {
    "price_change": "Jumps",
    "price_empty": "Price empty",
    "cost_above_price": "Below cost",
    "quantity_empty": "Out of stock",
    "archive_share": "Missing",
    "feed_shrunk": "Missing",
    "mass_rename": "Renamed",
    "held_by_hand": "Held back",
}
_LONGEST = 90


def field_name(field: str | None) -> str:
    """A field as people call it."""
    if field is None:
        return "Product"
    if field in _NAMES:
        return _NAMES[field]
    name = field.removeprefix("metafields.").removeprefix("identifiers.").rpartition(".")[2]
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a review with what is shown of it: ``title``, ``about``, ``before``, ``after``, ``step``, ``margins``."""
    field, old, new = row["field"], row["old"], row["new"]
    is_new = row["kind"] == "create" and isinstance(new, dict)
    title = new.get("name") if is_new and field is None else row["product"]
    step = catalog.moved(old, new) if field in _AMOUNTS and _is_amount(old) and _is_amount(new) else None
    return {
        **row,
        "title": title or row["key"] or "–",
        "about": "New" if is_new and field is None else field_name(field),
        "before": value_of(field, old, row),
        "after": _after(row),
        "step": step,
        "margins": _margins(row),
        "code": row["sku"] or row["key"] or "",
    }


def _after(row: Mapping[str, Any]) -> str:
    if row["kind"] == "archive" and row["field"] == "offer":
        return "not in the file"
    if row["field"] == "statement":
        return "nothing left"
    if row["kind"] == "create" and isinstance(row["new"], dict):
        first = (row["new"].get("variants") or [row["new"]])[0]
        return money(first.get("price"), first.get("currency") or row["currency"])
    return value_of(row["field"], row["new"], row)


def value_of(field: str | None, value: Any, row: Mapping[str, Any]) -> str:
    """A value of a field as people read it. ``row`` says in which ``currency``."""
    if value is None or value in ("", []):
        return "empty" if field not in {None, "offer", "statement", "variant"} else ""
    if field in _AMOUNTS and _is_amount(value):
        return money(value, row["currency"])
    if isinstance(value, dict):
        return _cut(str(value.get("value", ", ".join(f"{name}: {each}" for name, each in value.items()))))
    if isinstance(value, list):
        return _cut(", ".join(str(each.get("url", each) if isinstance(each, dict) else each) for each in value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(value) if isinstance(value, int) else _cut(str(value))


def _margins(row: Mapping[str, Any]) -> tuple[str, str, bool] | None:
    """The margin before and after, and whether it is a loss or far less."""
    field, old, new = row["field"], row["old"], row["new"]
    if field not in {"price", "cost_price"} or not _is_amount(new):
        return None
    price, cost = row["price"], row["cost_price"]
    if field == "price":
        before, after = catalog.margin(old if _is_amount(old) else None, cost), catalog.margin(new, cost)
    else:
        before, after = catalog.margin(price, old if _is_amount(old) else None), catalog.margin(price, new)
    if after is None:
        return None
    is_bad = after < 0 or (before is not None and before - after >= 10)
    said = percent(before, signed=False) if before is not None else ""
    return said, "loss" if after < 0 else percent(after, signed=False), is_bad


def _is_amount(value: Any) -> bool:
    try:
        return value is not None and not isinstance(value, bool | dict | list) and Decimal(str(value)).is_finite()
    except InvalidOperation:
        return False


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"

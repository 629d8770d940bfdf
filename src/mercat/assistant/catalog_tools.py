"""What assistants may see of our own catalogue, of alerts, and of how the house is doing."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from mercat.assistant.tools import Arguments, tool
from mercat.core.actor import Actor
from mercat.core.lists import ListQuery, list_rows
from mercat.core.unit import Runtime
from mercat.domain.alerts import service as alerts
from mercat.domain.catalog import service as catalog
from mercat.domain.operations import service as operations
from mercat.domain.suggestions import service as suggestions

_SKU = Field(description="a SKU, handle or id of a product of ours", min_length=1, max_length=255)


class SkuAsked(Arguments):
    """Which product."""

    sku: str = _SKU


class CatalogAsked(Arguments):
    """What to look for."""

    query: str = Field("", description="words, brand or code", max_length=200)
    limit: int = Field(10, ge=1, le=100)


class AlertsAsked(Arguments):
    """Which alerts."""

    severity: Literal["info", "warning", "critical"] | None = None
    alert_type: str | None = Field(None, max_length=50)
    limit: int = Field(20, ge=1, le=100)


class SetsAsked(Arguments):
    """Which change sets."""

    status: Literal["planned", "held", "applied", "rejected", "undone"] | None = None
    limit: int = Field(20, ge=1, le=100)


class Nothing(Arguments):
    """No arguments."""


@tool("catalog.read", CatalogAsked, is_read=True)
def find_catalog_products(runtime: Runtime, actor: Actor, asked: CatalogAsked) -> Any:
    """Products of our own catalogue by words, brand or code, with price and status."""
    with runtime.read(actor) as unit:
        found = catalog.list_products(unit, q=asked.query or None, per_page=asked.limit)
        return {"products": found.data, "total": found.total}


@tool("catalog.read", SkuAsked, is_read=True)
def get_catalog_product(runtime: Runtime, actor: Actor, asked: SkuAsked) -> Any:
    """One product of ours whole: texts, variants with price and cost, custom fields, pictures, locked fields."""
    with runtime.read(actor) as unit:
        return catalog.get_product(unit, asked.sku)


@tool("catalog.read", SkuAsked, is_read=True)
def explain_values(runtime: Runtime, actor: Actor, asked: SkuAsked) -> Any:
    """Where each value of a product came from: which source stated it, when, in which change set, and what lost."""
    with runtime.read(actor) as unit:
        return catalog.why(unit, asked.sku)


@tool("catalog.read", SetsAsked, is_read=True)
def list_change_sets(runtime: Runtime, actor: Actor, asked: SetsAsked) -> Any:
    """Changes of the catalogue, newest first: planned, held for a person, applied, rejected or undone."""
    equal = {"status": [asked.status]} if asked.status else {}
    with runtime.read(actor) as unit:
        rows = list_rows(unit, catalog.CHANGE_SETS, ListQuery(equal=equal, per_page=asked.limit))
    return {"change_sets": rows.data, "total": rows.total}


@tool("alerts.read", AlertsAsked, is_read=True)
def list_alerts(runtime: Runtime, actor: Actor, asked: AlertsAsked) -> Any:
    """What needs a person just now: open and acknowledged alerts, newest first."""
    equal: dict[str, list[str]] = {"status": ["open", "acknowledged"]}
    if asked.severity:
        equal["severity"] = [asked.severity]
    if asked.alert_type:
        equal["alert_type"] = [asked.alert_type]
    with runtime.read(actor) as unit:
        rows = list_rows(unit, alerts.ALERTS, ListQuery(equal=equal, per_page=asked.limit))
    return {"alerts": rows.data, "total": rows.total}


@tool("operations.read", Nothing, is_read=True)
def get_source_status(runtime: Runtime, actor: Actor, asked: Nothing) -> Any:
    """How fresh feeds and stores are: when each last went well, and how often it should."""
    del asked
    with runtime.read(actor) as unit:
        return {"sources": operations.silences(unit), "jobs": operations.job_figures(unit)}


@tool("suggestions.read", Nothing, is_read=True)
def generate_daily_report(runtime: Runtime, actor: Actor, asked: Nothing) -> Any:
    """The day in figures, counted and never estimated: open alerts by severity, suggestions by status, held change sets."""
    del asked
    with runtime.read(actor) as unit:

        def count(spec: Any, **equal: str) -> int:
            given = {name: [value] for name, value in equal.items()}
            return list_rows(unit, spec, ListQuery(equal=given, per_page=1)).total

        return {
            "at": unit.now,
            "open_alerts": {each: count(alerts.ALERTS, status="open", severity=each) for each in _SEVERITIES},
            "suggestions": {each: count(suggestions.SUGGESTIONS, status=each) for each in _FATES},
            "held_change_sets": count(catalog.CHANGE_SETS, status="held") if actor.may("catalog.read") else None,
            "jobs": operations.job_figures(unit) if actor.may("operations.read") else None,
        }


_SEVERITIES = ("critical", "warning", "info")
_FATES = ("pending", "approved", "applied", "rejected", "stale", "failed")

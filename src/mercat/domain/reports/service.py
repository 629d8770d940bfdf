"""What this room offers: what needs whoever asks, what changed, what runs, what comes next, and how connections are.

Each part is left out for whoever may not see it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mercat.core.lists import ListQuery, ListSpec, list_rows
from mercat.core.unit import ReadUnit
from mercat.domain.alerts import service as alerts
from mercat.domain.catalog import service as catalog
from mercat.domain.listings import service as listings
from mercat.domain.operations import service as operations
from mercat.domain.reports.around import Around, around, with_actions
from mercat.domain.reports.explaining import explain_query, list_hot_queries
from mercat.domain.reports.ranking import Need, ranked
from mercat.domain.suggestions import service as suggestions
from mercat.domain.suppliers import service as suppliers

READ = "reports.read"
_MOST = 50
_SHOWN = 8
# A job that failed longer ago than this was looked at, or does not matter.
_FAILED_WITHIN = dt.timedelta(days=3)
_WRONG = ("error", "drifted", "blocked")
_SAID = {
    "error": "The shop refused them, or could not be reached.",
    "drifted": "The shop shows something else than was sent.",
    "blocked": "They break a limit of the channel.",
}


@dataclass(frozen=True)
class Overview:
    """All of it. Rows are plain values of the lists that they come from."""

    needs: list[Need]
    changed: list[dict[str, Any]]
    running: list[dict[str, Any]]
    upcoming: list[dict[str, Any]]
    stores: list[dict[str, Any]]
    feeds: list[dict[str, Any]]
    has_products: bool


def overview(unit: ReadUnit, since: dt.datetime) -> Overview:
    """What needs a person, costliest to leave first; what was applied since then; what runs and what comes next."""
    unit.actor.require(READ)
    return Overview(
        needs=needs(unit),
        changed=_some(unit, catalog.CHANGE_SETS, least={"applied_at": since}, per_page=_SHOWN),
        running=running(unit),
        upcoming=_some(unit, operations.SCHEDULES, equal={"is_active": [True]}, sort="next_at", per_page=_SHOWN),
        stores=_some(unit, listings.STORES, equal={"is_active": [True]}),
        feeds=_some(unit, suppliers.FEEDS, equal={"is_active": [True]}, sort="-last_run_at", per_page=_SHOWN),
        has_products=catalog.has_products(unit),
    )


def running(unit: ReadUnit) -> list[dict[str, Any]]:
    """Jobs that run now."""
    return _some(unit, operations.JOBS, equal={"status": ["running"]}, per_page=_SHOWN)


def needs(unit: ReadUnit) -> list[Need]:
    """What waits for a person, costliest to leave first."""
    unit.actor.require(READ)
    things = [*_held(unit), *_publishes(unit), *_stores(unit), *_listings(unit)]
    things += [*_suggested(unit), *_matches(unit), *_failed(unit)]
    known = {each.subject for each in things if each.subject}
    # An alert about what stands here itself says it a second time.
    return ranked([*things, *(need for need, subject in _alerts(unit) if subject not in known)])


def _held(unit: ReadUnit) -> Iterator[Need]:
    for each in _some(unit, catalog.CHANGE_SETS, equal={"status": ["held"]}):
        counts = each["counts"]
        rows = sum(counts.get(name, 0) for name in ("created", "updated", "archived"))
        said = ". ".join(finding["message"] for finding in each["findings"][:2])
        text = f"{said}. Nothing of it is applied yet." if said else "Nothing of it is applied yet."
        yield Need("held", f"{each['title']} is held", text, str(each["id"]), rows, at=each["created_at"])


def _publishes(unit: ReadUnit) -> Iterator[Need]:
    """Of each store, the last publishing where a guard held it."""
    for store in _some(unit, listings.STORES, equal={"is_active": [True]}):
        held = listings.held_publish(unit, store["name"])
        if held is not None:
            text = ". ".join([*held["errors"][:2], "Nothing of it was sent."])
            count = sum(held["record_counts"].get(name, 0) for name in ("created", "updated", "archived"))
            title = f"Publishing to {store['name']} is held"
            yield Need("publish", title, text, store["name"], count, at=held["started_at"])


def _alerts(unit: ReadUnit) -> Iterator[tuple[Need, str]]:
    for each in _some(unit, alerts.ALERTS, equal={"status": ["open"]}):
        label = each["subject_label"]
        text = each["message"] or (f"About {label}." if label else "")
        severity = each["severity"]
        need = Need("alert", each["title"], text, str(each["id"]), 1, severity, at=each["opened_at"])
        yield need, str(each["subject_id"])


def _stores(unit: ReadUnit) -> Iterator[Need]:
    for each in _some(unit, listings.STORES, equal={"is_active": [True]}):
        if each["paused_reason"]:
            yield Need("store", f"Nothing is sent to {each['name']}", str(each["paused_reason"]), each["name"])


def _listings(unit: ReadUnit) -> Iterator[Need]:
    rows = _some(unit, listings.LISTINGS, equal={"state": list(_WRONG)}, per_page=1000)
    counts = Counter((each["store"], each["state"]) for each in rows)
    oldest: dict[tuple[str, str], Any] = {}
    for each in rows:
        key = (each["store"], each["state"])
        oldest[key] = min(oldest.get(key, each["updated_at"]), each["updated_at"])
    words = {"error": "failed", "drifted": "differ from what was sent", "blocked": "cannot be sent"}
    for (store, state), count in counts.items():
        title = f"{count} {'listing' if count == 1 else 'listings'} at {store} {words[state]}"
        yield Need("listing", title, _SAID[state], state, count, at=oldest[store, state])


def _suggested(unit: ReadUnit) -> Iterator[Need]:
    for each in _some(unit, suggestions.SUGGESTIONS, equal={"status": ["pending"]}):
        text = each["description"] or ""
        yield Need("suggestion", each["title"], text, str(each["id"]), at=each["created_at"])


def _matches(unit: ReadUnit) -> Iterator[Need]:
    rows = _some(unit, suppliers.MATCHES, equal={"decision": ["open"]}, per_page=1000)
    for supplier, count in Counter(each["supplier"] for each in rows).items():
        is_one = count == 1
        title = f"{count} {'row' if is_one else 'rows'} of {supplier} may be one product or another"
        yield Need("match", title, "Until somebody decides, their offers are left aside.", supplier, count)


def _failed(unit: ReadUnit) -> Iterator[Need]:
    lately = {"completed_at": unit.now - _FAILED_WITHIN}
    for each in _some(unit, operations.JOBS, equal={"status": ["failed"]}, least=lately):
        yield Need("job", f"{each['title']} failed", str(each["error"] or ""), str(each["id"]), at=each["completed_at"])


def _some(unit: ReadUnit, spec: ListSpec, *, per_page: int = _MOST, **query: Any) -> list[dict[str, Any]]:
    if not unit.actor.may(spec.permission):
        return []
    return list_rows(unit, spec, ListQuery(per_page=per_page, **query)).data


__all__ = [
    "Around",
    "Need",
    "Overview",
    "around",
    "explain_query",
    "list_hot_queries",
    "needs",
    "overview",
    "ranked",
    "running",
    "with_actions",
]

"""What stands around a watched listing or a product in the other rooms: what it is of ours, its alerts, its suggestions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from mercat.core.lists import ListQuery, ListSpec, list_rows
from mercat.core.unit import ReadUnit
from mercat.domain.alerts import service as alerts
from mercat.domain.catalog import service as catalog
from mercat.domain.market import service as market
from mercat.domain.suggestions import service as suggestions

_MOST = 20
_MOST_VARIANTS = 100
_MOST_ACTIONS = 500
LISTING, VARIANT, PRODUCT = "market_product", "variant", "product"


@dataclass(frozen=True)
class Around:
    """Rows of the lists that they come from, newest first; empty where there is nothing, or whoever asks may not see it."""

    listings: Sequence[dict[str, Any]] = ()
    variants: Sequence[dict[str, Any]] = ()
    alerts: Sequence[dict[str, Any]] = ()
    suggestions: Sequence[dict[str, Any]] = field(default=())


def around(unit: ReadUnit, subject_type: str, subject_id: str) -> Around:
    """What belongs to a listing, a variant or a product; of anything else its alerts alone."""
    known = _id(subject_id)
    if known is None or subject_type not in {LISTING, VARIANT, PRODUCT}:
        return Around(alerts=_alerts(unit, [subject_id]))
    if subject_type == LISTING:
        return _of_listing(unit, known)
    if subject_type == VARIANT:
        rows = _rows(unit, catalog.VARIANTS, {"id": [known]})
        return _of_product(unit, rows[0]["product_id"]) if rows else Around(alerts=_alerts(unit, [subject_id]))
    return _of_product(unit, known)


def _of_listing(unit: ReadUnit, listing_id: UUID) -> Around:
    rows = _rows(unit, market.LISTINGS, {"id": [listing_id]})
    ours = [row["product_id"] for row in rows if row["product_id"] is not None]
    rivalled = [each["product_id"] for each in _rows(unit, market.COMPETITORS, {"market_product_id": [listing_id]})]
    variants, others = _variants(unit, ours), _variants(unit, rivalled)
    own = [str(each) for each in (listing_id, *ours, *(row["id"] for row in variants))]
    further = [str(each) for each in (*rivalled, *(row["id"] for row in others))]
    found = _suggestions(unit, [*own, *further])
    concerned = [each for each in found if each["subject_id"] in own or _speaks_of(each, str(listing_id))]
    return Around(rows, variants or others, _alerts(unit, own), concerned[:_MOST])


def _of_product(unit: ReadUnit, product_id: UUID) -> Around:
    listings = _rows(unit, market.LISTINGS, {"product_id": [product_id]})
    variants = _variants(unit, [product_id])
    ids = [str(each) for each in (product_id, *(row["id"] for row in (*variants, *listings)))]
    return Around(listings, variants, _alerts(unit, ids), _suggestions(unit, ids)[:_MOST])


def _variants(unit: ReadUnit, product_ids: Collection[UUID]) -> list[dict[str, Any]]:
    if not product_ids:
        return []
    return _rows(unit, catalog.VARIANTS, {"product_id": list(product_ids)}, per_page=_MOST_VARIANTS)


def _alerts(unit: ReadUnit, subject_ids: Sequence[str]) -> list[dict[str, Any]]:
    return _rows(unit, alerts.ALERTS, {"subject_id": list(subject_ids)})


def _suggestions(unit: ReadUnit, subject_ids: Sequence[str]) -> list[dict[str, Any]]:
    fields = [*suggestions.SUGGESTIONS.shown, "reasoning"]
    found = _rows(unit, suggestions.SUGGESTIONS, {"subject_id": list(subject_ids)}, per_page=2 * _MOST, fields=fields)
    return with_actions(unit, found)


def with_actions(unit: ReadUnit, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of suggestions, each with what it would change: ``actions``."""
    if not rows:
        return []
    ids = [row["id"] for row in rows]
    by_suggestion: dict[Any, list[dict[str, Any]]] = {}
    for each in _rows(unit, suggestions.SUGGESTION_ACTIONS, {"suggestion_id": ids}, per_page=_MOST_ACTIONS):
        by_suggestion.setdefault(each["suggestion_id"], []).append(each)
    return [{**row, "actions": by_suggestion.get(row["id"], [])[::-1]} for row in rows]


def _speaks_of(suggestion: dict[str, Any], subject_id: str) -> bool:
    return any(each["id"] == subject_id for each in suggestion["evidence"])


def _rows(
    unit: ReadUnit,
    spec: ListSpec,
    equal: dict[str, list[Any]],
    *,
    per_page: int = _MOST,
    fields: Sequence[str] = (),
) -> list[dict[str, Any]]:
    if not unit.actor.may(spec.permission):
        return []
    return list_rows(unit, spec, ListQuery(equal=equal, per_page=per_page, fields=fields)).data


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None

"""Cases: what a language model is shown of a variant, looked up in sets and cut to what fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from mercat.core.lists import ListQuery, list_rows
from mercat.core.money import plain
from mercat.core.unit import ReadUnit
from mercat.domain.alerts import service as alerts
from mercat.domain.market import service as market
from mercat.domain.suggestions.facts_repository import FactsRepository, ListingFacts, VariantFacts
from mercat.domain.suggestions.gathering import items_of, variants_of
from mercat.domain.suggestions.pricing import margin_pct
from mercat.domain.suggestions.prompting import Case, Fact
from mercat.domain.suggestions.suggestion_repository import SuggestionRepository

_KINDS = ("margin_below", "price_below_floor", "buy_box_lost", "competitor_undercut", "rating_drop", "rank_dropped")
_MOST_ALERTS, _MOST_LISTINGS, _MOST_REVIEWS = 200, 10, 5
_MOST_NAME, _MOST_REVIEW = 500, 300
_SEEN = ("price", "buybox_price", "in_stock", "sales_rank")
Alert = Mapping[str, Any]


def cases_of(unit: ReadUnit, *, skus: Sequence[str], most: int) -> tuple[list[Case], int]:
    """(cases, how many more there would be): of these SKUs, or of what alerts are open for, the newest first.

    Of the latter, those that were advised on within a day wait.
    """
    repository = FactsRepository(unit.bulk)
    found = _open_alerts(unit)
    by_variant = variants_of(unit, found)
    if skus:
        wanted = [each.variant_id for each in repository.by_sku(skus)]
    else:
        lately = SuggestionRepository(unit.session).advised_lately("model_", unit.now)
        wanted = [each for each in by_variant if str(each) not in lately]
    facts = {each.variant_id: each for each in repository.variants(wanted[:most])}
    variants = [facts[each] for each in wanted[:most] if each in facts]
    items = items_of(unit, variants)
    descriptions = repository.descriptions({each.product_id for each in variants})
    pending = _pending(unit, [str(each.variant_id) for each in variants])
    cases = [
        Case(
            item,
            {
                "price": plain(each.price),
                "name": each.name,
                "description": descriptions.get(each.product_id),
            },
            _facts(unit, each, by_variant.get(each.variant_id, [])),
            [*item.cautions, *pending.get(str(each.variant_id), [])],
        )
        for item, each in zip(items, variants, strict=True)
    ]
    return cases, max(0, len(wanted) - most)


def _open_alerts(unit: ReadUnit) -> list[Alert]:
    wanted = {"alert_type": list(_KINDS), "status": ["open", "acknowledged"]}
    names = ["id", "alert_type", "subject_type", "subject_id", "title", "message", "old_value", "new_value"]
    return list(list_rows(unit, alerts.ALERTS, ListQuery(equal=wanted, fields=names, per_page=_MOST_ALERTS)).data)


def _pending(unit: ReadUnit, ids: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in SuggestionRepository(unit.session).pending_about("variant", ids):
        found.setdefault(each.subject_id, []).append(f"it is suggested already: {each.title}")
    return found


def _facts(unit: ReadUnit, variant: VariantFacts, open_: Sequence[Alert]) -> list[Fact]:
    repository = FactsRepository(unit.bulk)
    own = [each for each in repository.listings_of(variant.product_id) if each.currency == variant.currency]
    rivals = [each for each in repository.rivals(variant.product_id) if each.currency == variant.currency]
    return [
        Fact("variant", str(variant.variant_id), _priced(variant)),
        *(Fact("alert", str(each["id"]), {name: each[name] for name in ("title", "message")}) for each in open_),
        *(Fact("market_product", str(each.listing_id), _listed(each, "our listing")) for each in own[:_MOST_LISTINGS]),
        *(Fact("market_product", str(each.listing_id), _listed(each, "a rival")) for each in rivals[:_MOST_LISTINGS]),
        *_reviews(unit, own[:1]),
    ]


def _priced(variant: VariantFacts) -> dict[str, Any]:
    known = variant.cost is not None and variant.price > 0
    return {
        "price": plain(variant.price),
        "cost": plain(variant.cost),
        "margin_pct": f"{margin_pct(variant.price, variant.cost):.2f}" if known and variant.cost is not None else None,
    }


def _listed(each: ListingFacts, what: str) -> dict[str, Any]:
    seen = {name: value for name, value in asdict(each).items() if name in _SEEN}
    return {"is": what, "asin": each.asin, "at": each.marketplace, "title": (each.title or "")[:_MOST_NAME], **seen}


def _reviews(unit: ReadUnit, listings: Sequence[ListingFacts]) -> list[Fact]:
    """The worst that people wrote of it, cut short."""
    if not listings:
        return []
    query = ListQuery({"market_product_id": [listings[0].listing_id]}, sort="rating", per_page=_MOST_REVIEWS)
    rows = list_rows(unit, market.REVIEWS, query).data
    return [
        Fact("review", str(each["id"]), {"stars": each["rating"], "text": (each["text"] or "")[:_MOST_REVIEW]})
        for each in rows
    ]

"""Gathering: what the advisers need is looked up once, and what they say is proposed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from mercat.core.lists import ListQuery, list_rows
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.alerts import service as alerts
from mercat.domain.listings import service as listings
from mercat.domain.market import service as market
from mercat.domain.operations import service as operations
from mercat.domain.suggestions.advising import (
    Item,
    Place,
    Rival,
    add_images,
    calm_threshold,
    raise_price,
    regain_buy_box,
    restore_margin,
    shorten_title,
)
from mercat.domain.suggestions.applying import apply_by_policy
from mercat.domain.suggestions.configurable import MAX_STEP, MIN_MARGIN, SCARCE_STOCK, TARGET_MARGIN
from mercat.domain.suggestions.facts_repository import FactsRepository, ListingFacts, VariantFacts
from mercat.domain.suggestions.pricing import Rails
from mercat.domain.suggestions.proposing import expire, propose
from mercat.domain.suggestions.schemas import SuggestionDraft
from mercat.sdk.installed import connectors

# Of what is open, the newest: the others come with the next run.
_MOST = 1_000
_MOST_TITLES = 200
_NOISE_DAYS, _NOISE = 30, 10
_FIELDS = {"price_change": "price_change_threshold"}
_RANK_FIELD = "rank_change_threshold"


def advise(unit: WriteUnit) -> dict[str, int]:
    """Have every adviser look once; what they say anew or again is proposed. Safe to repeat."""
    gone, made = expire(unit), 0
    open_alerts = _open(unit)
    for draft in _drafts(unit, open_alerts):
        suggestion = propose(unit, draft)
        made += suggestion is not None
        if suggestion is not None:
            apply_by_policy(unit, suggestion)
    return {"proposed": made, "expired": gone}


def items_of(unit: ReadUnit, found: Sequence[VariantFacts]) -> list[Item]:
    """Variants as advisers see them: with the guardrails in force, and what held sets would change of them."""
    held = FactsRepository(unit.bulk).held({each.product_id for each in found})
    rails, scarce = rails_of(unit), operations.value_of(unit, SCARCE_STOCK)
    return [_item(each, rails, held.get(each.product_id, []), scarce) for each in found]


def rails_of(unit: ReadUnit) -> tuple[Decimal, Decimal]:
    """(least margin, largest step), in percent."""
    return (
        Decimal(str(operations.value_of(unit, MIN_MARGIN))),
        Decimal(str(operations.value_of(unit, MAX_STEP))),
    )


def _drafts(unit: WriteUnit, by_kind: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[SuggestionDraft]:
    yield from _said(_margins(unit, by_kind.get("margin_below", ())))
    yield from _said(_buy_boxes(unit, by_kind.get("buy_box_lost", ())))
    yield from _said(_rivals(unit, by_kind.get("out_of_stock", ())))
    yield from _said(_noise(unit))
    yield from _said(_content(unit))


def _said(found: Iterable[SuggestionDraft | None]) -> Iterator[SuggestionDraft]:
    return (each for each in found if each is not None)


def _open(unit: ReadUnit) -> dict[str, list[dict[str, Any]]]:
    wanted = {"alert_type": ["margin_below", "buy_box_lost", "out_of_stock"], "status": ["open", "acknowledged"]}
    names = ["id", "alert_type", "subject_type", "subject_id", "subject_label"]
    rows = list_rows(unit, alerts.ALERTS, ListQuery(equal=wanted, fields=names, per_page=_MOST))
    found: dict[str, list[dict[str, Any]]] = {}
    for each in rows.data:
        found.setdefault(each["alert_type"], []).append(each)
    return found


def _margins(unit: WriteUnit, found: Sequence[Mapping[str, Any]]) -> Iterator[SuggestionDraft | None]:
    target = Decimal(str(operations.value_of(unit, TARGET_MARGIN)))
    by_variant = variants_of(unit, found)
    for item in items_of(unit, FactsRepository(unit.bulk).variants(list(by_variant))):
        evidence = [("alert", str(each["id"])) for each in by_variant[UUID(item.variant_id)]]
        yield restore_margin(item, target, evidence)


def variants_of(unit: ReadUnit, found: Sequence[Mapping[str, Any]]) -> dict[UUID, list[Mapping[str, Any]]]:
    """What is open for each variant: its own alerts, and those of listings that show it."""
    listed = [UUID(each["subject_id"]) for each in found if each["subject_type"] == "market_product"]
    shown = market.shown_variants(unit, listed)
    by_variant: dict[UUID, list[Mapping[str, Any]]] = {}
    for each in found:
        subject = UUID(each["subject_id"])
        variant = subject if each["subject_type"] == "variant" else shown.get(subject)
        if variant is not None:
            by_variant.setdefault(variant, []).append(each)
    return by_variant


def _buy_boxes(unit: WriteUnit, found: Sequence[Mapping[str, Any]]) -> Iterator[SuggestionDraft | None]:
    by_id = {each["subject_id"]: each["id"] for each in found}
    for listing in FactsRepository(unit.bulk).listings([UUID(each) for each in by_id]):
        for item, place in _ours(unit, listing):
            yield regain_buy_box(item, place, [("alert", str(by_id[str(listing.listing_id)]))])


def _rivals(unit: WriteUnit, found: Sequence[Mapping[str, Any]]) -> Iterator[SuggestionDraft | None]:
    """A rival that is out of stock lets ours be raised."""
    repository, seen = FactsRepository(unit.bulk), set()
    for each in found:
        for product_id in repository.rivalled(UUID(each["subject_id"])):
            for listing in repository.listings_of(product_id):
                if listing.listing_id in seen:
                    continue
                seen.add(listing.listing_id)
                for item, place in _ours(unit, listing):
                    yield raise_price(item, place, [("alert", str(each["id"]))])


def _ours(unit: WriteUnit, listing: ListingFacts) -> Iterator[tuple[Item, Place]]:
    """The variant behind a listing: of several the one whose codes it shows."""
    repository = FactsRepository(unit.bulk)
    variant = market.shown_variants(unit, [listing.listing_id]).get(listing.listing_id)
    if listing.product_id is None or variant is None:
        return
    items = items_of(unit, repository.variants([variant]))
    if not items:
        return
    rivals = [
        Rival(str(each.listing_id), each.asin, each.price, each.in_stock)
        for each in repository.rivals(listing.product_id)
        if each.currency == listing.currency
    ]
    place = Place(str(listing.listing_id), listing.asin, listing.buybox_price, listing.currency, rivals)
    yield items[0], place


def _noise(unit: WriteUnit) -> Iterator[SuggestionDraft | None]:
    repository = FactsRepository(unit.bulk)
    noisy = repository.noisy(unit.now - dt.timedelta(days=_NOISE_DAYS), _NOISE)
    by_id = {str(each.listing_id): each for each in repository.listings({UUID(subject) for _, subject, *_ in noisy})}
    for kind, subject, count, last in noisy:
        listing = by_id.get(subject)
        if listing is None:
            continue
        field = _FIELDS.get(kind, _RANK_FIELD)
        own = listing.price_threshold if field != _RANK_FIELD else listing.rank_threshold
        current = own if own is not None else alerts.get_rule(unit, kind).threshold
        if current is not None:
            label = f"{listing.title or listing.asin} ({listing.asin})"[:255]
            yield calm_threshold(
                subject, label, field, current=current, fired=count, days=_NOISE_DAYS, evidence=[("alert", str(last))]
            )


def _content(unit: WriteUnit) -> Iterator[SuggestionDraft | None]:
    """What channels that we sell at would not take."""
    repository = FactsRepository(unit.bulk)
    platforms = {each.platform for each in listings.list_stores(unit)}
    limits = {name: each.channel.limits for name, each in connectors().items() if name in platforms and each.channel}
    titles = [(limit.title, name) for name, limit in sorted(limits.items()) if limit.title is not None]
    if titles:
        shortest, channel = min(titles)
        for product_id, sku, name in repository.long_names(shortest, most=_MOST_TITLES):
            yield shorten_title(sku, str(product_id), name, shortest, channel)
    for channel, limit in sorted(limits.items()):
        if "image" in limit.needs:
            for product_id, sku, name in repository.without_images(most=_MOST_TITLES):
                yield add_images(sku, str(product_id), name, channel)


def _item(
    facts: VariantFacts, rails: tuple[Decimal, Decimal], held: Sequence[tuple[UUID, str, str | None]], scarce: int
) -> Item:
    least, step = rails
    return Item(
        variant_id=str(facts.variant_id),
        product_id=str(facts.product_id),
        sku=facts.sku,
        name=facts.name,
        price=facts.price,
        cost=facts.cost,
        currency=facts.currency,
        rails=Rails(least, step, facts.floor, facts.ceiling),
        cautions=[
            f"the held change set {str(change_set)[-8:]} would set {field} to {value or 'nothing'}: decide that first"
            for change_set, field, value in held
        ],
        stock=facts.stock,
        scarce=scarce,
    )

"""Adopting: products that a shop shows and the catalogue does not know come into it, as one change set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from mercat.core.actor import Actor
from mercat.core.database.locks import named_lock
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.catalog import service as catalog
from mercat.domain.listings.connecting import Shop
from mercat.sdk.channels import Shown
from mercat.sdk.records import ProductRecord

# A supplier that states the same field is believed rather than what a shop happened to show.
_PRECEDENCE = 1_000_000


class Adopted(NamedTuple):
    """The change set, how many products it made, what could not be taken as it was, and all with the SKUs they have now."""

    change_set: str | None
    products: int
    warnings: list[str]
    shown: list[Shown]


def adopt_strangers(runtime: Runtime, actor: Actor, shop: Shop, strangers: Sequence[Shown]) -> Adopted:
    """Make products of them. A plan that a guard stops at is held, like any other."""
    actor.require("catalog.plan")
    with named_lock(runtime.engine, catalog.BULK_LOCK, on_wait=shop.watch.stand_in_line):
        adopted = runtime.attempt(lambda unit: _adopt(unit, shop, strangers), actor)
    catalog.index_pending(runtime)
    return adopted


def _adopt(unit: WriteUnit, shop: Shop, strangers: Sequence[Shown]) -> Adopted:
    source = catalog.Source("channel", shop.name, _PRECEDENCE)
    evidence = {"store": shop.name, "platform": shop.platform}
    change_set = catalog.open_set(unit, source, f"adopted from {shop.name}", reference=None, evidence=evidence)
    judge = catalog.Judge(catalog.GuardRules())
    fields = catalog.field_rules(unit)
    rivals = catalog.has_other_sources(unit, shop.name)
    planner = catalog.Planner(change_set.id.bytes, source, judge, mode="create-only", fields=fields, rivals=rivals)
    warnings, stated, renamed = [], [], []
    for shown in strangers:
        record = _record_of(shown, shop)
        renamed.append(replace(shown, product=record))
        key = str(record.variants[0].sku)
        stated.append(catalog.Proposal(key, None, None, record, variant_ids=[None] * len(record.variants)))
    proposals = []
    for proposal, reason in zip(stated, planner.prepare(stated), strict=True):
        if reason is None:
            proposals.append(proposal)
        else:
            warnings.append(f"{proposal.key} was not adopted: {reason}")
    refused = planner.plan(unit, proposals)
    warnings += [f"{each.proposal.key} was not adopted: {each.reason}" for each in refused]
    findings = judge.findings(known=0, stocked=0, seen=len(strangers), archived=0, complete=False)
    planned = catalog.close_plan(unit, change_set.id, planner.counts, findings)
    if planned.status == "held":
        warnings.append("the change set is held by a guard: `mercat changes approve` lets it through; then pull again")
        return Adopted(str(change_set.id), 0, warnings, [])
    unit.save()
    applied = catalog.apply(unit, change_set.id)
    return Adopted(str(change_set.id), applied.counts.get("created", 0), [*planner.warnings, *warnings], renamed)


def _record_of(shown: Shown, shop: Shop) -> ProductRecord:
    """As the shop shows it, in the shop's currency. What has no SKU there gets one that is the shop's reference."""
    product = shown.product
    variants = []
    for number, variant in enumerate(product.variants, 1):
        sku = variant.sku or f"{shop.name}-{shown.reference.rpartition('/')[2]}-{number}"
        currency = shop.currency if variant.currency is UNSET else variant.currency
        variants.append(replace(variant, sku=sku, currency=currency))
    return replace(product, variants=variants)

"""What the suppliers' room does when the catalogue says that statements stand, or stand no longer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET

from mercat.core.unit import WriteUnit, on
from mercat.domain.catalog.messages import OffersMissing, StatementApplied, StatementsApplied, StatementsWithdrawn
from mercat.domain.media.messages import PicturesLetGo
from mercat.domain.suppliers.offer_repository import TERMS, NewOffer, OfferBulk
from mercat.domain.suppliers.repository import FeedFileRepository, SupplierRepository


@on(StatementsApplied)
def save_offers(unit: WriteUnit, fact: StatementsApplied) -> None:
    """What a supplier states becomes its offers."""
    supplier = SupplierRepository(unit.session).by_code(fact.source)
    if supplier is not None:
        offers = [offer for statement in fact.statements for offer in offers_of(statement)]
        OfferBulk(unit.bulk).save(supplier.id.bytes, offers, unit.now, are_new=fact.is_first_load)


@on(OffersMissing)
def discontinue_offers(unit: WriteUnit, fact: OffersMissing) -> None:
    """What a complete feed no longer has is no longer offered."""
    supplier = SupplierRepository(unit.session).by_code(fact.source)
    if supplier is not None:
        OfferBulk(unit.bulk).discontinue(supplier.id.bytes, fact.keys, unit.now)


@on(StatementsWithdrawn)
def withdraw_offers(unit: WriteUnit, fact: StatementsWithdrawn) -> None:
    """Offers go back to what the same supplier said before, or go."""
    supplier = SupplierRepository(unit.session).by_code(fact.source)
    if supplier is not None:
        repository = OfferBulk(unit.bulk)
        repository.remove(supplier.id.bytes, fact.keys)
        repository.save(supplier.id.bytes, _merged(fact.successors), unit.now)


@on(PicturesLetGo)
def keep_received_files(unit: WriteUnit, fact: PicturesLetGo) -> None:
    """A file that a supplier sent is kept for ever, whatever it is."""
    fact.needed |= FeedFileRepository(unit.session).hashes_among(fact.hashes)


def _merged(statements: Sequence[StatementApplied]) -> list[NewOffer]:
    """The offers that these statements make one after the other: a term that a later one leaves out stays."""
    merged: dict[str, NewOffer] = {}
    for statement in statements:
        for offer in offers_of(statement):
            before = merged.get(offer.supplier_sku)
            terms = offer.terms if before is None else {**before.terms, **offer.terms}
            merged[offer.supplier_sku] = offer._replace(terms=terms)
    return list(merged.values())


def offers_of(statement: StatementApplied) -> list[NewOffer]:
    """One offer for each variant that the statement speaks of and we have."""
    terms = stated_terms(statement.record)
    offers = []
    for variant, owner in zip(statement.record.variants, statement.variant_ids, strict=True):
        if not owner:
            continue
        own = terms
        if not own.get("cost") and variant.cost_price:
            own = {**own, "cost": variant.cost_price}
        if own.get("cost") and not own.get("currency") and variant.currency:
            own = {**own, "currency": variant.currency}
        supplier_sku = variant.sku or statement.key
        row_key = statement.key if statement.key != supplier_sku else None
        offers.append(NewOffer(owner, str(supplier_sku), row_key, own, statement.digest, statement.change_id))
    return offers


def stated_terms(record: Any) -> dict[str, Any]:
    """The terms that a record states, and no others."""
    offer = record.offer
    if offer is UNSET or offer is None:
        return {}
    if isinstance(offer, dict):
        # As it was planned: a record's own names are the terms.
        return offer
    return {name: getattr(offer, name) for name in TERMS if getattr(offer, name) is not UNSET}

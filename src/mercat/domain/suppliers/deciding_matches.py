"""Matches that only a person can decide: open questions, pins and bans. They survive every re-import."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mercat.core.errors import NotFound
from mercat.core.page import Page
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.suppliers.match_repository import MatchBulk, MatchDecisionRepository
from mercat.domain.suppliers.matching import Candidate
from mercat.domain.suppliers.models import MatchDecision, Supplier
from mercat.domain.suppliers.offer_repository import OfferBulk
from mercat.domain.suppliers.repository import SupplierRepository
from mercat.domain.suppliers.supplying import get_supplier


@dataclass(frozen=True)
class MatchView:
    """A supplier's key and what is decided about it. ``candidates`` are SKUs of ours, each with why it may be meant."""

    supplier: str
    key: str
    title: str | None
    decision: str
    sku: str | None
    candidates: list[dict[str, Any]]
    decided_by: str | None
    since: dt.datetime


def list_matches(
    unit: ReadUnit, *, decision: str | None = "open", page: int = 1, per_page: int = 50
) -> Page[MatchView]:
    """Open questions, oldest first; or pins, or bans, or with ``None`` all of them."""
    found = MatchDecisionRepository(unit.session).listed(decision, page=page, per_page=per_page)
    suppliers = SupplierRepository(unit.session)
    views = [
        MatchView(
            supplier=suppliers.get(each.supplier_id).code,
            key=each.supplier_sku,
            title=each.title,
            decision=each.decision,
            sku=None if each.variant is None else each.variant.sku,
            candidates=each.candidates,
            decided_by=each.decided_by,
            since=each.updated_at,
        )
        for each in found
    ]
    return Page(views, found.total, found.page, found.per_page)


def pin(unit: WriteUnit, supplier: str, key: str, sku: str) -> MatchDecision:
    """This key of the supplier is our variant with this SKU, whatever its codes say. Raises ``NotFound``."""
    return _decide(unit, supplier, key, sku, "pin")


def ban(unit: WriteUnit, supplier: str, key: str, sku: str) -> MatchDecision:
    """This key of the supplier is not our variant with this SKU, whatever its codes say. Raises ``NotFound``."""
    return _decide(unit, supplier, key, sku, "ban")


def unpin(unit: WriteUnit, supplier: str, key: str) -> None:
    """Take a pin or a ban back: the codes decide again. Raises ``NotFound`` where nobody decided anything."""
    unit.actor.require("suppliers.match")
    owner = get_supplier(unit, supplier)
    decision = MatchDecisionRepository(unit.session).of_key(owner.id, key)
    if decision is None or decision.decision == "open":
        message = f"nothing is decided about {key} of {supplier}"
        raise NotFound(message)
    unit.remove(decision)
    OfferBulk(unit.bulk).forget_digests(owner.id.bytes, [key])


def has_news(unit: ReadUnit, supplier: Supplier, since: dt.datetime | None) -> bool:
    """Whether a person decided anything about this supplier's keys after that instant."""
    return since is not None and MatchDecisionRepository(unit.session).has_newer(supplier.id, since)


def _decide(unit: WriteUnit, supplier: str, key: str, sku: str, verdict: str) -> MatchDecision:
    unit.actor.require("suppliers.match")
    owner = get_supplier(unit, supplier)
    variant = _variant(unit, owner, sku)
    repository = MatchDecisionRepository(unit.session)
    decision = repository.of_key(owner.id, key)
    if decision is None:
        decision = repository.add(MatchDecision(supplier_id=owner.id, supplier_sku=key, decision=verdict))
    decision.decision = verdict
    decision.variant_id = UUID(bytes=variant.variant_id)
    decision.decided_by = unit.actor.name
    unit.save()
    # The next run has to look at the row again, though it says the same.
    OfferBulk(unit.bulk).forget_digests(owner.id.bytes, [key])
    return decision


def _variant(unit: ReadUnit, supplier: Supplier, sku: str) -> Candidate:
    found = MatchBulk(unit.bulk).find([("sku", sku)], supplier.id.bytes).get(("sku", sku))
    if not found:
        message = f"no variant of ours has the SKU {sku}"
        raise NotFound(message)
    return found[0]

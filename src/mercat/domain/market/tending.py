"""Tending what is watched, many at a time: having it looked at now, letting it rest, and watching it again."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from mercat.core.unit import WriteUnit
from mercat.domain.market.messages import RefreshSource
from mercat.domain.market.product_repository import MarketProductRepository


def refresh_soon(unit: WriteUnit, ids: Sequence[UUID]) -> int:
    """Have the sources of these asked about them now; how many are asked about. What no source tells of is left as it is."""
    unit.actor.require("market.record")
    asked = [row for row in MarketProductRepository(unit.session).of_ids(ids) if row.source and row.is_active]
    for row in asked:
        row.next_due_at = unit.now
    unit.save()
    for name in sorted({row.source for row in asked if row.source}):
        unit.enqueue(RefreshSource(name), key=name, priority=20)
    return len(asked)


def pause(unit: WriteUnit, ids: Sequence[UUID]) -> int:
    """Look at these no more until they are resumed; how many were looked at. What was seen of them stays."""
    unit.actor.require("market.track")
    active = [row for row in MarketProductRepository(unit.session).of_ids(ids) if row.is_active]
    for row in active:
        row.is_active, row.next_due_at = False, None
    unit.save()
    return len(active)


def resume(unit: WriteUnit, ids: Sequence[UUID]) -> int:
    """Look at these again, at once where a source is asked; how many were resting."""
    unit.actor.require("market.track")
    resting = [row for row in MarketProductRepository(unit.session).of_ids(ids) if not row.is_active]
    for row in resting:
        row.is_active, row.next_due_at = True, unit.now if row.source else None
    unit.save()
    return len(resting)

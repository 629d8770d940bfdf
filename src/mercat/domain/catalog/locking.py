"""Locks: a person's word that feeds leave alone, taken and given back."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from mercat.core.unit import WriteUnit
from mercat.domain.catalog.lock_repository import LockBulk, LockRepository
from mercat.domain.catalog.models import FieldLock


def lock_places(unit: WriteUnit, places: Collection[tuple[bytes, bytes | None, str]], reason: str) -> int:
    """Lock (product, variant or None, field) for the unit's actor; what is locked already stays as it is."""
    locked = LockBulk(unit.bulk).places({product_id for product_id, _, _ in places})
    fresh = [
        FieldLock(
            product_id=UUID(bytes=product_id),
            variant_id=None if owner is None else UUID(bytes=owner),
            owner_key="" if owner is None else str(UUID(bytes=owner)),
            field=field,
            locked_by=unit.actor.name,
            reason=reason,
        )
        for product_id, owner, field in places
        if (owner, field) not in locked.get(product_id, set())
    ]
    unit.add(*fresh)
    return len(fresh)


def unlock_place(unit: WriteUnit, product_id: bytes, owner: bytes | None, field: str) -> bool:
    """Give one field back; whether it was locked."""
    variant_id = None if owner is None else UUID(bytes=owner)
    return LockRepository(unit.session).remove(UUID(bytes=product_id), variant_id, field)

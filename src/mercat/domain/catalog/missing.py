"""Planning what happens to products that a complete feed no longer has."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from mercat.core.ids import new_id_bytes
from mercat.core.unit import WriteUnit
from mercat.domain.catalog.change_repository import ChangeBulk, Planned
from mercat.domain.catalog.fields import OFFER
from mercat.domain.catalog.loading import load
from mercat.domain.catalog.lock_repository import LockBulk


class Missing(NamedTuple):
    """A key that its source no longer states."""

    key: str
    product_id: bytes
    variant_id: bytes


def plan_archives(unit: WriteUnit, change_set_id: UUID, missing: Sequence[Missing], *, keep: Collection[bytes]) -> int:
    """Plan the end of these offers and, but for the products in ``keep`` or locked by a person, their archiving.

    How many products would be archived.
    """
    owners = {each.product_id for each in missing}
    products = load(unit, owners)
    locked = LockBulk(unit.bulk).places(owners)
    ids = iter(new_id_bytes(2 * len(missing)))
    planned: list[Planned] = []
    archived: set[bytes] = set()
    for each in missing:
        planned.append(
            Planned(
                next(ids), each.product_id, each.variant_id, "archive", OFFER, None, None, None, each.key, None, None
            )
        )
        product = products[each.product_id]
        status = product.fields["status"]
        is_locked = (None, "status") in locked.get(product.id, ())
        if status != "archived" and product.id not in keep and product.id not in archived and not is_locked:
            archived.add(product.id)
            planned.append(
                Planned(
                    next(ids),
                    product.id,
                    None,
                    "archive",
                    "status",
                    f'"{status}"',
                    '"archived"',
                    None,
                    each.key,
                    None,
                    None,
                    reason="missing from a complete feed",
                )
            )
    ChangeBulk(unit.bulk).insert(change_set_id.bytes, planned, unit.now)
    return len(archived)

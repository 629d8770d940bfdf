"""Field locks: a person's word that no feed overwrites."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, select

from mercat.core.database.bulk import Bulk, chunks
from mercat.core.repository import Repository
from mercat.domain.catalog.claims import Place
from mercat.domain.catalog.models import FieldLock


class LockBulk:
    """Locks by the thousand."""

    def __init__(self, bulk: Bulk) -> None:
        self.bulk = bulk

    def places(self, product_ids: Collection[bytes]) -> dict[bytes, set[Place]]:
        """The locked places of each product that has any."""
        found: dict[bytes, set[Place]] = {}
        for some in chunks(sorted(product_ids), 2000):
            where, parameters = self.bulk.among("product_id", some, ids=True)
            rows = self.bulk.fetch(f"SELECT product_id, variant_id, field FROM field_locks WHERE {where}", parameters)
            for product_id, variant_id, field in rows:
                owner = None if variant_id is None else self.bulk.id_of(variant_id)
                found.setdefault(self.bulk.id_of(product_id), set()).add((owner, field))
        return found

    def of_product(self, product_id: bytes) -> list[tuple[bytes | None, str, str, str | None]]:
        """(the variant or ``None``, field, by whom, why) of each lock of one product, oldest first."""
        rows = self.bulk.fetch(
            "SELECT variant_id, field, locked_by, reason FROM field_locks WHERE product_id = ? ORDER BY id",
            [self.bulk.id(product_id)],
        )
        return [(None if owner is None else self.bulk.id_of(owner), *more) for owner, *more in rows]


class LockRepository(Repository[FieldLock]):
    """Locks one at a time."""

    model = FieldLock

    def of_product(self, product_id: UUID) -> list[FieldLock]:
        """The locks of one product, oldest first."""
        return list(
            self.session.scalars(select(FieldLock).where(FieldLock.product_id == product_id).order_by(FieldLock.id))
        )

    def remove(self, product_id: UUID, variant_id: UUID | None, field: str) -> bool:
        """Whether there was one to remove."""
        owner = "" if variant_id is None else str(variant_id)
        done = self.session.execute(
            delete(FieldLock).where(
                FieldLock.product_id == product_id, FieldLock.owner_key == owner, FieldLock.field == field
            )
        )
        return bool(done.rowcount)  # type: ignore[attr-defined]  # a DELETE's result has one

"""Questions to custom fields and their definitions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from mercat.core.ids import new_id
from mercat.core.page import Page
from mercat.core.repository import Repository
from mercat.domain.catalog.models import MetafieldDefinition, ProductMetafield

PRODUCT = "product"
Key = tuple[str, str]


class DefinitionRepository(Repository[MetafieldDefinition]):
    """The registry of custom fields."""

    model = MetafieldDefinition

    def find_by_key(self, key: Key, owner: str = PRODUCT) -> MetafieldDefinition | None:
        """The definition of (namespace, key), or ``None``."""
        return self.find_by(owner=owner, namespace=key[0], key=key[1])

    def of_owner(self, owner: str = PRODUCT) -> list[MetafieldDefinition]:
        """All definitions for one kind of owner."""
        model = MetafieldDefinition
        rows = select(model).where(model.owner == owner).order_by(model.sort_order, model.namespace, model.key)
        return list(self.session.scalars(rows))

    def listed(
        self, *, owner: str | None, namespace: str | None, page: int, per_page: int
    ) -> Page[MetafieldDefinition]:
        """One page, in the order of display."""
        model = MetafieldDefinition
        rows = select(model).order_by(model.owner, model.sort_order, model.namespace, model.key)
        if owner is not None:
            rows = rows.where(model.owner == owner)
        if namespace is not None:
            rows = rows.where(model.namespace == namespace)
        return self.paged(rows, page=page, per_page=per_page)

    def write(self) -> None:
        """Send what was added or changed to the database now."""
        self.session.flush()

    def known(self, namespaces: Collection[str], owner: str = PRODUCT) -> set[Key]:
        """The keys that are defined in these namespaces."""
        model = MetafieldDefinition
        rows = select(model.namespace, model.key).where(model.owner == owner, model.namespace.in_(namespaces))
        return {(namespace, key) for namespace, key in self.session.execute(rows)}

    def insert_missing(self, rows: Mapping[Key, dict[str, Any]], owner: str = PRODUCT) -> int:
        """Put in those that are not there; how many. Another unit that does the same is waited for."""
        namespaces = {namespace for namespace, _ in rows}
        while missing := sorted(rows.keys() - self.known(namespaces, owner)):
            fresh = [
                {"id": new_id(), "owner": owner, "namespace": key[0], "key": key[1], **rows[key]} for key in missing
            ]
            try:
                with self.session.begin_nested():
                    self.session.execute(insert(MetafieldDefinition), fresh)
            except IntegrityError:
                # The other one's are there now: what remains is tried again.
                if not (rows.keys() - self.known(namespaces, owner)) < set(missing):
                    raise
            else:
                return len(fresh)
        return 0


class MetafieldRepository(Repository[ProductMetafield]):
    """Values of custom fields."""

    model = ProductMetafield

    def find_value(self, product_id: UUID, key: Key) -> tuple[str, str] | None:
        """(type, text) of a product's field, or ``None``."""
        model = ProductMetafield
        rows = select(model.value_type, model.value).where(
            model.product_id == product_id, model.namespace == key[0], model.key == key[1]
        )
        found = self.session.execute(rows).one_or_none()
        return None if found is None else (found[0], found[1])

    def types_of(self, key: Key) -> dict[str, int]:
        """Type → how many products hold one of it."""
        model = ProductMetafield
        rows = select(model.value_type, func.count()).where(model.namespace == key[0], model.key == key[1])
        return {row[0]: row[1] for row in self.session.execute(rows.group_by(model.value_type))}

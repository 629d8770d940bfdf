"""Which node of a taxonomy or a channel stands for which category."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from mercat.core.database.bulk import CHUNK, Bulk, chunks
from mercat.core.repository import Repository
from mercat.domain.catalog.models import CategoryMapping

_KEPT = "id, category_id, taxonomy, store_id, store_key, external_id, handle"


class Mapping(NamedTuple):
    """One mapping; ids are 16 bytes."""

    id: bytes
    category_id: bytes
    taxonomy: str
    store_id: bytes | None
    store_key: str
    external_id: str
    handle: str | None

    def kept(self) -> dict[str, Any]:
        """As it stands in a change."""
        store = None if self.store_id is None else self.store_id.hex()
        return {**self._asdict(), "id": self.id.hex(), "category_id": self.category_id.hex(), "store_id": store}

    @classmethod
    def of_kept(cls, kept: dict[str, Any]) -> Mapping:
        """The mapping behind it."""
        store = kept["store_id"]
        given = {
            "id": bytes.fromhex(kept["id"]),
            "category_id": bytes.fromhex(kept["category_id"]),
            "store_id": None if store is None else bytes.fromhex(store),
        }
        return cls(**{**kept, **given})


class MappingRepository(Repository[CategoryMapping]):
    """Reads and set-based writes of category mappings."""

    model = CategoryMapping

    @property
    def bulk(self) -> Bulk:
        """Set-based statements in the session's transaction."""
        return Bulk(self.session.connection())

    def of(self, category_id: bytes) -> list[Mapping]:
        """All mappings of one category."""
        return self._fetch("category_id", [category_id])

    def with_ids(self, ids: Collection[bytes]) -> list[Mapping]:
        """Those of the mappings that are there."""
        return self._fetch("id", ids)

    def of_taxonomy(self, taxonomy: str, ids: Collection[bytes]) -> dict[bytes, Mapping]:
        """The mappings of these categories to one taxonomy, by category."""
        return {mapping.category_id: mapping for mapping in self._fetch("category_id", ids, taxonomy)}

    def of_store(self, store_key: str, ids: Collection[bytes]) -> list[Mapping]:
        """The mappings of these categories to one store's own nodes."""
        return [mapping for mapping in self._fetch("category_id", ids) if mapping.store_key == store_key]

    def by_category(self, *, taxonomy: str = "", store_key: str = "") -> dict[bytes, str]:
        """External ids by category: those of one taxonomy, or those of one store."""
        sql = "SELECT category_id, external_id FROM category_mappings WHERE taxonomy = ? AND store_key = ?"
        bulk = self.bulk
        return {bulk.id_of(owner): external for owner, external in bulk.fetch(sql, (taxonomy, store_key))}

    def _fetch(self, column: str, ids: Collection[bytes], taxonomy: str | None = None) -> list[Mapping]:
        bulk = self.bulk
        found: list[Mapping] = []
        more, of_more = ("", []) if taxonomy is None else (" AND taxonomy = ? AND store_key = ''", [taxonomy])
        for some in chunks(ids, CHUNK):
            where, parameters = bulk.among(column, some, ids=True)
            sql = f"SELECT {_KEPT} FROM category_mappings WHERE {where}{more}"
            for row_id, category_id, name, store_id, *rest in bulk.fetch(sql, [*parameters, *of_more]):
                store = None if store_id is None else bulk.id_of(store_id)
                found.append(Mapping(bulk.id_of(row_id), bulk.id_of(category_id), name, store, *rest))
        return found

    def insert(self, mappings: Iterable[Mapping], now: dt.datetime) -> None:
        """Put new mappings in."""
        bulk = self.bulk
        time = bulk.time(now)
        rows = [
            (
                bulk.id(mapping.id),
                bulk.id(mapping.category_id),
                mapping.taxonomy,
                None if mapping.store_id is None else bulk.id(mapping.store_id),
                mapping.store_key,
                mapping.external_id,
                mapping.handle,
                time,
                time,
            )
            for mapping in mappings
        ]
        if rows:
            bulk.insert("category_mappings", [*_KEPT.split(", "), "created_at", "updated_at"], rows)

    def set_external(self, mappings: Sequence[Mapping], now: dt.datetime) -> None:
        """Write the external ids and handles of mappings that are there."""
        bulk = self.bulk
        rows = [(one.external_id, one.handle, bulk.time(now), bulk.id(one.id)) for one in mappings]
        bulk.update("category_mappings", ("external_id", "handle", "updated_at"), rows)

    def take_over(self, mappings: Sequence[Mapping], category_id: bytes, now: dt.datetime) -> list[Mapping]:
        """Point mappings to another category, except where it has one for the same taxonomy and store; those pointed."""
        has = {(mapping.taxonomy, mapping.store_key) for mapping in self.of(category_id)}
        free = [mapping for mapping in mappings if (mapping.taxonomy, mapping.store_key) not in has]
        bulk = self.bulk
        rows = [(bulk.id(category_id), bulk.time(now), bulk.id(mapping.id)) for mapping in free]
        bulk.update("category_mappings", ("category_id", "updated_at"), rows)
        return free

    def remove(self, ids: Collection[bytes]) -> None:
        """Delete mappings."""
        self.bulk.delete("category_mappings", "id", list(ids))

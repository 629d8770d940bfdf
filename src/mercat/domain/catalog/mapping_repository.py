"""Which node of a taxonomy or a channel stands for which category."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import select

from mercat.core.database.bulk import CHUNK, Bulk, chunks
from mercat.core.ids import new_id_bytes
from mercat.core.repository import Repository
from mercat.domain.catalog.models import CategoryMapping
from mercat.domain.catalog.models.categories import NEW_WORD, WORDS
from mercat.domain.catalog.tree import name_key

# The taxonomy of what places were called before: a feed that restates an old path means the category that is there now.
FORMER_NAMES = "former-name"
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


def place_of(parent_id: bytes | None, key: str) -> str:
    """A name below a parent, as one text that fits a key whatever the name's length."""
    return hashlib.blake2b((parent_id or b"") + b"/" + key.encode(), digest_size=16).hexdigest()


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

    def new_words(self) -> set[bytes]:
        """The categories that a feed named, and that nobody mapped or kept yet."""
        sql = "SELECT category_id FROM category_mappings WHERE taxonomy = ? AND external_id = ?"
        bulk = self.bulk
        return {bulk.id_of(owner) for (owner,) in bulk.fetch(sql, (WORDS, NEW_WORD))}

    def has_former_names(self) -> bool:
        """Whether any category ever stood elsewhere or under another name."""
        rows = select(CategoryMapping.id).where(CategoryMapping.taxonomy == FORMER_NAMES)
        return self.session.scalar(rows.limit(1)) is not None

    def formerly(self, places: Collection[str]) -> dict[str, bytes]:
        """The category that each of these places (see ``place_of``) once held under the name."""
        bulk = self.bulk
        found: dict[str, bytes] = {}
        for some in chunks(places, CHUNK):
            where, parameters = bulk.among("external_id", some)
            sql = f"SELECT external_id, category_id FROM category_mappings WHERE taxonomy = ? AND {where}"
            for place, category_id in bulk.fetch(sql, [FORMER_NAMES, *parameters]):
                found[place] = bulk.id_of(category_id)
        return found

    def remember(self, parent_id: bytes | None, name: str, category_id: bytes, now: dt.datetime) -> None:
        """Note that a category stood below this parent under this name."""
        place = place_of(parent_id, name_key(name))
        self.forget(parent_id, name)
        [new_id] = new_id_bytes()
        self.insert([Mapping(new_id, category_id, FORMER_NAMES, None, place, place, name)], now)

    def forget(self, parent_id: bytes | None, name: str) -> None:
        """A category stands there again under the name, or the name is another one's now."""
        place = place_of(parent_id, name_key(name))
        rows = select(CategoryMapping.id).where(
            CategoryMapping.taxonomy == FORMER_NAMES, CategoryMapping.external_id == place
        )
        self.remove([row_id.bytes for row_id in self.session.scalars(rows)])

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
        # Whose word the one was says nothing of the other.
        free = [each for each in mappings if each.taxonomy != WORDS and (each.taxonomy, each.store_key) not in has]
        bulk = self.bulk
        rows = [(bulk.id(category_id), bulk.time(now), bulk.id(mapping.id)) for mapping in free]
        bulk.update("category_mappings", ("category_id", "updated_at"), rows)
        return free

    def remove(self, ids: Collection[bytes]) -> None:
        """Delete mappings."""
        self.bulk.delete("category_mappings", "id", list(ids))

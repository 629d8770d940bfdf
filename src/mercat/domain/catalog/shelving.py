"""What channels call our categories: nodes of a taxonomy, and shelves of single stores."""

from __future__ import annotations

from collections.abc import Mapping as Map
from uuid import UUID

from mercat.core.ids import new_id_bytes
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.catalog.category_paths import ensure_paths, paths_of
from mercat.domain.catalog.mapping_repository import Mapping, MappingRepository


def nodes_of(unit: ReadUnit, taxonomy: str) -> dict[str, str]:
    """The nodes of a taxonomy that stand for our categories, by their paths (names joined by `` > ``)."""
    return _by_path(unit, MappingRepository(unit.session).by_category(taxonomy=taxonomy))


def shelves_of(unit: ReadUnit, store_id: UUID) -> dict[str, str]:
    """What one store's channel calls our categories, by their paths."""
    return _by_path(unit, MappingRepository(unit.session).by_category(store_key=str(store_id)))


def keep_shelves(unit: WriteUnit, store_id: UUID, references: Map[str, str]) -> None:
    """Note what a store's channel calls these paths."""
    repository = MappingRepository(unit.session)
    ids = ensure_paths(unit, list(references))
    known = {each.category_id: each for each in repository.of_store(str(store_id), ids.values())}
    fresh, moved = [], []
    for born, (path, reference) in zip(new_id_bytes(len(references) or 1), references.items(), strict=False):
        there = known.get(ids[path])
        if there is None:
            fresh.append(Mapping(born, ids[path], "", store_id.bytes, str(store_id), reference, None))
        elif there.external_id != reference:
            moved.append(there._replace(external_id=reference))
    repository.insert(fresh, unit.now)
    repository.set_external(moved, unit.now)


def _by_path(unit: ReadUnit, external: Map[bytes, str]) -> dict[str, str]:
    paths = paths_of(unit, external)
    return {paths[owner]: reference for owner, reference in external.items() if owner in paths}

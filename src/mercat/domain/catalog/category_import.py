"""A taxonomy becomes part of the tree, with a note of what it calls each category."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from mercat.core.ids import new_id_bytes
from mercat.core.unit import WriteUnit
from mercat.domain.catalog.categories import PERMISSION
from mercat.domain.catalog.category_changes import Step, created, record
from mercat.domain.catalog.category_paths import ensure_names
from mercat.domain.catalog.category_repository import CategoryRepository
from mercat.domain.catalog.category_shapes import CategoryFile, CategoryRow
from mercat.domain.catalog.mapping_repository import Mapping, MappingRepository
from mercat.domain.catalog.tree import join_path


@dataclass
class CategoryImport:
    """How an import went. ``clashes`` are ids of the taxonomy whose category had another id of the same one already."""

    rows: int = 0
    created: int = 0
    existing: int = 0
    mapped: int = 0
    clashes: list[str] = field(default_factory=list)
    change_set: UUID | None = None


def import_rows(unit: WriteUnit, rows: Iterable[CategoryRow], *, title: str = "import of categories") -> CategoryImport:
    """Create what is missing and record the ids; one change set, ``None`` where all was so already. Safe to repeat."""
    unit.actor.require(PERMISSION)
    unit.save()
    rows = list(rows)
    ids, fresh = ensure_names(unit, (row.names for row in rows))
    repository = CategoryRepository(unit.session)
    nodes = repository.nodes(fresh)
    steps = [created(nodes[category_id]) for category_id in fresh]
    done = CategoryImport(rows=len(rows), created=len(fresh), existing=len(set(ids.values()) - set(fresh)))
    by_taxonomy: dict[str, list[CategoryRow]] = {}
    for row in rows:
        if row.external_id and row.taxonomy:
            by_taxonomy.setdefault(row.taxonomy, []).append(row)
    mapping = _Mapping(unit, done, set(fresh))
    for taxonomy, its_rows in by_taxonomy.items():
        steps += mapping.note(taxonomy, [(row, ids[row.names]) for row in its_rows])
    if steps:
        done.change_set = record(unit, title, steps, origin="import").id
    return done


def import_report(file: CategoryFile, done: CategoryImport) -> dict[str, Any]:
    """What came of a file, for programs: counts, rows that could not be understood, and ids that were not kept."""
    rejected = [{"line": bad.line, "raw": bad.raw, "reason": bad.reason} for bad in file.bad]
    counts = {"rows": done.rows, "created": done.created, "existing": done.existing, "mapped": done.mapped}
    more = {"taxonomy": file.taxonomy, "rejected": rejected, "clashes": done.clashes}
    return {"change_set": done.change_set, **counts, **more}


class _Mapping:
    def __init__(self, unit: WriteUnit, done: CategoryImport, fresh: set[bytes]) -> None:
        self._unit = unit
        self._done = done
        self._fresh = fresh
        self._repository = MappingRepository(unit.session)

    def note(self, taxonomy: str, rows: Sequence[tuple[CategoryRow, bytes]]) -> list[Step]:
        """Write the ids down; the steps to undo it by, for categories that were there before (others go with them)."""
        standing = self._repository.of_taxonomy(taxonomy, {category_id for _, category_id in rows})
        stated: dict[bytes, CategoryRow] = {}
        for row, category_id in rows:
            first = stated.setdefault(category_id, row)
            if first.external_id != row.external_id:
                path = join_path(row.names)
                self._done.clashes.append(f"line {row.line}: {row.external_id} is {path!r}, as is {first.external_id}")
        new, changed, steps = [], [], []
        born = iter(new_id_bytes(len(stated)))
        for category_id, row in stated.items():
            old = standing.get(category_id)
            if old is None:
                mapping = Mapping(next(born), category_id, taxonomy, None, "", row.external_id, None)
                new.append(mapping)
            elif old.external_id != row.external_id:
                mapping = old._replace(external_id=row.external_id)
                changed.append(mapping)
            else:
                continue
            if category_id not in self._fresh:
                steps.append(Step("update", "mapping", _told(old), {**mapping.kept(), "category": category_id.hex()}))
        self._repository.insert(new, self._unit.now)
        self._repository.set_external(changed, self._unit.now)
        self._done.mapped += len(new) + len(changed)
        return steps


def _told(old: Mapping | None) -> dict[str, object] | None:
    return None if old is None else old.kept()

"""The category tree: what people do to it. Each change is one applied change set that can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from mercat.core.errors import Conflict, Invalid
from mercat.core.ids import new_id_bytes
from mercat.core.unit import WriteUnit
from mercat.domain.catalog.category_changes import Step, created, hex_of, record
from mercat.domain.catalog.category_merging import Absorption
from mercat.domain.catalog.category_merging import move as move_node
from mercat.domain.catalog.category_paths import (
    EnsuredPaths,
    FormerNames,
    ensure_paths,
    hold,
    paths_of,
    recount,
    remove_empty,
)
from mercat.domain.catalog.category_redo import redo_category_changes
from mercat.domain.catalog.category_repository import CategoryRepository, Node
from mercat.domain.catalog.category_undo import undo_category_changes
from mercat.domain.catalog.category_views import CategoryView, Reference, find, get, get_node, tree, view_of
from mercat.domain.catalog.mapping_repository import MappingRepository
from mercat.domain.catalog.tree import checked_name, free_slug, name_key, path_under, refuse_cycle

__all__ = [
    "CategoryView",
    "Edited",
    "EnsuredPaths",
    "FormerNames",
    "Reference",
    "create",
    "delete",
    "ensure_paths",
    "find",
    "get",
    "hold",
    "merge",
    "move",
    "paths_of",
    "recount",
    "redo_category_changes",
    "remove_empty",
    "rename",
    "tree",
    "undo_category_changes",
]
PERMISSION = "catalog.edit"


@dataclass(frozen=True)
class Edited:
    """What came of an edit: the change set to undo it by (``None``: it was so already), and the category that stands."""

    change_set: UUID | None
    category: CategoryView | None


def create(unit: WriteUnit, name: str, *, under: Reference | None = None, sort_order: int = 0) -> Edited:
    """A new category below ``under`` (``None``: at the top). Raises ``Conflict`` where a sibling bears the name."""
    repository = begin(unit)
    name = checked_name(name)
    parent = None if under is None else get_node(unit, under)
    siblings = _refuse_twin(repository, name, parent)
    slug = free_slug(name, {node.slug for node in siblings})
    [new_id] = new_id_bytes()
    path = path_under(parent.path if parent else "", new_id)
    node = Node(new_id, parent.id if parent else None, name, slug, path, sort_order)
    repository.insert([node], unit.now)
    change_set = record(unit, f"create the category {name}", [created(node)])
    return Edited(change_set.id, view_of(unit, node))


def rename(unit: WriteUnit, what: Reference, name: str) -> Edited:
    """Another name, in the same place. The slug stays, because addresses are made of it."""
    repository = begin(unit)
    node, name = get_node(unit, what), checked_name(name)
    if name == node.name:
        return Edited(None, view_of(unit, node))
    _refuse_twin(repository, name, _parent(repository, node), besides=node)
    repository.set(node.id, unit.now, name=name)
    if name_key(name) != name_key(node.name):
        MappingRepository(unit.session).remember(node.parent_id, node.name, node.id, unit.now)
    old, new = ({"category": node.id.hex(), "name": each} for each in (node.name, name))
    change_set = record(unit, f"rename the category {node.name} to {name}", [Step("update", "name", old, new)])
    return Edited(change_set.id, view_of(unit, get_node(unit, node.id)))


def move(unit: WriteUnit, what: Reference, *, under: Reference | None) -> Edited:
    """Put a category and all below it under another (``None``: at the top).

    Raises ``Conflict`` where it would go below itself or beside one of its name, ``Invalid`` where the tree would be too
    deep.
    """
    repository = begin(unit)
    node = get_node(unit, what)
    parent = None if under is None else get_node(unit, under)
    if node.parent_id == (parent.id if parent else None):
        return Edited(None, view_of(unit, node))
    if parent is not None:
        refuse_cycle(node.path, parent.path)
    _refuse_twin(repository, node.name, parent)
    slug = move_node(repository, node, parent, unit.now)
    MappingRepository(unit.session).remember(node.parent_id, node.name, node.id, unit.now)
    old = {"category": node.id.hex(), "parent": hex_of(node.parent_id), "slug": node.slug}
    new = {"category": node.id.hex(), "parent": hex_of(parent.id if parent else None), "slug": slug}
    title = f"move the category {node.name} {'under ' + parent.name if parent else 'to the top'}"
    change_set = record(unit, title, [Step("update", "parent", old, new)])
    return Edited(change_set.id, view_of(unit, get_node(unit, node.id)))


def merge(unit: WriteUnit, what: Reference, into: Reference) -> Edited:
    """Put everything of one category into another and remove it; subcategories of the same name are merged too."""
    repository = begin(unit)
    node, target = get_node(unit, what), get_node(unit, into)
    if node.id == target.id:
        message = f"{node.name!r} cannot be merged into itself"
        raise Invalid(message)
    refuse_cycle(node.path, target.path)
    absorption = Absorption(unit, "merge", merges_twins=True)
    absorption.absorb(node, target)
    repository.recount(absorption.touched, unit.now)
    change_set = record(unit, f"merge the category {node.name} into {target.name}", absorption.steps)
    return Edited(change_set.id, view_of(unit, get_node(unit, target.id)))


def delete(unit: WriteUnit, what: Reference, *, children: Literal["lift", "refuse"] = "refuse") -> Edited:
    """Remove a category.

    ``refuse``: only an empty one, else ``Conflict``. ``lift``: its products and subcategories go to its parent; products
    of a root are left in no category.
    """
    repository = begin(unit)
    node = get_node(unit, what)
    if children == "refuse":
        repository.hold([node.id], from_products=True)
        _refuse_full(repository, node)
    parent = _parent(repository, node)
    absorption = Absorption(unit, "delete", merges_twins=False)
    absorption.absorb(node, parent)
    repository.recount(absorption.touched, unit.now)
    change_set = record(unit, f"delete the category {node.name}", absorption.steps)
    return Edited(change_set.id, view_of(unit, get_node(unit, parent.id)) if parent else None)


def begin(unit: WriteUnit) -> CategoryRepository:
    """An edit of the tree begins: by somebody who may, with nobody else at it."""
    unit.actor.require(PERMISSION)
    unit.save()
    repository = CategoryRepository(unit.session)
    repository.hold_tree()
    return repository


def _parent(repository: CategoryRepository, node: Node) -> Node | None:
    return None if node.parent_id is None else repository.nodes([node.parent_id])[node.parent_id]


def _refuse_twin(
    repository: CategoryRepository, name: str, parent: Node | None, *, besides: Node | None = None
) -> list[Node]:
    siblings = repository.children([parent])
    for sibling in siblings:
        if name_key(sibling.name) == name_key(name) and (besides is None or sibling.id != besides.id):
            place = f"in {parent.name!r}" if parent else "at the top"
            message = f"there is a category {sibling.name!r} {place} already: merge the two, or take another name"
            raise Conflict(message, category=str(UUID(bytes=sibling.id)))
    return siblings


def _refuse_full(repository: CategoryRepository, node: Node) -> None:
    products, below = len(repository.products_in(node.id)), len(repository.children([node]))
    if products or below:
        message = (
            f"{node.name!r} has {products} products and {below} subcategories: merge it into another category, "
            "or delete it with its contents lifted to its parent"
        )
        raise Conflict(message, products=products, subcategories=below)

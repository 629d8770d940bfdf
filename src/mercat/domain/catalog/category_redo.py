"""Changes of the tree made again after they were taken back: each as far as the tree of today allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from mercat.core.errors import Conflict, MercatError
from mercat.core.unit import WriteUnit
from mercat.domain.catalog.category_changes import PREFIX, Step, bytes_of, created, hex_of
from mercat.domain.catalog.category_merging import Absorption, move
from mercat.domain.catalog.category_repository import CategoryRepository, Node
from mercat.domain.catalog.mapping_repository import Mapping, MappingRepository
from mercat.domain.catalog.models import Change
from mercat.domain.catalog.tree import free_slug, name_key, path_under, refuse_cycle

_Told = dict[str, Any]


def redo_category_changes(unit: WriteUnit, changes: Sequence[Change]) -> tuple[list[Step], list[tuple[Change, str]]]:
    """Make changes again that ``undo_category_changes`` took back.

    The steps that were taken, as they are to be recorded now (what a merge holds may be other than it was), and the
    changes that could not be made again, with the reason.
    """
    unit.save()
    redoing = _Redoing(unit)
    refused: list[tuple[Change, str]] = []
    for change in sorted(changes, key=lambda change: change.id):
        try:
            redoing.make(str(change.field).removeprefix(PREFIX), change.old_value or {}, change.new_value)
        except MercatError as why:
            refused.append((change, why.message))
    CategoryRepository(unit.session).recount(redoing.touched, unit.now)
    return redoing.steps, refused


class _Redoing:
    def __init__(self, unit: WriteUnit) -> None:
        self.steps: list[Step] = []
        self.touched: set[bytes] = set()
        self._unit = unit
        self._repository = CategoryRepository(unit.session)
        self._mappings = MappingRepository(unit.session)
        self._repository.hold_tree()

    def make(self, what: str, old: _Told, new: _Told) -> None:
        """Raises ``Conflict`` where the tree is another one by now."""
        one: dict[str, Callable[[_Told, _Told], None]] = {
            "create": self._create,
            "name": self._name,
            "parent": self._parent,
            "merge": lambda old, new: self._absorb("merge", old, new),
            "delete": lambda old, new: self._absorb("delete", old, new),
            "mapping": self._mapping,
        }
        if what not in one:
            message = f"nothing is known of the change {PREFIX}{what}"
            raise Conflict(message)
        one[what](old, new)

    def _create(self, _old: _Told, new: _Told) -> None:
        category_id, parent = bytes.fromhex(new["category"]), self._node_or_top(new["parent"])
        if self._repository.nodes([category_id]):
            return  # it was kept, because something was in it
        self._refuse_twin(new["name"], parent)
        slug = free_slug(new["name"], {node.slug for node in self._repository.children([parent])})
        path = path_under(parent.path if parent else "", category_id)
        node = Node(category_id, parent.id if parent else None, new["name"], slug, path)
        self._repository.insert([node], self._unit.now)
        self.steps.append(created(node))

    def _name(self, old: _Told, new: _Told) -> None:
        node = self._node(new["category"])
        if node.name != old["name"]:
            message = f"the category is called {node.name!r} by now"
            raise Conflict(message)
        self._refuse_twin(new["name"], self._node_or_top(hex_of(node.parent_id)), besides=node.id)
        self._repository.set(node.id, self._unit.now, name=new["name"])
        if name_key(new["name"]) != name_key(old["name"]):
            self._mappings.remember(node.parent_id, old["name"], node.id, self._unit.now)
        self.steps.append(Step("update", "name", old, new))

    def _parent(self, old: _Told, new: _Told) -> None:
        node, parent = self._node(new["category"]), self._node_or_top(new["parent"])
        if node.parent_id != bytes_of(old["parent"]):
            message = f"the category {node.name!r} has been moved elsewhere"
            raise Conflict(message)
        if parent is not None:
            refuse_cycle(node.path, parent.path)
        self._refuse_twin(node.name, parent)
        slug = move(self._repository, node, parent, self._unit.now)
        self._mappings.remember(node.parent_id, node.name, node.id, self._unit.now)
        self.steps.append(Step("update", "parent", {**old, "slug": node.slug}, {**new, "slug": slug}))

    def _absorb(self, what: str, old: _Told, new: _Told) -> None:
        node, into = self._node(old["category"]), self._node_or_top(new["into"])
        if into is not None:
            refuse_cycle(node.path, into.path)
        absorption = Absorption(self._unit, what, merges_twins=what == "merge")
        absorption.absorb(node, into)
        self.steps += absorption.steps
        self.touched = (self.touched - {node.id}) | absorption.touched

    def _mapping(self, old: _Told, new: _Told) -> None:
        kept = {name: value for name, value in new.items() if name != "category"}
        mapping = Mapping.of_kept(kept)
        self._node(new["category"])
        standing = self._mappings.with_ids([mapping.id])
        if not old and not standing:
            self._mappings.insert([mapping], self._unit.now)
        elif old and standing and standing[0].external_id == old["external_id"]:
            self._mappings.set_external([mapping], self._unit.now)
        else:
            message = f"its place in {new['taxonomy']} has since been changed"
            raise Conflict(message)
        self.steps.append(Step("update", "mapping", old or None, new))

    def _node(self, text: str) -> Node:
        node = self._repository.nodes([bytes.fromhex(text)]).get(bytes.fromhex(text))
        if node is None:
            message = "the category is not there any more"
            raise Conflict(message, category=str(UUID(text)))
        return node

    def _node_or_top(self, text: str | None) -> Node | None:
        return None if text is None else self._node(text)

    def _refuse_twin(self, name: str, parent: Node | None, besides: bytes | None = None) -> None:
        for sibling in self._repository.children([parent]):
            if sibling.id != besides and name_key(sibling.name) == name_key(name):
                message = f"there is another category {sibling.name!r} in its place"
                raise Conflict(message)

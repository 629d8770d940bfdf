"""Changes of the tree taken back, newest first; what has changed again since is left alone and said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Container, Iterable, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from mercat.core.errors import MercatError
from mercat.core.unit import WriteUnit
from mercat.domain.catalog.category_changes import PREFIX, bytes_of
from mercat.domain.catalog.category_merging import move
from mercat.domain.catalog.category_repository import CategoryRepository, Node
from mercat.domain.catalog.mapping_repository import Mapping, MappingRepository
from mercat.domain.catalog.models import Change
from mercat.domain.catalog.tree import free_slug, is_within, name_key, path_under

_GONE = "the category is not there any more"
_GONE_PARENT = "the category it stood in is not there any more"


def undo_category_changes(unit: WriteUnit, changes: Sequence[Change]) -> list[tuple[Change, str]]:
    """Take back changes whose field begins with ``category.``.

    Answers those that could not be, or not wholly be, taken back, with the reason. It changes the tree and the products'
    categories only: which change set counts as undone is for the caller to write.
    """
    unit.save()
    undoing = _Undoing(unit)
    conflicts: list[tuple[Change, str]] = []
    newest_first = sorted(changes, key=lambda change: change.id, reverse=True)
    for field, some in groupby(newest_first, key=lambda change: change.field):
        conflicts += undoing.revert(str(field).removeprefix(PREFIX), list(some))
    CategoryRepository(unit.session).recount(undoing.touched, unit.now)
    return conflicts


class _Undoing:
    def __init__(self, unit: WriteUnit) -> None:
        self.touched: set[bytes] = set()
        self._unit = unit
        self._repository = CategoryRepository(unit.session)
        self._mappings = MappingRepository(unit.session)
        self._repository.hold_tree()

    def revert(self, what: str, changes: list[Change]) -> Iterable[tuple[Change, str]]:
        if what == "create":
            yield from self._creations(changes)
            return
        one: dict[str, Callable[[dict[str, Any], dict[str, Any]], str | None]] = {
            "name": self._name,
            "parent": self._parent,
            "merge": self._removal,
            "delete": self._removal,
            "mapping": self._mapping,
        }
        if what not in one:
            yield from ((change, f"nothing is known of the change {change.field!r}") for change in changes)
            return
        for change in changes:
            try:
                reason = one[what](change.old_value or {}, change.new_value)
            except MercatError as refused:
                reason = refused.message
            if reason:
                yield change, reason

    def _node(self, text: str | None) -> Node | None:
        category_id = bytes_of(text)
        return None if category_id is None else self._repository.nodes([category_id]).get(category_id)

    def _twin(self, name: str, parent: Node | None, besides: Container[bytes]) -> str | None:
        for sibling in self._repository.children([parent]):
            if sibling.id not in besides and name_key(sibling.name) == name_key(name):
                return f"there is another category {sibling.name!r} in its place"
        return None

    # -- creations: many at once, as an import makes thousands --------------------------------------------------------

    def _creations(self, changes: list[Change]) -> Iterable[tuple[Change, str]]:
        by_id = {bytes.fromhex(change.new_value["category"]): change for change in changes}
        self._repository.hold(by_id, from_products=True)
        nodes = self._repository.nodes(by_id)
        used = self._repository.used(by_id)
        below: dict[bytes | None, set[bytes]] = {}
        for child in self._repository.children(list(nodes.values())):
            below.setdefault(child.parent_id, set()).add(child.id)
        removed: dict[bytes, Node] = {}
        reasons: dict[bytes, str] = {category_id: _GONE for category_id in by_id if category_id not in nodes}
        for node in sorted(nodes.values(), key=lambda node: len(node.path), reverse=True):
            reason = self._why_kept(
                node, by_id[node.id].new_value, node.id in used, below.get(node.id, set()) - set(removed)
            )
            if reason:
                reasons[node.id] = reason
            else:
                removed[node.id] = node
        self._repository.remove(removed.values())
        self.touched -= removed.keys()
        yield from ((change, reasons[category_id]) for category_id, change in by_id.items() if category_id in reasons)

    @staticmethod
    def _why_kept(node: Node, new: dict[str, Any], is_used: bool, below: set[bytes]) -> str | None:  # noqa: FBT001
        if is_used:
            return f"{node.name!r} has products"
        if below:
            return f"{node.name!r} has {len(below)} subcategories"
        if node.name != new["name"]:
            return f"{new['name']!r} has since been renamed to {node.name!r}"
        if node.parent_id != bytes_of(new["parent"]):
            return f"{node.name!r} has since been moved"
        return None

    # -- one at a time ------------------------------------------------------------------------------------------------

    def _name(self, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        node = self._node(new["category"])
        if node is None:
            return _GONE
        if node.name != new["name"]:
            return f"it has since been renamed to {node.name!r}"
        parent = self._repository.nodes([node.parent_id]).get(node.parent_id) if node.parent_id else None
        if reason := self._twin(old["name"], parent, {node.id}):
            return reason
        self._repository.set(node.id, self._unit.now, name=old["name"])
        self._mappings.forget(node.parent_id, old["name"])
        return None

    def _parent(self, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        node, parent = self._node(new["category"]), self._node(old["parent"])
        if node is None:
            return _GONE
        if node.parent_id != bytes_of(new["parent"]):
            return "it has since been moved elsewhere"
        if parent is None and old["parent"] is not None:
            return _GONE_PARENT
        if parent is not None and is_within(parent.path, node.path):
            return f"{parent.name!r}, where it stood, is below it now"
        if reason := self._twin(node.name, parent, {node.id}):
            return reason
        move(self._repository, node, parent, self._unit.now, slug=old["slug"])
        self._mappings.forget(parent.id if parent else None, node.name)
        return None

    def _mapping(self, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        standing = {mapping.id: mapping for mapping in self._mappings.with_ids([bytes.fromhex(new["id"])])}
        mapping = standing.get(bytes.fromhex(new["id"]))
        if mapping is None or mapping.external_id != new["external_id"]:
            return f"its place in {new['taxonomy']} has since been changed"
        if not old:
            self._mappings.remove([mapping.id])
        else:
            self._mappings.set_external([Mapping.of_kept(old)], self._unit.now)
        return None

    # -- a merged or deleted category comes back ----------------------------------------------------------------------

    def _removal(self, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        row = old["row"]
        category_id = bytes.fromhex(old["category"])
        if self._node(old["category"]) is not None:
            return f"{row['name']!r} is there again"
        parent = self._node(row["parent"])
        if parent is None and row["parent"] is not None:
            return _GONE_PARENT
        # A subcategory of its own name may have taken its place, and goes back below it in a moment.
        own = {bytes.fromhex(kept["category"]) for kept in old["children"]}
        if reason := self._twin(row["name"], parent, own):
            return reason
        node = self._put_back(category_id, row, parent)
        into = bytes_of(new["into"])
        left = self._take_back_children(old["children"], node, into)
        left += self._take_back_products(old["products"], node, into)
        self._mappings.forget(node.parent_id, node.name)
        self._take_back_mappings(old["mappings"], category_id, into)
        self.touched.update({category_id} | ({into} if into and self._node(new["into"]) else set()))
        return "; ".join(left) or None

    def _put_back(self, category_id: bytes, row: dict[str, Any], parent: Node | None) -> Node:
        taken = {sibling.slug for sibling in self._repository.children([parent])}
        slug = row["slug"] if row["slug"] not in taken else free_slug(row["name"], taken)
        path = path_under(parent.path if parent else "", category_id)
        node = Node(category_id, parent.id if parent else None, row["name"], slug, path, row["sort_order"])
        self._repository.insert([node], self._unit.now)
        self._repository.set(
            category_id,
            self._unit.now,
            description=row["description"],
            meta_data=row["meta_data"],
            is_active=row["is_active"],
            created_at=dt.datetime.fromisoformat(row["created_at"]),
        )
        return node

    def _take_back_children(self, children: list[dict[str, str]], node: Node, into: bytes | None) -> list[str]:
        left: list[str] = []
        for kept in children:
            child = self._node(kept["category"])
            if child is None:
                left.append(f"the subcategory {UUID(kept['category'])} is not there any more")
            elif child.parent_id != into:
                left.append(f"the subcategory {child.name!r} has since been moved elsewhere")
            elif is_within(node.path, child.path):
                left.append(f"the subcategory {child.name!r} holds it now")
            else:
                move(self._repository, child, node, self._unit.now, slug=kept["slug"])
        return left

    def _take_back_products(self, products: list[str], node: Node, into: bytes | None) -> list[str]:
        ids = [bytes.fromhex(product) for product in products]
        still_there = self._repository.products_still_in(into, ids)
        self._repository.put_products(still_there, node.id, self._unit.now)
        if elsewhere := len(ids) - len(still_there):
            return [f"{elsewhere} of {len(ids)} products have since been put elsewhere or are gone"]
        return []

    def _take_back_mappings(self, kept: list[dict[str, Any]], category_id: bytes, into: bytes | None) -> None:
        wanted = {mapping.id: mapping for mapping in map(Mapping.of_kept, kept)}
        standing = {mapping.id: mapping for mapping in self._mappings.with_ids(wanted)}
        self._mappings.insert([mapping for row_id, mapping in wanted.items() if row_id not in standing], self._unit.now)
        moved = [mapping for mapping in standing.values() if mapping.category_id == into]
        self._mappings.take_over(moved, category_id, self._unit.now)

"""One category goes up in another: what it held goes over, what bears the same name below is merged too."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from mercat.core.errors import Conflict
from mercat.core.unit import WriteUnit
from mercat.domain.catalog.category_changes import Step, hex_of
from mercat.domain.catalog.category_repository import CategoryRepository, Node
from mercat.domain.catalog.mapping_repository import MappingRepository
from mercat.domain.catalog.tree import free_slug, name_key, path_under, refuse_depth


class Absorption:
    """``source`` is emptied into ``target`` (``None``: the top of the tree) and removed. ``steps`` tell how to go back.

    ``merges_twins``: a subcategory whose name the target has already is merged into that one; else it is refused.
    """

    def __init__(self, unit: WriteUnit, what: str, *, merges_twins: bool) -> None:
        self.steps: list[Step] = []
        self.touched: set[bytes] = set()
        self._unit = unit
        self._repository = CategoryRepository(unit.session)
        self._mappings = MappingRepository(unit.session)
        self._what = what
        self._merges_twins = merges_twins

    def absorb(self, source: Node, target: Node | None) -> None:
        """Raises ``Conflict`` for twins that may not be merged, ``Invalid`` where the tree would be too deep."""
        # Held against products too: one that came in between would be left in no category without a word.
        self._repository.hold([source.id, *([target.id] if target else [])], from_products=True)
        moved = self._take_children(source, target)
        products = self._repository.products_in(source.id)
        mappings = self._mappings.of(source.id)
        self._repository.put_products(products, target.id if target else None, self._unit.now)
        if target is not None and self._what == "merge":
            self._mappings.take_over(mappings, target.id, self._unit.now)
            self.touched.add(target.id)
        details = self._repository.details(source.id)
        old = {
            "category": source.id.hex(),
            "row": _kept(source, details),
            "products": [product.hex() for product in products],
            "children": moved,
            "mappings": [mapping.kept() for mapping in mappings],
        }
        new = {"category": source.id.hex(), "into": hex_of(target.id if target else None)}
        self.steps.append(Step("archive", self._what, old, new))
        self._repository.remove([source])
        if target is not None and self._what == "merge":
            self._mappings.remember(source.parent_id, source.name, target.id, self._unit.now)
        self.touched.discard(source.id)
        if target is not None:
            self.touched.add(target.id)

    def _take_children(self, source: Node, target: Node | None) -> list[dict[str, str]]:
        """Empty the source of its subcategories; those that moved, with the slugs they had."""
        moved: list[dict[str, str]] = []
        # Asked for anew each time: a merge further down may put something below the source again.
        while children := self._repository.children([source]):
            child = min(children, key=lambda node: name_key(node.name))
            standing = [node for node in self._repository.children([target]) if node.id != source.id]
            twin = next((node for node in standing if name_key(node.name) == name_key(child.name)), None)
            if twin is None:
                move(self._repository, child, target, self._unit.now)
                moved.append({"category": child.id.hex(), "slug": child.slug})
            elif self._merges_twins:
                self.absorb(child, twin)
            else:
                place = f"in {target.name!r}" if target else "at the top"
                message = f"there is a category {child.name!r} {place} already: merge or rename one of the two first"
                raise Conflict(message, category=str(UUID(bytes=twin.id)))
            source = self._repository.nodes([source.id])[source.id]
            target = self._repository.nodes([target.id])[target.id] if target else None
        return moved


def move(
    repository: CategoryRepository, node: Node, parent: Node | None, now: dt.datetime, *, slug: str | None = None
) -> str:
    """Put a subtree under another parent; its slug, which changes only where a sibling has it. Raises ``Invalid``."""
    moved = path_under(parent.path if parent else "", node.id)
    refuse_depth(repository.deepest(node.path) + len(moved) - len(node.path))
    slug = slug or node.slug
    taken = {sibling.slug for sibling in repository.children([parent]) if sibling.id != node.id}
    if slug in taken:
        slug = free_slug(node.name, taken)
    repository.relocate(node, parent, slug, now)
    return slug


def _kept(node: Node, details: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": node.name,
        "slug": node.slug,
        "parent": hex_of(node.parent_id),
        "sort_order": node.sort_order,
        "is_active": node.is_active,
        **details,
        "created_at": details["created_at"].isoformat(),
    }

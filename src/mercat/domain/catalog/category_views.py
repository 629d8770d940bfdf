"""Categories as they are shown, and found by what people call them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from mercat.core.errors import Conflict, NotFound
from mercat.core.unit import ReadUnit
from mercat.domain.catalog.category_paths import paths_of
from mercat.domain.catalog.category_repository import CategoryRepository, Node
from mercat.domain.catalog.tree import Names, join_path, level_of, name_key, split_path

Reference = UUID | bytes | str
_MOST_CHOICES = 10


@dataclass(frozen=True)
class CategoryView:
    """A category as shown. ``path`` is names, ``depth`` 0 for a root, ``products_below`` counts its subtree with itself."""

    id: UUID
    parent_id: UUID | None
    name: str
    slug: str
    path: str
    depth: int
    product_count: int
    products_below: int
    is_active: bool


def tree(unit: ReadUnit) -> list[CategoryView]:
    """All categories in display order: a parent before its children, siblings by ``sort_order``, then by name."""
    nodes = CategoryRepository(unit.session).all_nodes()
    below: dict[bytes | None, list[Node]] = {}
    for node in nodes:
        below.setdefault(node.parent_id, []).append(node)
    totals = {node.id: node.product_count for node in nodes}
    for node in sorted(nodes, key=lambda node: len(node.path), reverse=True):
        if node.parent_id is not None:
            totals[node.parent_id] += totals[node.id]
    shown: list[CategoryView] = []
    waiting: list[tuple[Names, Node]] = [((), node) for node in _displayed(below.get(None, ()))]
    while waiting:
        above, node = waiting.pop()
        names: Names = (*above, node.name)
        shown.append(_view(node, join_path(names), totals[node.id]))
        waiting += [(names, child) for child in _displayed(below.get(node.id, ()))]
    return shown


def _displayed(siblings: Iterable[Node]) -> list[Node]:
    """Last first, as a stack wants them."""
    return sorted(siblings, key=lambda node: (node.sort_order, name_key(node.name), node.id), reverse=True)


def _view(node: Node, path: str, products_below: int) -> CategoryView:
    return CategoryView(
        id=UUID(bytes=node.id),
        parent_id=None if node.parent_id is None else UUID(bytes=node.parent_id),
        name=node.name,
        slug=node.slug,
        path=path,
        depth=level_of(node.path),
        product_count=node.product_count,
        products_below=products_below,
        is_active=node.is_active,
    )


def get(unit: ReadUnit, reference: Reference) -> CategoryView:
    """The category, or ``NotFound``; ``Conflict`` where several bear the name."""
    return view_of(unit, get_node(unit, reference))


def find(unit: ReadUnit, reference: Reference) -> CategoryView | None:
    """By id, by path of names, by the end of a path, or by a name; ``None`` where there is none.

    Raises ``Conflict``, which lists the choices, where several categories bear the name.
    """
    node = find_node(unit, reference)
    return None if node is None else view_of(unit, node)


def view_of(unit: ReadUnit, node: Node) -> CategoryView:
    """One category as shown."""
    return _view(node, paths_of(unit, [node.id])[node.id], CategoryRepository(unit.session).products_below(node.path))


def get_node(unit: ReadUnit, reference: Reference) -> Node:
    """As ``get``, without the trimmings."""
    node = find_node(unit, reference)
    if node is None:
        shown = UUID(bytes=reference) if isinstance(reference, bytes) else reference
        message = f"no category {str(shown)!r}: `mercat category tree` lists them"
        raise NotFound(message, category=str(shown))
    return node


def find_node(unit: ReadUnit, reference: Reference) -> Node | None:
    """As ``find``, without the trimmings."""
    repository = CategoryRepository(unit.session)
    if isinstance(reference, (UUID, bytes)):
        category_id = reference if isinstance(reference, bytes) else reference.bytes
        return repository.nodes([category_id]).get(category_id)
    as_id = _id_in(reference)
    if as_id is not None and (node := repository.nodes([as_id]).get(as_id)) is not None:
        return node
    return _named(unit, repository, tuple(map(name_key, split_path(reference))))


def _id_in(text: str) -> bytes | None:
    try:
        return UUID(text).bytes
    except ValueError:
        return None


def _named(unit: ReadUnit, repository: CategoryRepository, keys: Names) -> Node | None:
    nodes = {node.id: node for node in repository.all_nodes()}
    found: list[Node] = []
    for node in nodes.values():
        at: Node | None = node
        for key in reversed(keys):
            if at is None or name_key(at.name) != key:
                break
            at = nodes[at.parent_id] if at.parent_id is not None else None
        else:
            if at is None:
                # The whole path fits: there can be no other.
                return node
            found.append(node)
    if len(found) > 1:
        choices = sorted(paths_of(unit, [node.id for node in found]).values())
        listed = ", ".join(map(repr, choices[:_MOST_CHOICES])) + (", …" if len(choices) > _MOST_CHOICES else "")
        message = f"{len(found)} categories bear the name {join_path(keys)!r}: say which of {listed}"
        raise Conflict(message, choices=choices)
    return found[0] if found else None

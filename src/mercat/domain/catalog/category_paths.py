"""Name paths (``"A > B > C"``) to categories and back, many at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from mercat.core.errors import Conflict
from mercat.core.ids import new_id_bytes
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.catalog.category_repository import CategoryRepository, Node
from mercat.domain.catalog.mapping_repository import MappingRepository, place_of
from mercat.domain.catalog.tree import (
    Names,
    checked_name,
    free_slug,
    join_path,
    name_key,
    path_under,
    split_path,
)

# Category (``None``: the top) → each path asked for that leads to it.
_Parents = dict[bytes | None, list[tuple[Names, Node | None]]]


class EnsuredPaths(dict[str, bytes]):
    """Path as it was given → category id. ``created`` lists the new ones, parents before children."""

    def __init__(self) -> None:
        super().__init__()
        self.created: list[bytes] = []


def ensure_paths(unit: WriteUnit, paths: Collection[str]) -> EnsuredPaths:
    """The category of each name path; what is missing is created.

    Names are the same where they differ in nothing but case or blanks. Safe beside other units. Raises ``Invalid`` for a
    path without a name, too deep, or with a name over 255 characters (ask ``tree.fault_of_path`` beforehand).
    """
    split = {path: split_path(path) for path in paths}
    found, created = ensure_names(unit, split.values())
    ensured = EnsuredPaths()
    ensured.created = created
    for path, names in split.items():
        ensured[path] = found[names]
    return ensured


def ensure_names(unit: WriteUnit, paths: Iterable[Names]) -> tuple[dict[Names, bytes], list[bytes]]:
    """As ``ensure_paths``, with the names already apart."""
    repository = CategoryRepository(unit.session)
    wanted = _Wanted(paths)
    walk = _walk(repository, wanted)
    created: list[bytes] = []
    if len(walk.nodes) < len(wanted.names):
        repository.hold_tree()
        # Looked up again under the lock: another unit may have created or moved some in between.
        walk = _walk(repository, wanted)
        created = walk.create(repository, wanted, unit)
    return {path: walk.nodes[keys].id for path, keys in wanted.keys.items()}, created


class _Wanted:
    """The paths and all their beginnings, by the keys of their names."""

    def __init__(self, paths: Iterable[Names]) -> None:
        self.keys: dict[Names, Names] = {}
        # Keys of a path → the name of its last step, as it was first given.
        self.names: dict[Names, str] = {}
        for path in paths:
            keys = tuple(map(name_key, path))
            self.keys[path] = keys
            for depth in range(len(keys), 0, -1):
                if keys[:depth] in self.names:
                    break
                self.names[keys[:depth]] = path[depth - 1]
        self.depth = max(map(len, self.names), default=0)


class _Walk:
    """What of the wanted paths is there, and which slugs their parents' children have."""

    def __init__(self) -> None:
        self.nodes: dict[Names, Node] = {}
        self.slugs: dict[bytes | None, set[str]] = {}
        # Two paths may mean one category, one of them by a former name: what they lack below it is made once.
        self._made: dict[tuple[bytes | None, str], Node] = {}

    def create(self, repository: CategoryRepository, wanted: _Wanted, unit: WriteUnit) -> list[bytes]:
        missing = sorted((keys for keys in wanted.names if keys not in self.nodes), key=len)
        fresh: list[Node] = []
        for keys, new_id in zip(missing, new_id_bytes(len(missing)), strict=True):
            parent = self.nodes.get(keys[:-1])
            parent_id = parent.id if parent else None
            if twin := self._made.get((parent_id, keys[-1])):
                self.nodes[keys] = twin
                continue
            name = checked_name(wanted.names[keys])
            taken = self.slugs.setdefault(parent_id, set())
            slug = free_slug(name, taken)
            taken.add(slug)
            node = Node(new_id, parent_id, name, slug, path_under(parent.path if parent else "", new_id))
            self.nodes[keys] = self._made[parent_id, keys[-1]] = node
            fresh.append(node)
        repository.insert(fresh, unit.now)
        return [node.id for node in fresh]


def _walk(repository: CategoryRepository, wanted: _Wanted) -> _Walk:
    """Down the tree level by level: one query each, whatever the number of paths."""
    walk = _Walk()
    mappings = MappingRepository(repository.session)
    has_former_names = mappings.has_former_names()
    parents: _Parents = {None: [((), None)]}
    for depth in range(1, wanted.depth + 1):
        wanted_here = {keys for keys in wanted.names if len(keys) == depth}
        going_on = {keys[:-1] for keys in wanted_here}
        asked = {key: kept for key, at in parents.items() if (kept := [each for each in at if each[0] in going_on])}
        below: _Parents = {}

        def meets(keys: Names, node: Node, below: _Parents = below) -> None:
            walk.nodes[keys] = node
            below.setdefault(node.id, []).append((keys, node))

        for child in repository.children([at[0][1] for at in asked.values()]) if asked else ():
            walk.slugs.setdefault(child.parent_id, set()).add(child.slug)
            for above, _ in asked[child.parent_id]:
                keys = (*above, name_key(child.name))
                if keys in wanted_here:
                    meets(keys, child)
        if has_former_names:
            for keys, node in _formerly(repository, mappings, asked, wanted_here - walk.nodes.keys()):
                meets(keys, node)
        parents = below
    return walk


def _formerly(
    repository: CategoryRepository, mappings: MappingRepository, asked: _Parents, missing: Collection[Names]
) -> Iterable[tuple[Names, Node]]:
    """Of the paths that lead nowhere those that did before somebody renamed, moved or merged the category."""
    ids = {above: parent_id for parent_id, at in asked.items() for above, _ in at}
    places = {keys: place_of(ids[keys[:-1]], keys[-1]) for keys in missing if keys[:-1] in ids}
    found = mappings.formerly(set(places.values()))
    nodes = repository.nodes(found.values())
    for keys, place in places.items():
        if place in found:
            yield keys, nodes[found[place]]


class FormerNames:
    """What paths of names stand for now, where people have renamed, moved or merged categories since."""

    def __init__(self, unit: ReadUnit) -> None:
        self._unit = unit
        self._known: dict[str, str] = {}
        self._is_any = MappingRepository(unit.session).has_former_names()

    def now(self, path: str) -> str:
        """The path of today; the same one where nothing else is known."""
        if not self._is_any:
            return path
        if path not in self._known:
            names = split_path(path)
            wanted = _Wanted([names])
            node = _walk(CategoryRepository(self._unit.session), wanted).nodes.get(wanted.keys[names])
            self._known[path] = path if node is None else paths_of(self._unit, [node.id])[node.id]
        return self._known[path]


def paths_of(unit: ReadUnit, ids: Collection[bytes]) -> dict[bytes, str]:
    """The name path of each category that is there."""
    repository = CategoryRepository(unit.session)
    known = repository.nodes(ids, with_above=True)
    names: dict[bytes, Names] = {}

    def names_of(category_id: bytes) -> Names:
        missing: list[Node] = []
        at: bytes | None = category_id
        while at is not None and at not in names:
            missing.append(known[at])
            at = known[at].parent_id
            if len(missing) > len(known):
                # No way leads here but by hand; said rather than hung on.
                message = f"the category {known[category_id].name!r} stands below itself in the database"
                raise Conflict(message, category=category_id.hex())
        for node in reversed(missing):
            above = names[node.parent_id] if node.parent_id is not None else ()
            names[node.id] = (*above, node.name)
        return names[category_id]

    return {category_id: join_path(names_of(category_id)) for category_id in ids if category_id in known}


def recount(unit: WriteUnit, ids: Collection[bytes]) -> int:
    """Make ``product_count`` true for these categories: products directly in them that are not archived.

    Call it after the products changed, in the same unit; how many counts were wrong.
    """
    return CategoryRepository(unit.session).recount(set(ids), unit.now)


def hold(unit: WriteUnit, ids: Collection[bytes]) -> None:
    """Lock these categories' rows in a fixed order until the unit ends.

    Worth calling before products are put into them where several units do so at once: MariaDB's foreign keys take a
    shared lock on the category with each product, and two units that both hold one cannot both recount.
    """
    CategoryRepository(unit.session).hold(set(ids))


def remove_empty(unit: WriteUnit, ids: Collection[bytes]) -> int:
    """Delete those of these categories that hold nothing: what an undone import had made. How many went."""
    return CategoryRepository(unit.session).remove_empty(ids) if ids else 0

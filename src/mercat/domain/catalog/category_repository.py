"""Questions to the category tree."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, literal, select, update

from mercat.core.database.bulk import CHUNK, Bulk, chunks
from mercat.core.repository import Repository
from mercat.domain.catalog.models import Category
from mercat.domain.catalog.tree import level_of, parent_key_of, path_under

_NODE = "id, parent_id, name, slug, path, sort_order, product_count, is_active"
_WITH_ABOVE = (
    "WITH RECURSIVE wanted AS (SELECT id, parent_id FROM categories WHERE {} UNION "
    "SELECT above.id, above.parent_id FROM categories above JOIN wanted ON above.id = wanted.parent_id) "
    f"SELECT {_NODE} FROM categories WHERE id IN (SELECT id FROM wanted)"
)
# Nobody holds categories as objects here, so there is nothing to bring up to date.
_UNSYNCHRONISED = {"synchronize_session": False}


class Node(NamedTuple):
    """A category as the tree needs it; ids are 16 bytes."""

    id: bytes
    parent_id: bytes | None
    name: str
    slug: str
    path: str
    sort_order: int = 0
    product_count: int = 0
    is_active: bool = True


class CategoryRepository(Repository[Category]):
    """Reads and set-based writes of the tree."""

    model = Category

    @property
    def bulk(self) -> Bulk:
        """Set-based statements in the session's transaction."""
        return Bulk(self.session.connection())

    # -- reading ------------------------------------------------------------------------------------------------------

    def nodes(self, ids: Iterable[bytes], *, with_above: bool = False) -> dict[bytes, Node]:
        """Those of the categories that are there, by id; ``with_above`` also all that they stand in."""
        found: dict[bytes, Node] = {}
        bulk = self.bulk
        for some in chunks(ids, CHUNK):
            where, parameters = bulk.among("id", some, ids=True)
            sql = _WITH_ABOVE.format(where) if with_above else f"SELECT {_NODE} FROM categories WHERE {where}"
            rows = bulk.fetch(sql, parameters)
            found.update((node.id, node) for node in self._to_nodes(rows))
        return found

    def children(self, parents: Collection[Node | None]) -> list[Node]:
        """The direct children of all these; ``None`` stands for the top of the tree."""
        bulk = self.bulk
        found: list[Node] = []
        wanted = {parent.id if parent else None for parent in parents}
        keys = {parent.path[-9:-1] if parent else "" for parent in parents}
        for some in chunks(keys, CHUNK):
            where, parameters = bulk.among("parent_key", some)
            rows = bulk.fetch(f"SELECT {_NODE} FROM categories WHERE {where}", parameters)
            found += (node for node in self._to_nodes(rows) if node.parent_id in wanted)
        return found

    def all_nodes(self) -> list[Node]:
        """The whole tree, in no order."""
        return list(self._to_nodes(self.bulk.fetch(f"SELECT {_NODE} FROM categories")))

    def _to_nodes(self, rows: Iterable[Sequence[Any]]) -> Iterable[Node]:
        id_of = self.bulk.id_of
        for row_id, parent_id, name, slug, path, sort_order, product_count, is_active in rows:
            parent = None if parent_id is None else id_of(parent_id)
            yield Node(id_of(row_id), parent, name, slug, path, sort_order, product_count, bool(is_active))

    def details(self, category_id: bytes) -> dict[str, Any]:
        """What a category has beside its place: description, meta_data, created_at."""
        columns = select(Category.description, Category.meta_data, Category.created_at)
        found = self.session.execute(columns.where(Category.id == UUID(bytes=category_id))).one()
        return dict(found._mapping)  # noqa: SLF001  # its public name

    def deepest(self, path: str) -> int:
        """Characters of the longest path in a subtree."""
        longest = select(func.max(func.length(Category.path))).where(Category.path.like(f"{path}%"))
        return self.session.scalar(longest) or 0

    def products_below(self, path: str) -> int:
        """The counts of a whole subtree together."""
        return self.session.scalar(select(func.sum(Category.product_count)).where(Category.path.like(f"{path}%"))) or 0

    def products_in(self, category_id: bytes) -> list[bytes]:
        """The products directly in a category, archived ones too."""
        bulk = self.bulk
        found = bulk.fetch("SELECT id FROM products WHERE category_id = ? ORDER BY id", [bulk.id(category_id)])
        return [bulk.id_of(row_id) for (row_id,) in found]

    def products_still_in(self, category_id: bytes | None, products: Sequence[bytes]) -> list[bytes]:
        """Those of the products that are directly in a category (``None``: in none)."""
        bulk = self.bulk
        place, of_place = ("= ?", [bulk.id(category_id)]) if category_id else ("IS NULL", [])
        found: list[bytes] = []
        for some in chunks(products, CHUNK):
            where, parameters = bulk.among("id", some, ids=True)
            sql = f"SELECT id FROM products WHERE {where} AND category_id {place}"
            found += (bulk.id_of(row_id) for (row_id,) in bulk.fetch(sql, [*parameters, *of_place]))
        return found

    def used(self, ids: Collection[bytes]) -> set[bytes]:
        """Those of the categories that have products."""
        bulk = self.bulk
        found: set[bytes] = set()
        for some in chunks(ids, CHUNK):
            where, parameters = bulk.among("category_id", some, ids=True)
            sql = f"SELECT DISTINCT category_id FROM products WHERE {where}"
            found.update(bulk.id_of(row_id) for (row_id,) in bulk.fetch(sql, parameters))
        return found

    # -- locks --------------------------------------------------------------------------------------------------------

    def hold_tree(self) -> None:
        """Until the unit ends nobody else changes the tree's shape: whoever wants to holds all roots, as here.

        The roots are asked for until those held are those that stand: another may have changed them while we waited.
        """
        # What the unit has in hand is written first: all that follows here is set-based and would not see it.
        self.session.flush()
        roots = select(Category.id).where(Category.parent_key == "").order_by(Category.id)
        held: list[object] | None = None
        while True:
            # FOR NO KEY UPDATE on PostgreSQL: products that are being put into a root need not wait.
            standing: list[object] = list(self.session.scalars(roots.with_for_update(key_share=True)))
            if standing == held:
                return
            held = standing

    def hold(self, ids: Iterable[bytes], *, from_products: bool = False) -> None:
        """Until the unit ends nobody else changes these rows; ``from_products``: nor puts a product into them.

        Always in the same order, so that two never cross.
        """
        for some in chunks(sorted(ids), CHUNK):
            rows = select(Category.id).where(Category.id.in_(some)).order_by(Category.id)
            self.session.execute(rows.with_for_update(key_share=not from_products)).all()

    # -- writing ------------------------------------------------------------------------------------------------------

    def insert(self, nodes: Sequence[Node], now: dt.datetime) -> None:
        """Put new categories in; parents before children."""
        bulk = self.bulk
        time = bulk.time(now)
        rows = [
            (
                bulk.id(node.id),
                node.name,
                node.slug,
                None if node.parent_id is None else bulk.id(node.parent_id),
                parent_key_of(node.path),
                node.path,
                level_of(node.path),
                node.sort_order,
                True,
                0,
                "{}",
                time,
                time,
            )
            for node in nodes
        ]
        columns = "id name slug parent_id parent_key path level sort_order is_active product_count meta_data"
        bulk.insert("categories", [*columns.split(), "created_at", "updated_at"], rows)

    def relocate(self, node: Node, parent: Node | None, slug: str, now: dt.datetime) -> None:
        """Put a category and all that is below it under ``parent``; one statement, however much that is."""
        moved = path_under(parent.path if parent else "", node.id)
        self.session.execute(
            update(Category)
            .where(Category.path.like(f"{node.path}%"))
            .values(
                path=literal(moved, Category.path.type) + func.substr(Category.path, len(node.path) + 1),
                level=Category.level + (level_of(moved) - level_of(node.path)),
                updated_at=now,
            ),
            execution_options=_UNSYNCHRONISED,
        )
        self.set(
            node.id,
            now,
            parent_id=None if parent is None else UUID(bytes=parent.id),
            parent_key=parent_key_of(moved),
            slug=slug,
        )

    def set(self, category_id: bytes, now: dt.datetime, **values: object) -> None:
        """Change columns of one category."""
        self.session.execute(
            update(Category).where(Category.id == UUID(bytes=category_id)).values(updated_at=now, **values),
            execution_options=_UNSYNCHRONISED,
        )

    def put_products(self, ids: Sequence[bytes], category_id: bytes | None, now: dt.datetime) -> None:
        """Put products into a category, or into none."""
        bulk = self.bulk
        target = None if category_id is None else bulk.id(category_id)
        for some in chunks(ids, CHUNK):
            where, parameters = bulk.among("id", some, ids=True)
            sql = f"UPDATE products SET category_id = ?, updated_at = ?, revision = revision + 1 WHERE {where}"
            bulk.run(sql, [target, bulk.time(now), *parameters])

    def remove(self, nodes: Iterable[Node]) -> None:
        """Delete categories, the deepest first: the foreign key to the parent is judged row by row."""
        by_level: dict[int, list[bytes]] = {}
        for node in nodes:
            by_level.setdefault(len(node.path), []).append(node.id)
        for length in sorted(by_level, reverse=True):
            self.bulk.delete("categories", "id", by_level[length])

    def recount(self, ids: Collection[bytes], now: dt.datetime) -> int:
        """Make ``product_count`` true for these; how many were not."""
        # Held first: the count of the statement that follows sees what another unit, for which we waited, has added.
        self.hold(ids)
        bulk = self.bulk
        time = bulk.time(now)
        changed = 0
        for some in chunks(sorted(ids), CHUNK):
            where, parameters = bulk.among("category_id", some, ids=True)
            counted = bulk.fetch(
                f"SELECT category_id, COUNT(*) FROM products WHERE {where} AND status <> 'archived' GROUP BY category_id",
                parameters,
            )
            counts = {bulk.id_of(category_id): number for category_id, number in counted}
            where, parameters = bulk.among("id", some, ids=True)
            kept = bulk.fetch(f"SELECT id, product_count FROM categories WHERE {where}", parameters)
            wrong = [
                (counts.get(bulk.id_of(row_id), 0), time, row_id)
                for row_id, number in kept
                if counts.get(bulk.id_of(row_id), 0) != number
            ]
            bulk.update("categories", ("product_count", "updated_at"), wrong)
            changed += len(wrong)
        return changed

    def remove_empty(self, ids: Collection[bytes]) -> int:
        """Delete those of these that hold neither products nor subcategories, children first; how many went."""
        bulk = self.bulk
        nodes = self.nodes(ids)
        gone = 0
        for node in sorted(nodes.values(), key=lambda each: len(each.path), reverse=True):
            gone += bulk.run(
                "DELETE FROM categories WHERE id = ? AND NOT EXISTS (SELECT 1 FROM products WHERE category_id = ?) "
                "AND NOT EXISTS (SELECT 1 FROM (SELECT parent_id FROM categories WHERE parent_key = ?) AS below)",
                (bulk.id(node.id), bulk.id(node.id), node.path[-9:-1]),
            )
        return gone

"""What must hold of the tree after every step, read from the rows themselves."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from sqlalchemy import func, select

from mercat.core.unit import ReadUnit, Runtime, WriteUnit
from mercat.domain.catalog import categories
from mercat.domain.catalog.models import Category, Change, Product
from mercat.domain.catalog.tree import code_of, name_key


def assert_whole(unit: ReadUnit) -> None:
    """Paths, levels, keys, counts and slugs of all categories agree with their parents and products."""
    rows = {row.id: row for row in unit.session.scalars(select(Category).execution_options(populate_existing=True))}
    counted = (
        select(Product.category_id, func.count()).where(Product.status != "archived").group_by(Product.category_id)
    )
    counts = {category_id: count for category_id, count in unit.session.execute(counted) if category_id}
    for row in rows.values():
        above: list[Category] = [row]
        while above[-1].parent_id is not None:
            above.append(rows[above[-1].parent_id])
            assert len(above) <= len(rows), "a cycle"
        codes = [code_of(each.id.bytes) for each in reversed(above)]
        assert row.path == "".join(f"{code}/" for code in codes)
        assert row.level == len(above) - 1
        assert row.parent_key == (codes[-2] if len(codes) > 1 else "")
        assert row.product_count == counts.get(row.id, 0), row.name
    slugs = Counter((row.parent_id, row.slug) for row in rows.values())
    names = Counter((row.parent_id, name_key(row.name)) for row in rows.values())
    assert max([*slugs.values(), *names.values(), 0]) <= 1


def outline(unit: ReadUnit) -> dict[str, int]:
    """Name path → products directly in it, in display order."""
    return {view.path: view.product_count for view in categories.tree(unit)}


def put(unit: WriteUnit, category_id: UUID | bytes | None, *handles: str) -> None:
    """New active products in a category."""
    for handle in handles:
        unit.session.add(Product(handle=handle, name=handle, category_id=category_id))
    unit.session.flush()
    if category_id is not None:
        categories.recount(unit, [category_id.bytes if isinstance(category_id, UUID) else category_id])


def where(unit: ReadUnit) -> dict[str, str | None]:
    """Product handle → path of its category."""
    places = {row.handle: row.category_id for row in unit.session.scalars(select(Product))}
    paths = categories.paths_of(unit, [place.bytes for place in places.values() if place])
    return {handle: paths[place.bytes] if place else None for handle, place in places.items()}


def undo(unit: WriteUnit, *change_sets: UUID | None) -> list[str]:
    """Take change sets back; the reasons of what could not be."""
    assert all(change_sets)
    changes = list(unit.session.scalars(select(Change).where(Change.change_set_id.in_(change_sets))))
    return [reason for _, reason in categories.undo_category_changes(unit, changes)]


def count_rows(runtime: Runtime) -> int:
    with runtime.read() as unit:
        return unit.session.scalar(select(func.count()).select_from(Category)) or 0

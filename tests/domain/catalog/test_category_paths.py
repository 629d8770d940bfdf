"""Name paths become categories and come back, many at a time, on every database."""

from __future__ import annotations

import threading
from uuid import UUID

import pytest
from sqlalchemy import select

from mercat.core.errors import Conflict, Invalid
from mercat.core.unit import Runtime
from mercat.domain.catalog.category_paths import ensure_paths, paths_of, recount
from mercat.domain.catalog.models import Category, Product
from mercat.domain.catalog.tree import MOST_LEVELS


def test_what_is_missing_is_created_once(runtime: Runtime) -> None:
    with runtime.write() as unit:
        first = ensure_paths(unit, ["Office > Paper > A4", "Office > Paper", "Café"])
        assert len(first.created) == 4
        assert paths_of(unit, first.values()) == {
            first["Office > Paper > A4"]: "Office > Paper > A4",
            first["Office > Paper"]: "Office > Paper",
            first["Café"]: "Café",
        }
    with runtime.write() as unit:
        again = ensure_paths(unit, ["office  >  PAPER > A4", "Office > Paper > A3", " > Café > "])
        assert again["office  >  PAPER > A4"] == first["Office > Paper > A4"]
        assert again[" > Café > "] == first["Café"]
        assert again.created == [again["Office > Paper > A3"]]
        kept = {row.id.bytes: row for row in unit.session.scalars(select(Category))}
    a3 = kept[again["Office > Paper > A3"]]
    parent = kept[first["Office > Paper"]]
    assert (a3.level, a3.parent_id, a3.parent_key) == (2, parent.id, parent.path.split("/")[-2])
    assert a3.path.startswith(parent.path)
    assert a3.path.count("/") == 3
    assert a3.product_count == 0
    assert a3.meta_data == {}
    assert a3.is_active


def test_siblings_of_like_sound_get_slugs_of_their_own(runtime: Runtime) -> None:
    with runtime.write() as unit:
        ensure_paths(unit, ["A & B", "A / B", "日本", "中国", "Other > A B"])
    with runtime.write() as unit:
        ensure_paths(unit, ["A+B"])
        slugs = list(unit.session.scalars(select(Category.slug).where(Category.parent_key == "")))
    assert len(set(slugs)) == 6
    assert {"a-b", "a-b-2", "a-b-3"} < set(slugs)


@pytest.mark.parametrize("path", ["", " > ", "x" * 256, " > ".join("x" * (MOST_LEVELS + 1))])
def test_a_path_that_cannot_be_is_refused(sqlite_runtime: Runtime, path: str) -> None:
    with sqlite_runtime.write() as unit, pytest.raises(Invalid, match=r"name|deep"):
        ensure_paths(unit, ["Fine", path])


def test_the_deepest_tree_fits(runtime: Runtime) -> None:
    path = " > ".join(f"n{level}" for level in range(MOST_LEVELS))
    with runtime.write() as unit:
        ensured = ensure_paths(unit, [path])
        assert paths_of(unit, [ensured[path]])[ensured[path]] == path


def test_counts_leave_out_the_archived(runtime: Runtime) -> None:
    with runtime.write() as unit:
        ids = ensure_paths(unit, ["A", "B", "A > C"])
        for number, (path, status) in enumerate(
            [("A", "active"), ("A", "draft"), ("A", "archived"), ("A > C", "active")]
        ):
            unit.session.add(Product(handle=str(number), name="x", status=status, category_id=ids[path]))
        unit.session.flush()
        assert recount(unit, ids.values()) == 2
        assert recount(unit, ids.values()) == 0
    with runtime.read() as unit:
        counts = {row.name: row.product_count for row in unit.session.scalars(select(Category))}
    assert counts == {"A": 2, "B": 0, "C": 1}


def test_units_side_by_side_create_each_category_once(runtime: Runtime) -> None:
    with runtime.write() as unit:
        ensure_paths(unit, ["Root"])

    def work(number: int) -> None:
        paths = [f"Root > {name} > {number}" for name in "ABCDEFGH"]
        runtime.attempt(lambda unit: ensure_paths(unit, paths))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with runtime.read() as unit:
        names = list(unit.session.scalars(select(Category.name).where(Category.level == 1)))
        assert sorted(names) == list("ABCDEFGH")
        assert len(list(unit.session.scalars(select(Category.id)))) == 1 + 8 + 48


def test_a_ring_made_by_hand_is_said_and_not_hung_on(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.write() as unit:
        ids = ensure_paths(unit, ["A > B", "A"])
        ring = Category.__table__.update().where(Category.name == "A").values(parent_id=UUID(bytes=ids["A > B"]))
        unit.session.execute(ring)
        with pytest.raises(Conflict, match="below itself"):
            paths_of(unit, [ids["A"]])

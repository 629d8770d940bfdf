"""What people do to the tree, on every database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import select

from mercat.core.actor import Actor
from mercat.core.errors import Conflict, Forbidden, Invalid, MercatError, NotFound
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.catalog import categories
from mercat.domain.catalog.mapping_repository import FORMER_NAMES
from mercat.domain.catalog.models import Category, CategoryMapping, Change, ChangeSet, Product
from mercat.domain.catalog.tree import MOST_LEVELS
from tests.domain.catalog.tree_checks import assert_whole, outline, put, undo, where

ANNA = Actor("user", "anna")


def test_a_subtree_moves_whole_and_back(runtime: Runtime) -> None:
    with runtime.write(ANNA) as unit:
        ids = categories.ensure_paths(
            unit, ["Office > Paper > A4 > White", "Office > Paper > A3", "Stationery", "Papers"]
        )
        put(unit, ids["Office > Paper > A4 > White"], "p1", "p2")
    with runtime.write(ANNA) as unit:
        moved = categories.move(unit, "Office > Paper", under="Stationery")
        assert moved.category
        assert (moved.category.path, moved.category.depth, moved.category.products_below) == (
            "Stationery > Paper",
            1,
            2,
        )
        assert_whole(unit)
        assert list(outline(unit)) == [
            "Office",
            "Papers",
            "Stationery",
            "Stationery > Paper",
            "Stationery > Paper > A3",
            "Stationery > Paper > A4",
            "Stationery > Paper > A4 > White",
        ]
    with runtime.write(ANNA) as unit:
        to_the_top = categories.move(unit, "A4", under=None)
        assert_whole(unit)
        assert "A4 > White" in outline(unit)
        assert undo(unit, moved.change_set, to_the_top.change_set) == []
        assert_whole(unit)
        assert outline(unit)["Office > Paper > A4 > White"] == 2
        kept = unit.session.get_one(ChangeSet, moved.change_set)
        assert (kept.origin, kept.source, kept.status, kept.applied_at, kept.indexed_at) == (
            ("user", "anna", "applied", kept.applied_at, kept.applied_at)
        )
        assert kept.applied_at


def test_a_move_below_itself_is_refused(runtime: Runtime) -> None:
    with runtime.write() as unit:
        categories.ensure_paths(unit, ["A > B > C"])
    for under in ("A", "A > B", "A > B > C"):
        with runtime.write() as unit, pytest.raises(Conflict, match="below itself"):
            categories.move(unit, "A", under=under)


def test_a_move_that_makes_the_tree_too_deep_is_refused(runtime: Runtime) -> None:
    with runtime.write() as unit:
        categories.ensure_paths(unit, [" > ".join(f"n{level}" for level in range(MOST_LEVELS - 1)), "A > B"])
    with runtime.write() as unit, pytest.raises(Invalid, match=f"{MOST_LEVELS} is the most"):
        categories.move(unit, "A", under=f"n{MOST_LEVELS - 2}")
    with runtime.write() as unit:
        categories.move(unit, "B", under=f"n{MOST_LEVELS - 2}")
        assert_whole(unit)


def test_no_two_siblings_bear_one_name(runtime: Runtime) -> None:
    with runtime.write() as unit:
        categories.ensure_paths(unit, ["A > Paper", "B > paper", "Paper"])
    for wrong in (
        lambda unit: categories.create(unit, "PAPER", under="A"),
        lambda unit: categories.create(unit, "  paper "),
        lambda unit: categories.rename(unit, "B", "a"),
        lambda unit: categories.move(unit, "A > Paper", under="B"),
        lambda unit: categories.move(unit, "A > Paper", under=None),
    ):
        with runtime.write() as unit, pytest.raises(Conflict, match="already"):
            wrong(unit)
    with runtime.read() as unit:
        assert list(outline(unit)) == ["A", "A > Paper", "B", "B > paper", "Paper"]


def test_a_merge_takes_products_subcategories_and_mappings_along(runtime: Runtime) -> None:
    with runtime.write(ANNA) as unit:
        paths = ["Office > Paper > A4", "Office > Paper > A3", "Stationery > Paper > a4 > White", "Stationery > Pens"]
        ids = categories.ensure_paths(unit, [*paths, "Stationery", "Office"])
        for number, path in enumerate([*paths, "Stationery", "Stationery"]):
            put(unit, ids[path], f"p{number}")
        for path, taxonomy in (("Stationery", "google"), ("Stationery", "shopify"), ("Office", "google")):
            place = UUID(bytes=ids[path])
            unit.session.add(CategoryMapping(category_id=place, taxonomy=taxonomy, external_id=path))
    with runtime.read() as unit:
        before, places = outline(unit), where(unit)
        mappings = _mappings(unit)
    with runtime.write(ANNA) as unit:
        merged = categories.merge(unit, "Stationery", "Office")
        assert_whole(unit)
        assert outline(unit) == {
            "Office": 2,
            "Office > Paper": 0,
            "Office > Paper > A3": 1,
            "Office > Paper > A4": 2 - 1,
            "Office > Paper > A4 > White": 1,
            "Office > Pens": 1,
        }
        assert _mappings(unit) == {("Office", "google", "Office"), ("Office", "shopify", "Stationery")}
    with runtime.write(ANNA) as unit:
        assert undo(unit, merged.change_set) == []
        assert_whole(unit)
        assert outline(unit) == before
        assert where(unit) == places
        assert _mappings(unit) == mappings


def _mappings(unit: object) -> set[tuple[str, str, str]]:
    rows = select(Category.name, CategoryMapping.taxonomy, CategoryMapping.external_id)
    found = unit.session.execute(rows.join_from(CategoryMapping, Category))  # type: ignore[attr-defined]
    return {tuple(row) for row in found if row.taxonomy != FORMER_NAMES}


def test_a_category_merges_into_its_own_ancestor_of_the_same_name(runtime: Runtime) -> None:
    with runtime.write() as unit:
        ids = categories.ensure_paths(unit, ["A > B > C > B > C > D", "A > B > C"])
        put(unit, ids["A > B > C > B > C > D"], "p")
        merged = categories.merge(unit, "A > B > C", "A")
        assert_whole(unit)
        assert where(unit)["p"] == "A > D"
        assert undo(unit, merged.change_set) == []
        assert_whole(unit)
        assert where(unit)["p"] == "A > B > C > B > C > D"


def test_merging_a_category_away_below_itself_is_refused(runtime: Runtime) -> None:
    with runtime.write() as unit:
        categories.ensure_paths(unit, ["A > B"])
    with runtime.write() as unit, pytest.raises(Conflict, match="below itself"):
        categories.merge(unit, "A", "B")
    with runtime.write() as unit, pytest.raises(Invalid, match="into itself"):
        categories.merge(unit, "A", "A")


def test_only_an_empty_category_is_deleted_unless_its_contents_are_lifted(runtime: Runtime) -> None:
    with runtime.write() as unit:
        ids = categories.ensure_paths(unit, ["A > B > C", "A > B", "A > X"])
        put(unit, ids["A > B"], "p")
    with runtime.write() as unit, pytest.raises(Conflict, match="1 products and 1 subcategories"):
        categories.delete(unit, "B")
    with runtime.write() as unit:
        empty = categories.delete(unit, "X")
        lifted = categories.delete(unit, "B", children="lift")
        assert lifted.category
        assert lifted.category.path == "A"
        assert_whole(unit)
        assert outline(unit) == {"A": 1, "A > C": 0}
        root = categories.delete(unit, "A", children="lift")
        assert_whole(unit)
        assert (outline(unit), where(unit)) == ({"C": 0}, {"p": None})
        assert root.category is None
        assert undo(unit, root.change_set, lifted.change_set, empty.change_set) == []
        assert_whole(unit)
        assert outline(unit) == {"A": 0, "A > B": 1, "A > B > C": 0, "A > X": 0}


def test_lifting_beside_a_twin_is_refused(runtime: Runtime) -> None:
    with runtime.write() as unit:
        categories.ensure_paths(unit, ["A > B > C", "A > c"])
    with runtime.write() as unit, pytest.raises(Conflict, match="merge or rename"):
        categories.delete(unit, "B", children="lift")
    with runtime.read() as unit:
        assert_whole(unit)


def test_a_rename_keeps_the_slug_and_is_undone(runtime: Runtime) -> None:
    with runtime.write() as unit:
        categories.ensure_paths(unit, ["Pens"])
        renamed = categories.rename(unit, "pens", "Writing tools")
        assert renamed.category
        assert (renamed.category.name, renamed.category.slug) == ("Writing tools", "pens")
        assert categories.rename(unit, "Writing tools", "Writing tools").change_set is None
        new = categories.create(unit, "Pens")
        assert new.category
        assert new.category.slug == "pens-2"
        assert undo(unit, renamed.change_set) == ["there is another category 'Pens' in its place"]
        assert undo(unit, new.change_set) == []
        assert undo(unit, renamed.change_set) == []
        assert list(outline(unit)) == ["Pens"]


@pytest.mark.parametrize("name", ["", "  ", "A > B", "> A", "x" * 256])
def test_a_name_that_cannot_be_is_refused(sqlite_runtime: Runtime, name: str) -> None:
    with sqlite_runtime.write() as unit, pytest.raises(Invalid):
        categories.create(unit, name)


def test_undo_leaves_alone_what_has_changed_since(runtime: Runtime) -> None:
    with runtime.write() as unit:
        ids = categories.ensure_paths(unit, ["A", "B", "C", "D > E"])
        put(unit, ids["D > E"], "p1", "p2")
        moved = categories.move(unit, "A", under="B")
        categories.move(unit, "A", under="C")
        assert undo(unit, moved.change_set) == ["it has since been moved elsewhere"]
        created = categories.create(unit, "N", under="B")
        assert created.category
        put(unit, created.category.id, "p3")
        assert undo(unit, created.change_set) == ["'N' has products"]
        merged = categories.merge(unit, "D > E", "C")
        product = unit.session.scalars(select(Product).where(Product.handle == "p1")).one()
        unit.session.refresh(product)
        product.category_id = UUID(bytes=ids["B"])
        unit.session.flush()
        categories.recount(unit, [ids["B"], ids["C"]])
        assert undo(unit, merged.change_set) == ["1 of 2 products have since been put elsewhere or are gone"]
        assert_whole(unit)
        assert where(unit) == {"p1": "B", "p2": "D > E", "p3": "B > N"}
        assert undo(unit, merged.change_set) == ["'E' is there again"]
        gone = categories.delete(unit, "D > E", children="lift")
        categories.delete(unit, "D", children="lift")
        assert undo(unit, gone.change_set) == ["the category it stood in is not there any more"]
        assert_whole(unit)


def test_a_category_is_found_by_what_people_call_it(runtime: Runtime) -> None:
    with runtime.write() as unit:
        ids = categories.ensure_paths(unit, ["Office > Paper > A4", "Print > Paper", "Pens > Paper > A4"])
    with runtime.read() as unit:
        paper = categories.get(unit, "print > PAPER")
        assert categories.get(unit, paper.id) == categories.get(unit, str(paper.id)) == paper
        assert categories.get(unit, ids["Print > Paper"]) == paper
        assert categories.get(unit, "Office").path == "Office"
        assert categories.find(unit, "Nothing") is None
        with pytest.raises(Conflict, match=r"Office > Paper > A4.*Pens > Paper > A4"):
            categories.find(unit, "Paper > A4")
        with pytest.raises(NotFound, match="category tree"):
            categories.get(unit, UUID(int=1))


def test_who_may_not_edit_is_refused(sqlite_runtime: Runtime) -> None:
    viewer = Actor("user", "vera", frozenset({"catalog.view"}))
    with sqlite_runtime.write(viewer) as unit, pytest.raises(Forbidden, match="vera"):
        categories.create(unit, "A")


def _beside(runtime: Runtime, work: Callable[[WriteUnit], object], meanwhile: Callable[[WriteUnit], object]) -> str:
    """``work`` in an open unit while another thread begins ``meanwhile``; what the other was refused with, or ``""``.

    The other one has to wait: were it not held up, it would be done long before the first unit ends.
    """
    refused: list[str] = []

    def other() -> None:
        try:
            runtime.attempt(meanwhile)
        except MercatError as no:
            refused.append(no.message)

    thread = threading.Thread(target=other, daemon=True)
    with runtime.write() as unit:
        work(unit)
        thread.start()
        thread.join(timeout=0.3)
        is_held_up = thread.is_alive()
    thread.join(timeout=60)
    assert is_held_up
    with runtime.read() as unit:
        assert_whole(unit)
    return "".join(refused)


def test_two_moves_at_once_make_no_cycle(runtime: Runtime) -> None:
    with runtime.write() as unit:
        categories.ensure_paths(unit, ["A > x > y", "B > z"])
    refusal = _beside(
        runtime,
        lambda unit: categories.move(unit, "A", under="B > z"),
        lambda unit: categories.move(unit, "B", under="y"),
    )
    assert "below itself" in refusal


def test_categories_are_made_below_one_that_is_just_being_moved(runtime: Runtime) -> None:
    with runtime.write() as unit:
        categories.ensure_paths(unit, ["A > B", "C"])
    _beside(
        runtime,
        lambda unit: categories.move(unit, "B", under="C"),
        lambda unit: categories.ensure_paths(unit, ["C > B > new", "A > B > new"]),
    )
    with runtime.read() as unit:
        # Where B stood a moment ago means B where it stands now.
        assert list(outline(unit)) == ["A", "C", "C > B", "C > B > new"]


def test_one_is_moved_below_which_categories_are_just_being_made(runtime: Runtime) -> None:
    with runtime.write() as unit:
        categories.ensure_paths(unit, ["A > B", "C"])
    _beside(
        runtime,
        lambda unit: categories.ensure_paths(unit, ["A > B > new"]),
        lambda unit: categories.move(unit, "B", under="C"),
    )
    with runtime.read() as unit:
        assert list(outline(unit)) == ["A", "C", "C > B", "C > B > new"]


def test_a_count_sees_what_another_unit_has_just_put_in(runtime: Runtime) -> None:
    with runtime.write() as unit:
        ids = categories.ensure_paths(unit, ["A"])
    _beside(runtime, lambda unit: put(unit, ids["A"], "p1", "p2"), lambda unit: put(unit, ids["A"], "p3"))
    with runtime.read() as unit:
        assert outline(unit) == {"A": 3}


def test_every_edit_is_one_applied_change_set(runtime: Runtime) -> None:
    with runtime.write(ANNA) as unit:
        categories.create(unit, "A")
        categories.create(unit, "B", under="A")
        categories.rename(unit, "B", "C")
        categories.move(unit, "C", under=None)
        categories.merge(unit, "C", "A")
        categories.delete(unit, "A")
    with runtime.read() as unit:
        rows = (
            select(Change.kind, Change.field).join(ChangeSet).where(ChangeSet.status == "applied").order_by(Change.id)
        )
        assert [tuple(row) for row in unit.session.execute(rows)] == [
            ("create", "category.create"),
            ("create", "category.create"),
            ("update", "category.name"),
            ("update", "category.parent"),
            ("archive", "category.merge"),
            ("archive", "category.delete"),
        ]
        assert len(list(unit.session.scalars(select(ChangeSet.id)))) == 6


def test_a_merge_whose_subcategory_bears_its_name_comes_back(runtime: Runtime) -> None:
    with runtime.write() as unit:
        categories.ensure_paths(unit, ["Office > Paper > Paper > A4"])
        merged = categories.merge(unit, "Office > Paper", "Office")
        assert list(outline(unit)) == ["Office", "Office > Paper", "Office > Paper > A4"]
        assert undo(unit, merged.change_set) == []
        assert list(outline(unit))[-1] == "Office > Paper > Paper > A4"
        assert_whole(unit)

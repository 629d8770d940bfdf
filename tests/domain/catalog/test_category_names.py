"""What people do to the tree stands against feeds that go on in their old words; and an undoing can be undone."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from mercat.core.errors import Conflict
from mercat.core.unit import Runtime
from mercat.domain.catalog import categories
from mercat.domain.catalog.undoing import undo
from tests.domain.catalog.tree_checks import outline
from tests.shops import ANN, by_sku, feed

PLACES = {"A": "Office > Lamps", "B": "Office > Lamps > Desk", "C": "Office > Pens", "D": "Paper"}


def state(runtime: Runtime, folder: Path, **prices: str) -> object:
    """The whole feed, in the supplier's own words."""
    rows = [{"sku": sku, "name": sku, "price": prices.get(sku, "10"), "category": path} for sku, path in PLACES.items()]
    return feed(runtime, folder, rows, supplier="acme")


def tree(runtime: Runtime) -> dict[str, int]:
    with runtime.read() as unit:
        return outline(unit)


def places(runtime: Runtime) -> dict[str, str]:
    return {sku: product["category"] for sku, product in by_sku(runtime).items()}


RENAMED = {"A": "Office > Lights", "B": "Office > Lights > Desk", "C": "Office > Pens", "D": "Paper"}
MOVED = {"A": "Paper > Lamps", "B": "Paper > Lamps > Desk", "C": "Office > Pens", "D": "Paper"}
MERGED = {"A": "Office > Pens", "B": "Office > Pens > Desk", "C": "Office > Pens", "D": "Paper"}
EDITS = {
    "rename": (lambda unit: categories.rename(unit, "Office > Lamps", "Lights"), RENAMED),
    "move": (lambda unit: categories.move(unit, "Office > Lamps", under="Paper"), MOVED),
    "merge": (lambda unit: categories.merge(unit, "Office > Lamps", "Office > Pens"), MERGED),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_feed_in_its_old_words_means_the_category_of_today(name: str, runtime: Runtime, tmp_path: Path) -> None:
    edit, wanted = EDITS[name]
    state(runtime, tmp_path)
    with runtime.write(ANN) as unit:
        edit(unit)
    before = tree(runtime)
    result = state(runtime, tmp_path, A="11", C="11")
    assert (result.updated, result.conflicts) == (2, 0)  # type: ignore[attr-defined]  # an ImportResult
    assert places(runtime) == wanted
    assert tree(runtime) == before
    # Only the prices: nobody moved a product.
    with runtime.read() as unit:
        rows = unit.bulk.fetch("SELECT field FROM changes WHERE kind = 'update' AND field = 'category'")
    assert list(rows) == []


@pytest.mark.parametrize("name", EDITS)
def test_an_undone_edit_of_the_tree_is_made_again(name: str, runtime: Runtime, tmp_path: Path) -> None:
    edit, wanted = EDITS[name]
    state(runtime, tmp_path)
    first = tree(runtime)
    with runtime.write(ANN) as unit:
        edited = edit(unit).change_set
    edited_tree = tree(runtime)
    assert edited is not None
    with runtime.write(ANN) as unit:
        undone = undo(unit, edited).id
    assert (tree(runtime), places(runtime)) == (first, PLACES)
    # The old words mean the old places again.
    state(runtime, tmp_path, A="11")
    assert (tree(runtime), places(runtime)) == (first, PLACES)
    with runtime.write(ANN) as unit:
        again = undo(unit, undone).id
    assert (tree(runtime), places(runtime)) == (edited_tree, wanted)
    with runtime.write(ANN) as unit:
        undo(unit, again)
    assert (tree(runtime), places(runtime)) == (first, PLACES)


def test_a_set_is_undone_though_its_categories_were_renamed_since(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    first = feed(sqlite_runtime, tmp_path, [{"sku": "A", "name": "A", "category": "Paper"}])
    second = feed(sqlite_runtime, tmp_path, [{"sku": "A", "name": "A", "category": "Office > Lamps"}])
    assert (first.created, second.updated) == (1, 1)
    with sqlite_runtime.write(ANN) as unit:
        categories.rename(unit, "Office", "Bureau")
        categories.rename(unit, "Paper", "Sheets")
    assert second.change_set is not None
    with sqlite_runtime.write(ANN) as unit:
        undoing = undo(unit, UUID(second.change_set))
    assert (undoing.status, places(sqlite_runtime)) == ("applied", {"A": "Sheets"})


def test_old_and_new_words_in_one_file_mean_one_category(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    state(sqlite_runtime, tmp_path)
    with sqlite_runtime.write(ANN) as unit:
        categories.rename(unit, "Office > Lamps", "Lights")
    rows = [
        {"sku": "E", "name": "E", "category": "Office > Lamps > Floor"},
        {"sku": "F", "name": "F", "category": "Office > Lights > Floor"},
    ]
    feed(sqlite_runtime, tmp_path, rows, supplier="other")
    assert tree(sqlite_runtime)["Office > Lights > Floor"] == 2


def test_a_category_that_stands_is_meant_before_one_that_once_did(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    state(sqlite_runtime, tmp_path)
    with sqlite_runtime.write(ANN) as unit:
        categories.rename(unit, "Office > Lamps", "Lights")
        categories.create(unit, "Lamps", under="Office")
    feed(sqlite_runtime, tmp_path, [{"sku": "E", "name": "E", "category": "Office > Lamps"}], supplier="other")
    assert places(sqlite_runtime)["E"] == "Office > Lamps"


def test_what_cannot_be_made_again_is_said(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    state(sqlite_runtime, tmp_path)
    with sqlite_runtime.write(ANN) as unit:
        edited = categories.rename(unit, "Office > Lamps", "Lights").change_set
        assert edited is not None
    with sqlite_runtime.write(ANN) as unit:
        undone = undo(unit, edited).id
    with sqlite_runtime.write(ANN) as unit:
        categories.create(unit, "Lights", under="Office")
    with sqlite_runtime.write(ANN) as unit, pytest.raises(Conflict, match="another category 'Lights'"):
        undo(unit, undone)

"""What suppliers call categories: a word waits to be mapped, a feed that says it again means the category that it was mapped to."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from mercat.core.errors import Conflict
from mercat.core.lists import ListQuery, list_rows
from mercat.core.unit import Runtime
from mercat.domain.catalog import service as catalog
from mercat.domain.catalog.word_matching import Place, proposals
from tests.shops import ANN, by_sku, feed

WORDS = {"A": "Buero > Copy papers", "B": "Lamp", "C": "Xyz"}


def state(runtime: Runtime, folder: Path, price: str = "10", **more: str) -> None:
    rows = [{"sku": sku, "name": sku, "price": price, "category": word} for sku, word in {**WORDS, **more}.items()]
    feed(runtime, folder, rows, supplier="acme", yes=True)


def words(runtime: Runtime, state: str = "new") -> dict[str, tuple[UUID, str]]:
    """Those that hold products: their name, with their category and who said it."""
    with runtime.read(ANN) as unit:
        query = ListQuery(equal={"state": [state]}, least={"products": 1})
        found = list_rows(unit, catalog.CATEGORY_WORDS, query).data
    return {row["name"]: (row["category_id"], row["source"]) for row in found}


def places(runtime: Runtime) -> dict[str, str]:
    return {sku: product["category"] for sku, product in by_sku(runtime).items()}


def test_a_word_is_mapped_said_again_and_taken_back(runtime: Runtime, tmp_path: Path):
    with runtime.write(ANN) as unit:
        for path in ("Office > Copy paper", "Lighting > Lamps"):
            top, name = path.split(" > ")
            catalog.categories.create(unit, name, under=catalog.categories.create(unit, top).category.id)  # type: ignore[union-attr]
    state(runtime, tmp_path)
    there = words(runtime)
    assert {name: source for name, (_, source) in there.items()} == {
        "Copy papers": "acme",
        "Lamp": "acme",
        "Xyz": "acme",
    }
    ids = {name: own for name, (own, _) in there.items()}
    with runtime.read(ANN) as unit:
        seen = {view.category.name: view for view in catalog.look_at_words(unit, list(ids.values()))}
    meant = {name: view.proposed.path for name, view in seen.items() if view.proposed}
    assert meant == {"Copy papers": "Office > Copy paper", "Lamp": "Lighting > Lamps"}

    with runtime.write(ANN) as unit:
        made = catalog.map_words(unit, {ids[name]: path for name, path in meant.items()}).change_set
    assert set(words(runtime)) == {"Xyz"}
    state(runtime, tmp_path, "11", D="Lamp")
    assert places(runtime) == {"A": "Office > Copy paper", "B": "Lighting > Lamps", "C": "Xyz", "D": "Lighting > Lamps"}
    assert set(words(runtime)) == {"Xyz"}
    assert made is not None
    with runtime.write(ANN) as unit:
        catalog.undo(unit, made)
    assert set(words(runtime)) == {"Copy papers", "Lamp", "Xyz"}
    assert places(runtime)["B"] == "Lamp"


def test_a_word_is_kept_and_none_goes_into_one_that_goes_itself(sqlite_runtime: Runtime, tmp_path: Path):
    state(sqlite_runtime, tmp_path)
    ids = {name: own for name, (own, _) in words(sqlite_runtime).items()}
    with sqlite_runtime.write(ANN) as unit:
        made = catalog.keep_words(unit, [ids["Xyz"]]).change_set
        assert catalog.keep_words(unit, [ids["Xyz"]]).change_set is None
    assert (set(words(sqlite_runtime)), set(words(sqlite_runtime, "kept"))) == ({"Copy papers", "Lamp"}, {"Xyz"})
    with sqlite_runtime.write(ANN) as unit, pytest.raises(Conflict, match="mapped itself"):
        catalog.map_words(unit, {ids["Lamp"]: ids["Copy papers"], ids["Copy papers"]: ids["Xyz"]})
    assert made is not None
    with sqlite_runtime.write(ANN) as unit:
        catalog.undo(unit, made)
    assert words(sqlite_runtime, "kept") == {}


PLACES = (
    Place(b"1", ("Office", "Copy paper"), 5, is_word=False),
    Place(b"2", ("Crafts", "Copy paper"), 900, is_word=False),
    Place(b"3", ("Lamps",), 0, is_word=False),
    Place(b"4", ("Ink cartridges",), 40, is_word=True),
    Place(b"5", ("Ink-cartridge",), 7, is_word=True),
)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        (Place(b"w", ("Office", "COPY  PAPERS"), 1, is_word=True), b"1"),
        (Place(b"w", ("Lamp",), 1, is_word=True), b"3"),
        (Place(b"w", ("Garden hoses",), 1, is_word=True), None),
        (Place(b"w", ("Lamps", "Lamps"), 1, is_word=True), None),  # what lies below it is no other
        (PLACES[4], b"4"),
        (PLACES[3], None),  # the fuller of two words is not proposed for the other
    ],
)
def test_a_word_means_what_is_most_alike(word: Place, meant: bytes | None):
    found = proposals([word], PLACES).get(word.id)

    assert (found and found.id) == meant

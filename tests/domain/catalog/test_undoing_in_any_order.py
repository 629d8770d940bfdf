"""Undo in any order: what is left is what the rest alone would have made."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import pytest
from hypothesis import HealthCheck, Phase, assume, example, given, settings
from hypothesis import strategies as st

from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from tests.domain import proving

SKUS = ("S1", "S2", "S3")
_values = {
    "Title": st.sampled_from(["One", "Two", "Three"]),
    "Price": st.sampled_from(["", "10", "11.50", "12"]),
    "Brand": st.sampled_from(["", "Acme", "Bolt"]),
    "Category": st.sampled_from(["", "Office > Pens", "office > PENS", "Tools"]),
    "Color": st.sampled_from(["", "red", "blue"]),
    "Tags": st.sampled_from(["", "a,b", "b"]),
    "ASIN": st.sampled_from(["", "B000000001", "B000000002"]),
    "Stock": st.sampled_from(["0", "5", "7"]),
}
_EDITS = {
    "price": st.sampled_from(["10", "99"]),
    "name": st.sampled_from(["One", "Anna's"]),
    "brand": st.sampled_from(["", "Bolt", "Anna"]),
    "category": st.sampled_from(["", "Tools", "Gifts"]),
    "metafields.custom.color": st.sampled_from(["", "blue", "green"]),
}


@st.composite
def feeds(draw: st.DrawFn, *, skus: Sequence[str] = SKUS, whole: bool = False) -> list[dict[str, str]]:
    """Rows of some of the SKUs with some of the columns; a whole feed has them all."""
    more = sorted(_values) if whole else draw(st.lists(st.sampled_from(sorted(_values)), unique=True, max_size=5))
    columns = sorted({"Title", *more})
    chosen = list(skus) if whole else draw(st.lists(st.sampled_from(skus), min_size=1, unique=True))
    return [{"SKU": sku, **{name: draw(_values[name]) for name in columns}} for sku in chosen]


edits = st.fixed_dictionaries({}, optional=_EDITS).filter(bool)


class Shop:
    """A fresh catalogue, and the sets applied to it by name."""

    def __init__(self, folder: Path, template: Path) -> None:
        folder.mkdir()
        shutil.copy(template, folder / "mercat.db")
        self.folder = folder
        self.runtime = Runtime(Settings(home=folder))
        self.sets: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.runtime.close()

    def feed(self, name: str, rows: Sequence[Mapping[str, str]], supplier: str) -> Shop:
        result = proving.feed_rows(self.runtime, self.folder, rows, supplier)
        self.sets[name] = result.change_set
        return self

    def edit(self, name: str, sku: str, values: Mapping[str, str]) -> Shop:
        done = proving.edit(self.runtime, sku, **values)
        self.sets[name] = None if done is None else done.id
        return self

    def undo(self, name: str) -> Any:
        """``None`` where the set never was: nothing differed."""
        if self.sets[name] is not None:
            return proving.undo(self.runtime, self.sets[name])
        return None

    def state(self) -> Any:
        """All but the handles; categories in lower case, for the first to name one spells it."""
        found, offers, tree = proving.everything(self.runtime)
        for record in found:
            record["category"] = record["category"] and record["category"].lower()
        return proving.without_handles(found), offers, [(path.lower(), count) for path, count in tree]


@pytest.fixture(scope="module")
def shops(_sqlite_template: Path) -> Iterator[Any]:
    with tempfile.TemporaryDirectory() as folder:
        number = itertools.count()
        yield lambda: Shop(Path(folder) / str(next(number)), _sqlite_template)


_quick = settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    print_blob=False,
)
_story = {
    "base": feeds(whole=True),
    "first": feeds(),
    "second": feeds(),
    "who": st.sampled_from(["acme", "bolt"]),
    "sku": st.sampled_from(SKUS),
    "edited": edits,
}


def _is_crossed(*feeds: Sequence[Mapping[str, str]]) -> bool:
    """Whether some ASIN is stated of two products."""
    owners = {(row["ASIN"], row["SKU"]) for rows in feeds for row in rows if row.get("ASIN")}
    return len({asin for asin, _ in owners}) < len(owners)


def _told(shop: Shop, parts: str, story: Mapping[str, Any]) -> Shop:
    """Play base, then those of A, B and E that are named."""
    shop.feed("base", story["base"], "acme")
    if "A" in parts:
        shop.feed("A", story["first"], "acme")
    if "B" in parts:
        shop.feed("B", story["second"], story["who"])
    if "E" in parts:
        shop.edit("E", story["sku"], story["edited"])
    return shop


@given(**_story)
@_quick
def test_undoing_one_leaves_what_the_others_alone_would_have_made(shops: Any, **story: Any) -> None:
    """For base + A + B + E and each of A, B, E undone.

    Left out of the comparison is only the handle: an address is not taken back from a product that stands. Left out of
    the stories is B being byte for byte A of the same supplier: that is A once more, and makes no set of its own; and
    another supplier's row whose ASIN A gave to another product: what a row is matched with is decided when it comes.
    """
    assume(story["who"] != "acme" or story["first"] != story["second"])
    assume(story["who"] == "acme" or not _is_crossed(*(story[each] for each in ("base", "first", "second"))))
    for gone in "ABE":
        with shops() as played, shops() as bare:
            _told(played, "ABE", story).undo(gone)
            _told(bare, "ABE".replace(gone, ""), story)
            assert played.state() == bare.state(), gone


@given(**_story, order=st.permutations("ABE"))
@_quick
def test_undoing_all_in_any_order_leaves_the_beginning(shops: Any, order: Sequence[str], **story: Any) -> None:
    with shops() as played, shops() as bare:
        _told(played, "ABE", story)
        for name in order:
            played.undo(name)
        _told(bare, "", story)
        assert played.state() == bare.state()


@given(**_story, order=st.lists(st.sampled_from("ABE"), min_size=1, max_size=5))
@example(  # the category that B made is empty when B stands again
    base=[{"SKU": sku, "Title": "One"} for sku in SKUS],
    first=[{"SKU": "S1", "Title": "One"}],
    second=[{"SKU": "S1", "Title": "One", "Category": "Office > Pens"}],
    who="acme",
    sku="S1",
    edited={"category": ""},
    order=["B"],
)
@_quick
def test_undoing_the_undoing_is_as_if_nothing_had_been_undone(shops: Any, order: Sequence[str], **story: Any) -> None:
    """Undo and take back the undoing, one within the other."""
    with shops() as played:
        _told(played, "ABE", story)
        before = played.state()
        undone = [(name, played.undo(name)) for name in dict.fromkeys(order)]
        for _, done in reversed(undone):
            if done is not None:
                proving.undo(played.runtime, done)
        assert played.state() == before

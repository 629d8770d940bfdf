"""Collections: what is arranged by hand stays so, and what a collection is made of."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from mercat.core.actor import Actor
from mercat.core.errors import Conflict, Forbidden, Invalid, NotFound
from mercat.core.unit import ReadUnit, Runtime
from mercat.domain.catalog import collections
from mercat.domain.catalog import service as catalog
from mercat.domain.catalog.collections import CollectionDraft, Rule
from mercat.domain.catalog.models import CollectionProduct
from tests.domain.catalog.exports import PERSON, feed_of, small_product, take


@pytest.fixture
def shop(runtime: Runtime, tmp_path: Path) -> Runtime:
    """Ten small things: S-0000 to S-0009."""
    take(runtime, feed_of(tmp_path, [small_product(number) for number in range(10)]))
    return runtime


def skus(unit: ReadUnit, reference: UUID | str, **more: Any) -> list[str]:
    return [each.sku or "" for each in catalog.list_products(unit, collection=reference, **more)]


# -- by hand ----------------------------------------------------------------------------------------------------------


def test_products_keep_the_places_that_they_are_given(shop: Runtime) -> None:
    first = [f"S-{number:04d}" for number in range(5)]
    with shop.write(PERSON) as unit:
        made = collections.create(unit, CollectionDraft("Window"))
        assert collections.put_in(unit, "window", ["S-0003", "small-0001", "S-0003"]).products == 2
        collections.put_in(unit, made.id, ["S-0000", "S-0001"])
        added = skus(unit, made.id)
        collections.put_in(unit, made.id, ["S-0004", "S-0000"], position=2)
        moved = skus(unit, made.id)
        collections.take_out(unit, made.id, ["S-0003", "S-0002"])
        less = skus(unit, made.id)
        collections.set_products(unit, made.id, [first[4], first[2], first[0]])
        exact = skus(unit, made.id)
        with_sort = skus(unit, made.id, sort="handle")

    assert added == [first[3], first[1], first[0]]
    assert moved == [first[3], first[4], first[0], first[1]]
    assert less == [first[4], first[0], first[1]]
    assert exact == [first[4], first[2], first[0]]
    assert with_sort == [first[0], first[2], first[4]]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["put", "set", "out"]),
            st.lists(st.integers(0, 7), max_size=4, unique=True),
            st.one_of(st.none(), st.integers(1, 9)),
        ),
        max_size=6,
    )
)
def test_arranging_is_what_a_list_would_do(shop: Runtime, steps: list[tuple[str, list[int], int | None]]) -> None:
    model: list[int] = []
    with shop.write(PERSON) as unit:
        made = collections.create(unit, CollectionDraft("Window"))
        for verb, numbers, position in steps:
            named = [f"S-{number:04d}" for number in numbers]
            if verb == "set":
                collections.set_products(unit, made.id, named)
                model = numbers
            elif verb == "out":
                collections.take_out(unit, made.id, named)
                model = [each for each in model if each not in numbers]
            elif position is None:
                collections.put_in(unit, made.id, named)
                model = [*model, *(each for each in numbers if each not in model)]
            else:
                collections.put_in(unit, made.id, named, position=position)
                kept = [each for each in model if each not in numbers]
                model = [*kept[: position - 1], *numbers, *kept[position - 1 :]]
        found = skus(unit, made.id)
        places = unit.session.scalars(
            select(CollectionProduct.position).where(CollectionProduct.collection_id == made.id)
        ).all()
        collections.remove(unit, made.id)

    assert found == [f"S-{number:04d}" for number in model]
    assert sorted(places) == list(range(1, len(model) + 1))


def test_whoever_arranges_at_the_same_time_loses_nothing(shop: Runtime) -> None:
    with shop.write(PERSON) as unit:
        made = collections.create(unit, CollectionDraft("Window"))
    together = Barrier(5)

    def arrange(worker: int) -> None:
        together.wait()
        for number in (2 * worker, 2 * worker + 1):
            shop.attempt(partial(collections.put_in, what=made.id, products=[f"S-{number:04d}"], position=1), PERSON)

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(arrange, range(5)))

    with shop.read() as unit:
        places = unit.session.scalars(select(CollectionProduct.position)).all()
    assert sorted(places) == list(range(1, 11))


def test_a_change_of_places_is_seen_in_the_times(shop: Runtime) -> None:
    with shop.write(PERSON) as unit:
        made = collections.create(unit, CollectionDraft("Window"))
        collections.put_in(unit, made.id, ["S-0001", "S-0002"])
    with shop.write(PERSON) as unit:
        same = collections.put_in(unit, made.id, ["S-0001"])
    with shop.write(PERSON) as unit:
        other = collections.put_in(unit, made.id, ["S-0002"], position=1)
        times = set(unit.session.scalars(select(CollectionProduct.updated_at)))
        at = unit.now

    assert made.updated_at <= same.updated_at < other.updated_at == at
    assert times == {at}


def test_what_is_not_there_is_named_and_nothing_is_put_in(shop: Runtime) -> None:
    with shop.write(PERSON) as unit:
        made = collections.create(unit, CollectionDraft("Window"))
        rules = [Rule("tag", "is_set")]
        chosen = collections.create(unit, CollectionDraft("Tagged", kind="rules", rules=rules))
        with pytest.raises(NotFound, match="NOPE"):
            collections.put_in(unit, made.id, ["S-0001", "NOPE"])
        with pytest.raises(Conflict, match="by its rules"):
            collections.put_in(unit, chosen.id, ["S-0001"])
        with pytest.raises(NotFound):
            catalog.list_products(unit, collection="nowhere")
        assert collections.get(unit, made.id).products == 0


# -- what a collection is -----------------------------------------------------------------------------------------------


def test_handles_are_made_from_the_name_and_no_two_are_the_same(runtime: Runtime) -> None:
    with runtime.write(PERSON) as unit:
        made = [
            collections.create(unit, CollectionDraft(name)).handle for name in ("Größe 4", "Grosse 4", "Größe  4", "纸")
        ]
        given = collections.create(unit, CollectionDraft("Other", handle="My Own!")).handle
        with pytest.raises(Conflict, match="my-own"):
            collections.create(unit, CollectionDraft("Third", handle="my-own"))
        renamed = collections.change(unit, "my-own", {"name": "Another"})
        with pytest.raises(Conflict):
            collections.change(unit, "my-own", {"handle": made[0]})

    assert len(set(made)) == 4
    assert made[1].startswith("gro")
    assert made[3].startswith("c-")
    assert (given, renamed.handle, renamed.name) == ("my-own", "my-own", "Another")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"handle": "!"}, "handle"),
        ({"image_url": "javascript:alert(1)"}, "image_url"),
        ({"rules_match": "some"}, "rules_match"),
        ({"position": 2**31}, "position"),
        ({"is_active": None}, "is_active"),
        ({"kind": "rules"}, "kind"),
        ({"rules": [Rule("brand", "is_set")]}, "rules"),
    ],
)
def test_a_wrong_value_is_refused_and_named(sqlite_runtime: Runtime, values: dict[str, Any], field: str) -> None:
    with sqlite_runtime.write(PERSON) as unit:
        made = collections.create(unit, CollectionDraft("Window"))
        with pytest.raises(Invalid) as refused:
            collections.change(unit, made.id, values)

    assert refused.value.facts["field"] == field


def test_a_description_is_made_safe_and_an_empty_value_empties(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.write(PERSON) as unit:
        draft = CollectionDraft("Window", description="<p onclick=x>Hello<script>1</script></p>", seo_title="T")
        made = collections.create(unit, draft)
        changed = collections.change(unit, made.id, {"seo_title": "", "is_active": False, "position": 3})

    assert made.description == "<p>Hello</p>"
    assert (changed.seo_title, changed.is_active, changed.position) == (None, False, 3)


def test_who_may_read_may_not_change(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.write(PERSON) as unit:
        made = collections.create(unit, CollectionDraft("Window"))
    viewer = Actor("user", "vi", frozenset({"catalog.read"}))
    edits: list[Callable[[Any], object]] = [
        lambda unit: collections.create(unit, CollectionDraft("Other")),
        lambda unit: collections.change(unit, made.id, {"name": "Other"}),
        lambda unit: collections.remove(unit, made.id),
        lambda unit: collections.put_in(unit, made.id, []),
        lambda unit: collections.set_products(unit, made.id, []),
        lambda unit: collections.take_out(unit, made.id, []),
    ]
    with sqlite_runtime.write(viewer) as unit:
        for edit in edits:
            with pytest.raises(Forbidden):
                edit(unit)
        assert collections.get(unit, made.id) == made
    with sqlite_runtime.read(Actor("user", "nobody", frozenset())) as unit, pytest.raises(Forbidden):
        collections.get(unit, made.id)

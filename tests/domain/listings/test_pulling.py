"""What somebody else does at the shop is seen, and mended, brought over, or held."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mercat.core.errors import Conflict, Invalid
from mercat.core.jobs import Watch
from mercat.core.unit import Runtime
from mercat.domain.catalog import service as catalog
from mercat.domain.listings import service as listings
from tests.domain.listings.corner import Back
from tests.domain.listings.test_publishing import edit, rows, sell
from tests.shops import ANN, by_sku, feed

Add = Callable[..., listings.StoreView]


def look(runtime: Runtime, **options: Any) -> listings.PullResult:
    return listings.pull(runtime, ANN, "corner", watch=Watch(sleep=lambda _seconds: None), **options)


def states(runtime: Runtime) -> dict[str, str]:
    with runtime.read(ANN) as unit:
        return {str(each.sku): each.state for each in listings.list_listings(unit, per_page=500).data}


@pytest.fixture
def open_shop(add_store: Add, tmp_path: Path) -> Callable[..., None]:
    """Six lamps, shown."""

    def open_(runtime: Runtime, **selling: Any) -> None:
        feed(runtime, tmp_path, rows(6))
        add_store(runtime, **selling)
        sell(runtime)

    return open_


def test_a_shop_that_nobody_touched_is_as_it_was(runtime: Runtime, open_shop: Callable[..., None]) -> None:
    open_shop(runtime)

    seen = look(runtime)

    assert (seen.status, seen.seen, seen.unchanged, seen.drifted) == ("success", 6, 6, 0)
    assert sell(runtime).calls == 0


def test_by_default_a_change_at_the_shop_is_taken_back(
    runtime: Runtime, open_shop: Callable[..., None], back: Back
) -> None:
    open_shop(runtime)
    back.edit("A-2", name="Cheap lamp", price="1.00")

    assert look(runtime).drifted == 1
    assert sell(runtime, yes=True).updated == 1

    assert (back.shown()["A-2"]["name"], back.shown()["A-2"]["price"]) == ("Lamp 2", "2.50")
    assert sell(runtime).calls == 0


def test_by_policy_the_shops_value_comes_into_the_catalogue_and_nothing_is_sent(
    runtime: Runtime, open_shop: Callable[..., None], back: Back
) -> None:
    open_shop(runtime, drift={"name": "theirs", "price": "theirs"})
    back.edit("A-2", name="Better lamp", price="2.75")

    assert look(runtime).pulled == 1

    ours = by_sku(runtime)["A-2"]
    assert (ours["name"], ours["price"]) == ("Better lamp", "2.75")
    assert sell(runtime).calls == 0
    with runtime.read(ANN) as unit:
        assert catalog.list_sets(unit).data[0].origin == "channel"


def test_by_policy_a_change_waits_for_a_person(
    sqlite_runtime: Runtime, open_shop: Callable[..., None], back: Back
) -> None:
    open_shop(sqlite_runtime, drift={"*": "hold"})
    back.edit("A-2", name="Cheap lamp")

    assert look(sqlite_runtime).drifted == 1
    assert states(sqlite_runtime)["A-2"] == "drifted"
    assert sell(sqlite_runtime).conflicts == 1
    assert back.shown()["A-2"]["name"] == "Cheap lamp"

    back.edit("A-2", name="Lamp 2")
    look(sqlite_runtime)
    assert states(sqlite_runtime)["A-2"] == "in_sync"


def test_of_two_fields_each_may_go_another_way(
    sqlite_runtime: Runtime, open_shop: Callable[..., None], back: Back
) -> None:
    open_shop(sqlite_runtime, drift={"*": "hold"})
    brand = back.shown()["A-2"]["brand"]
    back.edit("A-2", name="Cheap lamp", brand="Theirs")
    assert look(sqlite_runtime).drifted == 1

    with sqlite_runtime.write(ANN) as unit, pytest.raises(Invalid, match="does not differ"):
        listings.settle(unit, "A-2", store="corner", take="theirs", fields=["tags"])
    with sqlite_runtime.write(ANN) as unit:
        listings.settle(unit, "A-2", store="corner", take="theirs", fields=["name"])

    assert sell(sqlite_runtime).status == "success"
    shown, ours = back.shown()["A-2"], by_sku(sqlite_runtime)["A-2"]
    assert (shown["name"], shown["brand"]) == ("Cheap lamp", brand)
    assert ours["name"] == "Cheap lamp"


@pytest.mark.parametrize(("side", "name"), [("ours", "Torch"), ("theirs", "Cheap lamp")])
def test_what_both_changed_is_a_persons_choice(
    sqlite_runtime: Runtime, open_shop: Callable[..., None], back: Back, side: Any, name: str
) -> None:
    open_shop(sqlite_runtime)
    edit(sqlite_runtime, "A-2", name="Torch")
    back.edit("A-2", name="Cheap lamp")

    assert look(sqlite_runtime).conflicts == 1
    assert sell(sqlite_runtime).conflicts == 1
    with sqlite_runtime.write(ANN) as unit:
        listings.settle(unit, "A-2", store="corner", take=side)

    assert sell(sqlite_runtime).status == "success"
    assert (back.shown()["A-2"]["name"], by_sku(sqlite_runtime)["A-2"]["name"]) == (name, name)
    with sqlite_runtime.write(ANN) as unit, pytest.raises(Conflict, match="nothing to settle"):
        listings.settle(unit, "A-2", store="corner", take=side)


def test_where_both_came_to_the_same_there_is_no_conflict(
    sqlite_runtime: Runtime, open_shop: Callable[..., None], back: Back
) -> None:
    open_shop(sqlite_runtime)
    edit(sqlite_runtime, "A-2", name="Torch")
    back.edit("A-2", name="Torch")

    seen = look(sqlite_runtime)

    assert (seen.conflicts, seen.drifted) == (0, 0)
    assert sell(sqlite_runtime).status == "success"


def test_what_is_there_already_is_matched_and_never_made_twice(
    runtime: Runtime, add_store: Add, back: Back, tmp_path: Path
) -> None:
    feed(runtime, tmp_path, [{**each, "barcode": f"400638133393{n}"} for n, each in enumerate(rows(1))])
    feed(runtime, tmp_path, rows(4))
    back.put({"name": "Old lamp", "variants": [{"sku": "A-2", "price": "2.00"}]})
    back.put({"name": "By code", "variants": [{"sku": "X-9", "barcode": "4006381333931", "price": "1.00"}]})
    back.put({"name": "Stranger", "variants": [{"sku": "Z-1", "price": "5.00"}]})
    with runtime.write(ANN) as unit:
        catalog.edit(unit, "A-1", {"barcode": "4006381333931"})
    add_store(runtime)

    seen = look(runtime)
    assert (seen.matched, seen.unmatched) == (2, 1)
    result = sell(runtime, yes=True)

    assert (result.created, result.updated) == (2, 2)
    assert len(back.ask("SELECT 1 FROM products")) == 5
    assert back.shown()["A-2"]["name"] == "Lamp 2"
    assert sell(runtime).calls == 0


def test_a_shop_that_shows_it_all_already_needs_no_call(
    sqlite_runtime: Runtime, open_shop: Callable[..., None], back: Back, add_store: Add
) -> None:
    open_shop(sqlite_runtime)
    back.ask("UPDATE products SET key = NULL")
    with sqlite_runtime.write(ANN) as unit:
        unit.bulk.run("DELETE FROM listings")
        listings.remove_store(unit, "corner")
    add_store(sqlite_runtime)

    assert look(sqlite_runtime, full=True).matched == 6
    assert sell(sqlite_runtime).calls == 0


def test_strangers_are_adopted_as_one_change_set_that_can_be_undone(
    runtime: Runtime, add_store: Add, back: Back
) -> None:
    for n in range(3):
        back.put({"name": f"Chair {n}", "brand": "Acme", "variants": [{"sku": f"C-{n}", "price": f"{n + 1}.00"}]})
    back.put({"name": "Nameless", "variants": [{"price": "7.00"}]})
    add_store(runtime)

    seen = look(runtime, adopt=True)

    assert (seen.adopted, seen.unmatched) == (4, 0)
    assert {each["name"] for each in by_sku(runtime).values()} == {"Chair 0", "Chair 1", "Chair 2", "Nameless"}
    assert {each["currency"] for each in by_sku(runtime).values()} == {"USD"}
    result = sell(runtime)
    assert (result.created, len(back.ask("SELECT 1 FROM products"))) == (0, 4)
    assert look(runtime, adopt=True).adopted == 0
    with runtime.read() as unit:
        reference = catalog.get_set(unit, str(seen.change_set)).id
    with runtime.write(ANN) as unit:
        catalog.undo(unit, reference)
    assert by_sku(runtime) == {}


def test_what_was_deleted_at_the_shop_is_made_anew_unless_it_is_suspiciously_much(
    runtime: Runtime, open_shop: Callable[..., None], back: Back
) -> None:
    open_shop(runtime)
    back.take_away("A-3")
    done = listings.reconcile(runtime, ANN, "corner", watch=Watch(sleep=lambda _seconds: None))
    assert (done.pulled.gone, done.published.created, len(back.shown())) == (1, 1, 6)

    for n in range(1, 7):
        back.take_away(f"A-{n}")
    done = listings.reconcile(runtime, ANN, "corner", watch=Watch(sleep=lambda _seconds: None))
    assert (done.pulled.gone, done.published.change_count, len(back.shown())) == (0, 0, 0)
    assert "nothing is concluded" in done.pulled.warnings[0]


def test_later_looks_are_at_what_changed_since(
    sqlite_runtime: Runtime, open_shop: Callable[..., None], back: Back
) -> None:
    open_shop(sqlite_runtime)
    look(sqlite_runtime)
    back.edit("A-1", name="New")

    assert look(sqlite_runtime).seen < 6


def test_a_listing_whose_answer_was_lost_is_found_by_its_key(
    runtime: Runtime, add_store: Add, back: Back, tmp_path: Path
) -> None:
    feed(runtime, tmp_path, rows(3))
    add_store(runtime)
    back.tell("faults", {"lost": 1.0})
    with pytest.raises(Exception, match="lost"):
        sell(runtime)
    back.tell("faults", {})

    assert look(runtime).matched == 3
    result = sell(runtime)

    assert (result.created, result.updated, len(back.shown())) == (0, 3, 3)
    assert sell(runtime).calls == 0


def test_pulling_through_faults_sees_everything_once(
    sqlite_runtime: Runtime, open_shop: Callable[..., None], back: Back
) -> None:
    open_shop(sqlite_runtime)
    back.edit("A-2", name="Cheap lamp")
    back.tell("faults", {"error": 0.5, "busy": 0.2})

    seen = look(sqlite_runtime)

    assert (seen.seen, seen.drifted) == (6, 1)

"""What the catalogue says is what the shop shows, with as few calls as it takes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mercat.core.errors import Conflict, NotFound
from mercat.core.jobs import Cancelled, Watch
from mercat.core.unit import Runtime
from mercat.domain.catalog import service as catalog
from mercat.domain.listings import service as listings
from mercat.domain.operations import service as operations
from mercat.sdk.errors import Unauthorized, Unavailable
from tests.domain.listings.corner import Back
from tests.shops import ANN, feed

Add = Callable[..., listings.StoreView]


def rows(count: int, *, factor: int = 1, skip: int = 0) -> list[dict[str, object]]:
    return [
        {"sku": f"A-{n}", "name": f"Lamp {n}", "price": f"{n * factor}.50", "category": "Light > Lamps", "qty": n}
        for n in range(skip + 1, count + 1)
    ]


def sell(runtime: Runtime, **options: Any) -> listings.PublishResult:
    return listings.publish(runtime, ANN, "corner", watch=Watch(sleep=lambda _seconds: None), **options)


def edit(runtime: Runtime, sku: str, **values: Any) -> None:
    with runtime.write(ANN) as unit:
        catalog.edit(unit, sku, values)


def told(runtime: Runtime) -> Any:
    """Why the last publishing is held, as long as it is."""
    with runtime.read(ANN) as unit:
        held = listings.held_publish(unit, "corner")
    return None if held is None else held["errors"]


def test_a_catalogue_is_shown_and_shown_again_without_a_call(
    runtime: Runtime, add_store: Add, back: Back, tmp_path: Path
) -> None:
    feed(runtime, tmp_path, rows(12))
    add_store(runtime)

    first, calls = sell(runtime), back.calls()
    again = sell(runtime)

    assert (first.status, first.created, first.updated, first.change_count) == ("success", 12, 0, 12)
    assert {sku: each["price"] for sku, each in back.shown().items()} == {f"A-{n}": f"{n}.50" for n in range(1, 13)}
    assert (again.status, again.unchanged, again.change_count, again.calls) == ("success", 12, 0, 0)
    assert back.calls() == calls


def test_only_what_changed_is_sent(runtime: Runtime, add_store: Add, back: Back, tmp_path: Path) -> None:
    feed(runtime, tmp_path, rows(12))
    add_store(runtime)
    sell(runtime)
    edit(runtime, "A-3", name="Torch", price="3.75")

    result = sell(runtime)

    assert (result.updated, result.unchanged, result.calls) == (1, 11, 1)
    assert (back.shown()["A-3"]["name"], back.shown()["A-3"]["price"]) == ("Torch", "3.75")


def test_a_plan_calls_nobody(sqlite_runtime: Runtime, add_store: Add, back: Back, tmp_path: Path) -> None:
    feed(sqlite_runtime, tmp_path, rows(5))
    add_store(sqlite_runtime)
    calls = back.calls()

    plan = sell(sqlite_runtime, plan_only=True)

    assert (plan.status, plan.created, plan.change_count, plan.calls) == ("planned", 5, 5, 0)
    assert back.calls() == calls
    assert back.shown() == {}


def test_only_the_named_products_are_sent(sqlite_runtime: Runtime, add_store: Add, back: Back, tmp_path: Path) -> None:
    feed(sqlite_runtime, tmp_path, rows(5))
    add_store(sqlite_runtime)

    result = sell(sqlite_runtime, only=["A-2", "A-4"])

    assert (result.created, set(back.shown())) == (2, {"A-2", "A-4"})
    with pytest.raises(NotFound, match="NOPE"):
        sell(sqlite_runtime, only=["A-2", "NOPE"])


def test_what_the_channel_does_not_allow_is_blocked_before_any_call(
    sqlite_runtime: Runtime, add_store: Add, back: Back, tmp_path: Path
) -> None:
    given = [*rows(2), {"sku": "B-1", "name": "L" * 61, "price": "1.00"}, {"sku": "B-2", "name": "Free", "price": ""}]
    feed(sqlite_runtime, tmp_path, given)
    add_store(sqlite_runtime)

    result = sell(sqlite_runtime)

    assert (result.status, result.created, result.blocked, len(back.shown())) == ("partial", 2, 2, 2)
    with sqlite_runtime.read() as unit:
        errors = unit.bulk.fetch("SELECT last_error FROM listings WHERE state = 'blocked' ORDER BY last_error")
    assert [each[0] for each in errors] == [
        "the title has 61 characters; at most 60 are allowed",
        "the variant B-2 has no price",
    ]
    edit(sqlite_runtime, "B-1", name="Short")
    assert sell(sqlite_runtime).created == 1


def test_a_price_of_another_currency_is_not_shown_as_the_shops(
    sqlite_runtime: Runtime, add_store: Add, back: Back, tmp_path: Path
) -> None:
    feed(sqlite_runtime, tmp_path, [{**rows(1)[0], "currency": "EUR"}])
    add_store(sqlite_runtime)

    result = sell(sqlite_runtime)
    assert result.blocked == 1
    assert [each for each in result.warnings if "the shop sells in USD" in each], "the reason is said at once"
    assert back.shown() == {}


def test_an_archived_product_is_withdrawn_and_comes_back(
    runtime: Runtime, add_store: Add, back: Back, tmp_path: Path
) -> None:
    feed(runtime, tmp_path, rows(3))
    add_store(runtime)
    sell(runtime)
    edit(runtime, "A-2", status="archived")

    result = sell(runtime)
    assert (result.archived, back.shown()["A-2"]["status"]) == (1, "archived")
    assert sell(runtime).calls == 0

    edit(runtime, "A-2", status="active")
    assert (sell(runtime).updated, back.shown()["A-2"]["status"]) == (1, "active")


def test_a_removed_product_is_withdrawn(sqlite_runtime: Runtime, add_store: Add, back: Back, tmp_path: Path) -> None:
    result = feed(sqlite_runtime, tmp_path, rows(3))
    add_store(sqlite_runtime, withdraw="delete")
    sell(sqlite_runtime)
    with sqlite_runtime.read() as unit:
        reference = catalog.get_set(unit, str(result.change_set)).id
    with sqlite_runtime.write(ANN) as unit:
        catalog.undo(unit, reference)

    assert sell(sqlite_runtime).archived == 3
    assert back.shown() == {}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda runtime: edit(runtime, "A-3", price="30"), "price_change"),
        (lambda runtime: [edit(runtime, f"A-{n}", status="archived") for n in range(1, 7)], "withdraw_share"),
        (lambda runtime: [edit(runtime, f"A-{n}", name=f"New {n}") for n in range(1, 9)], "mass_change"),
    ],
)
def test_a_guard_holds_a_plan_until_somebody_says_yes(
    sqlite_runtime: Runtime, add_store: Add, back: Back, tmp_path: Path, *, change: Any, rule: str
) -> None:
    feed(sqlite_runtime, tmp_path, rows(10))
    add_store(sqlite_runtime, guards={"update_at_least": 5})
    sell(sqlite_runtime)
    before, calls = back.shown(), back.calls()
    change(sqlite_runtime)

    held = sell(sqlite_runtime)
    assert (held.status, [each["rule"] for each in held.findings]) == ("held", [rule])
    assert (back.shown(), back.calls()) == (before, calls)
    sell(sqlite_runtime, plan_only=True)
    assert told(sqlite_runtime) == [each["message"] for each in held.findings]

    assert sell(sqlite_runtime, yes=True).status == "success"
    assert back.shown() != before
    assert told(sqlite_runtime) is None


def test_what_the_shop_refuses_waits_for_a_person_and_stops_nobody_else(
    sqlite_runtime: Runtime, add_store: Add, back: Back, tmp_path: Path
) -> None:
    feed(sqlite_runtime, tmp_path, rows(5))
    back.tell("reject", ["Lamp 2"])
    add_store(sqlite_runtime)

    result = sell(sqlite_runtime)
    assert (result.status, result.created, result.failed) == ("partial", 4, 1)
    assert "the name Lamp 2 is taken" in result.warnings
    assert sell(sqlite_runtime).calls == 0

    edit(sqlite_runtime, "A-2", name="Torch")
    assert (sell(sqlite_runtime).created, len(back.shown())) == (1, 5)


def test_wrong_credentials_pause_the_store_until_a_test_succeeds(
    sqlite_runtime: Runtime, add_store: Add, back: Back, tmp_path: Path
) -> None:
    feed(sqlite_runtime, tmp_path, rows(2))
    add_store(sqlite_runtime)
    back.tell("door", "new lock")
    with pytest.raises(Unauthorized):
        sell(sqlite_runtime)
    with pytest.raises(Conflict, match="paused: the corner shop does not know this key"):
        sell(sqlite_runtime)

    back.tell("door", "open sesame")
    listings.test_store(sqlite_runtime, ANN, "corner")

    assert sell(sqlite_runtime).created == 2


def test_a_shop_that_never_answers_ends_the_run_and_nothing_is_lost(
    sqlite_runtime: Runtime, add_store: Add, back: Back, tmp_path: Path
) -> None:
    feed(sqlite_runtime, tmp_path, rows(3))
    add_store(sqlite_runtime)
    back.tell("faults", {"error": 1.0})
    with pytest.raises(Unavailable):
        sell(sqlite_runtime)
    with sqlite_runtime.read() as unit:
        assert operations.list_runs(unit, sync_type="store_publish").data[0].status == "failed"

    back.tell("faults", {})
    assert sell(sqlite_runtime).created == 3


@pytest.mark.parametrize("count", [12, 60])
def test_through_every_fault_the_shop_ends_up_equal_and_nothing_is_there_twice(
    runtime: Runtime, add_store: Add, back: Back, tmp_path: Path, count: int
) -> None:
    feed(runtime, tmp_path, rows(count))
    add_store(runtime)
    back.tell("faults", {"error": 0.1, "lost": 0.15, "timeout": 0.05, "busy": 0.1})

    for _ in range(5):
        result = sell(runtime, yes=True)
        if result.status == "success":
            break

    assert result.status == "success"
    assert {sku: each["name"] for sku, each in back.shown().items()} == {
        f"A-{n}": f"Lamp {n}" for n in range(1, count + 1)
    }
    assert sell(runtime).calls == 0


def test_many_go_as_one_batch_and_single_refusals_stay_single(
    runtime: Runtime, add_store: Add, back: Back, tmp_path: Path
) -> None:
    feed(runtime, tmp_path, rows(70))
    back.tell("reject", ["Lamp 7"])
    add_store(runtime)

    result = sell(runtime)

    assert (result.created, result.failed, back.calls("submit"), back.calls("publish")) == (69, 1, 1, 0)
    edit(runtime, "A-8", name="Torch")
    assert (sell(runtime).updated, back.calls("publish")) == (1, 1)


def test_a_batch_that_the_channel_gives_up_goes_one_by_one(
    sqlite_runtime: Runtime, add_store: Add, back: Back, tmp_path: Path
) -> None:
    feed(sqlite_runtime, tmp_path, rows(50))
    back.tell("batch_fails", True)
    add_store(sqlite_runtime)

    result = sell(sqlite_runtime)

    assert (len(back.shown()), back.calls("publish")) == (50, 50)
    assert any("the van broke down" in each for each in result.warnings)


def test_a_batch_that_is_too_large_all_the_same_goes_in_smaller_ones(
    sqlite_runtime: Runtime, add_store: Add, back: Back, tmp_path: Path
) -> None:
    feed(sqlite_runtime, tmp_path, rows(400))
    add_store(sqlite_runtime)
    back.tell("most_lines", 150)

    result = sell(sqlite_runtime)

    assert (result.status, len(back.shown())) == ("success", 400)
    assert back.calls("submit") > 2
    assert back.calls("publish") < 40, "only what is too little for a batch goes one by one"
    assert sell(sqlite_runtime).calls == 0


def test_a_spent_budget_stops_what_is_not_urgent_and_warns_before(
    sqlite_runtime: Runtime, add_store: Add, back: Back, tmp_path: Path
) -> None:
    feed(sqlite_runtime, tmp_path, rows(7))
    add_store(sqlite_runtime)
    with sqlite_runtime.write(ANN) as unit:
        operations.set_budget(unit, "corner", 8)
    sell(sqlite_runtime)
    edit(sqlite_runtime, "A-1", name="Torch")
    with pytest.raises(Conflict, match="budget of 8 calls to corner is spent"):
        sell(sqlite_runtime)

    with sqlite_runtime.write(ANN) as unit:
        operations.set_budget(unit, "corner", 10)
    assert "8 of the month's 10 calls" in sell(sqlite_runtime).warnings[0]
    with sqlite_runtime.read(ANN) as unit:
        [usage] = operations.usage(unit)
    assert (usage.calls, usage.monthly_calls, usage.points) == (back.calls(), 10, 90.0)


@pytest.mark.parametrize("count", [12, 60], ids=["one by one", "in batches"])
def test_a_cancelled_run_says_so_and_the_next_one_finishes_it(
    sqlite_runtime: Runtime, add_store: Add, back: Back, tmp_path: Path, count: int
) -> None:
    feed(sqlite_runtime, tmp_path, rows(count))
    add_store(sqlite_runtime)

    def stop(stage: str, _done: int, _total: int | None) -> None:
        if stage in {"publishing", "waiting for the shop"}:
            raise Cancelled

    with pytest.raises(Cancelled):
        listings.publish(sqlite_runtime, ANN, "corner", watch=Watch(stop))
    with sqlite_runtime.read() as unit:
        assert operations.list_runs(unit, sync_type="store_publish").data[0].status == "cancelled"

    sell(sqlite_runtime)
    assert len(back.shown()) == count
    assert back.calls("submit") <= 1
    assert sell(sqlite_runtime).calls == 0


def test_stock_follows_the_standing_offers_and_yields_to_what_was_sold(
    runtime: Runtime, add_store: Add, back: Back, tmp_path: Path
) -> None:
    feed(runtime, tmp_path, rows(4))
    add_store(runtime, stock_from="offers")

    assert sell(runtime).stock == 4
    assert back.ask("SELECT sku, quantity FROM stock ORDER BY sku") == [(f"A-{n}", n) for n in range(1, 5)]
    assert sell(runtime).calls == 0

    back.ask("UPDATE stock SET quantity = 1 WHERE sku = 'A-4'")
    feed(runtime, tmp_path, [{**each, "qty": 9} for each in rows(4)], guards={"quantity_empty_pct": None})
    assert sell(runtime).stock == 4
    assert set(back.ask("SELECT quantity FROM stock")) == {(9,)}
    moves = back.ask("SELECT COUNT(*) FROM moves")[0][0]
    assert sell(runtime).stock == 0
    assert back.ask("SELECT COUNT(*) FROM moves")[0][0] == moves


def test_quantities_are_never_touched_unless_asked(
    sqlite_runtime: Runtime, add_store: Add, back: Back, tmp_path: Path
) -> None:
    feed(sqlite_runtime, tmp_path, rows(4))
    add_store(sqlite_runtime)

    sell(sqlite_runtime)

    assert back.calls("stock") == 0

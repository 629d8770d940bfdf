"""What a plan may do by itself, and what waits for a person."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from mercat.core.errors import Conflict, Invalid
from mercat.core.unit import Runtime
from mercat.domain.catalog import service as catalog
from mercat.domain.catalog.guards import GuardRules
from tests.domain import proving

BASE = [{"SKU": f"S{n:02}", "Title": f"Name {n}", "Price": "100", "Cost": "50", "Stock": "5"} for n in range(20)]


def _changed(count: int, **values: str) -> list[dict[str, str]]:
    return [{**row, **values} if n < count else row for n, row in enumerate(BASE)]


# What is imported after BASE, with the defaults but for the rule at hand: at the limit, and just beyond.
CASES: dict[str, tuple[dict[str, Any], list[dict[str, str]], list[dict[str, str]]]] = {
    "price_change": ({"price_change_pct": 30}, _changed(1, Price="130"), _changed(1, Price="130.01")),
    "price_change down": ({"price_change_pct": 30}, _changed(1, Price="70"), _changed(1, Price="69.99")),
    "price_empty": ({"price_empty": True}, _changed(1, Price="100.5"), _changed(1, Price="")),
    "price_empty zero": ({"price_empty": True}, _changed(1, Price="99"), _changed(1, Price="0")),
    "cost_above_price": ({"cost_above_price": True}, _changed(1, Cost="100"), _changed(1, Cost="100.01")),
    "quantity_empty": ({"quantity_empty_pct": 20}, _changed(4, Stock="0"), _changed(5, Stock="0")),
    "mass_rename": ({"rename_pct": 50}, _changed(10, Title="Other"), _changed(11, Title="Other")),
    "archive_share": ({"archive_pct": 10}, BASE[2:], BASE[3:]),
    "feed_shrunk": ({"shrink_pct": 20}, BASE[4:], BASE[5:]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_guard_holds_beyond_its_limit_and_not_at_it(name: str, sqlite_runtime: Runtime, tmp_path: Path) -> None:
    rule = name.split(maxsplit=1)[0]
    limits, at_limit, beyond = CASES[name]
    guards = {**proving.OPEN, **limits}
    complete = rule in {"archive_share", "feed_shrunk"}
    proving.feed_rows(sqlite_runtime, tmp_path, BASE)
    before = proving.everything(sqlite_runtime)

    planned = proving.feed_rows(sqlite_runtime, tmp_path, at_limit, guards=guards, complete=complete, plan_only=True)
    assert (planned.status, planned.findings) == ("planned", [])
    switched_off = proving.feed_rows(sqlite_runtime, tmp_path, beyond, complete=complete, plan_only=True)
    assert (switched_off.status, switched_off.findings) == ("planned", [])
    held = proving.feed_rows(sqlite_runtime, tmp_path, beyond, guards=guards, complete=complete)
    assert (held.status, [each["rule"] for each in held.findings]) == ("held", [rule])
    assert proving.everything(sqlite_runtime) == before


@pytest.mark.parametrize(
    ("rule", "rows", "complete"),
    [
        ("price_change", _changed(1, Price="131"), False),
        ("price_empty", _changed(1, Price=""), False),
        ("cost_above_price", _changed(1, Cost="101"), False),
        ("quantity_empty", _changed(5, Stock="0"), False),
        ("mass_rename", _changed(10, Title="Other"), False),
        ("archive_share", BASE[1:], True),
    ],
)
def test_every_guard_is_on_unless_said_otherwise(
    rule: str, rows: list[dict[str, str]], complete: bool, sqlite_runtime: Runtime, tmp_path: Path
) -> None:
    proving.feed_rows(sqlite_runtime, tmp_path, BASE, guards={})
    held = proving.feed_rows(sqlite_runtime, tmp_path, rows, guards={}, complete=complete)
    assert (held.status, [each["rule"] for each in held.findings]) == ("held", [rule])
    [finding] = held.findings
    assert not re.match(r"1 (prices|products) ", finding["message"]), "one is not several"


def test_price_and_cost_that_fall_together_are_judged_together(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    proving.feed_rows(sqlite_runtime, tmp_path, [{"SKU": "S", "Title": "One", "Price": "10", "Cost": "9"}])
    rows = [{"SKU": "S", "Title": "One", "Price": "8", "Cost": "7"}]
    done = proving.feed_rows(sqlite_runtime, tmp_path, rows, guards={**proving.OPEN, "cost_above_price": True})
    assert (done.status, done.findings) == ("applied", [])


@pytest.mark.parametrize(
    "given",
    [{"no_such_rule": 1}, {"archive_pct": -1}, {"archive_pct": "many"}, {"archive_pct": float("nan")}],
    ids=["unknown", "negative", "text", "not a number"],
)
def test_a_guard_that_is_none_is_refused_by_name(given: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match=next(iter(given))):
        GuardRules.of(given)


def test_what_is_held_is_applied_by_approval_and_left_by_rejection(runtime: Runtime, tmp_path: Path) -> None:
    proving.feed_rows(runtime, tmp_path, BASE, guards={})
    before = proving.everything(runtime)
    rows = _changed(2, Price="900")
    first = proving.feed_rows(runtime, tmp_path, rows, guards={})
    with runtime.write(proving.ANNA) as unit:
        assert catalog.reject(unit, UUID(first.change_set)).status == "rejected"
    assert proving.everything(runtime) == before
    for decide in (catalog.approve, catalog.reject, catalog.undo, catalog.apply):
        with pytest.raises(Conflict), runtime.write(proving.ANNA) as unit:
            decide(unit, UUID(first.change_set))

    second = proving.feed_rows(runtime, tmp_path, [*rows, {"SKU": "N", "Title": "New"}], guards={})
    assert second.status == "held"
    with runtime.write(proving.ANNA) as unit:
        done = catalog.approve(unit, UUID(second.change_set))
        assert (done.status, done.approved_by) == ("applied", "anna")
    assert proving.by_sku(runtime)["S00"]["variants"][0]["price"] == "900"
    proving.undo(runtime, second)
    assert proving.everything(runtime) == before


def test_yes_applies_what_would_be_held_and_keeps_the_findings(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    proving.feed_rows(sqlite_runtime, tmp_path, BASE, guards={})
    path = proving.write_csv(tmp_path, _changed(1, Price="900"))
    held = proving.feed(sqlite_runtime, path, guards={})
    again = proving.feed(sqlite_runtime, path, guards={})
    assert (held.status, again.status, again.change_set) == ("held", "held", held.change_set)
    done = proving.feed(sqlite_runtime, path, guards={}, yes=True)
    assert (done.status, done.change_set, [each["rule"] for each in done.findings]) == (
        "applied",
        held.change_set,
        ["price_change"],
    )
    assert proving.by_sku(sqlite_runtime)["S00"]["variants"][0]["price"] == "900"


def test_an_empty_complete_file_archives_nothing_by_itself(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    proving.feed_rows(sqlite_runtime, tmp_path, BASE, guards={}, complete=True)
    held = proving.feed_rows(sqlite_runtime, tmp_path, [], guards={}, complete=True, columns=list(BASE[0]))
    assert held.status == "held"
    assert {each["rule"] for each in held.findings} == {"archive_share", "feed_shrunk"}

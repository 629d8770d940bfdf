"""A set that waits is decided row by row, and what passes is applied without the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mercat.core import lists
from mercat.core.errors import Conflict, Forbidden, Invalid
from mercat.core.lists import ListQuery, list_rows
from mercat.core.unit import Runtime
from mercat.domain.access.service import ROLES
from mercat.domain.catalog import service as catalog
from mercat.domain.catalog.models import ChangeSet
from mercat.domain.catalog.withholding import verdict_of
from tests.domain import proving

BASE = [{"SKU": f"S{n:02}", "Title": f"Lamp {n}", "Price": "100", "Stock": "5"} for n in range(10)]
# Two prices jump, two move a little, one product is new, two are missing.
NEXT = [
    {**BASE[0], "Price": "300"},
    {**BASE[1], "Price": "10"},
    {**BASE[2], "Price": "101"},
    {**BASE[3], "Price": "99"},
    *BASE[4:8],
    {"SKU": "S99", "Title": "New lamp", "Price": "5", "Stock": "1"},
]
GUARDS = {**proving.OPEN, "price_change_pct": 30, "archive_pct": 1}
JUMP, ARCHIVE = "price_change", "archive_share"


@pytest.mark.parametrize(
    ("flags", "row", "rules", "verdict"),
    [
        ((), None, {}, "apply"),
        ((), "held", {}, "hold"),
        ((), "rejected", {}, "reject"),
        ((JUMP,), None, {}, "hold"),
        ((JUMP,), "approved", {}, "apply"),
        ((JUMP,), None, {JUMP: "approved"}, "apply"),
        ((JUMP,), None, {JUMP: "rejected"}, "reject"),
        ((JUMP,), "approved", {JUMP: "rejected"}, "apply"),
        ((JUMP,), "held", {JUMP: "approved"}, "hold"),
        ((JUMP, ARCHIVE), None, {JUMP: "approved"}, "hold"),
        ((JUMP, ARCHIVE), None, {JUMP: "approved", ARCHIVE: "approved"}, "apply"),
        ((JUMP, ARCHIVE), None, {JUMP: "approved", ARCHIVE: "rejected"}, "reject"),
    ],
)
def test_a_row_needs_all_its_rules_approved_and_a_word_on_it_counts_more(
    flags: tuple[str, ...], row: str | None, rules: dict[str, str], verdict: str
):
    assert verdict_of(flags, row, rules) == verdict


def held(runtime: Runtime, folder: Path) -> ChangeSet:
    proving.feed_rows(runtime, folder, BASE, complete=True)
    result = proving.feed_rows(runtime, folder, NEXT, guards=GUARDS, complete=True)
    assert result.status == "held"
    with runtime.read() as unit:
        return catalog.get_set(unit, str(result.change_set))


def decide(runtime: Runtime, change_set: ChangeSet, decision: Any, **which: Any) -> catalog.Review:
    runtime.attempt(lambda unit: catalog.decide_rows(unit, change_set.id, decision, **which), proving.ANNA)
    with runtime.read() as unit:
        return catalog.review(unit, catalog.get_set(unit, str(change_set.id)))


def apply(runtime: Runtime, change_set: ChangeSet) -> dict[str, Any]:
    return catalog.decide(runtime, proving.ANNA, str(change_set.id), "apply_passed")


def waiting(runtime: Runtime) -> list[ChangeSet]:
    with runtime.read() as unit:
        return catalog.list_sets(unit, status="held").data


def prices(runtime: Runtime) -> dict[str, Any]:
    return {each["variants"][0]["sku"]: each["variants"][0].get("price") for each in proving.catalogue(runtime)}


def test_what_passed_is_applied_and_the_rest_waits_in_a_set_of_its_own(runtime: Runtime, tmp_path: Path):
    change_set = held(runtime, tmp_path)

    review = decide(runtime, change_set, "approved", keys=["S00"])
    assert (review.flagged, review.approved, review.open, review.passing) == (4, 1, 3, 4)
    applied = apply(runtime, change_set)

    assert applied["status"] == "applied"
    assert applied["counts"]["held_back"] == 3
    now = prices(runtime)
    assert (now["S00"], now["S01"], now["S02"], now["S03"], now["S99"]) == ("300", "100", "101", "99", "5")
    [rest] = waiting(runtime)
    assert {each["rule"]: each["count"] for each in rest.findings} == {JUMP: 1, ARCHIVE: 2}
    assert (rest.counts["updated"], rest.counts["archived"]) == (1, 2)


def test_what_waited_and_is_approved_makes_what_the_whole_file_would_have_made(runtime: Runtime, tmp_path: Path):
    change_set = held(runtime, tmp_path)
    apply(runtime, change_set)
    [rest] = waiting(runtime)
    catalog.decide(runtime, proving.ANNA, str(rest.id), "approve")
    in_parts = proving.everything(runtime)

    for each in (rest, change_set):
        catalog.decide(runtime, proving.ANNA, str(each.id), "undo")
    before = proving.everything(runtime)
    proving.feed_rows(runtime, tmp_path, NEXT, complete=True)

    assert proving.everything(runtime) == in_parts
    assert {each["variants"][0]["price"] for each in proving.catalogue(runtime)} != {"100"}
    assert before != in_parts


def test_what_is_rejected_is_not_taken_and_is_asked_about_again_by_the_next_file(runtime: Runtime, tmp_path: Path):
    change_set = held(runtime, tmp_path)
    decide(runtime, change_set, "rejected", rule=JUMP)
    review = decide(runtime, change_set, "rejected", rule=ARCHIVE)
    assert (review.rejected, review.passing, review.rules) == (4, 3, {JUMP: "rejected", ARCHIVE: "rejected"})

    applied = apply(runtime, change_set)
    assert applied["counts"]["turned_down"] == 4
    now = prices(runtime)
    assert (now["S00"], now["S01"], now["S02"], len(now)) == ("100", "100", "101", 11)
    assert waiting(runtime) == []

    tomorrow = [*NEXT, {"SKU": "S98", "Title": "Newer lamp", "Price": "6", "Stock": "1"}]
    again = proving.feed_rows(runtime, tmp_path, tomorrow, guards=GUARDS, complete=True)
    assert again.status == "held"
    assert {each["rule"]: each["count"] for each in again.findings} == {JUMP: 2, ARCHIVE: 2}


def test_a_row_is_decided_by_any_change_of_it_and_opened_again(sqlite_runtime: Runtime, tmp_path: Path):
    change_set = held(sqlite_runtime, tmp_path)
    with sqlite_runtime.read() as unit:
        spec = catalog.review_list(unit, change_set, "flagged")
        rows = list_rows(unit, spec, ListQuery({"change_set_id": [change_set.id]})).data
    assert {each["key"] for each in rows} == {"S00", "S01", "S08", "S09"}
    one = next(each["id"] for each in rows if each["key"] == "S01")

    assert decide(sqlite_runtime, change_set, "rejected", change_ids=[one]).rejected == 1
    assert decide(sqlite_runtime, change_set, "held", change_ids=[one]).held == 1
    assert decide(sqlite_runtime, change_set, None, change_ids=[one]).open == 4


@pytest.mark.parametrize(
    ("part", "keys"),
    [("changed", {"S00", "S01", "S02", "S03"}), ("new", {"S99"}), ("missing", {"S08", "S09"})],
)
def test_a_set_is_looked_at_part_by_part(runtime: Runtime, tmp_path: Path, part: str, keys: set[str]):
    change_set = held(runtime, tmp_path)

    with runtime.read() as unit:
        spec = catalog.review_list(unit, change_set, part)
        whole = list_rows(unit, spec, ListQuery({"change_set_id": [change_set.id]}))
        found = catalog.review_list(unit, change_set, part, q=max(keys))
        one = list_rows(unit, found, ListQuery({"change_set_id": [change_set.id]}))

    assert {each["key"] for each in whole.data} == keys
    assert {each["key"] for each in one.data} == {max(keys)}


def test_nothing_is_decided_about_what_cannot_be(sqlite_runtime: Runtime, tmp_path: Path):
    change_set = held(sqlite_runtime, tmp_path)
    with pytest.raises(Invalid):
        decide(sqlite_runtime, change_set, "approved", rule="mass_rename")
    with pytest.raises(Invalid):
        decide(sqlite_runtime, change_set, "melted", keys=["S00"])
    with pytest.raises(Forbidden), sqlite_runtime.write(reader()) as unit:
        catalog.decide_rows(unit, change_set.id, "approved", keys=["S00"])
    for sku in (*(row["SKU"] for row in NEXT), "S08", "S09"):
        decide(sqlite_runtime, change_set, "held", keys=[sku])
    with pytest.raises(Conflict):
        apply(sqlite_runtime, change_set)
    catalog.decide(sqlite_runtime, proving.ANNA, str(change_set.id), "reject")
    with pytest.raises(Conflict):
        decide(sqlite_runtime, change_set, "approved", keys=["S00"])


def reader() -> Any:
    return type(proving.ANNA)("user", "vera", ROLES["viewer"])


def test_a_page_far_down_is_the_same_however_it_is_found(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    change_set = held(runtime, tmp_path)

    def page(number: int, **query: Any) -> list[tuple[Any, ...]]:
        asked = ListQuery(equal={"change_set_id": [change_set.id]}, page=number, per_page=1, **query)
        with runtime.read(proving.ANNA) as unit:
            found = list_rows(unit, catalog.review_list(unit, change_set, "changed"), asked).data
        return [(each["sku"], each["product"], each["new"]) for each in found]

    near = [page(number) for number in range(1, 6)]
    monkeypatch.setattr(lists, "_DEEP", 1)

    assert [page(number) for number in range(1, 6)] == near
    assert len({each[0][0] for each in near if each}) == 4


def test_a_long_list_is_read_on_from_a_row_back_from_it_and_from_its_end(runtime: Runtime, tmp_path: Path):
    change_set = held(runtime, tmp_path)

    def page(**query: Any) -> tuple[list[Any], Any]:
        asked = ListQuery(equal={"change_set_id": [change_set.id]}, per_page=2, **query)
        with runtime.read(proving.ANNA) as unit:
            found = list_rows(unit, catalog.review_list(unit, change_set, "changed"), asked)
        return [each["id"] for each in found.data], found

    ids, first = page()
    more, second = page(has_cursor=True, cursor=first.last)
    back, again = page(has_cursor=True, cursor=second.first, is_back=True)
    end, _ = page(has_cursor=True, is_back=True)

    assert (back, again.next_cursor) == (ids, first.last)
    assert end == more
    assert sorted([*ids, *more]) == [*ids, *more]

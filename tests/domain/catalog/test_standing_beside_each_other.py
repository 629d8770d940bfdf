"""Plans that have become stale, locks, and the story of a value."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from mercat.core.errors import Conflict, Invalid, NotFound
from mercat.core.unit import Runtime
from mercat.domain.catalog import service as catalog
from mercat.domain.catalog.models import Change
from tests.domain import proving

ROW = {"SKU": "S1", "Title": "One", "Price": "10", "Brand": "Acme", "Color": "red"}


def _price(runtime: Runtime) -> Any:
    return proving.by_sku(runtime)["S1"]["variants"][0]["price"]


def test_a_stale_change_is_a_conflict_and_the_rest_is_applied(runtime: Runtime, tmp_path: Path) -> None:
    proving.feed_rows(runtime, tmp_path, [ROW, {**ROW, "SKU": "S2"}])
    rows = [{**ROW, "Price": "12", "Brand": "Bolt"}, {**ROW, "SKU": "S2", "Price": "13"}]
    path = proving.write_csv(tmp_path, rows)
    planned = proving.feed(runtime, path, plan_only=True)
    proving.edit(runtime, "S1", price="99")
    with runtime.write(proving.ANNA) as unit:
        done = catalog.approve(unit, UUID(planned.change_set))
        assert (done.status, done.counts["conflicts"]) == ("partially_applied", 1)
        found = unit.session.execute(select(Change.field, Change.reason).where(Change.status == "conflict")).all()
    assert [each[0] for each in found] == ["price"]
    assert "changed since" in str(found[0][1])
    one, two = proving.by_sku(runtime)["S1"], proving.by_sku(runtime)["S2"]
    assert (one["brand"], one["variants"][0]["price"], two["variants"][0]["price"]) == ("Bolt", "99", "13")


def test_what_was_stale_is_tried_again_when_the_file_comes_again(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    """Bolt is believed before Cord, but Cord came in between plan and application: left alone then, not for ever."""
    proving.feed_rows(sqlite_runtime, tmp_path, [ROW], "acme")
    proving.feed_rows(sqlite_runtime, tmp_path, [{"SKU": "S1", "Title": "One"}], "bolt")
    proving.feed_rows(sqlite_runtime, tmp_path, [{"SKU": "S1", "Weight": "1"}], "cord")
    path = proving.write_csv(tmp_path, [{"SKU": "S1", "Text": "by bolt"}])
    planned = proving.feed(sqlite_runtime, path, "bolt", plan_only=True)
    proving.feed_rows(sqlite_runtime, tmp_path, [{"SKU": "S1", "Text": "by cord"}], "cord")
    with sqlite_runtime.write(proving.ANNA) as unit:
        assert catalog.approve(unit, UUID(planned.change_set)).status == "partially_applied"
    assert proving.by_sku(sqlite_runtime)["S1"]["description"] == "by cord"
    assert proving.feed(sqlite_runtime, path, "bolt").status == "applied"
    assert proving.by_sku(sqlite_runtime)["S1"]["description"] == "by bolt"


def test_a_persons_edit_wins_until_it_is_unlocked(runtime: Runtime, tmp_path: Path) -> None:
    proving.feed_rows(runtime, tmp_path, [ROW])
    proving.edit(runtime, "S1", price="99", metafields__custom__color="green")
    later = proving.feed_rows(runtime, tmp_path, [{**ROW, "Price": "12", "Color": "blue", "Brand": "Bolt"}])
    assert (later.status, later.suppressed) == ("applied", 2)
    record = proving.by_sku(runtime)["S1"]
    assert (record["variants"][0]["price"], record["brand"]) == ("99", "Bolt")
    assert record["metafields"]["custom.color"]["value"] == "green"
    with runtime.read() as unit:
        [trace] = catalog.why(unit, "S1", "price")
    told = [(each.value, each.outcome, each.source) for each in trace.origins]
    assert (trace.value, trace.locked_by) == ("99", "anna")
    assert told == [("12", "lost", "acme"), ("99", "stands", "anna"), ("10", "superseded", "acme")]

    with runtime.write(proving.ANNA) as unit:
        assert catalog.unlock(unit, "S1", "price") is not None
    assert _price(runtime) == "12"
    # An unlocked field is the feeds' again, for good.
    proving.feed_rows(runtime, tmp_path, [{**ROW, "Price": "14"}])
    assert _price(runtime) == "14"
    with runtime.write(proving.ANNA) as unit, pytest.raises(NotFound, match="not locked"):
        catalog.unlock(unit, "S1", "price")


def test_a_lock_without_an_edit_keeps_the_value_that_is_there(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    proving.feed_rows(sqlite_runtime, tmp_path, [ROW])
    with sqlite_runtime.write(proving.ANNA) as unit:
        catalog.lock(unit, "S1", "price")
    proving.feed_rows(sqlite_runtime, tmp_path, [{**ROW, "Price": "12"}])
    with sqlite_runtime.read() as unit:
        [trace] = catalog.why(unit, "S1", "price")
    assert trace.value == "10"
    assert [(each.value, each.outcome) for each in trace.origins] == [("12", "lost"), ("10", "stands")]


def test_why_names_file_line_source_time_and_the_losers(runtime: Runtime, tmp_path: Path) -> None:
    first = proving.write_csv(tmp_path, [{**ROW, "SKU": "S0"}, ROW])
    second = proving.write_csv(tmp_path, [{**ROW, "Price": "11"}])
    proving.feed(runtime, first, "acme")
    undone = proving.feed_rows(runtime, tmp_path, [{**ROW, "Price": "10.50"}], "acme")
    proving.feed(runtime, second, "bolt")
    proving.undo(runtime, undone)
    with runtime.read() as unit:
        [trace] = catalog.why(unit, "S1", "price")
        fields = {each.field for each in catalog.why(unit, "S1")}
    bolt, acme, gone = trace.origins
    assert (bolt.value, bolt.outcome, bolt.source, bolt.file, bolt.line) == ("11", "lost", "bolt", second.name, 2)
    assert (acme.value, acme.outcome, acme.source, acme.file, acme.line) == ("10", "stands", "acme", first.name, 3)
    assert (gone.value, gone.outcome) == ("10.5", "undone")
    assert acme.by == "anna"
    assert acme.at is not None
    assert acme.sha256 is not None
    assert len(acme.sha256) == 64
    assert fields >= {"name", "price", "brand", "status", "metafields.custom.color"}


def test_an_edit_is_refused_whole_and_by_name(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    proving.feed_rows(sqlite_runtime, tmp_path, [ROW])
    before = proving.everything(sqlite_runtime)
    for values, told in (
        ({"price": "dear"}, "price is a number"),
        ({"price": "-1"}, "below zero"),
        ({"name": ""}, "name cannot be empty"),
        ({"status": "", "brand": "X"}, "status cannot be empty"),
        ({"colour": "red"}, "no field is called 'colour'"),
        ({"images": "[1]"}, "images is JSON"),
        ({"barcode": "123"}, "barcode"),
    ):
        with pytest.raises(Invalid, match=told):
            proving.edit(sqlite_runtime, "S1", **values)
    with pytest.raises(Conflict, match="look again"), sqlite_runtime.write(proving.ANNA) as unit:
        catalog.edit(unit, "S1", {"price": "12"}, expected={"price": "11"})
    assert proving.everything(sqlite_runtime) == before


def test_unlocking_twice_edited_fields_and_undoing_the_edits_ends_where_it_began(
    runtime: Runtime, tmp_path: Path
) -> None:
    proving.feed_rows(runtime, tmp_path, [ROW])
    before = proving.everything(runtime)
    first = proving.edit(runtime, "S1", price="20", tags="a,b", identifiers__asin="B2,B1", category="Gifts > New")
    second = proving.edit(runtime, "S1", price="30", brand="", metafields__custom__color="")
    with runtime.write(proving.ANNA) as unit:
        catalog.unlock(unit, "S1", "price")
    assert _price(runtime) == "10"
    proving.undo(runtime, first)
    proving.undo(runtime, second)
    assert proving.everything(runtime) == before


def test_what_a_later_file_repeats_stays_when_the_first_is_undone(runtime: Runtime, tmp_path: Path) -> None:
    """It is the later file's statement then, and goes with it; taken back, everything is as it was."""
    rows = [ROW, {**ROW, "SKU": "S2"}, {**ROW, "SKU": "S3"}]
    first = proving.feed_rows(runtime, tmp_path, rows)
    repeated = proving.write_csv(tmp_path, [*rows[:2], {**ROW, "SKU": "S3", "Price": "13"}])
    second = proving.feed(runtime, repeated)
    assert (second.unchanged, second.updated) == (2, 1)
    before = proving.everything(runtime)
    undone = proving.undo(runtime, first)
    assert proving.everything(runtime) == before
    with runtime.read() as unit:
        [trace] = catalog.why(unit, "S1", "price")
    assert [(each.file, each.line, each.outcome) for each in trace.origins] == [(repeated.name, None, "stands")]
    gone = proving.undo(runtime, second)
    assert proving.catalogue(runtime) == []
    proving.undo(runtime, gone)
    proving.undo(runtime, undone)
    assert proving.everything(runtime) == before
    proving.undo(runtime, second)
    assert {each["variants"][0]["price"] for each in proving.catalogue(runtime)} == {"10"}

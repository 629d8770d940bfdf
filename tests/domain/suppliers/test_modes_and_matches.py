"""What a file may touch, and which product its rows speak of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mercat.core.unit import Runtime
from mercat.domain.suppliers import service as suppliers
from mercat.domain.suppliers.deciding_matches import ban, list_matches, pin, unpin
from tests.domain import proving

EAN = "4006381333931"
OLD = {"SKU": "S1", "Title": "One", "Price": "10", "Brand": "Acme", "Color": "red", "ASIN": "B01", "Stock": "5"}


@pytest.mark.parametrize(
    ("mode", "created", "updated", "skipped", "names"),
    [
        ("upsert", 1, 1, 0, {"S1": "Uno", "S2": "Two"}),
        ("create-only", 1, 0, 0, {"S1": "One", "S2": "Two"}),
        ("update-only", 0, 1, 1, {"S1": "Uno"}),
    ],
)
def test_a_mode_says_what_may_happen(
    *, mode: str, created: int, updated: int, skipped: int, names: dict[str, str], runtime: Runtime, tmp_path: Path
) -> None:
    proving.feed_rows(runtime, tmp_path, [OLD])
    done = proving.feed_rows(
        runtime, tmp_path, [{"SKU": "S1", "Title": "Uno"}, {"SKU": "S2", "Title": "Two"}], mode=mode
    )
    assert (done.created, done.updated, done.skipped) == (created, updated, skipped)
    assert {sku: each["name"] for sku, each in proving.by_sku(runtime).items()} == names


def test_an_unmapped_column_is_never_touched_and_a_mapped_empty_cell_empties(runtime: Runtime, tmp_path: Path) -> None:
    proving.feed_rows(runtime, tmp_path, [OLD])
    proving.feed_rows(runtime, tmp_path, [{"SKU": "S1", "Title": "Uno", "Unknown": "x"}])
    record = proving.by_sku(runtime)["S1"]
    assert (record["brand"], record["variants"][0]["price"]) == ("Acme", "10")
    assert (record["metafields"]["custom.color"]["value"], record["variants"][0]["identifiers"]) == (
        "red",
        {"asin": ["B01"]},
    )
    assert proving.offers(runtime)[0]["quantity"] == 5

    empty = {**dict.fromkeys(OLD, ""), "SKU": "S1"}
    done = proving.feed_rows(runtime, tmp_path, [empty])
    record = proving.by_sku(runtime)["S1"]
    assert record["name"] == "Uno"
    assert any("name is empty" in each for each in done.warnings)
    assert (record["brand"], record["variants"][0]["price"], record["metafields"]) == (None, None, {})
    assert record["variants"][0]["identifiers"] == {}
    assert proving.offers(runtime)[0]["quantity"] is None


def test_an_unreadable_cell_is_left_out_and_empties_nothing(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    settings = proving.settings_for(OLD)
    settings["columns"]["Color"] = {"to": "metafield:custom.color", "type": "number_integer"}
    proving.feed_rows(sqlite_runtime, tmp_path, [{**OLD, "Color": "7"}], settings=settings)
    done = proving.feed_rows(sqlite_runtime, tmp_path, [{**OLD, "Color": "many", "Price": "dear"}], settings=settings)
    record = proving.by_sku(sqlite_runtime)["S1"]
    assert (record["metafields"]["custom.color"]["value"], record["variants"][0]["price"]) == (7, "10")
    assert len(done.warnings) == 2


def test_a_complete_file_archives_what_is_missing_and_brings_it_back(runtime: Runtime, tmp_path: Path) -> None:
    rows = [OLD, {**OLD, "SKU": "S2", "ASIN": "B02"}, {**OLD, "SKU": "S3", "ASIN": "B03"}]
    proving.feed_rows(runtime, tmp_path, rows)
    proving.feed_rows(runtime, tmp_path, [{"SKU": "S3", "Title": "One"}], "bolt")
    proving.edit(runtime, "S1", status="active")
    done = proving.feed_rows(runtime, tmp_path, [{**OLD, "SKU": "S9", "ASIN": "B09"}], complete=True)
    # S1 is a person's, S3 somebody else's too: their offers end, the products stay.
    assert done.archived == 1
    assert {sku: each["status"] for sku, each in proving.by_sku(runtime).items()} == {
        "S1": "active",
        "S2": "archived",
        "S3": "active",
        "S9": "active",
    }
    assert [(each["supplier_sku"], each["gone"]) for each in proving.offers(runtime)] == [
        ("S1", True),
        ("S2", True),
        ("S3", True),
        ("S9", False),
        ("S3", False),
    ]
    back = proving.feed_rows(runtime, tmp_path, rows, complete=True)
    assert (back.created, back.updated) == (0, 3)
    assert {each["status"] for sku, each in proving.by_sku(runtime).items() if sku != "S9"} == {"active"}


def test_a_source_whose_offers_have_all_ended_knows_its_rows_again(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    rows = [{"SKU": "A-1", "Title": "One", "EAN": EAN}, {"SKU": "A-2", "Title": "Two", "EAN": ""}]
    proving.feed_rows(sqlite_runtime, tmp_path, rows, complete=True)
    proving.feed_rows(sqlite_runtime, tmp_path, [], complete=True, columns=["SKU", "Title", "EAN"])
    assert {each["status"] for each in proving.catalogue(sqlite_runtime)} == {"archived"}
    back = proving.feed_rows(
        sqlite_runtime, tmp_path, [*rows, {"SKU": "A-3", "Title": "New", "EAN": ""}], complete=True
    )
    assert (back.created, back.updated) == (1, 2)
    assert {each["status"] for each in proving.catalogue(sqlite_runtime)} == {"active"}


def test_a_returning_draft_is_what_its_row_says(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    rows = [{"SKU": "S1", "Title": "One", "Status": "draft"}, {"SKU": "S2", "Title": "Two", "Status": "active"}]
    proving.feed_rows(sqlite_runtime, tmp_path, rows, complete=True)
    proving.feed_rows(sqlite_runtime, tmp_path, rows[1:], complete=True)
    proving.feed_rows(sqlite_runtime, tmp_path, rows, complete=True)
    assert proving.by_sku(sqlite_runtime)["S1"]["status"] == "draft"


WAYS = {
    "GTIN": ({"EAN": EAN}, {"EAN": f"0{EAN}"}),
    "brand and part number": ({"Brand": "Acme Inc.", "MPN": "ab-12/C"}, {"Brand": "ACME", "MPN": "AB12c"}),
    "identifier": ({"ASIN": "B000111222"}, {"ASIN": "B000111222"}),
    "SKU": ({}, {"SKU": "A-1"}),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_same_product_from_two_suppliers_is_one_with_two_offers(way: str, runtime: Runtime, tmp_path: Path) -> None:
    first, second = WAYS[way]
    proving.feed_rows(runtime, tmp_path, [{"SKU": "A-1", "Title": "Acme's", "Cost": "5", **first}], "acme")
    rows = [{"SKU": "B-7", "Title": "Bolt's", "Text": "by bolt", "Cost": "4", **second}]
    done = proving.feed_rows(runtime, tmp_path, rows, "bolt")
    assert (done.created, done.updated) == (0, 1)
    [record] = proving.catalogue(runtime)
    # The first in precedence is believed where both speak; the other fills what it leaves open.
    assert (record["name"], record["description"]) == ("Acme's", "by bolt")
    assert [(each["supplier"], each["sku"], each["cost"]) for each in proving.offers(runtime)] == [
        ("acme", "A-1", "5"),
        ("bolt", "A-1", "4"),
    ]
    again = proving.feed_rows(runtime, tmp_path, [{**rows[0], "Text": "by bolt again"}], "bolt")
    assert (again.created, again.updated) == (0, 1)


def test_two_rows_of_one_file_that_fit_one_product_are_a_question(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    """Two codes of one source are two products: the first fits, the second is asked about and never guessed."""
    proving.feed_rows(sqlite_runtime, tmp_path, [{"SKU": "A-1", "Title": "Acme's", "EAN": EAN}], "acme")
    rows = [{"SKU": "B-7", "Title": "Seven", "EAN": EAN}, {"SKU": "B-8", "Title": "Eight", "EAN": EAN}]
    done = proving.feed_rows(sqlite_runtime, tmp_path, rows, "bolt")
    assert (done.unchanged, done.ambiguous, done.rejected, done.rows) == (1, 1, 1, 2)
    with sqlite_runtime.read() as unit:
        [question] = list_matches(unit)
    assert (question.key, [each["sku"] for each in question.candidates]) == ("B-8", ["A-1"])


def test_an_ambiguous_row_waits_for_a_person_whose_pin_and_ban_survive(runtime: Runtime, tmp_path: Path) -> None:
    ours = [{"SKU": f"A-{n}", "Title": f"Ours {n}", "Brand": "Acme", "MPN": "X-1"} for n in (1, 2)]
    proving.feed_rows(runtime, tmp_path, ours, "acme")
    theirs = {"SKU": "B-1", "Title": "Theirs", "Brand": "Acme", "MPN": "X-1", "Text": "by bolt"}
    path = proving.write_csv(tmp_path, [theirs])
    done = proving.feed(runtime, path, "bolt")
    assert (done.ambiguous, done.created, done.updated) == (1, 0, 0)
    assert proving.offers(runtime)[0]["supplier"] == "acme"
    with runtime.read() as unit:
        [question] = list_matches(unit)
    assert {each["sku"] for each in question.candidates} == {"A-1", "A-2"}

    with runtime.write(proving.ANNA) as unit:
        pin(unit, "bolt", "B-1", "A-2")
    for _ in range(2):
        proving.feed(runtime, path, "bolt")
        assert _offered(runtime) == {"B-1": "A-2"}
        assert proving.by_sku(runtime)["A-2"]["description"] == "by bolt"
    # The very same file, and a pin moved: it is obeyed though the row has not changed.
    with runtime.write(proving.ANNA) as unit:
        pin(unit, "bolt", "B-1", "A-1")
    proving.feed(runtime, path, "bolt")
    assert _offered(runtime) == {"B-1": "A-1"}
    with runtime.write(proving.ANNA) as unit:
        ban(unit, "bolt", "B-1", "A-1")
    proving.feed(runtime, path, "bolt")
    proving.feed_rows(runtime, tmp_path, [{**theirs, "Text": "more"}], "bolt")
    assert _offered(runtime) == {"B-1": "A-2"}
    with runtime.write(proving.ANNA) as unit:
        unpin(unit, "bolt", "B-1")
    proving.feed(runtime, path, "bolt")
    assert _offered(runtime) == {"B-1": "A-2"}


def _offered(runtime: Runtime) -> dict[str, str]:
    return {each["supplier_sku"]: each["sku"] for each in proving.offers(runtime) if each["supplier"] == "bolt"}


def test_a_banned_sku_makes_no_product_of_the_same_sku(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    proving.feed_rows(sqlite_runtime, tmp_path, [{"SKU": "A-1", "Title": "Ours"}], "acme")
    with sqlite_runtime.write(proving.ANNA) as unit:
        suppliers.ensure_supplier(unit, "bolt")
    with sqlite_runtime.write(proving.ANNA) as unit:
        ban(unit, "bolt", "A-1", "A-1")
    done: Any = proving.feed_rows(sqlite_runtime, tmp_path, [{"SKU": "A-1", "Title": "Theirs"}], "bolt")
    assert proving.by_sku(sqlite_runtime)["A-1"]["name"] == "Ours"
    assert (done.created, done.rejected) == (0, 1)


@pytest.mark.parametrize("field", ["Price", "Stock"])
def test_no_default_takes_the_place_of_a_price_or_a_stock(field: str, sqlite_runtime: Runtime, tmp_path: Path) -> None:
    proving.feed_rows(sqlite_runtime, tmp_path, [OLD])
    before = proving.everything(sqlite_runtime)
    row = {name: value for name, value in OLD.items() if name != field}
    proving.feed_rows(sqlite_runtime, tmp_path, [row], currency="USD")
    after = proving.everything(sqlite_runtime)
    assert (after[0], after[1][0]["quantity"]) == (before[0], before[1][0]["quantity"])

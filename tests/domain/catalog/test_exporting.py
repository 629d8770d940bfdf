"""What goes out comes back: exports lose nothing, are the same bytes for the same catalogue, and appear whole or not."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from mercat.core.actor import Actor
from mercat.core.errors import Forbidden, Invalid
from mercat.core.unit import Runtime
from mercat.core.workbooks import LONGEST_CELL, MOST_COLUMNS, WorkbookSink
from mercat.domain.catalog import service as catalog
from tests.domain.catalog.exports import PERSON, export, feed_of, full_product, small_product, take
from tests.shared_data import shared

NEEDED = {
    "handle",
    "name",
    "description",
    "brand",
    "manufacturer",
    "manufacturer_part_number",
    "product_type",
    "tags",
    "status",
    "category",
    "metafields",
    "images",
    "variants",
}
NEEDED_OF_VARIANT = {
    "sku",
    "barcode",
    "price",
    "compare_at_price",
    "cost_price",
    "currency",
    "weight",
    "weight_unit",
    "options",
    "identifiers",
}


def documents(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_what_was_imported_is_what_is_exported(runtime: Runtime, tmp_path: Path) -> None:
    take(runtime, feed_of(tmp_path, [full_product()]))

    result = export(runtime, tmp_path / "out.jsonl")

    [document] = documents(tmp_path / "out.jsonl")
    wanted = full_product()
    wanted["variants"][0]["identifiers"]["gtin"].sort()
    assert document == wanted
    assert (result.products, result.variants, result.rows) == (1, 2, 1)
    assert result.size == (tmp_path / "out.jsonl").stat().st_size


def test_an_empty_product_states_its_emptiness_and_no_more(runtime: Runtime, tmp_path: Path) -> None:
    take(runtime, feed_of(tmp_path, [small_product(1)]))

    export(runtime, tmp_path / "out.jsonl")

    [document] = documents(tmp_path / "out.jsonl")
    assert document.keys() == NEEDED
    assert document["variants"][0].keys() == NEEDED_OF_VARIANT
    assert document["description"] is document["category"] is document["variants"][0]["barcode"] is None
    assert (document["tags"], document["metafields"], document["images"]) == ([], {}, [])


def test_exporting_and_importing_back_changes_nothing(runtime: Runtime, tmp_path: Path) -> None:
    archived = small_product(3, status="archived")
    take(runtime, feed_of(tmp_path, [full_product(), small_product(1), small_product(2), archived]))
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    export(runtime, first)

    back = take(runtime, first, supplier="ourselves")
    export(runtime, second)

    assert (back.products, back.unchanged, back.updated, back.created, back.rejected) == (4, 4, 0, 0, 0)
    assert back.warnings == []
    assert second.read_bytes() == first.read_bytes()


@pytest.mark.shared
@pytest.mark.parametrize("name", ["superstore/Sample - Superstore.csv.xz", "shopify_csv/apparel.csv"])
def test_a_real_catalogue_comes_back_unchanged(sqlite_runtime: Runtime, tmp_path: Path, name: str) -> None:
    made = take(sqlite_runtime, shared("data", "catalog", *name.split("/")), currency="USD")
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    export(sqlite_runtime, first)

    back = take(sqlite_runtime, first, supplier="ourselves")
    export(sqlite_runtime, second)

    assert (back.unchanged, back.updated, back.created, back.rejected) == (made.created, 0, 0, 0)
    assert made.created > 10
    assert second.read_bytes() == first.read_bytes()


def test_a_catalogue_made_from_an_export_exports_the_same_bytes(runtime: Runtime, tmp_path: Path) -> None:
    take(runtime, feed_of(tmp_path, [full_product(), *map(small_product, range(1, 6))]))
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    export(runtime, first)
    with runtime.read() as unit:
        [made] = [each.id for each in catalog.list_sets(unit)]
    with runtime.write(PERSON) as unit:
        catalog.undo(unit, made)
    export(runtime, second)
    assert second.read_bytes() == b""

    take(runtime, first, supplier="ourselves")
    export(runtime, second)

    assert second.read_bytes() == first.read_bytes()


def test_import_undo_export_is_identical_for_creates_updates_and_archives(runtime: Runtime, tmp_path: Path) -> None:
    before = [full_product(), *map(small_product, range(1, 9))]
    take(runtime, feed_of(tmp_path, before))
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    export(runtime, first)
    changed = full_product(name="Another name", tags=["red"], images=[], category="Elsewhere", short_description="x")
    changed["metafields"]["custom.inks"]["value"] = ["green"]
    changed["metafields"]["custom.raw"]["value"] = {"b": 7.25}
    changed["metafields"]["custom.new"] = {"type": "single_line_text_field", "value": "new"}
    changed["variants"][0] |= {"price": "13", "taxable": True, "identifiers": {"gtin": ["4006381333955"]}}
    changed["variants"].append({"sku": "PEN-42-G", "price": "1", "options": {"Colour": "Green", "Tip": "B"}})
    take(runtime, feed_of(tmp_path, [changed, *map(small_product, range(3, 12))], "new.jsonl"), complete=True)
    export(runtime, second)
    assert second.read_bytes() != first.read_bytes()

    with runtime.read() as unit:
        newest = catalog.list_sets(unit).data[0].id
    with runtime.write(PERSON) as unit:
        catalog.undo(unit, newest)
    export(runtime, second)

    assert second.read_text("utf-8").splitlines() == first.read_text("utf-8").splitlines()


def test_products_stand_in_the_order_of_their_handles(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    numbers = [(number * 389) % 1201 for number in range(1201)]
    take(sqlite_runtime, feed_of(tmp_path, [small_product(number) for number in numbers]))
    told: list[tuple[int, int | None]] = []

    result = export(
        sqlite_runtime, tmp_path / "out.jsonl", progress=lambda _stage, done, total: told.append((done, total))
    )

    handles = [each["handle"] for each in documents(tmp_path / "out.jsonl")]
    assert handles == sorted(handles)
    assert len(handles) == result.products == 1201
    assert told == [(500, 1201), (1000, 1201), (1201, 1201)]


def test_only_products_of_the_statuses_asked_for(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    statuses = ["active", "draft", "archived"]
    products = [small_product(number, status=status) for number, status in enumerate(statuses)]
    take(sqlite_runtime, feed_of(tmp_path, products))

    export(sqlite_runtime, tmp_path / "out.jsonl", statuses=["draft", "archived"])

    assert [each["status"] for each in documents(tmp_path / "out.jsonl")] == ["draft", "archived"]


def test_a_csv_has_a_row_for_each_variant_and_runs_nothing(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    take(sqlite_runtime, feed_of(tmp_path, [full_product(), small_product(1)]))

    result = export(sqlite_runtime, tmp_path / "out.csv")

    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_bytes().decode(), newline="")))
    assert [row["sku"] for row in rows] == ["PEN-42-B", "PEN-42-R", "S-0001"]
    assert (result.products, result.rows) == (2, 3)
    blue, red, small = rows
    assert blue["name"] == "'" + full_product()["name"]
    assert blue["brand"] == "'@cme & Sons"
    assert blue["metafield:custom.zeta"] == "'+49 123"
    assert blue["description"] == full_product()["description"]
    assert blue["metafield:custom.inks"] == '["blue","a;b","q\\"q"]'
    assert (blue["price"], blue["cost_price"], red["price"]) == ("12.5", "0.0001", "0")
    assert (blue["option1_name"], blue["option1_value"], red["option2_value"]) == ("Colour", "Blue", "M")
    assert blue["identifier:gtin"] == "4006381333931, 4006381333948"
    assert blue["image_url"] == "https://img.example/1.jpg?a=1,2&b=3 | https://img.example/2.jpg"
    assert (blue["taxable"], small["taxable"]) == ("false", "true")
    assert red["category"] == "Office > Writing & Drawing > Pens"
    assert small["metafield:custom.inks"] == ""


def test_a_workbook_holds_strings_only_and_the_same_as_the_csv(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    take(sqlite_runtime, feed_of(tmp_path, [full_product(), small_product(1)]))
    export(sqlite_runtime, tmp_path / "out.csv")

    export(sqlite_runtime, tmp_path / "out.xlsx")

    sheet = CalamineWorkbook.from_path(tmp_path / "out.xlsx").get_sheet_by_index(0).to_python()
    assert {type(cell) for row in sheet for cell in row} == {str}
    rows = list(csv.reader(io.StringIO((tmp_path / "out.csv").read_bytes().decode(), newline="")))
    assert sheet == rows


@pytest.mark.parametrize("ending", ["jsonl", "csv", "xlsx"])
def test_the_same_catalogue_is_the_same_bytes(sqlite_runtime: Runtime, tmp_path: Path, ending: str) -> None:
    take(sqlite_runtime, feed_of(tmp_path, [full_product(), small_product(1)]))
    export(sqlite_runtime, tmp_path / f"one.{ending}")

    export(sqlite_runtime, tmp_path / f"two.{ending}")

    assert (tmp_path / f"one.{ending}").read_bytes() == (tmp_path / f"two.{ending}").read_bytes()


def test_our_csv_is_read_back_by_its_headings(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    # Nothing that a spreadsheet would run: an apostrophe that neutralises is part of the text when it comes back.
    products = [small_product(number, brand="Acme", category="Office > Pens", tags=["a", "b"]) for number in range(9)]
    take(sqlite_runtime, feed_of(tmp_path, products))
    export(sqlite_runtime, tmp_path / "out.csv")

    back = take(sqlite_runtime, tmp_path / "out.csv", supplier="ourselves")

    assert (back.products, back.created, back.updated, back.rejected) == (9, 0, 0, 0)


def test_shopifys_csv_comes_from_the_connector(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    take(sqlite_runtime, feed_of(tmp_path, [full_product(), small_product(1)]))

    result = export(sqlite_runtime, tmp_path / "out.csv", format="shopify-csv")

    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_bytes().decode(), newline="")))
    assert result.rows == len(rows) == 3
    assert [row["URL handle"] for row in rows] == ["pen-øst-42", "pen-øst-42", "small-0001"]
    assert rows[0]["Title"] == "'" + full_product()["name"]
    assert json.loads(rows[0]["inks (product.metafields.custom.inks)"]) == ["blue", "a;b", 'q"q']
    assert rows[2]["SKU"] == "S-0001"


@pytest.mark.parametrize(
    ("name", "more", "complaint"),
    [
        ("out.txt", {}, r"\.jsonl, \.csv and \.xlsx.*shopify-csv"),
        ("out.csv", {"format": "pdf"}, "no format 'pdf'"),
        ("out.csv", {"statuses": ["sold"]}, "no product is sold: a status is one of draft, active, archived"),
        ("none/out.csv", {}, "make it first"),
        ("folder.csv", {}, "no ordinary file"),
    ],
)
def test_a_wrong_request_says_what_would_be_right(
    sqlite_runtime: Runtime, tmp_path: Path, name: str, more: dict[str, Any], complaint: str
) -> None:
    (tmp_path / "folder.csv").mkdir()

    with pytest.raises(Invalid, match=complaint):
        export(sqlite_runtime, tmp_path / name, **more)

    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == []


def test_exporting_needs_the_permission(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    with (
        sqlite_runtime.read(Actor("person", "lee", frozenset({"catalog.edit"}))) as unit,
        pytest.raises(Forbidden, match=r"lee may not catalog\.export"),
    ):
        catalog.export_products(unit, tmp_path / "out.jsonl")


_ON_A_SMALL_DISK = """
import resource, sys
from pathlib import Path
from mercat.core.errors import Invalid
from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from mercat.domain.catalog import service as catalog

runtime = Runtime(Settings(home=Path(sys.argv[1])))
with runtime.read(snapshot=True) as unit:
    catalog.find_products(unit, "warm")
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    try:
        catalog.export_products(unit, Path(sys.argv[2]))
    except Invalid as refused:
        print(refused.message)
"""


@pytest.mark.parametrize("ending", ["jsonl", "csv", "xlsx"])
def test_a_full_disk_leaves_what_was_there(sqlite_runtime: Runtime, tmp_path: Path, ending: str) -> None:
    noise = [small_product(n, description=f"<p>{hash((n, ending))}{'x' * 300}</p>") for n in range(400)]
    take(sqlite_runtime, feed_of(tmp_path, noise))
    target = tmp_path / "out" / f"out.{ending}"
    target.parent.mkdir()
    target.write_text("what was there")

    # A limit on the size of a file stands for a disk that is full: writing fails in the same place. Without -B the
    # interpreter would leave the torn bytecode of what it imports to every later test.
    done = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-c", _ON_A_SMALL_DISK, str(sqlite_runtime.settings.home), str(target)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.startswith(f"{target} cannot be written: File too large"), done.stderr
    assert done.stderr == ""
    assert target.read_text() == "what was there"
    assert list(target.parent.iterdir()) == [target]


def test_an_export_takes_the_place_of_the_file_that_a_link_names(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    real, link = tmp_path / "real.jsonl", tmp_path / "link.jsonl"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    take(sqlite_runtime, feed_of(tmp_path, [small_product(1)]))

    export(sqlite_runtime, link)

    assert link.is_symlink()
    assert documents(real)[0]["handle"] == "small-0001"
    assert real.stat().st_mode & 0o777 == 0o640


def test_memory_does_not_grow_with_the_catalogue(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    take(sqlite_runtime, feed_of(tmp_path, [small_product(n, description="d" * 20_000) for n in range(3000)]))
    tracemalloc.start()

    result = export(sqlite_runtime, tmp_path / "out.jsonl")

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result.size > 60_000_000
    assert peak < 25_000_000  # a page of 500 of them is 10 MB


def sheets(path: Path) -> list[list[list[Any]]]:
    book = CalamineWorkbook.from_path(path)
    return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]


def test_a_full_sheet_is_followed_by_another(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with path.open("wb") as out, WorkbookSink(out, most_rows=3) as sink:
        sink.header(["sku", "name"])
        for number in range(5):
            sink.row([f"s{number}", "n"])

    assert [[row[0] for row in sheet] for sheet in sheets(path)] == [
        ["sku", "s0", "s1"],
        ["sku", "s2", "s3"],
        ["sku", "s4"],
    ]


def test_a_workbook_says_what_it_cannot_hold(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with path.open("wb") as out, WorkbookSink(out) as sink:
        sink.header(["a"])
        sink.row(["x" * (LONGEST_CELL + 1)])

    assert sink.cut == 1
    assert len(sheets(path)[0][1][0]) == LONGEST_CELL
    with path.open("wb") as out, WorkbookSink(out) as sink, pytest.raises(Invalid, match=r"columns.*export \.csv"):
        sink.header(["a"] * (MOST_COLUMNS + 1))

"""Import, undo, export: identical to before, on every database."""

from __future__ import annotations

from pathlib import Path

from mercat.core.unit import Runtime
from tests.domain import proving

FIRST = [
    {
        "SKU": f"S{n}",
        "Title": f"Name {n}",
        "Text": "<p>one</p>",
        "Brand": "Acme",
        "MPN": f"M-{n}",
        "Price": f"{n + 1}.50",
        "Cost": "1",
        "Stock": "5",
        "Category": "Office > Pens" if n % 2 else "Office > Ink",
        "Tags": "a,b",
        "Color": "red",
        "ASIN": f"B{n}",
        "Weight": "0.5",
        "Image": f"https://example.org/{n}.jpg",
    }
    for n in range(12)
]
# Some change in every field, some are new, some are missing; two categories come to be and one runs empty.
SECOND = [
    *(
        {
            **row,
            "Title": f"{row['Title']}!",
            "Text": "",
            "Brand": "Bolt",
            "MPN": "",
            "Price": "9",
            "Cost": "2",
            "Stock": "0",
            "Category": "Gifts > New",
            "Tags": "c",
            "Color": "",
            "ASIN": "",
            "Weight": "",
            "Image": "https://example.org/other.jpg",
        }
        for row in FIRST[:6]
    ),
    *FIRST[6:9],
    *({**row, "SKU": f"N{n}", "ASIN": f"N{n}", "Category": "Gifts > Old"} for n, row in enumerate(FIRST[:3])),
]


def test_creates_updates_and_archives_are_undone_without_a_trace(runtime: Runtime, tmp_path: Path) -> None:
    proving.feed_rows(runtime, tmp_path, FIRST, complete=True)
    before = proving.everything(runtime)
    done = proving.feed_rows(runtime, tmp_path, SECOND, complete=True)
    assert (done.created, done.updated, done.unchanged, done.archived) == (3, 6, 3, 3)
    after = proving.everything(runtime)
    assert ("Gifts > New", 6) in after[2]
    undone = proving.undo(runtime, done)
    assert proving.everything(runtime) == before
    proving.undo(runtime, undone)
    assert proving.everything(runtime) == after
    proving.undo(runtime, done)
    assert proving.everything(runtime) == before


def test_undoing_the_first_import_leaves_nothing(runtime: Runtime, tmp_path: Path) -> None:
    done = proving.feed_rows(runtime, tmp_path, FIRST)
    made = proving.everything(runtime)
    undone = proving.undo(runtime, done)
    assert proving.everything(runtime) == ([], [], [])
    proving.undo(runtime, undone)
    assert proving.everything(runtime) == made


def test_the_file_of_an_undone_import_can_be_imported_again(runtime: Runtime, tmp_path: Path) -> None:
    path = proving.write_csv(tmp_path, FIRST)
    first = proving.feed(runtime, path)
    made = proving.everything(runtime)
    proving.undo(runtime, first)
    again = proving.feed(runtime, path)
    assert (again.status, again.created) == ("applied", len(FIRST))
    assert proving.everything(runtime) == made


def test_a_product_that_a_person_edited_outlives_the_undoing_of_its_import(runtime: Runtime, tmp_path: Path) -> None:
    """It is left alone whole and reported; undoing the edit too takes it away, taking both back brings it back."""
    done = proving.feed_rows(runtime, tmp_path, FIRST)
    edited = proving.edit(runtime, "S3", price="99")
    before = proving.everything(runtime)
    undone = proving.undo(runtime, done)
    assert (undone.status, undone.counts["removed"], undone.counts["conflicts"]) == ("partially_applied", 11, 1)
    assert undone.findings[0]["samples"] == [{"sku": "S3", "field": "name", "by": "anna"}]
    [left] = proving.catalogue(runtime)
    assert left == before[0][[each["variants"][0]["sku"] for each in before[0]].index("S3")]
    gone = proving.undo(runtime, edited)
    assert proving.everything(runtime) == ([], [], [])
    proving.undo(runtime, gone)
    proving.undo(runtime, undone)
    assert proving.everything(runtime) == before

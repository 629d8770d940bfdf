"""Reading whole Shopify files."""

from __future__ import annotations

import csv
import io
import tracemalloc
from pathlib import Path

import pytest

from mercat.connectors.shopify_csv import connector
from mercat.sdk.errors import Unreadable
from tests.connectors.feeding import bad, every, feed, file, rows, stated
from tests.shared_data import shared


def test_rows_of_a_handle_that_stand_apart_still_make_one_product(tmp_path: Path) -> None:
    source = feed(connector)
    files = [file(tmp_path, "p.csv", "Handle,Title,Image Src\na,A,1\nb,B,\na,,2\nc,C,\nb,,3\n")]
    found = stated(source, files)
    assert {key: len(one.record.images or []) for key, one in found.items()} == {"c": 0, "a": 2, "b": 1}
    assert [(row.key, row.line) for row in rows(source, files)] == [("c", 5), ("a", 2), ("b", 3)]


def test_a_product_without_a_handle_is_called_by_its_title(tmp_path: Path) -> None:
    found = stated(feed(connector), [file(tmp_path, "p.csv", "URL handle,Title,Price\n,Blue Pen,1\n")])
    assert found["blue-pen"].record.handle == "blue-pen"
    assert "made from its title" in found["blue-pen"].warnings[0]


def test_torn_and_nameless_rows_are_kept_aside_with_their_line(tmp_path: Path) -> None:
    source = feed(connector)
    files = [file(tmp_path, "p.csv", "Handle,Title,Price\na,A,1\n,,2\nb,B,3\nc,C")]
    assert [row.line for row in bad(source, files)] == [3, 5]
    assert [row.key for row in rows(source, files)] == ["a", "b"]


def test_equal_rows_have_equal_digests_wherever_they_stand(tmp_path: Path) -> None:
    source = feed(connector)
    one = rows(source, [file(tmp_path, "1.csv", "Handle,Title,Price\na,A,1\nb,B,1\n")])
    two = rows(source, [file(tmp_path, "2.csv", "Handle,Title,Price\nb,B,1\na,A,2\n")])
    digests = [{row.key: row.digest for row in found} for found in (one, two)]
    assert digests[0]["b"] == digests[1]["b"]
    assert digests[0]["a"] != digests[1]["a"]
    assert (
        rows(feed(connector, currency="EUR"), [file(tmp_path, "1.csv", "Handle,Title,Price\nb,B,1\n")])[0].digest
        != digests[0]["b"]
    )


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "{}"])
def test_other_files_are_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(Unreadable):
        every(feed(connector), [file(tmp_path, "x.csv", content)])


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Handle,Title,Variant Price,Variant SKU,Option1 Name,Image Src", True),
        ("Title,URL handle,Description,SKU,Price,Option1 name,Product image URL", True),
        ("sku,name,price", False),
        ("<BMECAT>", False),
    ],
)
def test_recognises_its_own(tmp_path: Path, header: str, expected: bool) -> None:
    likeness = feed(connector).recognises([file(tmp_path, "x.csv", header + "\n")])
    assert (likeness > 0.5) is expected


def test_inspection_names_what_is_not_taken_over(tmp_path: Path) -> None:
    inspection = feed(connector).inspect([file(tmp_path, "p.csv", "Handle,Title,Price,Gift Card\na,A,1,false\n")])
    assert [column.field for column in inspection.columns] == ["handle", "title", "price", None]
    assert inspection.notes == ["not taken over: Gift Card"]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(products: int) -> int:
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["Handle", "Title", "Price", "Body (HTML)"])
        writer.writerows([f"p{number}", f"P{number}", "1", "x" * 200] for number in range(products))
        files = [file(tmp_path, f"{products}.csv", text.getvalue())]
        tracemalloc.start()
        seen = sum(len(batch) for batch in feed(connector).batches(files))
        peaked = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert seen == products
        return peaked

    peak(100)
    assert peak(12_000) < 2 * peak(3_000)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["apparel.csv", "home-and-garden.csv", "jewelery.csv"])
def test_shopifys_own_samples(name: str, tmp_path: Path) -> None:
    path = shared("data", "catalog", "shopify_csv", name)
    source = feed(connector)
    found = stated(source, [file(tmp_path, name, path.read_bytes())])
    assert len(found) == 20
    assert not bad(source, [file(tmp_path, name, path.read_bytes())])
    assert all(one.record.variants and one.record.images for one in found.values())

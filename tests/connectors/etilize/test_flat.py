"""The flat export with all its dirt."""

from __future__ import annotations

import itertools
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from msgspec import UNSET

from mercat.connectors.etilize import connector
from mercat.sdk.errors import Unreadable
from mercat.sdk.records import Metafield, ProductRecord
from tests.connectors.etilize_feed import as_csv, attribute, flat_header, flat_row, flat_rows, write_flat, zipped
from tests.connectors.feeding import bad, every, feed, file, rows, stated

HEADER = flat_header()


def product(**cells: str) -> list[str]:
    return flat_row(
        HEADER, **({"URL handle": "pad", "Title": "Pad", "SKU": "00-12", "Vendor": "V", "Type": "T"} | cells)
    )


def image(handle: str, url: str, position: str = "") -> list[str]:
    return flat_row(HEADER, **{"URL handle": handle, "Product image URL": url, "Image position": position})


def one(folder: Path, *body: list[str]) -> ProductRecord:
    (found,) = stated(feed(connector), [file(folder, "e.csv", as_csv([HEADER, *body]))]).values()
    return found.record


def test_price_and_stock_stay_unset(tmp_path: Path) -> None:
    record = one(tmp_path, product())
    variant = record.variants[0]
    assert (variant.price, variant.compare_at_price, variant.cost_price, record.offer) == (UNSET, UNSET, UNSET, UNSET)


def test_a_generated_delivery_in_a_nested_zip_is_read_whole(tmp_path: Path) -> None:
    packed = zipped({"daily/CowanOfficeSupplies.zip": zipped({"export.csv": as_csv(flat_rows(50))})})
    source, files = feed(connector), [file(tmp_path, "feed.zip", packed)]
    found = stated(source, files)
    assert len(found) == 50
    assert not bad(source, files)
    assert all(len(one.record.images or []) == 2 and one.record.variants[0].barcode for one in found.values())


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    body = as_csv([HEADER, product(Title="Crème – 5 € pad", SKU="A")], encoding)
    found = stated(feed(connector), [file(tmp_path, "e.csv", body)])
    assert found["A"].record.name == "Crème – 5 € pad"


def test_latin1_can_be_said(tmp_path: Path) -> None:
    body = as_csv([HEADER, product(Title="Crème", SKU="A")], "latin-1")
    assert stated(feed(connector, encoding="latin-1"), [file(tmp_path, "e.csv", body)])["A"].record.name == "Crème"


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_line_ends_inside_quotes(tmp_path: Path, newline: str) -> None:
    body = as_csv([HEADER, product(Description="one\r\ntwo\nthree")], newline=newline)
    record = stated(feed(connector), [file(tmp_path, "e.csv", body)])["00-12"].record
    assert isinstance(record.description, str)
    assert [line.strip() for line in record.description.splitlines() if line.strip()] == ["one", "two", "three"]


@pytest.mark.parametrize("order", list(itertools.permutations(["product", "front", "other", "stray"])))
def test_image_rows_in_any_order(tmp_path: Path, order: tuple[str, ...]) -> None:
    body = {
        "product": product(**{"Product image URL": "https://x/1.jpg", "Image position": "1"}),
        "front": image("pad", "https://x/2.jpg", "2"),
        "other": flat_row(HEADER, **{"URL handle": "pen", "Title": "Pen", "SKU": "P", "Vendor": "V", "Type": "T"}),
        "stray": image("ghost", "https://x/3.jpg"),
    }
    source = feed(connector)
    files = [file(tmp_path, "e.csv", as_csv([HEADER, *(body[name] for name in order)]))]
    found = stated(source, files)
    assert isinstance(found["00-12"].record.images, list)
    assert [picture.url for picture in found["00-12"].record.images] == ["https://x/1.jpg", "https://x/2.jpg"]
    assert found["P"].record.images == []
    assert ["'ghost'" in row.reason for row in bad(source, files)] == [True]


def test_identity_of_a_picture_is_product_and_view(tmp_path: Path) -> None:
    record = one(tmp_path, product(**{"Product image URL": "https://content.etilize.com/Front/1001.jpg?noimage=logo"}))
    assert isinstance(record.images, list)
    assert record.images[0].source == ("etilize", "1001", "Front")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("A;B", ["A", "B"]),
        ('["A","B, C"]', ["A", "B, C"]),
        ("A, B", ["A", "B"]),
        ("1,000 sheets", ["1,000 sheets"]),
        ("A;;A; ", ["A"]),
        ("[broken", ["[broken"]),
        ("R&amp;D; 3&quot;", ["R&D", '3"']),
        ("3&amp;quot;;A", ["3&quot;", "A"]),
    ],
)
def test_list_cells(tmp_path: Path, cell: str, expected: list[str]) -> None:
    fields = one(tmp_path, product(**{attribute("Color"): cell})).metafields
    assert fields == {"custom.Color": Metafield("list.single_line_text_field", expected)}


def test_cross_references_are_identifiers_for_comparing(tmp_path: Path) -> None:
    record = one(tmp_path, product(**{attribute("CWS_A"): "ab-12;AB12", attribute("SPRC"): '["s-1","t 2"]'}))
    assert record.variants[0].identifiers == {"CWS_A": ["AB12"], "SPRC": ["S1", "T 2"]}
    assert record.metafields == {}


def test_double_escaped_entities_are_decoded_once(tmp_path: Path) -> None:
    assert one(tmp_path, product(Title="Pens &amp;amp; Pads")).name == "Pens &amp; Pads"


@pytest.mark.parametrize("sku", ["0012-3", "00012", "A-B"])
def test_a_sku_keeps_its_zeros_and_hyphens(tmp_path: Path, sku: str) -> None:
    assert one(tmp_path, product(SKU=sku)).variants[0].sku == sku


def test_without_a_sku_the_handle_stands_in(tmp_path: Path) -> None:
    found = stated(feed(connector), [file(tmp_path, "e.csv", as_csv([HEADER, product(SKU="")]))])
    assert found["pad"].record.variants[0].sku == "pad"
    assert any("no SKU" in warning for warning in found["pad"].warnings)


def test_repeated_products_all_come_so_that_the_last_can_count(tmp_path: Path) -> None:
    body = as_csv([HEADER, product(Title="Old"), product(Title="New")])
    source, files = feed(connector), [file(tmp_path, "e.csv", body)]
    assert len(rows(source, files)) == 2
    assert stated(source, files)["00-12"].record.name == "New"


def test_wrong_column_counts_are_kept_aside(tmp_path: Path) -> None:
    body = as_csv([HEADER, product(), ["torn", "row"], [*product(SKU="X"), "one too many"]])
    source, files = feed(connector), [file(tmp_path, "e.csv", body)]
    assert [row.line for row in bad(source, files)] == [3, 4]
    assert [row.key for row in rows(source, files)] == ["00-12"]


def test_a_truncated_download_loses_only_its_last_row(tmp_path: Path) -> None:
    whole = as_csv([HEADER, product(SKU="A"), product(SKU="B")])
    source, files = feed(connector), [file(tmp_path, "e.csv", whole[:-10])]
    assert [row.key for row in rows(source, files)] == ["A"]
    assert len(bad(source, files)) == 1


def test_a_truncated_zip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable):
        every(feed(connector), [file(tmp_path, "e.zip", zipped({"e.csv": as_csv(flat_rows(50))})[:-300])])


def test_a_zip_with_two_tables_gives_both(tmp_path: Path) -> None:
    packed = zipped({"1.csv": as_csv([HEADER, product(SKU="A")]), "2.csv": as_csv([HEADER, product(SKU="B")])})
    assert [row.key for row in rows(feed(connector), [file(tmp_path, "e.zip", packed)])] == ["A", "B"]


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable):
        every(feed(connector), [file(tmp_path, "e.csv", b"")])


def test_a_long_description_is_kept(tmp_path: Path) -> None:
    record = one(tmp_path, product(Description="<p>" + "word " * 20_000 + "</p>"))
    assert isinstance(record.description, str)
    assert len(record.description) > 99_000


def test_two_columns_of_one_attribute_are_put_together(tmp_path: Path) -> None:
    header = [*HEADER, attribute("Color")]
    body = as_csv([header, [*product(**{attribute("Color"): "Red"}), "Blue"]])
    record = stated(feed(connector), [file(tmp_path, "e.csv", body)])["00-12"].record
    assert record.metafields == {"custom.Color": Metafield("list.single_line_text_field", ["Red", "Blue"])}


def test_weights_are_grams(tmp_path: Path) -> None:
    record = one(tmp_path, product(**{"Weight value (grams)": "1250", "Weight unit for display": "kg"}))
    assert (record.variants[0].weight, record.variants[0].weight_unit) == ("1.25", "kg")


def test_recognises_it_and_not_shopifys_own(tmp_path: Path) -> None:
    mine = file(tmp_path, "e.zip", zipped({"e.csv": as_csv(flat_rows(2))}))
    shopify = file(tmp_path, "s.csv", "Title,URL handle,Price,Metafield: custom.x[y]\n")
    assert feed(connector).recognises([mine]) > 0.9
    assert feed(connector).recognises([shopify]) == 0


def test_inspection_says_what_becomes_of_each_column(tmp_path: Path) -> None:
    inspection = feed(connector).inspect([file(tmp_path, "e.csv", as_csv(flat_rows(5)))])
    fields = {column.name: column.field for column in inspection.columns}
    assert fields["Title"] == "name"
    assert fields[attribute("CWS_A")] == "variants.identifiers.CWS_A"
    assert fields[attribute("Color")] == "metafields.custom.Color"
    assert fields["Gift Card"] is None


def test_six_hundred_columns_do_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "wide.zip"
    write_flat(path, products=1500, attributes=600)
    assert zipfile.is_zipfile(path)
    source = feed(connector)
    files = [file(tmp_path, "wide.zip", path.read_bytes())]
    tracemalloc.start()
    seen = sum(len(batch) for batch in source.batches(files))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seen == 1500
    assert peak < 60_000_000

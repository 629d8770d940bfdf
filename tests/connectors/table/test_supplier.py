"""Tables as suppliers send them: streamed, ragged, grouped, spoilt; and the contract of every feed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

from mercat.connectors.table import connector
from mercat.sdk.errors import Unreadable
from mercat.sdk.records import BadRow, FeedRow
from mercat.sdk.roles import SupplierFeed
from mercat.sdk.testing import SupplierContract
from tests.connectors.table.reading import feed, files, rows, stated

HEADER = "SKU,Name,Price,Qty\n"


class TestTableAsCsv(SupplierContract):
    def make(self) -> SupplierFeed:
        return feed()

    def write(self, path: Path, rows: int) -> None:
        path.write_text(HEADER + "".join(f"A{n},Thing number {n},{n % 90}.50,{n % 7}\n" for n in range(rows)))

    def spoil(self, path: Path) -> None:
        lines = path.read_text().splitlines(keepends=True)
        lines[len(lines) // 2] = ",no code at all,1.00,2\n"
        path.write_text("".join(lines))


class TestTableAsJsonLines(SupplierContract):
    suffix = ".jsonl"

    def make(self) -> SupplierFeed:
        return feed()

    def write(self, path: Path, rows: int) -> None:
        path.write_text("".join(f'{{"sku": "A{n}", "title": "Thing {n}", "a{n % 9}": "x"}}\n' for n in range(rows)))

    def spoil(self, path: Path) -> None:
        lines = path.read_text().splitlines(keepends=True)
        lines[len(lines) // 2] = '{"sku": "A", "title": \n'
        path.write_text("".join(lines))


def test_the_front_page() -> None:
    assert connector.title == "Table"
    assert isinstance(connector.supplier(connector.settings()) if connector.supplier else None, SupplierFeed)


def test_ragged_rows(tmp_path: Path) -> None:
    source = files(tmp_path, HEADER + "A,One,1.5,2\nB,Two\nC,Three,3.5,4,,\nD,Four,4.5,5,surplus\n")
    found = rows(feed(), source)
    assert [type(row) for row in found] == [FeedRow, FeedRow, FeedRow, BadRow]
    bad = found[-1]
    assert isinstance(bad, BadRow)
    assert (bad.line, bad.raw) == (5, "D,Four,4.5,5,surplus")
    assert "5 cells" in bad.reason
    assert "4" in bad.reason
    records = [one.record for one in stated(feed(), source)]
    assert [record.name for record in records] == ["One", "Two", "Three"]
    assert records[1].variants[0].price is UNSET
    assert records[1].offer is UNSET


def test_a_row_without_a_code_is_kept_as_a_bad_row(tmp_path: Path) -> None:
    found = rows(feed(), files(tmp_path, HEADER + 'A,One,1,2\n ,"Two, too",2,3\nC,Three,3,4\n'))
    assert found[1] == BadRow(3, ' ,"Two, too",2,3', "has no code in 'SKU', which tells products apart")
    assert [row.key for row in found if isinstance(row, FeedRow)] == ["A", "C"]


def test_a_file_without_a_table_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="holds no table"):
        rows(feed(), files(tmp_path, "<CATALOG/>", name="empty.xml"))


def test_keys_and_lines(tmp_path: Path) -> None:
    found = rows(feed(), files(tmp_path, HEADER + ' A ,"One\nline",1,2\n\n0012,Two,2,3\n'))
    assert [(row.key, row.line) for row in found if isinstance(row, FeedRow)] == [("A", 2), ("0012", 5)]


@pytest.mark.parametrize(
    ("changed", "settings"),
    [
        (HEADER + "A,One,1.5,3\n", {}),
        ("SKU,Title,Price,Qty\nA,One,1.5,2\n", {}),
        (HEADER + "A,One,1.5,2\n", {"currency": "EUR"}),
        (HEADER + "A,One,1.5,2\n", {"decimal_comma": True}),
        (HEADER + "A,O,ne1.5,2\n", {}),
    ],
)
def test_a_digest_changes_with_cells_and_with_settings(changed: str, settings: dict[str, Any], tmp_path: Path) -> None:
    before = rows(feed(), files(tmp_path, HEADER + "A,One,1.5,2\n", "before.csv"))[0]
    after = rows(feed(**settings), files(tmp_path, changed, "after.csv"))[0]
    assert isinstance(before, FeedRow)
    assert isinstance(after, FeedRow)
    assert before.digest != after.digest


def test_a_digest_does_not_change_with_other_rows_or_the_files_name(tmp_path: Path) -> None:
    one = rows(feed(), files(tmp_path, HEADER + "A,One,1.5,2\nB,Two,2.5,1\n", "one.csv"))
    two = rows(feed(), files(tmp_path, HEADER + "C,Three,9.5,7\nA,One,1.5,2\n", "two.csv"))
    assert isinstance(one[0], FeedRow)
    assert isinstance(two[1], FeedRow)
    assert one[0].digest == two[1].digest


@pytest.mark.parametrize(
    ("header", "cells", "key"),
    [
        ("id,name,price", "7,Lamp,1.5", "7"),
        ("EAN,name,price", "4006381333931,Lamp,1.5", "4006381333931"),
        ("MPN,name,price", "LX-5,Lamp,1.5", "LX-5"),
        ("brand,name,price", "Lumo,Desk Lamp,1.5", "lumo-desk-lamp"),
        ("name,price", "Desk Lamp,1.5", "Desk Lamp"),
        ("id,SKU,name", "7,A,Lamp", "A"),
    ],
)
def test_what_products_are_told_apart_by(header: str, cells: str, key: str, tmp_path: Path) -> None:
    source = files(tmp_path, f"{header}\n{cells}\n")
    row = rows(feed(), source)[0]
    assert isinstance(row, FeedRow)
    assert row.key == key
    profile = feed().inspect(source).profile
    assert profile is not None
    assert "\nkey = " in profile


def test_a_file_without_anything_to_tell_products_apart_is_refused(tmp_path: Path) -> None:
    source = files(tmp_path, "D1|D2\n1|2\n3|4\n")
    assert any("`key`" in note for note in feed().inspect(source).notes)
    with pytest.raises(Unreadable, match=r"--setting key=COLUMN.*'D1', 'D2'"):
        rows(feed(), source)


def test_a_profile_that_names_a_missing_column_is_refused_unless_told_otherwise(tmp_path: Path) -> None:
    source = files(tmp_path, HEADER + "A,One,1.5,2\n")
    profile = 'key = "SKU"\n[columns]\nSKU = "sku"\nPreis = "price"\n'
    with pytest.raises(Unreadable, match=r"'Preis'.*'Price'"):
        rows(feed(profile), source)
    assert len(rows(feed('missing_columns = "ignore"\n' + profile), source)) == 1


def test_what_is_not_mapped_is_not_touched(tmp_path: Path) -> None:
    source = files(tmp_path, HEADER + "A,One,1.5,2\n")
    profile = 'key = "SKU"\n[columns]\nSKU = "sku"\nPrice = "price"\n'
    record = stated(feed(profile), source)[0].record
    assert record.name is UNSET
    assert record.offer is UNSET
    assert record.metafields is UNSET
    kept = stated(feed('unplaced = "metafields"\n' + profile), source)[0].record
    assert kept.metafields is not UNSET
    assert set(kept.metafields) == {"custom.name", "custom.qty"}


def test_the_proposed_profile_does_what_no_profile_does(tmp_path: Path) -> None:
    source = files(
        tmp_path, "Art.-Nr.;Bezeichnung;Preis (EUR);Höhe (mm);Sonstiges\n1;Lampe;1.234,50;55;ja\n2;Stuhl;9,90;60;nein\n"
    )
    profile = feed().inspect(source).profile
    assert stated(feed(profile), source) == stated(feed(), source)
    first = stated(feed(), source)[0].record.variants[0]
    assert (first.price, first.currency, first.height, first.dimension_unit) == ("1234.5", "EUR", "55", "mm")


def test_rows_of_one_handle_are_one_product(tmp_path: Path) -> None:
    text = (
        "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Image Src\n"
        "tee,Tee,Size,S,T-S,10,https://x.example/1.jpg\n"
        "tee,,,M,T-M,11,https://x.example/2.jpg\n"
        "tee,,,,,,https://x.example/3.jpg\n"
        "mug,Mug,Title,Default Title,MUG,5,\n"
    )
    source = files(tmp_path, text)
    found = rows(feed(), source)
    assert [(row.key, row.line) for row in found if isinstance(row, FeedRow)] == [("tee", 2), ("mug", 5)]
    tee, mug = (one.record for one in stated(feed(), source))
    assert [(v.sku, v.price, v.options) for v in tee.variants] == [
        ("T-S", "10", {"Size": "S"}),
        ("T-M", "11", {"Size": "M"}),
    ]
    assert tee.name == "Tee"
    assert tee.images is not UNSET
    assert [image.position for image in tee.images] == [1, 2, 3]
    assert [(v.sku, v.options) for v in mug.variants] == [("MUG", UNSET)]


def test_children_follow_their_parent(tmp_path: Path) -> None:
    text = "sku,parent_sku,name,price,Colour\nP,,Chair,,\nP-1,P,Chair red,9,red\nP-2,P,Chair blue,9,blue\nQ,,Stool,5,\n"
    profile = 'key = "sku"\ngroup = "parent_sku"\n[columns]\nsku = "sku"\nname = "name"\nprice = "price"\n'
    profile += 'Colour = "option:Colour"\n'
    source = files(tmp_path, text)
    chair, stool = (one.record for one in stated(feed(profile), source))
    assert chair.name == "Chair"
    assert [(v.sku, v.options) for v in chair.variants] == [("P-1", {"Colour": "red"}), ("P-2", {"Colour": "blue"})]
    assert [v.sku for v in stool.variants] == ["Q"]


def test_a_changed_variant_changes_its_products_digest(tmp_path: Path) -> None:
    text = "Handle,Title,Variant SKU,Variant Price\na,A,1,5\na,,2,6\nb,B,3,7\n"
    one = rows(feed(), files(tmp_path, text, "one.csv"))
    two = rows(feed(), files(tmp_path, text.replace("2,6", "2,8"), "two.csv"))
    digests = [[row.digest for row in found if isinstance(row, FeedRow)] for found in (one, two)]
    assert digests[0][0] != digests[1][0]
    assert digests[0][1] == digests[1][1]


def test_several_members_each_by_their_own_columns(tmp_path: Path) -> None:
    first = files(tmp_path, HEADER + "A,One,1.5,2\n", "one.csv")
    second = files(tmp_path, "Artikelnummer;Bezeichnung\nB;Zwei\n", "two.csv")
    found = stated(feed(), first + second)
    assert [(one.record.name, one.record.variants[0].sku) for one in found] == [("One", "A"), ("Zwei", "B")]
    assert any("two.csv" in note for note in feed().inspect(first + second).notes)


def test_a_file_without_headings_is_guessed_by_its_cells(tmp_path: Path) -> None:
    lines = "".join(f"K-{n:04d};Some office lamp {n};{n}9.90;https://x.example/{n}.jpg\n" for n in range(50))
    inspection = feed(read={"header": False}).inspect(files(tmp_path, lines))
    assert {column.name: column.field for column in inspection.columns} == {
        "1": "sku", "2": "name", "3": "metafield:custom.3_", "4": "image_url",
    }  # fmt: skip
    assert any("no headings" in note for note in inspection.notes)


def test_nothing_to_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable):
        feed().inspect(files(tmp_path, b"", "empty.csv"))


def test_xml_records(tmp_path: Path) -> None:
    text = (
        "<catalog>"
        + "".join(
            f'<product id="P{n}"><name>Lamp {n}</name><price currency="EUR">1{n}.5</price>'
            "<spec><w>4</w></spec></product>"
            for n in range(3)
        )
        + "</catalog>"
    )
    source = files(tmp_path, text, "feed.xml")
    found = [one.record for one in stated(feed(read={"record_path": "catalog/product"}), source)]
    assert [record.name for record in found] == ["Lamp 0", "Lamp 1", "Lamp 2"]
    assert [record.variants[0].price for record in found] == ["10.5", "11.5", "12.5"]
    assert [record.variants[0].sku for record in found] == ["P0", "P1", "P2"]
    assert {record.variants[0].currency for record in found} == {"EUR"}

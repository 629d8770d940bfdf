"""Reading whole Icecat files."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from mercat.connectors.icecat import connector
from mercat.sdk.errors import Unreadable
from mercat.sdk.roles import FeedFile
from tests.connectors.feeding import bad, every, feed, file, rows, stated
from tests.shared_data import shared

XML = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE ICECAT-interface SYSTEM "http://data.icecat.biz/dtd/ICECAT-interface_response.dtd">
<ICECAT-interface>
 <Product Code="1" ID="9" Name="49A" Prod_id="Q5949A" Title="HP 49A Black" HighPic="https://x/main.jpg">
  <Category ID="377"><Name ID="1" langid="1" Value="toner"/><Name ID="2" langid="4" Value="Toner &amp; Tinte"/></Category>
  <EANCode EAN="4006381333931"/>
  <ProductDescription LongDesc="- Deep\\n- Black" ShortDesc="Q5949A"/>
  <ProductFeature Value="70" Presentation_Value="70 g"><Feature ID="1"><Name langid="1" Value="Cartridge weight"/>
   <Name langid="4" Value="Gewicht"/></Feature></ProductFeature>
  <ProductFeature Value="Y" Presentation_Value="Yes"><Feature ID="2"><Name langid="1" Value="Refilled"/></Feature></ProductFeature>
  <ProductGallery><ProductPicture Pic="https://x/2.jpg" No="2" ProductPicture_ID="22"/>
   <ProductPicture Pic="https://x/1.jpg" No="5" IsMain="Y" ProductPicture_ID="11"/></ProductGallery>
  <ProductRelated ID="3"><Product ID="10" Prod_id="X" Name="Printer"><Supplier ID="1" Name="HP"/></Product></ProductRelated>
  <Supplier ID="1" Name="HP"/>
 </Product>
 <Product Code="-1" ErrorMessage="The requested product is not present in the Icecat database"/>
</ICECAT-interface>"""


def test_product_xml(tmp_path: Path) -> None:
    record = stated(feed(connector), [file(tmp_path, "p.xml", XML)])["9"].record
    assert (record.name, record.brand, record.manufacturer_part_number) == ("HP 49A Black", "HP", "Q5949A")
    assert record.category == "toner"
    assert record.description == "- Deep<br>- Black"
    assert isinstance(record.metafields, dict)
    assert {name: field.value for name, field in record.metafields.items()} == {
        "icecat.cartridge_weight": "70 g",
        "icecat.refilled": True,
    }
    assert isinstance(record.images, list)
    assert [(image.url, image.source) for image in record.images] == [
        ("https://x/1.jpg", ("icecat", "9", "11")),
        ("https://x/2.jpg", ("icecat", "9", "22")),
    ]


def test_a_preferred_language_is_taken_where_it_is_there(tmp_path: Path) -> None:
    record = stated(feed(connector, language=4), [file(tmp_path, "p.xml", XML)])["9"].record
    assert record.category == "Toner & Tinte"
    assert isinstance(record.metafields, dict)
    assert set(record.metafields) == {"icecat.gewicht", "icecat.refilled"}


def test_related_products_are_not_products_and_icecats_refusals_are_bad_rows(tmp_path: Path) -> None:
    source, files = feed(connector), [file(tmp_path, "p.xml", XML)]
    assert [row.key for row in rows(source, files)] == ["9"]
    assert "not present in the Icecat database" in bad(source, files)[0].reason


def test_lines_that_are_no_product_are_kept_with_their_number(tmp_path: Path) -> None:
    content = '{"id":"1","title":"A","supplier":"HP"}\n{"id":\n{"sku":"2"}\n{"id":"3","title":"B","ean":[]}\n'
    source, files = feed(connector), [file(tmp_path, "p.jsonl", content)]
    assert [row.line for row in bad(source, files)] == [2, 3]
    assert [row.key for row in rows(source, files)] == ["1", "3"]


def test_the_digest_ignores_what_the_wire_does_not_read(tmp_path: Path) -> None:
    changed = XML.replace('Prod_id="X"', 'Prod_id="Y"').replace('<EANCode EAN="4006381333931"/>', "")
    one, same, other = (
        rows(feed(connector), [file(tmp_path, name, text)])[0].digest
        for name, text in (("1.xml", XML), ("2.xml", XML.replace('Prod_id="X"', 'Prod_id="Y"')), ("3.xml", changed))
    )
    assert one == same != other


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "<rss><item/></rss>", "[]", ""])
def test_other_files_are_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(Unreadable):
        every(feed(connector), [file(tmp_path, "p", content)])


@pytest.mark.parametrize(
    ("content", "expected"),
    [(XML, 1.0), ("<BMECAT/>", 0.0), ("a,b\n", 0.0), ('{"id":"1","title":"x","ean":[],"img_high":""}', 0.8)],
)
def test_recognises_its_own(tmp_path: Path, content: str, expected: float) -> None:
    assert feed(connector).recognises([file(tmp_path, "p", content)]) == pytest.approx(expected)


@pytest.mark.shared
def test_the_open_catalogue(tmp_path: Path) -> None:
    lines = lzma.decompress(shared("data", "catalog", "icecat", "icecat_visible70.jsonl.xz").read_bytes()).splitlines(
        keepends=True
    )
    files = [file(tmp_path, "part.jsonl", b"".join(lines[:2000]))]
    source = feed(connector)
    found = stated(source, files)
    assert len(found) == 2000
    assert not bad(source, files)
    assert all(one.record.name and one.record.brand for one in found.values())
    assert found["2067378"].record.manufacturer_part_number == "LC51C"
    assert found["2067378"].record.variants[0].price == "17.95"


@pytest.mark.shared
def test_product_xml_of_five_languages() -> None:
    folder = shared("data", "catalog", "icecat", "xml")
    names = {}
    for path in sorted(folder.glob("*.xml")):
        (one,) = stated(feed(connector), [FeedFile(path.name, path)]).values()
        assert one.record.brand in {"HP", "Samsung"}
        assert one.record.variants[0].barcode
        names[path.name] = one.record.name
    assert names["8806088281285-de.xml"] == "Samsung Galaxy S7 SM-G930F Single SIM 4G 32GB Schwarz"


@pytest.mark.shared
def test_harvested_files() -> None:
    for path in sorted(shared("data", "catalog", "icecat", "harvester").iterdir()):
        found = stated(feed(connector), [FeedFile(path.name, path)])
        assert found
        assert all(one.record.category and one.record.variants[0].price for one in found.values())

import io
from pathlib import Path
from typing import Any

import pytest

from mercat.sdk.errors import Unreadable
from mercat.sdk.feeds import ReadLimits, ReadOptions, iterate_xml
from mercat.sdk.roles import FeedFile
from tests.sdk.feeds.reading import feed_file, the_records
from tests.shared_data import ROOT


def records(content: bytes, folder: Path, options: ReadOptions | None = None) -> list[tuple[int, Any]]:
    found = the_records(feed_file(folder, content, "feed.xml"), options)
    assert found.format == "xml"
    return [record for batch in found.batches() for record in batch]


PRODUCTS = b"""<?xml version="1.0"?>
<catalog xmlns="urn:x" xmlns:g="urn:g">
  <info><name>Shop</name></info>
  <product id="1"><name lang="en">Pen</name><g:price>1.50</g:price><tag>a</tag><tag>b</tag></product>
  <product id="2"><name>Ink</name><text>Best <b>ink</b> ever</text><empty/></product>
</catalog>"""
FIRST = {"@id": "1", "name": {"@lang": "en", "#text": "Pen"}, "price": "1.50", "tag": ["a", "b"]}
SECOND = {"@id": "2", "name": "Ink", "text": {"b": "ink", "#text": "Best  ever"}, "empty": ""}


@pytest.mark.parametrize("path", [None, "product", "catalog/product", "/catalog/product/"])
def test_records_are_guessed_or_found_at_their_path(tmp_path: Path, path: str | None) -> None:
    assert records(PRODUCTS, tmp_path, ReadOptions(record_path=path)) == [(4, FIRST), (5, SECOND)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"<rss><channel><title>t</title><item><a>1</a></item><item><a>2</a></item></channel></rss>",
         [{"a": "1"}, {"a": "2"}]),
        (b"<shop><product><spec><n>1</n></spec><spec><n>2</n></spec></product></shop>",
         [{"spec": [{"n": "1"}, {"n": "2"}]}]),
        (b"<rows><r><a>1</a><l><i>1</i><i>2</i></l></r><r><a>2</a></r></rows>",
         [{"a": "1", "l": {"i": ["1", "2"]}}, {"a": "2"}]),
        (b"<product><name>Pen</name></product>", [{"name": "Pen"}]),
        (b"<i><Product><n>1</n><r><Product><n>2</n></Product><Product><n>3</n></Product></r></Product></i>",
         [{"n": "1", "r": {"Product": [{"n": "2"}, {"n": "3"}]}}]),
        (b"<d><item><item><x>1</x></item></item><item><x>2</x></item></d>", [{"item": {"x": "1"}}, {"x": "2"}]),
    ],
)  # fmt: skip
def test_the_record_is_guessed(tmp_path: Path, content: bytes, expected: list[Any]) -> None:
    assert [record for _, record in records(content, tmp_path)] == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "iso-8859-1", "cp1251"])
@pytest.mark.parametrize("declared", [True, False])
def test_encodings(tmp_path: Path, encoding: str, declared: bool) -> None:
    word = "Бумага офисная" if encoding == "cp1251" else "Größe élevée"
    body = "".join(f"<p><n>{word}</n></p>" for _ in range(20))
    head = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig").removesuffix("-le")}"?>' if declared else ""
    found = records(f"{head}<c>{body}</c>".encode(encoding), tmp_path)
    assert {record["n"] for _, record in found} == {word}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (PRODUCTS[:-30], r"feed\.xml, line 5"),
        (b"<a>\n<b></a>", r"feed\.xml, line 2"),
        (b"<a><p><n>1&nbsp;2</n></p></a>", r"feed\.xml, line 1"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a><p><n>&x;</n></p></a>', "declares XML entities"),
        (b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]><a><p><n>1</n></p></a>',
         "declares XML entities"),
        (b"<!-- " + b"x" * 70_000 + b' --><!DOCTYPE a [<!ENTITY x "y">]><a b="&x;"><p><n>&x;</n></p></a>',
         "declares XML entities"),
        ('<!DOCTYPE a [<!ENTITY x "y">]><a><p><n>&x;</n></p></a>'.encode("utf-16"), "declares XML entities"),
        (b'<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema"><x:p><x:n>1</x:n></x:p><x:p/></x:schema>',
         "holds no products"),
        (b"<a>" + b"<p>" * 5000 + b"</p>" * 5000 + b"</a>", r"feed\.xml"),
    ],
)  # fmt: skip
def test_torn_and_hostile_documents_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(Unreadable, match=message):
        records(content, tmp_path)


def test_a_path_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="no element catalog/article"):
        records(PRODUCTS, tmp_path, ReadOptions(record_path="catalog/article"))


def test_a_record_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    content = b"<c><p><n>1</n></p><p><n>" + b"".join(b"<x>%d</x>" % n for n in range(90_000)) + b"</n></p></c>"
    with pytest.raises(Unreadable, match="one record is longer"):
        records(content, tmp_path, ReadOptions(record_path="c/p", limits=ReadLimits(max_record_bytes=300_000)))


def test_talk_of_entities_in_the_text_is_no_declaration(tmp_path: Path) -> None:
    content = b"<c><p><n><![CDATA[<!DOCTYPE x [<!ENTITY y 'z'>]>]]></n></p><p><n>2</n></p></c>"
    assert records(content, tmp_path)[0][1] == {"n": "<!DOCTYPE x [<!ENTITY y 'z'>]>"}


def test_html_names_are_put_in_place_where_an_outer_dtd_may_declare_them(tmp_path: Path) -> None:
    content = b'<!DOCTYPE c SYSTEM "x.dtd"><c><p><n>1&nbsp;cm &auml;<b/>&szlig;</n></p><p><n>2</n></p></c>'
    assert records(content, tmp_path)[0][1] == {"n": {"b": "", "#text": "1\xa0cm äß"}}


def test_elements_come_by_name_with_their_lines() -> None:
    found = [
        (line, name, element.findtext("{*}name"))
        for line, name, element in iterate_xml(io.BytesIO(PRODUCTS), {"product"})
    ]
    assert found == [(4, "product", "Pen"), (5, "product", "Ink")]


class _Anything:
    """A container that cannot be listed."""

    def __contains__(self, name: object) -> bool:
        return name in {"product", "info"}


def test_a_container_that_cannot_be_listed_will_do() -> None:
    assert [name for _, name, _ in iterate_xml(io.BytesIO(PRODUCTS), _Anything())] == ["info", "product", "product"]


RESIDENT = Path("/proc/self/statm")


@pytest.mark.parametrize("wanted", ["<p><n>1</n></p>", "<other><n>1</n></other>"])
def test_memory_does_not_grow_with_the_file(wanted: str) -> None:
    class Endless(io.BytesIO):
        """Twenty megabytes of XML that are never in memory."""

        def __init__(self) -> None:
            super().__init__()
            self.left = 20
            self.early_pages = 0

        def read(self, _size: int | None = -1, /) -> bytes:
            self.left -= 1
            if self.left == 15:
                self.early_pages = int(RESIDENT.read_text().split()[1])
            if self.left == 19:
                return b"<c><p><n>0</n></p>"
            return (
                (wanted * (1_000_000 // len(wanted))).encode() if self.left > 0 else b"</c>" if self.left == 0 else b""
            )

    if not RESIDENT.exists():
        pytest.skip("needs /proc to see the memory outside Python")
    feed = Endless()
    count = sum(1 for _ in iterate_xml(feed, {"p"}))
    assert count > (1_000_000 if "<p>" in wanted else 0)
    # From the fifth megabyte on: the first ones make what every later one uses again.
    assert (int(RESIDENT.read_text().split()[1]) - feed.early_pages) * 4096 < 10_000_000


BOMBS = {"cyclic", "external", "external_file", "quadratic", "xmlbomb", "xmlbomb2"}
SCHEMAS = {"schema-include", "xalan_exec", "xalan_write"}


@pytest.mark.shared
@pytest.mark.parametrize(
    "path", sorted((ROOT / "data/hostile/xml_bombs").glob("xmltestdata__*")), ids=lambda path: path.stem
)
def test_xml_bombs(path: Path) -> None:
    file = FeedFile(path.name, path)
    name = path.stem.removeprefix("xmltestdata__")
    if name in BOMBS | SCHEMAS:
        with pytest.raises(Unreadable, match="declares XML entities" if name in BOMBS else "holds no products"):
            the_records(file)
    else:
        assert sum(map(len, the_records(file).batches())) > 0

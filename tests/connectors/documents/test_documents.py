"""Our own JSON Lines come back as they went out."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from mercat.connectors.documents import connector
from mercat.connectors.documents.settings import DocumentSettings
from mercat.connectors.documents.supplier import DocumentFeed
from mercat.sdk.errors import Rejected, Unreadable
from mercat.sdk.records import BadRow, FeedRow, ImageRecord, Metafield, ProductRecord, VariantRecord
from mercat.sdk.roles import FeedFile, SupplierFeed
from mercat.sdk.testing import SupplierContract

FULL = ProductRecord(
    handle="desk-lamp",
    name="Desk lamp =1+1",
    description="<p>Bright &amp; warm</p>",
    brand="Lumo",
    tags=["lamp", "desk"],
    status="active",
    category="Office > Lamps",
    metafields={
        "custom.watt": Metafield("number_decimal", "4.5"),
        "custom.colours": Metafield("list.single_line_text_field", ["red", "blue"]),
        "custom.box": Metafield("json", {"w": 1, "h": [2, None]}),
    },
    images=[ImageRecord(url="https://example.com/a.jpg", alt_text="front", position=1)],
    variants=[
        VariantRecord(sku="L-1", barcode="4006381333931", price="12.5", currency="EUR", options={"Colour": "red"}),
        VariantRecord(
            sku="L-2", barcode=None, price="13", weight="0.5", weight_unit="kg", identifiers={"gtin": ["96385074"]}
        ),
    ],
)


def feed(currency: str | None = None) -> DocumentFeed:
    return DocumentFeed(DocumentSettings(currency=currency))


def written(tmp_path: Path, *lines: bytes) -> list[FeedFile]:
    path = tmp_path / "export.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    return [FeedFile(path.name, path)]


def rows_of(files: list[FeedFile]) -> list[FeedRow | BadRow]:
    return [row for batch in feed().batches(files) for row in batch]


class TestDocuments(SupplierContract):
    suffix = ".jsonl"

    def make(self) -> SupplierFeed:
        return feed()

    def write(self, path: Path, rows: int) -> None:
        path.write_text(
            "".join(
                json.dumps({"handle": f"h-{n}", "name": f"Thing {n}", "variants": [{"sku": f"S{n}", "price": "1.5"}]})
                + "\n"
                for n in range(rows)
            )
        )

    def spoil(self, path: Path) -> None:
        lines = path.read_bytes().splitlines(keepends=True)
        lines[len(lines) // 2] = b'{"handle": "h", "variants": [{]}\n'
        path.write_bytes(b"".join(lines))


def test_a_document_comes_back_unchanged(tmp_path: Path) -> None:
    line = msgspec.json.encode(FULL)
    files = written(tmp_path, line)
    row = rows_of(files)[0]
    assert isinstance(row, FeedRow)
    stated = feed().to_record(row)
    assert (stated.record, stated.warnings) == (FULL, [])
    assert msgspec.json.encode(stated.record) == line
    assert feed().recognises(files) == 1.0
    assert connector.supplier is DocumentFeed


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ({"handle": "h", "variants": [{"sku": "S"}]}, "S"),
        ({"handle": "h", "variants": [{"sku": "S"}, {"sku": "T"}]}, "h"),
        ({"variants": [{"sku": "S"}, {"sku": "T"}]}, "S"),
        ({"handle": "h", "variants": [{}]}, "h"),
        ({"handle": "h", "variants": []}, "h"),
    ],
)
def test_what_a_document_is_known_by(tmp_path: Path, document: dict[str, object], key: str) -> None:
    row = rows_of(written(tmp_path, json.dumps(document).encode()))[0]
    assert isinstance(row, FeedRow)
    assert row.key == key


@pytest.mark.parametrize("line", [b"[]", b"{}", b'{"variants": [{}]}', b'{"variants": "x"}', b"\xff\xfe", b'"a"'])
def test_what_is_no_document_is_a_bad_row(tmp_path: Path, line: bytes) -> None:
    good = msgspec.json.encode(FULL)
    rows = rows_of(written(tmp_path, good, line, b"", good))
    assert [type(row) for row in rows] == [FeedRow, BadRow, FeedRow]
    assert [row.line for row in rows] == [1, 2, 4]


@pytest.mark.parametrize(
    "content",
    [b'{"id": 1, "name": "x", "price": 5}', b'{"handle": "x", "variants": [], "attrs": {}}', b"sku;name", b"", b"[{}]"],
)
def test_other_files_are_not_taken_for_ours(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.jsonl"
    path.write_bytes(content)
    assert feed().recognises([FeedFile(path.name, path)]) == 0.0


def test_dirt_put_in_by_hand_is_mended_with_a_word(tmp_path: Path) -> None:
    document = {
        "handle": "h",
        "descripton": "typo",
        "description": "<p>ok</p><script>x</script>",
        "variants": [{"sku": "S", "price": "12,50", "barcode": "4006381333932", "weight": "heavy"}],
    }
    row = rows_of(written(tmp_path, json.dumps(document).encode()))[0]
    assert isinstance(row, FeedRow)
    stated = feed("EUR").to_record(row)
    assert stated.record == ProductRecord(
        handle="h", description="<p>ok</p>", variants=[VariantRecord(sku="S", price="12.5", currency="EUR")]
    )
    assert len(stated.warnings) == 3


def test_a_value_of_the_wrong_type_is_refused_with_its_place(tmp_path: Path) -> None:
    row = rows_of(written(tmp_path, b'{"handle": "h", "variants": [{"sku": "S", "price": 12.5}]}'))[0]
    assert isinstance(row, FeedRow)
    with pytest.raises(Rejected) as caught:
        feed().to_record(row)
    assert caught.value.field == "variants[0].price"
    assert "line 1" in str(caught.value)


def test_inspect_counts_what_is_stated(tmp_path: Path) -> None:
    inspection = feed().inspect(written(tmp_path, msgspec.json.encode(FULL), b'{"handle": "x", "variants": []}'))
    filled = {column.name: column.filled for column in inspection.columns}
    assert (inspection.rows_sampled, filled["handle"], filled["brand"]) == (2, 1.0, 0.5)
    with pytest.raises(Unreadable):
        feed().inspect(written(tmp_path, b"nothing"))

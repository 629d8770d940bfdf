"""Every real catalogue is inspected and converted whole; the figures are counted by other means."""

from __future__ import annotations

import csv
import json
import lzma
from dataclasses import dataclass
from pathlib import Path

import pytest

from mercat.connectors.documents.settings import DocumentSettings
from mercat.connectors.documents.supplier import DocumentFeed
from mercat.connectors.table import TableFeed, TableSettings
from mercat.sdk.records import BadRow, FeedRow, Metafield, Stated
from mercat.sdk.roles import FeedFile
from tests.shared_data import shared

pytestmark = pytest.mark.shared


@dataclass
class Whole:
    """A catalogue, read to its end."""

    rows: list[FeedRow]
    bad: list[BadRow]
    stated: list[Stated]
    fields: dict[str, str | None]

    @property
    def warnings(self) -> list[str]:
        return [warning for one in self.stated for warning in one.warnings]


def read(*parts: str) -> Whole:
    path = shared("data", "catalog", *parts)
    files = [FeedFile(path.name, path)]
    feed = TableFeed(TableSettings())
    inspection = feed.inspect(files)
    assert inspection.profile is not None
    TableSettings(profile=inspection.profile)
    found = [row for batch in feed.batches(files) for row in batch]
    good = [row for row in found if isinstance(row, FeedRow)]
    return Whole(
        good,
        [row for row in found if isinstance(row, BadRow)],
        [feed.to_record(row) for row in good],
        {column.name: column.field for column in inspection.columns},
    )


def text_of(path: Path) -> str:
    raw = path.read_bytes()
    return (lzma.decompress(raw) if path.suffix == ".xz" else raw).decode()


@pytest.mark.parametrize("name", ["Sample - Superstore.csv.xz", "Sample - Superstore.xls.xz"])
def test_superstore(name: str) -> None:
    whole = read("superstore", name)
    assert (len(whole.rows), len(whole.bad), whole.warnings) == (9_994, 0, [])
    assert len({row.key for row in whole.rows}) == 1_862
    assert whole.fields["Product ID"] == "sku"
    assert whole.fields["Sub-Category"] == "category.2"
    assert whole.stated[0].record.name == "Bush Somerset Collection Bookcase"
    assert whole.stated[0].record.category == "Furniture > Bookcases"
    assert not any("\u00a0" in str(one.record.name) for one in whole.stated)


def test_bestbuy_products_have_no_code_of_their_own() -> None:
    whole = read("bestbuy", "typesense_ecommerce.json.xz")
    products = json.loads(text_of(shared("data", "catalog", "bestbuy", "typesense_ecommerce.json.xz")))
    assert (len(whole.rows), len(whole.bad), whole.warnings) == (3_291, 0, [])
    # A slug is coarser than the text: how many products that makes one is known and small.
    different = len({(product["brand"], product["name"]) for product in products})
    assert different - len({row.key for row in whole.rows}) <= different // 200
    assert whole.stated[0].record.category == "Cell Phones > Prepaid Phones > All Prepaid Phones"
    assert whole.stated[0].record.variants[0].price == "49.99"


def test_bestbuy_categories_and_stores_go_through() -> None:
    assert len(read("bestbuy", "categories.json.xz").rows) == 4_584
    assert len(read("bestbuy", "stores.json.xz").rows) == 1_565


@pytest.mark.parametrize(
    ("parts", "delimiter", "rows", "name"),
    [
        (("D2", "abt.csv.xz"), "|", 1_076, "name"),
        (("D2", "abtclean.csv.xz"), "|", 1_076, "name"),
        (("D2", "buy.csv"), "|", 1_076, "name"),
        (("D2", "buyclean.csv"), "|", 1_064, "name"),
        (("D3", "amazon.csv.xz"), "#", 1_354, "title"),
        (("D3", "amazonclean.csv.xz"), "#", 1_354, "title"),
        (("D3", "gp.csv.xz"), "#", 3_039, "title"),
        (("D3", "gpclean.csv.xz"), "#", 2_935, "title"),
        (("deepmatcher", "abt_buy", "tableA.csv.xz"), ",", 1_081, "name"),
        (("deepmatcher", "abt_buy", "tableB.csv.xz"), ",", 1_092, "name"),
        (("deepmatcher", "amazon_google", "tableA.csv.xz"), ",", 1_363, "title"),
        (("deepmatcher", "amazon_google", "tableB.csv.xz"), ",", 3_226, "title"),
    ],
)
def test_matching_sets(parts: tuple[str, ...], delimiter: str, rows: int, name: str) -> None:
    whole = read("matching", *parts)
    plain = list(
        csv.DictReader(text_of(shared("data", "catalog", "matching", *parts)).splitlines(), delimiter=delimiter)
    )
    assert len(whole.rows) + len(whole.bad) == len(plain)
    assert (len(whole.rows), whole.bad) == (rows, [])
    assert (whole.fields["id"], whole.fields[name]) == ("sku", "name")
    assert len({row.key for row in whole.rows}) == len(whole.rows)
    assert whole.warnings == []


def test_prices_in_pounds_say_so() -> None:
    whole = read("matching", "D3", "gp.csv.xz")
    in_pounds = [one.record.variants[0] for one in whole.stated if one.record.variants[0].currency == "GBP"]
    assert len(in_pounds) == 61
    assert "69.71" in {variant.price for variant in in_pounds}


def test_icecat_visible() -> None:
    whole = read("icecat", "icecat_visible70.jsonl.xz")
    assert (len(whole.rows), len(whole.bad)) == (13_543, 0)
    assert len({row.key for row in whole.rows}) == 13_543
    assert len({one.record.brand for one in whole.stated}) == 154
    records = [one.record for one in whole.stated]
    lines = text_of(shared("data", "catalog", "icecat", "icecat_visible70.jsonl.xz")).strip().split("\n")
    keys = {key for line in lines for key in json.loads(line) if key.startswith("attr_")}
    stated = {name.removeprefix("custom.") for record in records for name in record.metafields or {}}
    # Each attribute becomes a metafield, those too that no sample has shown; a few spellings are one name.
    assert len(keys) > 4_800
    assert len(stated) > len(keys) - 60
    codes = [record.variants[0].identifiers["gtin"] for record in records if record.variants[0].identifiers]
    assert max(map(len, codes)) == 126
    assert isinstance((records[1].metafields or {})["custom.attr_b_colour"], Metafield)
    wrong = [warning for warning in whole.warnings if "GTIN" not in warning]
    assert len(wrong) < 20


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("Laptops.ndjson", None),
        ("TVs.ndjson", None),
        ("Tablets.ndjson", None),
        ("Mobile_Phone_Cases.ndjson", None),
        ("Laptop_Spare_Parts.ndjson", None),
        ("Mobile_Phones.ndjson", None),
        ("PCs-Workstations.ndjson", None),
        ("Smartphones.ndjson", None),
        ("TV_Mounts_and_Stands.ndjson", None),
        ("hand-crafted-examples.json", 14),
    ],
)
def test_icecat_harvester(name: str, rows: int | None) -> None:
    whole = read("icecat", "harvester", name)
    lines = [
        line for line in text_of(shared("data", "catalog", "icecat", "harvester", name)).splitlines() if line.strip()
    ]
    assert (len(whole.rows), whole.bad) == (rows or len(lines), [])
    first = json.loads(lines[0])
    assert whole.stated[0].record.category == " > ".join(first["categories"])
    assert whole.stated[0].record.variants[0].currency == "USD"
    assert len(whole.stated[0].record.metafields or {}) == len(first["attrs"]) + ("attr_keys" in first)


@pytest.mark.parametrize(("name", "products"), [("apparel.csv", 20), ("jewelery.csv", 20)])
def test_shopify_files_through_the_general_table(name: str, products: int) -> None:
    whole = read("shopify_csv", name)
    assert (len(whole.rows), whole.bad, whole.warnings) == (products, [], [])
    with shared("data", "catalog", "shopify_csv", name).open(encoding="utf-8", newline="") as stream:
        given = list(csv.DictReader(stream))
    assert sum(len(one.record.variants) for one in whole.stated) == sum(bool(row["Variant Price"]) for row in given)
    assert {str(one.record.handle) for one in whole.stated} == {row["Handle"] for row in given}
    images = {row["Image Src"] for row in given} | {row["Variant Image"] for row in given}
    found = {image.url for one in whole.stated for image in one.record.images or []}
    assert found == images - {""}


def test_nobody_elses_file_is_taken_for_our_export() -> None:
    for parts in (
        ("icecat", "icecat_visible70.jsonl.xz"),
        ("icecat", "harvester", "TVs.ndjson"),
        ("shopify_csv", "apparel.csv"),
    ):
        path = shared("data", "catalog", *parts)
        assert DocumentFeed(DocumentSettings()).recognises([FeedFile(path.name, path)]) == 0.0
        assert 0 < TableFeed(TableSettings()).recognises([FeedFile(path.name, path)]) < 0.9

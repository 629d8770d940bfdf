"""What we write in Shopify's format reads back as the same products."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mercat.connectors.shopify_csv import connector
from mercat.connectors.shopify_csv.export import ShopifyCsv, header, metafield_names, rows
from mercat.sdk.errors import Rejected
from mercat.sdk.records import ImageRecord, Metafield, ProductRecord, VariantRecord
from mercat.sdk.values import neutralise_formula, plain_text
from tests.connectors.feeding import feed, file, stated
from tests.shared_data import shared


def written(records: list[ProductRecord]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    names = metafield_names(records)
    writer.writerow(header(records))
    for record in records:
        writer.writerows(rows(record, names))
    return text.getvalue()


def read(text: str, folder: Path) -> list[ProductRecord]:
    return [one.record for one in stated(feed(connector), [file(folder, "back.csv", text)]).values()]


def full_product() -> ProductRecord:
    return ProductRecord(
        handle="pen",
        name="=1+1",
        description="<p>Ink</p>",
        brand="@ Pens",
        manufacturer_part_number="-12",
        product_type="Pen",
        tags=["blue", "ink"],
        seo_title="Buy",
        seo_description="Now",
        status="draft",
        category="Office > Pens",
        metafields={
            "custom.tip": Metafield("single_line_text_field", "F"),
            "custom.inks": Metafield("list.single_line_text_field", ["blue", "a;b"]),
            "mm-google-shopping.gender": Metafield("single_line_text_field", "unisex"),
        },
        images=[
            ImageRecord(url="https://x/1.jpg", alt_text="One", position=1),
            ImageRecord(url="https://x/2.jpg", position=2),
        ],
        variants=[variant("A", "Blue", "2.5"), variant("B", "Red", "3"), variant("C", "Green", "4.1234")],
    )


def variant(sku: str, colour: str, price: str) -> VariantRecord:
    return VariantRecord(
        sku=sku,
        barcode="4006381333931",
        price=price,
        compare_at_price="9",
        cost_price="1",
        weight="2.5",
        weight_unit="lb",
        requires_shipping=True,
        taxable=False,
        track_inventory=True,
        inventory_policy="deny",
        hs_code="9608",
        country_of_origin="DE",
        options={"Colour": colour},
    )


def test_a_full_product_comes_back_as_it_was(tmp_path: Path) -> None:
    assert read(written([full_product()]), tmp_path) == [full_product()]


def test_no_cell_is_a_formula() -> None:
    cells = [cell for row in csv.reader(io.StringIO(written([full_product()]))) for cell in row]
    assert [cell for cell in cells if neutralise_formula(cell) != cell] == []


def test_the_header_is_shopifys_current_one() -> None:
    assert ShopifyCsv().header[:4] == ["Title", "URL handle", "Description", "Vendor"]
    assert "Tip (product.metafields.custom.Tip)" in ShopifyCsv(["custom.Tip"]).header


@pytest.mark.parametrize(
    "record",
    [
        ProductRecord(name="No handle", variants=[VariantRecord(sku="A")]),
        ProductRecord(handle="x", variants=[VariantRecord(options={name: name for name in "abcd"})]),
    ],
)
def test_what_the_format_cannot_hold_is_refused(record: ProductRecord) -> None:
    with pytest.raises(Rejected):
        list(rows(record))


# Texts as the catalogue holds them: read once already, so reading them again changes nothing.
_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=30).filter(
    lambda text: plain_text(text) == text != ""
)


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(_TEXT, min_size=1, max_size=4),
    price=st.decimals(min_value=0, max_value=10**6, places=2),
    tip=_TEXT.filter(lambda text: not text.startswith("[")),
    data=st.data(),
)
def test_any_products_come_back(names: list[str], price: object, tip: str, data: st.DataObject) -> None:
    records = []
    for place, name in enumerate(names):
        values = data.draw(
            st.lists(_TEXT.filter(lambda text: text.lower() != "default title"), min_size=1, max_size=3, unique=True)
        )
        options = [
            VariantRecord(sku=f"s{place}-{at}", price=plain(price), options={"Size": one})
            for at, one in enumerate(values)
        ]
        fields = {"custom.tip": Metafield("single_line_text_field", tip)}
        records.append(ProductRecord(handle=f"h{place}", name=name, brand=name, metafields=fields, variants=options))
    with tempfile.TemporaryDirectory() as folder:
        back = read(written(records), Path(folder))
    shown = [
        (one.handle, one.name, one.brand, one.metafields, [(v.sku, v.price, v.options) for v in one.variants])
        for one in back
    ]
    expected = [
        (one.handle, one.name, one.brand, one.metafields, [(v.sku, v.price, v.options) for v in one.variants])
        for one in records
    ]
    assert shown == expected


def plain(price: object) -> str:
    text = f"{price:f}" if not isinstance(price, str) else price
    return text.rstrip("0").rstrip(".") or "0"


@pytest.mark.shared
@pytest.mark.parametrize("name", ["apparel.csv", "home-and-garden.csv", "jewelery.csv"])
def test_shopifys_samples_come_back(name: str, tmp_path: Path) -> None:
    path = shared("data", "catalog", "shopify_csv", name)
    first = read(path.read_text(encoding="utf-8"), tmp_path)
    once = read(written(first), tmp_path)
    assert read(written(once), tmp_path) == once
    assert [(one.name, one.images, [(v.sku, v.price, v.options, v.weight) for v in one.variants]) for one in once] == [
        (one.name, one.images, [(v.sku, v.price, v.options, v.weight) for v in one.variants]) for one in first
    ]

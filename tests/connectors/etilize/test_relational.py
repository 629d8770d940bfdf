"""The relational set: about 25 tables without headers, joined."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import UNSET

from mercat.connectors.etilize import connector
from mercat.connectors.etilize.layouts import TableName, table_name
from mercat.connectors.etilize.pictures import best_views
from mercat.sdk.errors import Unreadable
from mercat.sdk.records import Metafield, Stated
from tests.connectors.etilize_feed import RelationalSet, as_csv, upc, zipped
from tests.connectors.feeding import bad, every, feed, file, rows, stated

LIST = "list.single_line_text_field"


@pytest.fixture
def delivery() -> RelationalSet:
    return RelationalSet()


def read(delivery: RelationalSet, folder: Path, **settings: object) -> dict[str, Stated]:
    return stated(feed(connector, **settings), [file(folder, "set.zip", zipped(delivery.members()))])


def test_a_product_is_joined_from_all_its_tables(delivery: RelationalSet, tmp_path: Path) -> None:
    record = read(delivery, tmp_path)["1001"].record
    assert (record.name, record.short_description) == ("Acme Notebook 1001", "Notebook 1001")
    assert record.description == "<p>Long &amp;amp; good 1001</p><ul><li>First &lt;b&gt;</li><li>Second</li></ul>"
    assert (record.brand, record.manufacturer, record.manufacturer_part_number) == ("Acme", "Acme, Inc.", "MP-1001")
    assert record.category == "Office > Paper & Pads > Notebooks"
    assert record.tags == ["paper", "notebook"]
    assert record.status == "active"
    assert record.variants[0].barcode == upc(1001)
    assert record.variants[0].identifiers == {"etilize:productid": ["1001"], "CWS_A": ["AB1001"]}
    assert (record.variants[0].price, record.offer) == (UNSET, UNSET)
    assert isinstance(record.images, list)
    assert [(one.url, one.source) for one in record.images] == [
        ("https://content.etilize.com/Original/1001.jpg?noimage=logo", ("etilize", "1001", "Original")),
        ("https://content.etilize.com/Front/1001.jpg?noimage=logo", ("etilize", "1001", "Front")),
    ]


def test_the_spec_sheet_follows_the_categorys_headers_and_measures_are_in_base_units(
    delivery: RelationalSet, tmp_path: Path
) -> None:
    fields = read(delivery, tmp_path)["1001"].record.metafields
    assert isinstance(fields, dict)
    assert fields["custom.Weight"] == Metafield(LIST, ["250 g"])
    sheet = fields["etilize.spec_sheet"].value
    assert [(one["header"], [entry["name"] for entry in one["attributes"]]) for one in sheet] == [
        ("General Information", ["Brand Name", "Color"]),
        ("Physical Characteristics", ["Weight"]),
    ]
    assert sheet[1]["attributes"][0] == {"name": "Weight", "values": ["250 g"], "number": "0.25", "unit": "kilogram"}


def test_zips_within_a_zip_and_a_folder_of_files_read_alike(delivery: RelationalSet, tmp_path: Path) -> None:
    source = feed(connector)
    nested = stated(source, [file(tmp_path, "all.zip", delivery.packed())])
    loose = stated(source, [file(tmp_path, name, content) for name, content in delivery.members().items()])
    assert nested == loose == read(delivery, tmp_path)
    assert len(nested) == 3


def test_our_sku_can_be_one_of_the_types(delivery: RelationalSet, tmp_path: Path) -> None:
    delivery["SKU_CWS_A_productskus"].pop()
    found = read(delivery, tmp_path, sku_type="CWS_A")
    assert [one.record.variants[0].sku for one in found.values()] == ["ab-1001", "ab-1002", "1003"]
    assert any("no CWS_A number" in warning for warning in found["1003"].warnings)


@pytest.mark.parametrize("flag", ["0", "false"])
def test_a_product_taken_back_is_archived(delivery: RelationalSet, tmp_path: Path, flag: str) -> None:
    delivery["B_product"][0][2] = flag
    delivery["B_productlocales"][1][2] = flag
    assert [one.record.status for one in read(delivery, tmp_path).values()] == ["archived", "archived", "active"]


def test_a_discontinued_number_is_left_out_and_told(delivery: RelationalSet, tmp_path: Path) -> None:
    delivery["SKU_CWS_A_productskus"][0][5] = "2025-12-31"
    found = read(delivery, tmp_path)["1001"]
    assert found.record.variants[0].identifiers == {"etilize:productid": ["1001"]}
    assert any("discontinued" in warning for warning in found.warnings)


def test_no_date_is_no_discontinuation(delivery: RelationalSet, tmp_path: Path) -> None:
    delivery["SKU_CWS_A_productskus"][0][5] = "0000-00-00"
    assert "CWS_A" in (read(delivery, tmp_path)["1001"].record.variants[0].identifiers or {})


def test_texts_missing_in_the_locale_come_from_another(delivery: RelationalSet, tmp_path: Path) -> None:
    for row in delivery["B_productdescriptions"][:3]:
        row[4] = 2
    found = read(delivery, tmp_path)["1001"]
    assert found.record.name == "Acme Notebook 1001"
    assert any("another locale" in warning for warning in found.warnings)


def test_without_any_text_brand_and_part_number_make_the_name(delivery: RelationalSet, tmp_path: Path) -> None:
    del delivery["B_productdescriptions"][:3]
    found = read(delivery, tmp_path)["1001"]
    assert found.record.name == "Acme MP-1001"
    assert found.warnings


def test_an_attribute_without_a_name_is_kept_by_its_number(delivery: RelationalSet, tmp_path: Path) -> None:
    delivery["attributenames"].pop()
    fields = read(delivery, tmp_path)["1001"].record.metafields
    assert isinstance(fields, dict)
    assert fields["custom.attribute_12"].value == ["250 g"]


def test_inactive_attributes_are_left_out(delivery: RelationalSet, tmp_path: Path) -> None:
    delivery["D_productattributes"][0][7] = 0
    assert "custom.Weight" not in (read(delivery, tmp_path)["1001"].record.metafields or {})


def test_categories_that_run_in_a_circle_end(delivery: RelationalSet, tmp_path: Path) -> None:
    delivery["G_category"][0][1] = 3
    assert read(delivery, tmp_path)["1001"].record.category == "Office > Paper & Pads > Notebooks"


def test_wrong_column_counts_and_keys_are_kept_aside(delivery: RelationalSet, tmp_path: Path) -> None:
    delivery["B_productkeywords"] += [[1001], ["x", "y", 1]]
    source, files = feed(connector), [file(tmp_path, "set.zip", zipped(delivery.members()))]
    assert sorted(row.line for row in bad(source, files)) == [4, 5]
    assert len(rows(source, files)) == 3


def test_rows_of_unknown_products_are_reported_by_table(delivery: RelationalSet, tmp_path: Path) -> None:
    delivery["B_productimages"] += [[9001, "Front", "Published"], [9002, "Front", "Published"]]
    source, files = feed(connector), [file(tmp_path, "set.zip", zipped(delivery.members()))]
    (report,) = bad(source, files)
    assert "2 rows belong to 2 products" in report.reason
    assert "9001, 9002" in report.raw


def test_repeated_product_ids_all_come_so_that_the_last_can_count(delivery: RelationalSet, tmp_path: Path) -> None:
    delivery["B_product"].append([1001, 8, 1, "NEW", 3, 0, 1.0, "", ""])
    source, files = feed(connector), [file(tmp_path, "set.zip", zipped(delivery.members()))]
    assert [row.key for row in rows(source, files)] == ["1001", "1001", "1002", "1003"]
    assert stated(source, files)["1001"].record.manufacturer_part_number == "NEW"


def test_two_deliveries_at_once_the_later_table_counts(delivery: RelationalSet, tmp_path: Path) -> None:
    later = RelationalSet(products=1)
    source = feed(connector)
    files = [file(tmp_path, "1.zip", zipped(delivery.members())), file(tmp_path, "2.zip", zipped(later.members()))]
    assert [row.key for row in rows(source, files)] == ["1001"]
    assert "replaced by the later delivery" in bad(source, files)[0].reason


def test_a_locale_that_is_not_there_is_told(delivery: RelationalSet, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"EN_CA.*found: EN_US"):
        every(feed(connector, locale="EN_CA"), [file(tmp_path, "set.zip", zipped(delivery.members()))])


def test_only_the_chosen_locale_is_read(delivery: RelationalSet, tmp_path: Path) -> None:
    french = RelationalSet(products=1, locale="FR_CA").members()
    source = feed(connector)
    files = [file(tmp_path, "set.zip", zipped(french | delivery.members()))]
    assert len(rows(source, files)) == 3


def test_an_empty_table_is_told_and_erases_nothing(delivery: RelationalSet, tmp_path: Path) -> None:
    members = delivery.members() | {"EN_US_B_productimages.csv": b""}
    source, files = feed(connector), [file(tmp_path, "set.zip", zipped(members))]
    assert ["is empty" in row.reason for row in bad(source, files)] == [True]
    assert stated(source, files)["1001"].record.images is UNSET


def test_a_product_without_pictures_among_others_has_none(delivery: RelationalSet, tmp_path: Path) -> None:
    del delivery["B_productimages"][:3]
    found = read(delivery, tmp_path)
    assert found["1001"].record.images == []
    assert found["1002"].record.images


def test_newer_deliveries_may_add_columns(delivery: RelationalSet, tmp_path: Path) -> None:
    for row in delivery["B_productimages"]:
        row += ["2026-01-01", "x"]
    assert len(read(delivery, tmp_path)["1001"].record.images or []) == 2


def test_cp1252_in_a_table(delivery: RelationalSet, tmp_path: Path) -> None:
    delivery["B_product"][0][1] = 8
    assert read(delivery, tmp_path)["1001"].record.manufacturer == "Société Générale d'Encre"


def test_an_unchanged_product_has_an_unchanged_digest(delivery: RelationalSet, tmp_path: Path) -> None:
    source = feed(connector)
    before = {row.key: row.digest for row in rows(source, [file(tmp_path, "1.zip", zipped(delivery.members()))])}
    delivery["B_productattributes"][1][3] = "Green"
    delivery["B_product"].insert(0, [1000, 7, 1, "X", 3, 0, 1.0, "", ""])
    after = {row.key: row.digest for row in rows(source, [file(tmp_path, "2.zip", zipped(delivery.members()))])}
    assert {key for key in before if before[key] != after[key]} == {"1001"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("set.zip/EN_US_B_product.csv", TableName("product", "EN_US", "B")),
        ("EN_US_D_productattributes.csv", TableName("productattributes", "EN_US", "D")),
        ("EN_CA_SKU_CWS_A_productskus.csv", TableName("productskus", "EN_CA", "CWS_A")),
        ("EN_US_SKU_D&H_productskus.csv", TableName("productskus", "EN_US", "D&H")),
        ("G_units.csv", TableName("units", "", "G")),
        ("readme.txt", None),
    ],
)
def test_file_names(name: str, expected: TableName | None) -> None:
    assert table_name(name) == expected


@pytest.mark.parametrize(
    ("views", "expected"),
    [
        (["75", "225", "650"], ["650"]),
        (["Thumbnail", "Main", "Large"], ["Large"]),
        (["Front", "FrontMaximum", "Rear", "225"], ["225", "FrontMaximum", "Rear"]),
        (["User-Manual", "Manufacturer-Brochure"], []),
    ],
)
def test_one_picture_per_view_in_its_largest_size(views: list[str], expected: list[str]) -> None:
    assert best_views(views) == expected


def test_recognises_the_set(delivery: RelationalSet, tmp_path: Path) -> None:
    assert feed(connector).recognises([file(tmp_path, "set.zip", zipped(delivery.members()))]) > 0.9
    assert feed(connector).recognises([file(tmp_path, "p.csv", b"1,2\n")]) == 0


def test_inspection_of_the_set(delivery: RelationalSet, tmp_path: Path) -> None:
    inspection = feed(connector).inspect([file(tmp_path, "set.zip", zipped(delivery.members()))])
    assert inspection.rows_sampled == 3
    assert "attributes" in {column.name for column in inspection.columns}


def test_the_sp_richards_table(tmp_path: Path) -> None:
    header = (
        "ProductId,SkuType,Sku,LocaleId,CatalogSku,BrandName,ProductType,ProductLine,ProductSeries,Desc1,Desc2,Desc3,MarketingText,"
        "SubClassNumber,SubClassName,ClassNumber,ClassName,DepartmentNumber,DepartmentName,MasterDepartmentNumber,MasterDepartmentName,"
        "UNSPSC,Keywords,ManufacturerId,ManufacturerName,ProductSpecifications,CountryOfOrigin,Recycled,RecycledPCW,RecycledTotal,"
        "AssemblyRequired,ImageUrl225,ImageUrl75"
    ).split(",")
    cells = dict.fromkeys(header, "") | {
        "ProductId": "77",
        "SkuType": "SPR",
        "Sku": "acm-12",
        "BrandName": "Acme",
        "Desc1": "Notebook",
        "Desc2": "Ruled",
        "MasterDepartmentName": "Office",
        "ClassName": "Paper",
        "ImageUrl225": "https://content.etilize.com/225/77.jpg",
        "ImageUrl75": "https://content.etilize.com/75/77.jpg",
        "UNSPSC": "14111514",
    }
    found = stated(
        feed(connector), [file(tmp_path, "EN_US_SP_Richards_MSSQL.csv", as_csv([header, list(cells.values()), ["1"]]))]
    )
    record = found["77"].record
    assert (record.name, record.brand, record.category) == ("Notebook Ruled", "Acme", "Office > Paper")
    assert record.variants[0].identifiers == {"etilize:productid": ["77"], "SPR": ["ACM12"]}
    assert isinstance(record.images, list)
    assert [one.source for one in record.images] == [("etilize", "77", "225")]

"""BMEcat documents, read whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

from mercat.connectors.bmecat import connector
from mercat.connectors.bmecat.wire import address
from mercat.sdk.errors import Rejected, Unreadable
from mercat.sdk.records import Metafield, OfferRecord, ProductRecord, Stated, VariantRecord
from mercat.sdk.roles import FeedFile
from tests.connectors.bmecat.documents import article, bmecat12, bmecat2005, price, priced
from tests.connectors.feeding import bad, every, feed, file, rows, stated
from tests.shared_data import shared

LIST, TEXT = "list.single_line_text_field", "single_line_text_field"


def one(folder: Path, document: str, **settings: Any) -> Stated:
    (found,) = stated(feed(connector, **settings), [file(folder, "c.xml", document)]).values()
    return found


@pytest.mark.parametrize(
    ("prices", "order", "settings", "cost", "selling"),
    [
        ([price("12.50")], "", {}, "12.5", UNSET),
        ([price("12.50"), price("20", "nrp")], "", {}, "12.5", "20"),
        ([price("20", "net_list"), price("25", "nrp")], "", {}, UNSET, "25"),
        ([price("20", "net_list")], "", {"price_types": {"net_list": "cost"}}, "20", UNSET),
        ([price("100", more="<PRICE_FACTOR>0.8</PRICE_FACTOR>")], "", {}, "80", UNSET),
        ([price("100")], "<PRICE_QUANTITY>100</PRICE_QUANTITY>", {}, "1", UNSET),
        (
            [price("60")],
            "<ORDER_UNIT>BOX</ORDER_UNIT><CONTENT_UNIT>PCE</CONTENT_UNIT><NO_CU_PER_OU>6</NO_CU_PER_OU>",
            {},
            "60",
            UNSET,
        ),
        (
            [price("60")],
            "<ORDER_UNIT>BOX</ORDER_UNIT><CONTENT_UNIT>PCE</CONTENT_UNIT><NO_CU_PER_OU>6</NO_CU_PER_OU>",
            {"sold_by": "content_unit"},
            "10",
            UNSET,
        ),
        (
            [price("60")],
            "<ORDER_UNIT>PCE</ORDER_UNIT><CONTENT_UNIT>GRM</CONTENT_UNIT><NO_CU_PER_OU>500</NO_CU_PER_OU>",
            {"sold_by": "content_unit"},
            "60",
            UNSET,
        ),
        (
            [price("9", more="<LOWER_BOUND>100</LOWER_BOUND>"), price("12", more="<LOWER_BOUND>1</LOWER_BOUND>")],
            "",
            {},
            "12",
            UNSET,
        ),
        ([price("9", currency="GBP"), price("12")], "", {}, "12", UNSET),
        ([price("9", currency="GBP"), price("12")], "", {"currency": "GBP"}, "9", UNSET),
        ([price("")], "", {}, UNSET, UNSET),
        ([price("call us")], "", {}, UNSET, UNSET),
    ],
)
def test_prices(
    tmp_path: Path, *, prices: list[str], order: str, settings: dict[str, Any], cost: object, selling: object
) -> None:
    record = one(tmp_path, bmecat12(priced(*prices, order=order)), **settings).record
    offer = record.offer if isinstance(record.offer, OfferRecord) else OfferRecord()
    assert (offer.cost, record.variants[0].price) == (cost, selling)


def test_the_price_in_force_on_the_files_own_date_counts(tmp_path: Path) -> None:
    periods = "".join(
        f'<ARTICLE_PRICE_DETAILS><DATETIME type="valid_start_date"><DATE>{start}</DATE></DATETIME>'
        f'<DATETIME type="valid_end_date"><DATE>{end}</DATE></DATETIME>{price(amount)}</ARTICLE_PRICE_DETAILS>'
        for start, end, amount in (
            ("2025-01-01", "2025-12-31", "1"),
            ("2026-01-01", "2026-12-31", "2"),
            ("2027-01-01", "", "3"),
        )
    )
    found = one(tmp_path, bmecat12(article(periods)))
    assert isinstance(found.record.offer, OfferRecord)
    assert found.record.offer.cost == "2"
    assert any("other scales, periods" in warning for warning in found.warnings)


def test_a_price_that_does_not_divide_is_rounded_and_told(tmp_path: Path) -> None:
    found = one(tmp_path, bmecat12(priced(price("1"), order="<PRICE_QUANTITY>3</PRICE_QUANTITY>")))
    assert isinstance(found.record.offer, OfferRecord)
    assert found.record.offer.cost == "0.3333"
    assert any("rounded" in warning for warning in found.warnings)


def test_terms_of_the_offer(tmp_path: Path) -> None:
    order = "<ORDER_UNIT>PK</ORDER_UNIT><QUANTITY_MIN>5</QUANTITY_MIN><QUANTITY_INTERVAL>5</QUANTITY_INTERVAL>"
    body = priced(price("1"), order=order).replace(
        "</ARTICLE_DETAILS>", "<DELIVERY_TIME>1.5</DELIVERY_TIME></ARTICLE_DETAILS>"
    )
    assert one(tmp_path, bmecat12(body)).record.offer == OfferRecord(
        cost="1", currency="EUR", minimum_order_quantity=5, pack_size=5, lead_time_days=2
    )


GROUPS = """<CATALOG_GROUP_SYSTEM>
<CATALOG_STRUCTURE type="root"><GROUP_ID>0</GROUP_ID><GROUP_NAME>Katalog</GROUP_NAME><PARENT_ID>-</PARENT_ID></CATALOG_STRUCTURE>
<CATALOG_STRUCTURE type="node"><GROUP_ID>1</GROUP_ID><GROUP_NAME>Büro</GROUP_NAME><PARENT_ID>{parent}</PARENT_ID></CATALOG_STRUCTURE>
<CATALOG_STRUCTURE type="leaf"><GROUP_ID>2</GROUP_ID><GROUP_NAME>Ordner</GROUP_NAME><PARENT_ID>1</PARENT_ID></CATALOG_STRUCTURE>
</CATALOG_GROUP_SYSTEM>"""
MAP = "<ARTICLE_TO_CATALOGGROUP_MAP{mode}><ART_ID>A1</ART_ID><CATALOG_GROUP_ID>2</CATALOG_GROUP_ID></ARTICLE_TO_CATALOGGROUP_MAP>"


@pytest.mark.parametrize(
    ("parent", "mode", "expected"),
    [
        ("0", "", "Büro > Ordner"),
        ("2", "", "Büro > Ordner"),
        ("404", "", "Büro > Ordner"),
        ("0", ' mode="delete"', UNSET),
    ],
)
def test_groups_that_are_mapped_behind_the_articles(tmp_path: Path, parent: str, mode: str, expected: object) -> None:
    document = bmecat12(GROUPS.format(parent=parent) + article() + MAP.format(mode=mode))
    assert one(tmp_path, document).record.category == expected


def test_features_with_units_and_several_values(tmp_path: Path) -> None:
    features = """<ARTICLE_FEATURES><REFERENCE_FEATURE_SYSTEM_NAME>ECLASS-5.1</REFERENCE_FEATURE_SYSTEM_NAME>
    <REFERENCE_FEATURE_GROUP_ID>24210104</REFERENCE_FEATURE_GROUP_ID>
    <FEATURE><FNAME>Größe</FNAME><FVALUE>75</FVALUE><FVALUE>80</FVALUE><FUNIT>MMT</FUNIT></FEATURE>
    <FEATURE><FNAME>Farbe</FNAME><FVALUE>blau &amp; rot</FVALUE><FUNIT/></FEATURE>
    <FEATURE><FNAME>Leer</FNAME><FVALUE></FVALUE></FEATURE></ARTICLE_FEATURES>"""
    assert one(tmp_path, bmecat12(article(features))).record.metafields == {
        "bmecat.grosse": Metafield(LIST, ["75 mm", "80 mm"]),
        "bmecat.farbe": Metafield(TEXT, "blau & rot"),
        "bmecat.class_eclass-5_1": Metafield(TEXT, "24210104"),
    }


def test_variants_of_an_article_are_multiplied_out(tmp_path: Path) -> None:
    def axis(name: str, *values: str) -> str:
        listed = "".join(
            f"<VARIANT><FVALUE>{value}</FVALUE><SUPPLIER_AID_SUPPLEMENT>-{value[0]}</SUPPLIER_AID_SUPPLEMENT></VARIANT>"
            for value in values
        )
        return f"<FEATURE><FNAME>{name}</FNAME><VARIANTS>{listed}<VORDER>1</VORDER></VARIANTS></FEATURE>"

    inner = f"<ARTICLE_FEATURES>{axis('Farbe', 'rot', 'blau')}{axis('Maß', 'klein', 'gross')}</ARTICLE_FEATURES>"
    variants = one(tmp_path, bmecat12(article(inner))).record.variants
    assert [variant.sku for variant in variants] == ["A1-r-k", "A1-r-g", "A1-b-k", "A1-b-g"]
    assert variants[3].options == {"Farbe": "blau", "Maß": "gross"}


def test_pictures_and_documents(tmp_path: Path) -> None:
    def mime(kind: str, source: str, purpose: str, order: str) -> str:
        return (
            f"<MIME><MIME_TYPE>{kind}</MIME_TYPE><MIME_SOURCE>{source}</MIME_SOURCE><MIME_DESCR>{purpose}</MIME_DESCR>"
            f"<MIME_PURPOSE>{purpose}</MIME_PURPOSE><MIME_ORDER>{order}</MIME_ORDER></MIME>"
        )

    media = "".join(
        [
            mime("image/jpeg", "a b.jpg", "detail", "2"),
            mime("image/jpeg", "/x\\main.jpg", "normal", "1"),
            mime("image/jpeg", "small.jpg", "thumbnail", "3"),
            mime("application/pdf", "sheet.pdf", "data_sheet", "4"),
        ]
    )
    record = one(tmp_path, bmecat12(article(f"<MIME_INFO>{media}</MIME_INFO>"))).record
    assert isinstance(record.images, list)
    assert [(image.url, image.position) for image in record.images] == [
        ("https://cdn.example.com/pics/x/main.jpg", 1),
        ("https://cdn.example.com/pics/a%20b.jpg", 2),
    ]
    assert record.metafields == {"bmecat.documents": Metafield(LIST, ["https://cdn.example.com/pics/sheet.pdf"])}


@pytest.mark.parametrize(
    ("root", "source", "expected"),
    [
        ("https://x/p", "a.jpg", "https://x/p/a.jpg"),
        ("https://x/p/", "../a.jpg", "https://x/a.jpg"),
        ("", "a.jpg", None),
        ("C:\\pics", "a.jpg", None),
        ("https://x", "file:///etc/passwd", None),
        ("https://x/p", "http://y/a.jpg", "http://y/a.jpg"),
    ],
)
def test_addresses_of_media(root: str, source: str, expected: str | None) -> None:
    assert address(root, source) == expected


def test_a_product_of_2005(tmp_path: Path) -> None:
    body = """<PRODUCT mode="new"><SUPPLIER_PID type="supplier_specific">P-1</SUPPLIER_PID><PRODUCT_DETAILS>
    <DESCRIPTION_SHORT lang="eng">Folder</DESCRIPTION_SHORT><DESCRIPTION_SHORT lang="deu">Ordner</DESCRIPTION_SHORT>
    <DESCRIPTION_LONG/><INTERNATIONAL_PID type="gtin">4006381333931</INTERNATIONAL_PID>
    <INTERNATIONAL_PID type="upc">036000291452</INTERNATIONAL_PID><BUYER_PID type="x">B9</BUYER_PID>
    <MANUFACTURER_IDREF type="x">m1</MANUFACTURER_IDREF><MANUFACTURER_PID>M-7</MANUFACTURER_PID><KEYWORD>a</KEYWORD><KEYWORD>a</KEYWORD>
    </PRODUCT_DETAILS><PRODUCT_LOGISTIC_DETAILS><CUSTOMS_TARIFF_NUMBER><CUSTOMS_NUMBER>48203000</CUSTOMS_NUMBER>
    </CUSTOMS_TARIFF_NUMBER><COUNTRY_OF_ORIGIN>PL</COUNTRY_OF_ORIGIN><PRODUCT_DIMENSIONS><WEIGHT>0.450</WEIGHT>
    <LENGTH>0.32</LENGTH></PRODUCT_DIMENSIONS></PRODUCT_LOGISTIC_DETAILS></PRODUCT>"""
    record = one(tmp_path, bmecat2005(body), language="deu").record
    assert (record.name, record.description, record.brand, record.manufacturer_part_number) == (
        "Ordner",
        None,
        "Maker GmbH",
        "M-7",
    )
    assert record.tags == ["a"]
    assert record.variants == [
        VariantRecord(
            sku="P-1",
            barcode="4006381333931",
            weight="0.45",
            weight_unit="kg",
            length="0.32",
            dimension_unit="m",
            hs_code="48203000",
            country_of_origin="PL",
            identifiers={"gtin": ["036000291452"], "bmecat:buyer": ["B9"]},
        )
    ]


def test_an_update_of_prices_states_nothing_else(tmp_path: Path) -> None:
    body = (
        f"<ARTICLE><SUPPLIER_AID>A1</SUPPLIER_AID><ARTICLE_PRICE_DETAILS>{price('3')}</ARTICLE_PRICE_DETAILS></ARTICLE>"
    )
    record = one(tmp_path, bmecat12(body, "T_UPDATE_PRICES")).record
    assert record == ProductRecord(variants=[VariantRecord(sku="A1")], offer=OfferRecord(cost="3", currency="EUR"))


def test_a_deleted_article_is_archived_and_nothing_else(tmp_path: Path) -> None:
    body = '<ARTICLE mode="delete"><SUPPLIER_AID>A1</SUPPLIER_AID></ARTICLE>'
    record = one(tmp_path, bmecat12(body, "T_UPDATE_PRODUCTS")).record
    assert record == ProductRecord(status="archived", variants=[VariantRecord(sku="A1")])


def test_a_new_article_without_a_name_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="DESCRIPTION_SHORT"):
        one(tmp_path, bmecat12("<ARTICLE><SUPPLIER_AID>A1</SUPPLIER_AID></ARTICLE>"))


def test_an_article_without_a_number_is_kept_aside(tmp_path: Path) -> None:
    source, files = feed(connector), [file(tmp_path, "c.xml", bmecat12('<ARTICLE mode="new"/>' + article()))]
    assert "no SUPPLIER_AID" in bad(source, files)[0].reason
    assert [row.key for row in rows(source, files)] == ["A1"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<PRODUCT mode='new'/>", "not BMECAT"),
        ("<BMECAT version='2005'/>", "no transaction"),
        ("a,b\n1,2\n", "no XML"),
        ("<BMECAT><HEADER/><T_NEW_CATALOG><ARTICLE>", "c.xml"),
        ('<!DOCTYPE BMECAT [<!ENTITY a "b">]><BMECAT><T_NEW_CATALOG>&a;</T_NEW_CATALOG></BMECAT>', "entit"),
    ],
)
def test_what_is_no_bmecat_document_is_refused(tmp_path: Path, content: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        every(feed(connector), [file(tmp_path, "c.xml", content)])


def test_another_date_of_the_file_changes_no_digest(tmp_path: Path) -> None:
    document = bmecat12(priced(price("1")))
    before, after = (
        rows(feed(connector), [file(tmp_path, name, text)])[0].digest
        for name, text in (("1.xml", document), ("2.xml", document.replace("2026-03-01", "2026-03-02")))
    )
    assert before == after


def test_inspection_says_the_transaction(tmp_path: Path) -> None:
    inspection = feed(connector).inspect([file(tmp_path, "c.xml", bmecat12(article()))])
    assert inspection.notes[0] == "transaction: T_NEW_CATALOG"
    assert {column.name: column.field for column in inspection.columns}["short"] == "name"


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("olivere__bmecat12__testdata__new_catalog.golden.xml", ["1000"]),
        ("olivere__bmecat12__testdata__new_catalog_with_blank_classification_system.golden.xml", ["1000"]),
        ("olivere__bmecat12__testdata__update_prices.golden.xml", ["1000"]),
        ("olivere__bmecat12__testdata__update_products.golden.xml", ["1000", "2000"]),
        ("olivere__bmecat2005__testdata__new_catalog.golden.xml", ["1000"]),
        ("naugrimm__tests__Fixtures__document_without_null_values.xml", ["1", "2", "3"]),
        ("naugrimm__tests__Fixtures__2005.1__minimal_valid_document.xml", []),
        ("naugrimm__tests__Fixtures__2005.2__minimal_valid_document.xml", []),
        ("naugrimm__tests__Fixtures__address_with_all_properties.xml", []),
    ],
)
def test_catalogues_of_others(name: str, keys: list[str]) -> None:
    path = shared("data", "catalog", "bmecat", name)
    source, files = feed(connector), [FeedFile(name, path)]
    assert list(stated(source, files)) == keys
    assert not bad(source, files)


@pytest.mark.shared
def test_fragments_and_empty_documents_of_others_are_refused_with_a_reason() -> None:
    fixtures = sorted(shared("data", "catalog", "bmecat").glob("naugrimm__tests__Fixtures__*.xml"))
    whole = ("minimal_valid", "address_with", "document_without_null")
    refused = [path for path in fixtures if not any(part in path.name for part in whole)]
    assert len(refused) == 21
    for path in refused:
        with pytest.raises(Unreadable, match=r"not BMECAT|no transaction"):
            every(feed(connector), [FeedFile(path.name, path)])

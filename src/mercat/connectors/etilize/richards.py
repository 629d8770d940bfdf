"""The flat S.P. Richards table (33 columns with a header, one row per product and SKU type) → ProductRecord. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import UNSET

from mercat.connectors.etilize import codes
from mercat.connectors.etilize.pictures import source_of
from mercat.sdk import metafields
from mercat.sdk.errors import Rejected
from mercat.sdk.records import ImageRecord, Metafield, ProductRecord, Stated, VariantRecord
from mercat.sdk.stating import Statement

TELLING = {"productid", "skutype", "sku", "manufacturername"}
_PATH = ("MasterDepartmentName", "DepartmentName", "ClassName", "SubClassName")
_ATTRIBUTES = (
    *("ProductLine", "ProductSeries", "UNSPSC", "CountryOfOrigin", "Recycled", "RecycledPCW", "RecycledTotal"),
    *("AssemblyRequired", "ProductSpecifications", "CatalogSku"),
)
_PICTURES = ("ImageUrl225", "ImageUrl75")


def to_record(header: Sequence[str], cells: Sequence[str]) -> Stated:
    """Convert one row. Raises ``Rejected`` where it has no description."""
    said = Statement()
    row = {heading: cell for heading, cell in zip(header, cells, strict=False) if cell.strip()}
    texts = {name: said.text(row.get(name)) for name in (*_PATH, "BrandName", "ManufacturerName", "ProductType", "Sku")}
    names = [said.text(row.get(name)) for name in ("Desc1", "Desc2", "Desc3")]
    name = " ".join(part for part in names if part)
    if not name:
        raise Rejected(f"product {row.get('ProductId', '')} has no Desc1", field="Desc1")
    path = [texts[part] for part in _PATH]
    record = ProductRecord(
        name=name,
        description=said.html(row["MarketingText"]) if "MarketingText" in row else UNSET,
        brand=texts["BrandName"] or texts["ManufacturerName"] or UNSET,
        manufacturer=texts["ManufacturerName"] or UNSET,
        product_type=texts["ProductType"] or UNSET,
        tags=metafields.split_list(row["Keywords"]) if "Keywords" in row else UNSET,
        category=" > ".join(part for part in path if part) or UNSET,
        metafields=_fields(row, said),
        images=[
            ImageRecord(url=row[name], position=1, source=source_of(row[name])) for name in _PICTURES if name in row
        ][:1],
        variants=[_variant(row, said)],
    )
    return Stated(record, said.warnings)


def _fields(row: Mapping[str, str], said: Statement) -> dict[str, Metafield]:
    fields = {}
    for name in _ATTRIBUTES:
        text = said.html(row.get(name)) if name == "ProductSpecifications" else said.text(row.get(name))
        if text:
            fields[f"custom.{name}"] = metafields.text(text)
    return fields


def _variant(row: Mapping[str, str], said: Statement) -> VariantRecord:
    kind = said.text(row.get("SkuType")) or "SPR"
    sku = said.text(row.get("Sku")) or row["ProductId"].strip()
    identifiers = {codes.PRODUCT_ID: [row["ProductId"].strip()], codes.scheme(kind) or kind: codes.normalised([sku])}
    return VariantRecord(sku=sku, identifiers=identifiers)

"""The tables of the relational set: header-less CSV files, known by their names.

Columns as in the table definitions that public clients of the feed use; newer deliveries add columns at the end.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_NAME = re.compile(r"^(?:(?P<locale>[A-Za-z]{2}_[A-Za-z]{2})_)?(?P<rest>.+?)(?:\.(?:csv|txt))?$")
_SKUS = re.compile(r"^SKU_(?P<type>.+)_productskus$", re.IGNORECASE)
_SET = re.compile(r"^(?:(?P<set>G_B|G|B|D|A|SIM|U|F)_)?(?P<table>.+)$", re.IGNORECASE)


class Layout(NamedTuple):
    """``columns`` in the order of the file; the first ``required`` must be there; ``keys`` hold whole numbers."""

    columns: tuple[str, ...]
    required: int
    keys: int = 1


def _layout(columns: str, required: int, keys: int = 1) -> Layout:
    return Layout(tuple(columns.split()), required, keys)


LAYOUTS: dict[str, Layout] = {
    "product": _layout(
        "productid manufacturerid isactive mfgpartno categoryid isaccessory equivalency creationdate modifieddate lastupdated",
        5,
    ),
    "productattributes": _layout(
        "productid attributeid categoryid displayvalue absolutevalue unitid isabsolute isactive localeid", 4, 2
    ),
    "productdescriptions": _layout("productid description isdefault type localeid", 4),
    "productimages": _layout("productid type status", 2),
    "productkeywords": _layout("productid keywords localeid", 2),
    "productlocales": _layout("productid localeid isactive status", 3, 2),
    "productskus": _layout("productid name sku localeid addeddate discontinueddate", 3),
    "productaccessories": _layout("productid relatedid isactive ispreferred isoption note", 2, 2),
    "productsimilar": _layout("productid relatedid localeid", 2, 2),
    "productupsell": _layout("productid relatedid localeid", 2, 2),
    "productfeaturebullets": _layout("productid localeid sequenceno bullettext modifieddate", 4),
    "attributenames": _layout("attributeid name localeid", 2),
    "category": _layout("categoryid parentcategoryid isactive ordernumber catlevel displayorder lastupdated", 2),
    "categorynames": _layout("categoryid name localeid", 2),
    "categoryheader": _layout(
        "headerid categoryid isactive templatetype defaultdisplayorder displayorder lastupdated", 2, 2
    ),
    "categorydisplayattributes": _layout(
        "headerid categoryid attributeid isactive templatetype defaultdisplayorder displayorder lastupdated", 3, 3
    ),
    "headernames": _layout("headerid name localeid", 2),
    "locales": _layout("localeid isactive languagecode countrycode name", 4),
    "manufacturer": _layout(
        "manufacturerid name address1 address2 city zip url phone fax country state lastupdated", 2
    ),
    "units": _layout("unitid name baseunitid multiple", 4),
    "unitnames": _layout("unitid name localeid", 2),
}
# Part of every delivery, but nothing that a product record has room for.
UNUSED = {
    "categorysearchattributes",
    "searchattributes",
    "searchattributevalues",
    "taxonomyhistory",
    "productresources",
}
_SPELLINGS = {"productattribute": "productattributes", "search_attribute": "searchattributes"}
# Tables that belong to products: their rows without a product are reported.
OF_PRODUCTS = tuple(name for name in LAYOUTS if name.startswith("product") and name != "product")


class TableName(NamedTuple):
    """What a file name says: which table, in which locale (``""`` = all), and of which part: a set or a SKU type."""

    table: str
    locale: str
    part: str


def table_name(member: str) -> TableName | None:
    """Read a member's name (``…/EN_US_B_product.csv``); ``None`` where it is no table of the set."""
    found = _NAME.match(member.rsplit("/", 1)[-1])
    if found is None:
        return None
    locale, rest = (found["locale"] or "").upper(), found["rest"]
    skus = _SKUS.match(rest)
    if skus:
        return TableName("productskus", locale, skus["type"])
    parted = _SET.match(rest)
    name = parted["table"].lower() if parted else ""
    name = _SPELLINGS.get(name, name)
    part = (parted["set"] or "").upper() if parted else ""
    return TableName(name, locale, part) if name in LAYOUTS or name in UNUSED else None

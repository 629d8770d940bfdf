"""BMEcat elements → plain data. Version 1.2 says ARTICLE and AID, 2005 says PRODUCT and PID; both become one spelling.

An element that is there but empty is an empty string: stated to be empty. One that is absent is not in the result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from lxml.etree import _Element

ARTICLES = {"ARTICLE", "PRODUCT"}
MAPS = {"ARTICLE_TO_CATALOGGROUP_MAP", "PRODUCT_TO_CATALOGGROUP_MAP"}
TRANSACTIONS = {"T_NEW_CATALOG", "T_UPDATE_PRODUCTS", "T_UPDATE_PRICES"}


def local(element: _Element) -> str:
    """The name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def children(element: _Element | None, *names: str) -> Iterator[_Element]:
    """The child elements of these names; names of both versions may be given."""
    if element is not None:
        yield from element.iterchildren(*_spelled(names))


@lru_cache(maxsize=256)
def _spelled(names: tuple[str, ...]) -> tuple[str, ...]:
    # Any namespace and none: 1.2 has none or its own, 2005 has one per revision.
    return tuple(f"{{*}}{name}" for name in names)


def child(element: _Element | None, *names: str) -> _Element | None:
    """The first child of these names."""
    return next(children(element, *names), None)


def text(element: _Element | None) -> str | None:
    """The text in an element; ``None`` where the element is absent."""
    return None if element is None else (element.text or "").strip()


def word(element: _Element | None, *names: str) -> str:
    """The text of a child, empty where it is absent."""
    return text(child(element, *names)) or ""


def header(element: _Element) -> dict[str, Any]:
    """What the articles need from the header: currency, picture root, date of generation, names of the parties."""
    catalog = child(element, "CATALOG")
    parties = {
        word(party, "PARTY_ID"): word(child(party, "ADDRESS"), "NAME")
        for party in children(child(element, "PARTIES"), "PARTY")
    }
    dates = [one for one in children(catalog, "DATETIME") if one.get("type") == "generation_date"]
    return {
        "currency": word(catalog, "CURRENCY") or None,
        "mime_root": word(catalog, "MIME_ROOT") or word(child(catalog, "MIME_ROOT"), "MIME_SOURCE"),
        "generated": word(dates[0], "DATE") if dates else word(element, "GENERATION_DATE"),
        "parties": parties,
    }


def article(element: _Element, language: str | None) -> dict[str, Any]:
    """Everything of an article or product that the wire reads."""
    details = child(element, "ARTICLE_DETAILS", "PRODUCT_DETAILS")
    logistics = child(element, "PRODUCT_LOGISTIC_DETAILS", "ARTICLE_LOGISTIC_DETAILS")
    return {
        "key": word(element, "SUPPLIER_AID", "SUPPLIER_PID"),
        "mode": (element.get("mode") or "").lower(),
        "details": _details(details, language),
        "gtins": [text(one) or "" for one in _gtins(details)],
        "keywords": [text(one) or "" for one in children(details, "KEYWORD")]
        if child(details, "KEYWORD") is not None
        else None,
        "statuses": [text(one) or "" for one in children(details, "ARTICLE_STATUS", "PRODUCT_STATUS")],
        "buyer_pids": [text(one) or "" for one in children(details, "BUYER_AID", "BUYER_PID")],
        "features": [_features(one) for one in children(element, "ARTICLE_FEATURES", "PRODUCT_FEATURES")],
        "order": _order(child(element, "ARTICLE_ORDER_DETAILS", "PRODUCT_ORDER_DETAILS")),
        "prices": list(_prices(element)),
        "media": _media(child(element, "MIME_INFO")),
        "logistics": _logistics(logistics),
    }


def group_map(element: _Element) -> tuple[str, str, bool]:
    """Article key, group id, and whether the mapping is to be taken away."""
    deleted = (element.get("mode") or "").lower() == "delete"
    return word(element, "ART_ID", "PROD_ID"), word(element, "CATALOG_GROUP_ID"), deleted


def _details(details: _Element | None, language: str | None) -> dict[str, str]:
    names = {
        "short": ("DESCRIPTION_SHORT",),
        "long": ("DESCRIPTION_LONG",),
        "manufacturer": ("MANUFACTURER_NAME",),
        "manufacturer_id": ("MANUFACTURER_IDREF",),
        "part_number": ("MANUFACTURER_AID", "MANUFACTURER_PID"),
        "alternative": ("SUPPLIER_ALT_AID", "SUPPLIER_ALT_PID"),
        "lead_time": ("DELIVERY_TIME",),
        "remarks": ("REMARKS",),
        "type": ("MANUFACTURER_TYPE_DESCR",),
    }
    found = {name: _in_language(details, language, *spellings) for name, spellings in names.items()}
    return {name: stated for name, stated in found.items() if stated is not None}


def _in_language(parent: _Element | None, language: str | None, *names: str) -> str | None:
    listed = list(children(parent, *names))
    fitting = [one for one in listed if language and (one.get("lang") or "").lower() == language.lower()]
    return text(next(iter(fitting or listed), None))


def _gtins(details: _Element | None) -> Iterator[_Element]:
    yield from children(details, "EAN")
    for one in children(details, "INTERNATIONAL_AID", "INTERNATIONAL_PID"):
        if (one.get("type") or "gtin").lower() in {"gtin", "ean", "upc", "ean13", "gtin13", "gtin14"}:
            yield one


def _features(element: _Element) -> dict[str, Any]:
    return {
        "system": word(element, "REFERENCE_FEATURE_SYSTEM_NAME"),
        "group": word(element, "REFERENCE_FEATURE_GROUP_ID"),
        "group_name": word(element, "REFERENCE_FEATURE_GROUP_NAME"),
        "values": [_feature(one) for one in children(element, "FEATURE")],
    }


def _feature(element: _Element) -> dict[str, Any]:
    variants = [
        {"value": word(one, "FVALUE"), "supplement": word(one, "SUPPLIER_AID_SUPPLEMENT", "SUPPLIER_PID_SUPPLEMENT")}
        for one in children(child(element, "VARIANTS"), "VARIANT")
    ]
    return {
        "name": word(element, "FNAME") or word(element, "FT_IDREF"),
        "unit": word(element, "FUNIT"),
        "values": [text(one) or "" for one in children(element, "FVALUE")],
        "variants": variants,
    }


def _order(element: _Element | None) -> dict[str, str]:
    names = {
        "unit": "ORDER_UNIT",
        "content_unit": "CONTENT_UNIT",
        "content": "NO_CU_PER_OU",
        "price_quantity": "PRICE_QUANTITY",
        "minimum": "QUANTITY_MIN",
        "interval": "QUANTITY_INTERVAL",
    }
    found = {name: text(child(element, spelling)) for name, spelling in names.items()}
    return {name: stated for name, stated in found.items() if stated is not None}


def _prices(element: _Element) -> Iterator[dict[str, Any]]:
    for details in children(element, "ARTICLE_PRICE_DETAILS", "PRODUCT_PRICE_DETAILS"):
        period = {one.get("type"): word(one, "DATE") for one in children(details, "DATETIME")}
        for price in children(details, "ARTICLE_PRICE", "PRODUCT_PRICE"):
            yield {
                "type": price.get("price_type") or "",
                "amount": text(child(price, "PRICE_AMOUNT")),
                "currency": word(price, "PRICE_CURRENCY") or None,
                "factor": text(child(price, "PRICE_FACTOR")),
                "lower_bound": text(child(price, "LOWER_BOUND")),
                "from": period.get("valid_start_date") or word(details, "VALID_START_DATE"),
                "until": period.get("valid_end_date") or word(details, "VALID_END_DATE"),
            }


def _media(info: _Element | None) -> list[dict[str, str]] | None:
    if info is None:
        return None
    listed = [
        {
            "type": word(one, "MIME_TYPE").lower(),
            "source": word(one, "MIME_SOURCE"),
            "purpose": word(one, "MIME_PURPOSE").lower(),
            "alt": word(one, "MIME_ALT") or word(one, "MIME_DESCR"),
            "order": word(one, "MIME_ORDER"),
        }
        for one in children(info, "MIME")
    ]
    return sorted(listed, key=lambda one: int(one["order"]) if re.fullmatch(r"\d{1,9}", one["order"]) else 1 << 31)


def _logistics(element: _Element | None) -> dict[str, str]:
    size = child(element, "PRODUCT_DIMENSIONS", "ARTICLE_DIMENSIONS")
    customs = child(element, "CUSTOMS_TARIFF_NUMBER")
    found = {
        "hs_code": text(child(customs, "CUSTOMS_NUMBER")),
        "origin": text(child(element, "COUNTRY_OF_ORIGIN")),
        "weight": text(child(size, "WEIGHT")),
        "length": text(child(size, "LENGTH")),
        "width": text(child(size, "WIDTH")),
        "height": text(child(size, "DEPTH")),
    }
    return {name: stated for name, stated in found.items() if stated is not None}

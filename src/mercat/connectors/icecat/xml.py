"""An Icecat ``<Product>`` element → plain data: only what the wire reads, so that its digest ignores the rest.

Elements: ICECAT-interface_response.xsd (data.icecat.biz/xsd, 2017 edition). A product names others inside
``ProductRelated``: those are references, not products of the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lxml.etree import _Element

from mercat.sdk.records import BadRow


def is_reference(element: _Element) -> bool:
    """Whether this ``<Product>`` only names a related one."""
    parent = element.getparent()
    return parent is not None and _local(parent) in {"ProductRelated", "ProductBundled"}


def refusal(element: _Element, line: int) -> BadRow | None:
    """Icecat answers errors with a product too: ``Code`` other than 1, and a message."""
    code, message = element.get("Code", "1"), element.get("ErrorMessage", "")
    if code == "1" and element.get("ID"):
        return None
    reason = message or "the product has no ID"
    return BadRow(
        line, str(dict(element.attrib.items()))[:500], f"Icecat gives no product here (code {code}): {reason}"
    )


def product(element: _Element, language: int | None) -> dict[str, Any]:
    """What the product states, in the preferred language where names come in several."""
    description = _preferred(_named(element, "ProductDescription"), language)
    summary = {_local(one): one for one in element.iterfind("SummaryDescription/*")}
    family = element.find("ProductFamily")
    return {
        "id": element.get("ID"),
        "title": element.get("Title", ""),
        "name": element.get("Name", ""),
        "part_number": element.get("Prod_id", ""),
        "brand": _attribute(element.find("Supplier"), "Name"),
        "category": _name(element.find("Category"), language),
        "family": _name(family, language),
        "series": _name(family.find("Series") if family is not None else None, language),
        "long": _attribute(description, "LongDesc") or _summary(summary, "LongSummaryDescription"),
        "short": _summary(summary, "ShortSummaryDescription") or _attribute(description, "ShortDesc"),
        "gtins": [code.get("EAN", "") for code in element.iterfind("EANCode")],
        "pictures": _pictures(element),
        "features": [_feature(one, language) for one in element.iterfind("ProductFeature")],
    }


def _feature(element: _Element, language: int | None) -> dict[str, str]:
    feature = element.find("Feature")
    return {
        "name": _name(feature, language) or f"feature {_attribute(feature, 'ID')}",
        "value": element.get("Value", ""),
        "shown": element.get("Presentation_Value", ""),
    }


def _pictures(element: _Element) -> list[dict[str, str]]:
    gallery = sorted(
        element.iterfind("ProductGallery/ProductPicture"),
        key=lambda one: (one.get("IsMain") != "Y", int(one.get("No", "0")) if one.get("No", "0").isdigit() else 0),
    )
    found = [
        {
            "url": one.get("Pic") or one.get("Original") or "",
            "view": one.get("ProductPicture_ID") or one.get("No") or "",
        }
        for one in gallery
    ]
    return [one for one in found if one["url"]] or [{"url": element.get("HighPic", ""), "view": "high"}]


def _name(element: _Element | None, language: int | None) -> str:
    if element is None:
        return ""
    return _attribute(_preferred(_named(element, "Name"), language), "Value")


def _named(element: _Element, name: str) -> list[_Element]:
    return list(element.iterfind(name))


def _preferred(candidates: Iterable[_Element], language: int | None) -> _Element | None:
    listed = list(candidates)
    fitting = [one for one in listed if language is not None and one.get("langid") == str(language)]
    return next(iter(fitting or listed), None)


def _attribute(element: _Element | None, name: str) -> str:
    return element.get(name, "") if element is not None else ""


def _summary(summary: dict[str, _Element], name: str) -> str:
    return (summary[name].text or "") if name in summary else ""


def _local(element: _Element) -> str:
    return str(element.tag).rpartition("}")[2]

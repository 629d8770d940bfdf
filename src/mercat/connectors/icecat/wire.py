"""Icecat's three spellings of a product → ProductRecord. Pure.

``Shape.INDEX`` is the search-index JSON of Icecat's open catalogue (``attr_t_…`` text, ``attr_n_…`` number, ``attr_b_…``
boolean, prices in cents); ``Shape.HARVEST`` JSON with ``attrs`` and ``categories``; ``Shape.XML`` product XML, already
reduced to plain data by ``xml.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from msgspec import UNSET, UnsetType

from mercat.connectors.icecat import texts
from mercat.connectors.icecat.settings import IcecatSettings
from mercat.sdk import metafields
from mercat.sdk.errors import Rejected
from mercat.sdk.records import ImageRecord, Metafield, ProductRecord, Stated, VariantRecord
from mercat.sdk.stating import Statement

Raw = Mapping[str, Any]

_PART_NUMBER = re.compile(r"(?=\S*\d)\S{4,}")
_KINDS = {"t": "text", "n": "number", "b": "boolean"}


class Shape(StrEnum):
    """Which of the spellings a record is in."""

    INDEX = "index"
    HARVEST = "harvest"
    XML = "xml"


def shape_of(record: Raw) -> Shape | None:
    """Tell the JSON shapes apart; ``None`` where it is neither."""
    if "id" not in record or "title" not in record:
        return None
    if "attrs" in record or "categories" in record:
        return Shape.HARVEST
    return Shape.INDEX if "supplier" in record or "ean" in record or "img_high" in record else None


def to_record(shape: Shape, raw: Raw, settings: IcecatSettings) -> Stated:
    """Convert one product. Raises ``Rejected`` where it has no name."""
    said = Statement()
    if shape is Shape.XML:
        record = _from_xml(raw, said)
    else:
        record = (_from_index if shape is Shape.INDEX else _from_harvest)(raw, settings, said)
    if record.name is None:
        raise Rejected(f"Icecat product {raw['id']} has no title", field="title")
    return Stated(record, said.warnings)


def _from_index(raw: Raw, settings: IcecatSettings, said: Statement) -> ProductRecord:
    price = _cents(raw, settings, said)
    fields = _index_fields(raw, said)
    name = _text(raw.get("name"))
    if name:
        texts.put(fields, "model_name", "name", metafields.text(name))
    return ProductRecord(
        name=_text(raw.get("title")),
        short_description=_text(raw["short_description"]) if "short_description" in raw else UNSET,
        brand=_text(raw["supplier"]) if "supplier" in raw else UNSET,
        manufacturer_part_number=_part_number(name, settings),
        metafields=fields,
        images=_pictures([{"url": raw.get("img_high"), "view": "high"}], str(raw["id"]))
        if "img_high" in raw
        else UNSET,
        variants=[_variant(raw, raw.get("ean"), price, settings.currency, said)],
    )


def _from_harvest(raw: Raw, settings: IcecatSettings, said: Statement) -> ProductRecord:
    fields: dict[str, Metafield] = {}
    for label, value in (raw.get("attrs") or {}).items():
        shown = texts.lines(str(value))
        if shown:
            texts.put(fields, label, "text", metafields.text(shown))
    path = [name for name in (texts.one_line(str(one)) for one in raw.get("categories") or []) if name]
    currency = _text(raw.get("currency")) or settings.currency
    price = _number("price", raw["price"], said) if raw.get("price") is not None else UNSET
    picture = [{"url": raw.get("image_url"), "view": "main"}]
    return ProductRecord(
        name=_text(raw.get("title")),
        description=texts.html(str(raw["description"]), said) if raw.get("description") else UNSET,
        brand=_text(raw["brand"]) if "brand" in raw else UNSET,
        category=" > ".join(path) if path else UNSET,
        metafields=fields if "attrs" in raw else UNSET,
        images=_pictures(picture, str(raw["id"])) if "image_url" in raw else UNSET,
        variants=[_variant(raw, raw.get("ean"), price, currency, said)],
    )


def _from_xml(raw: Raw, said: Statement) -> ProductRecord:
    fields: dict[str, Metafield] = {}
    for feature in raw["features"]:
        if feature["value"] in {"Y", "N"}:
            field = Metafield(metafields.BOOLEAN, feature["value"] == "Y")
        else:
            field = metafields.text(texts.lines(feature["shown"] or feature["value"]))
        if field.value != "":
            texts.put(fields, feature["name"], "feature", field)
    for name in ("family", "series"):
        if raw.get(name):
            texts.put(fields, name, "text", metafields.text(raw[name]))
    return ProductRecord(
        name=_text(raw["title"]) or _text(raw["name"]),
        description=texts.html(raw["long"], said) if raw.get("long") else UNSET,
        short_description=_text(raw["short"]) if raw.get("short") else UNSET,
        brand=_text(raw["brand"]) if raw.get("brand") else UNSET,
        manufacturer_part_number=_text(raw["part_number"]) if raw.get("part_number") else UNSET,
        category=_text(raw["category"]) if raw.get("category") else UNSET,
        metafields=fields,
        images=_pictures(raw["pictures"], str(raw["id"])),
        variants=[_variant(raw, raw["gtins"], UNSET, None, said)],
    )


def _text(value: Any) -> str | None:
    return texts.one_line(value) if isinstance(value, str) else None


def _part_number(name: str | None, settings: IcecatSettings) -> str | UnsetType:
    """The index has no part number. ``name`` is the model's name, which often is one (``LC51C``) and often is not."""
    if name is None or settings.name_is_part_number == "never":
        return UNSET
    if settings.name_is_part_number == "always" or _PART_NUMBER.fullmatch(name):
        return name
    return UNSET


def _cents(raw: Raw, settings: IcecatSettings, said: Statement) -> str | UnsetType:
    if raw.get("price") is None:
        return UNSET
    price = _number("price", raw["price"], said)
    if not isinstance(price, str) or not settings.price_in_cents:
        return price
    return metafields.number(Decimal(price).scaleb(-2))


def _number(field: str, value: Any, said: Statement) -> str | UnsetType:
    """JSON numbers arrive exact; numbers as text are read as such."""
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        try:
            return metafields.number(value)
        except ValueError as error:
            said.warn(f"{field}: {error} and was left out")
            return UNSET
    stated = said.decimal(field, str(value))
    return stated if isinstance(stated, str) else UNSET


def _index_fields(raw: Raw, said: Statement) -> dict[str, Metafield]:
    fields: dict[str, Metafield] = {}
    for name, value in raw.items():
        mark, kind, label = name[:5], name[5:6], name[7:]
        if mark != "attr_" or kind not in _KINDS or value is None:
            continue
        field = _index_field(name, kind, value, said)
        if field is not None:
            texts.put(fields, label, _KINDS[kind], field)
    return fields


def _index_field(name: str, kind: str, value: Any, said: Statement) -> Metafield | None:
    if kind == "b" and isinstance(value, bool):
        return Metafield(metafields.BOOLEAN, value)
    if kind == "n":
        number = _number(name, value, said)
        return Metafield(metafields.DECIMAL, number) if isinstance(number, str) else None
    shown = texts.lines(str(value))
    return metafields.text(shown) if shown else None


def _variant(raw: Raw, gtins: Any, price: str | UnsetType, currency: str | None, said: Statement) -> VariantRecord:
    """One product is one variant; its first valid GTIN is the barcode, the others are identifiers beside it."""
    listed = [str(one) for one in gtins] if isinstance(gtins, Iterable) and not isinstance(gtins, str) else []
    listed = [gtins] if isinstance(gtins, str) else listed
    valid = said.gtins(listed)
    identifiers = {"icecat:productid": [str(raw["id"])]}
    if valid[1:]:
        identifiers["gtin"] = valid[1:]
    return VariantRecord(
        sku=str(raw["id"]),
        barcode=valid[0] if valid else UNSET,
        price=price,
        currency=currency if currency and isinstance(price, str) else UNSET,
        identifiers=identifiers,
    )


def _pictures(pictures: Iterable[Mapping[str, Any]], product: str) -> list[ImageRecord]:
    found: dict[str, ImageRecord] = {}
    for picture in pictures:
        url = str(picture["url"] or "").strip()
        if url and url not in found:
            found[url] = ImageRecord(url=url, position=len(found) + 1, source=("icecat", product, str(picture["view"])))
    return list(found.values())

"""An article as plain data → ProductRecord. Pure."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from msgspec import UNSET, UnsetType

from mercat.connectors.bmecat import prices
from mercat.connectors.bmecat.settings import BmecatSettings, PriceRole
from mercat.sdk import metafields
from mercat.sdk.errors import Rejected
from mercat.sdk.records import ImageRecord, Metafield, OfferRecord, ProductRecord, Stated, VariantRecord
from mercat.sdk.stating import Statement

Raw = Mapping[str, Any]

_NAMESPACE = "bmecat"
_MOST_VARIANTS = 2048
# UN/ECE Recommendation 20: the codes that occur as feature units and have a sign everybody reads.
_SIGNS = dict(
    pair.split("=")
    for pair in (
        "MMT=mm CMT=cm MTR=m KMT=km MMK=mm² CMK=cm² MTK=m² MTQ=m³ MGM=mg GRM=g KGM=kg TNE=t LTR=l MLT=ml CLT=cl "
        "VLT=V AMP=A WTT=W KWT=kW OHM=Ω HTZ=Hz KHZ=kHz MHZ=MHz CEL=°C KEL=K BAR=bar PAL=Pa NEW=N SEC=s MIN=min HUR=h "
        "P1=% DD=° LUM=lm CDL=cd INH=in FOT=ft C62= EA= PCE="
    ).split()
)


def to_record(raw: Raw, settings: BmecatSettings) -> Stated:
    """Convert one article. Raises ``Rejected`` where a new article has no short description."""
    said = Statement()
    if raw["mode"] == "delete":
        return Stated(ProductRecord(status="archived", variants=[VariantRecord(sku=raw["key"])]), said.warnings)
    details: Raw = raw["details"]
    name = _text(details, "short", said)
    if name is None or (name is UNSET and raw["transaction"] == "T_NEW_CATALOG"):
        raise Rejected(f"article {raw['key']}: DESCRIPTION_SHORT is missing or empty", field="DESCRIPTION_SHORT")
    manufacturer = _manufacturer(raw, said)
    chosen = prices.chosen(raw, settings, said)
    for kind in sorted({one["type"] for one in raw["prices"]} - settings.price_types.keys()):
        said.warn(f"price type {kind!r} has no role in the settings (price_types) and was left out")
    images, documents = _media(raw, said)
    record = ProductRecord(
        name=name,
        description=said.html(details["long"]) if "long" in details else UNSET,
        brand=manufacturer,
        manufacturer=manufacturer,
        manufacturer_part_number=_text(details, "part_number", said),
        tags=_tags(raw["keywords"], said),
        category=raw["category"] if raw.get("category") else UNSET,
        metafields=_fields(raw, documents, said),
        images=images,
        variants=_variants(raw, chosen, said),
        offer=_offer(raw, chosen, settings, said),
    )
    return Stated(record, said.warnings)


def _text(values: Raw, name: str, said: Statement) -> str | UnsetType | None:
    return said.text(values[name]) if name in values else UNSET


def _manufacturer(raw: Raw, said: Statement) -> str | UnsetType | None:
    details: Raw = raw["details"]
    stated = _text(details, "manufacturer", said)
    if stated is UNSET and details.get("manufacturer_id"):
        return said.text(raw.get("manufacturer")) or UNSET
    return stated


def _tags(keywords: Sequence[str] | None, said: Statement) -> list[str] | UnsetType:
    if keywords is None:
        return UNSET
    plain = [said.text(keyword) for keyword in keywords]
    return list(dict.fromkeys(keyword for keyword in plain if keyword))


def _fields(raw: Raw, documents: Sequence[str], said: Statement) -> dict[str, Metafield] | UnsetType:
    fields: dict[str, Metafield] = {}
    for block in raw["features"]:
        for feature in block["values"]:
            shown = _shown(feature, said)
            if shown and feature["name"]:
                kind = Metafield(metafields.TEXT_LIST, shown) if len(shown) > 1 else metafields.text(shown[0])
                _put(fields, feature["name"], kind)
        if block["system"] and block["group"]:
            _put(fields, f"class {block['system']}", metafields.text(block["group"]))
    _put_terms(fields, raw, said)
    for label, texts in (("status", raw["statuses"]), ("documents", documents)):
        listed = [one for one in texts if one]
        if listed:
            _put(fields, label, Metafield(metafields.TEXT_LIST, listed))
    return fields or UNSET


def _put_terms(fields: dict[str, Metafield], raw: Raw, said: Statement) -> None:
    order: Raw = raw["order"]
    if order.get("unit"):
        _put(fields, "order unit", metafields.text(order["unit"]))
    if order.get("content") and order.get("content_unit"):
        _put(fields, "content of order unit", metafields.text(f"{order['content']} {order['content_unit']}"))
    for name in ("remarks", "type"):
        stated = _text(raw["details"], name, said)
        if isinstance(stated, str):
            _put(fields, name, metafields.text(stated))


def _put(fields: dict[str, Metafield], label: str, field: Metafield) -> None:
    name, place = f"{_NAMESPACE}.{metafields.key(label)}", 2
    while name in fields and fields[name] != field:
        name, place = f"{_NAMESPACE}.{metafields.key(f'{label} {place}')}", place + 1
    fields[name] = field


def _shown(feature: Raw, said: Statement) -> list[str]:
    """The values with their unit; those of variants are in the options already and are listed here as well."""
    unit = feature["unit"].strip()
    sign = _SIGNS.get(unit, unit)
    stated = [*feature["values"], *(one["value"] for one in feature["variants"])]
    plain = [said.text(value) for value in stated]
    return list(dict.fromkeys(f"{value} {sign}".strip() for value in plain if value))


def _media(raw: Raw, said: Statement) -> tuple[list[ImageRecord] | UnsetType, list[str]]:
    """Pictures by address, the rest as documents. A thumbnail counts only where there is nothing better."""
    if raw["media"] is None:
        return UNSET, []
    pictures: list[Raw] = []
    documents: list[str] = []
    for one in raw["media"]:
        if not one["source"]:
            continue
        url = address(raw.get("mime_root") or "", one["source"])
        is_picture = one["type"].startswith("image") or (not one["type"] and _looks_like_a_picture(one["source"]))
        if is_picture and url and one["purpose"] not in {"data_sheet", "logo"}:
            pictures.append({**one, "url": url})
        else:
            documents.append(url or one["source"])
        if not url:
            said.warn(f"MIME_SOURCE {one['source']!r} has no web address: the catalogue's MIME_ROOT is not one")
    better = [one for one in pictures if one["purpose"] != "thumbnail"] or pictures
    unique = {one["url"]: one for one in reversed(better)}
    ordered = [one for one in better if unique.get(one["url"]) is one]
    images = [
        ImageRecord(url=one["url"], alt_text=said.text(one["alt"]), position=place)
        for place, one in enumerate(ordered, start=1)
    ]
    return images, documents


def address(root: str, source: str) -> str | None:
    """The web address of a file under the catalogue's MIME_ROOT; ``None`` where there is none (a path, a share)."""
    full = source if urlsplit(source).scheme in {"http", "https"} else ""
    if not full and urlsplit(root).scheme in {"http", "https"} and not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", source):
        relative = quote(source.replace("\\", "/").lstrip("/"), safe="/%?=&+,;:@")
        full = (
            urljoin(root if root.endswith(("/", "=")) else f"{root}/", relative)
            if not root.endswith("=")
            else root + relative
        )
    return full if urlsplit(full).netloc else None


def _looks_like_a_picture(source: str) -> bool:
    return bool(re.search(r"\.(jpe?g|png|gif|webp|tiff?|bmp)$", source, re.IGNORECASE))


def _variants(raw: Raw, chosen: Mapping[PriceRole, prices.Price], said: Statement) -> list[VariantRecord]:
    logistics: Raw = raw["logistics"]
    sizes = {name: said.decimal(name, logistics[name]) for name in ("length", "width", "height") if name in logistics}
    weight = said.decimal("weight", logistics["weight"]) if "weight" in logistics else UNSET
    gtins = said.gtins(one for one in raw["gtins"] if one)
    selling = [chosen[role] for role in ("price", "compare_at_price") if role in chosen]
    common: dict[str, Any] = {
        "price": chosen["price"].amount if "price" in chosen else UNSET,
        "compare_at_price": chosen["compare_at_price"].amount if "compare_at_price" in chosen else UNSET,
        "currency": (selling[0].currency or UNSET) if selling else UNSET,
        "weight": weight,
        # BMEcat 2005 states weights in kilograms and measures in metres (ETIM guideline 3.1, 2015).
        "weight_unit": "kg" if isinstance(weight, str) else UNSET,
        "dimension_unit": "m" if any(isinstance(size, str) for size in sizes.values()) else UNSET,
        "hs_code": _text(logistics, "hs_code", said),
        "country_of_origin": _text(logistics, "origin", said),
        **sizes,
    }
    codes: dict[str, Any] = {"barcode": gtins[0]} if gtins else {}
    identifiers = _identifiers(raw, gtins[1:])
    if identifiers:
        codes["identifiers"] = identifiers
    combinations = list(itertools.islice(_combinations(raw), _MOST_VARIANTS + 1))
    if len(combinations) > _MOST_VARIANTS:
        raise Rejected(f"article {raw['key']} has more than {_MOST_VARIANTS} variants", field="VARIANTS")
    if not combinations:
        return [VariantRecord(sku=raw["key"], **common, **codes)]
    if gtins:
        said.warn("the GTIN belongs to the article, not to one of its variants, and was left out")
    return [VariantRecord(sku=sku, options=options, **common) for sku, options in combinations]


def _identifiers(raw: Raw, gtins: list[str]) -> dict[str, list[str]]:
    alternative = raw["details"].get("alternative")
    found = {
        "gtin": gtins,
        "bmecat:alternative": [alternative] if alternative else [],
        "bmecat:buyer": [one for one in raw["buyer_pids"] if one],
    }
    return {scheme: values for scheme, values in found.items() if values}


def _combinations(raw: Raw) -> Iterator[tuple[str, dict[str, str]]]:
    """Every variant of a configurable article: its number is the article's with the supplements of its values."""
    axes = [feature for block in raw["features"] for feature in block["values"] if feature["variants"]]
    if not axes:
        return
    for picked in itertools.product(*(axis["variants"] for axis in axes)):
        sku = raw["key"] + "".join(one["supplement"] for one in picked)
        yield sku, {axis["name"]: one["value"] for axis, one in zip(axes, picked, strict=True)}


def _offer(
    raw: Raw, chosen: Mapping[PriceRole, prices.Price], settings: BmecatSettings, said: Statement
) -> OfferRecord | UnsetType:
    order: Raw = raw["order"]
    pieces = prices.content(order, settings, said)
    cost = chosen.get("cost")
    lead_time = raw["details"].get("lead_time")
    days = said.decimal("DELIVERY_TIME", lead_time) if lead_time else UNSET
    interval = _pieces("QUANTITY_INTERVAL", order.get("interval"), pieces, said)
    offer = OfferRecord(
        cost=cost.amount if cost else UNSET,
        currency=(cost.currency or UNSET) if cost else UNSET,
        minimum_order_quantity=_pieces("QUANTITY_MIN", order.get("minimum"), pieces, said),
        pack_size=interval if isinstance(interval, int) else (int(pieces) if pieces > 1 else UNSET),
        # Half a day of delivery time is a day of waiting.
        lead_time_days=math.ceil(Decimal(days)) if isinstance(days, str) else UNSET,
    )
    return offer if offer != OfferRecord() else UNSET


def _pieces(field: str, stated: str | None, pieces: Decimal, said: Statement) -> int | UnsetType:
    amount = said.decimal(field, stated)
    if not isinstance(amount, str):
        return UNSET
    exact = Decimal(amount) * pieces
    if exact != exact.to_integral_value():
        said.warn(f"{field}: {stated} is not a whole number of pieces and was left out")
        return UNSET
    return int(exact)

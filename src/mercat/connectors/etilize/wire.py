"""A product document of the relational set → ProductRecord. Pure."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec import UNSET

from mercat.connectors.etilize import codes, pictures
from mercat.connectors.etilize.settings import EtilizeSettings
from mercat.sdk import metafields
from mercat.sdk.errors import Rejected
from mercat.sdk.records import Metafield, ProductRecord, Stated, VariantRecord
from mercat.sdk.stating import Statement

Raw = Mapping[str, Any]

NAMESPACE = "custom"
OWN_NAMESPACE = "etilize"
_BRAND = "brandname"
# Description types: 0 manual or distributor, 1 full, 2 main title, 3 long or marketing, 20 to 29 features and benefits.
_TITLES, _LONG, _SHORT = (2, 1, 0), (3, 1), (1,)
_BENEFITS = range(20, 30)
_NOTHING = {"", "NULL", "\\N"}


def to_record(raw: Raw, settings: EtilizeSettings) -> Stated:
    """Convert one product. Raises ``Rejected`` where nothing gives it a name."""
    said = Statement()
    attributes = _attributes(raw, said)
    brand = next((found["values"][0] for found in attributes if codes.folded(found["name"]) == _BRAND), None)
    manufacturer = said.text(raw["manufacturer"])
    part_number = said.text(_stated(raw["part_number"]))
    name = said.text(_description(raw, _TITLES, said)) or " ".join(filter(None, (brand or manufacturer, part_number)))
    if not name:
        raise Rejected(
            f"product {raw['id']} has no description, brand or part number to be called by", field="description"
        )
    if not raw["texts"]:
        said.warn("the product has no descriptions: it is called by brand and part number")
    listed = raw["images"] or []
    images = [view for view, status in listed if "published" in status.lower() or status in _NOTHING]
    record = ProductRecord(
        name=name,
        description=_html(raw, said),
        short_description=said.text(_description(raw, _SHORT, said)) or UNSET,
        brand=brand or manufacturer or UNSET,
        manufacturer=manufacturer or UNSET,
        manufacturer_part_number=part_number or UNSET,
        tags=_keywords(raw, said),
        status=_status(raw),
        category=raw["category"] or UNSET,
        metafields=_fields(raw, attributes, settings),
        images=UNSET if raw["images"] is None else pictures.images(raw["id"], images, settings),
        variants=[_variant(raw, settings, said)],
    )
    return Stated(record, said.warnings)


def _stated(cell: str) -> str:
    return "" if cell.strip() in _NOTHING else cell


def _description(raw: Raw, types: Sequence[int], said: Statement) -> str:
    """The first text of these types: of our locale if there is one, else of any, which is told."""
    for wanted in types:
        fitting = [(text, is_here) for kind, text, _, is_here in raw["texts"] if kind == wanted and _stated(text)]
        if fitting:
            # Rows come sorted: our locale first, the default text before the others.
            if not fitting[0][1]:
                said.warn("the locale has no texts for this product: another locale's were taken")
            return str(fitting[0][0])
    return ""


def _html(raw: Raw, said: Statement) -> Any:
    bullets = [str(row[0]) for row in raw["bullets"]]
    bullets += [text for kind, text, _, is_here in raw["texts"] if kind in _BENEFITS and is_here]
    plain = [said.text(_stated(bullet)) for bullet in bullets]
    items = "".join(f"<li>{html.escape(bullet, quote=False)}</li>" for bullet in plain if bullet)
    long = said.html(_description(raw, _LONG, said)) or ""
    return (long + (f"<ul>{items}</ul>" if items else "")) or UNSET


def _keywords(raw: Raw, said: Statement) -> Any:
    listed = [said.text(word) for row in raw["keywords"] for word in _stated(row[0]).replace(";", ",").split(",")]
    return list(dict.fromkeys(word for word in listed if word)) or UNSET


def _status(raw: Raw) -> Any:
    """Etilize takes products back by a flag, for all locales or for one; to us they are archived, never deleted."""
    here = [bool(active) for active, is_here in raw["locales"] if is_here]
    return "active" if raw["active"] and (not here or any(here)) else "archived"


def _attributes(raw: Raw, said: Statement) -> list[dict[str, Any]]:
    """Attributes with their names and texts; the values of one that comes several times are put together."""
    found: dict[int, dict[str, Any]] = {}
    for attribute, shown, absolute, is_absolute, unit, name, is_here in raw["attributes"]:
        value = said.text(_stated(shown))
        if value is None:
            continue
        if not name:
            said.warn(f"attribute {attribute} has no name: it is called 'attribute {attribute}'")
        elif not is_here:
            said.warn(f"attribute {name!r} has no name in this locale: another locale's was taken")
        entry = found.setdefault(
            attribute, {"id": attribute, "name": said.text(name or "") or f"attribute {attribute}", "values": []}
        )
        if value not in entry["values"]:
            entry["values"].append(value)
        number = _base_number(absolute, raw["units"].get(unit) or [])
        if number and str(is_absolute).lower() not in {"0", "false"}:
            entry["number"], entry["unit"] = number
    return list(found.values())


def _base_number(absolute: str, unit: Sequence[str]) -> tuple[str, str] | None:
    """A measure in its base unit: the stated number times the unit's multiple, exactly."""
    try:
        number = Decimal(absolute.strip()) * Decimal(unit[1].strip()) if unit else Decimal(absolute.strip())
        return metafields.number(number), unit[0] if unit else ""
    except (InvalidOperation, ValueError):
        return None


def _fields(raw: Raw, attributes: Sequence[dict[str, Any]], settings: EtilizeSettings) -> dict[str, Metafield]:
    fields: dict[str, Metafield] = {}
    for attribute in attributes:
        name = f"{NAMESPACE}.{metafields.key(attribute['name'], keep_case=True)}"
        if name in fields:
            name = f"{NAMESPACE}.{metafields.key(attribute['name'] + ' ' + str(attribute['id']), keep_case=True)}"
        fields[name] = Metafield(metafields.TEXT_LIST, attribute["values"])
    sheet = _sheet(raw, attributes)
    if sheet:
        fields[f"{OWN_NAMESPACE}.spec_sheet"] = Metafield("json", sheet)
    for relation in ("accessories", "similar", "upsell"):
        related = list(dict.fromkeys(str(row[0]) for row in raw[relation]))
        if related:
            fields[f"{OWN_NAMESPACE}.{relation}"] = Metafield(metafields.TEXT_LIST, related)
    classes = [sku for kind, sku, _ in raw["skus"] if codes.folded(kind) in codes.CLASS_TYPES and _stated(sku)]
    if classes:
        fields[f"{OWN_NAMESPACE}.unspsc"] = Metafield(metafields.TEXT_LIST, list(dict.fromkeys(classes)))
    documents = [view for view, _ in raw["images"] or [] if pictures.is_document(view)]
    if documents:
        listed = [settings.document_address.format(type=view, productid=raw["id"]) for view in dict.fromkeys(documents)]
        fields[f"{OWN_NAMESPACE}.documents"] = Metafield("list.url", listed)
    return fields


def _sheet(raw: Raw, attributes: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The spec sheet as it is shown: headers in order, each with its attributes; what no header claims comes last."""
    open_ones = {attribute["id"]: attribute for attribute in attributes}
    sheet: dict[str, list[dict[str, Any]]] = {}
    for header, attribute in raw["sheet"]:
        if attribute in open_ones:
            sheet.setdefault(header, []).append(open_ones.pop(attribute))
    if sheet and open_ones:
        sheet.setdefault("", []).extend(open_ones.values())
    return [
        {
            "header": header,
            "attributes": [{name: value for name, value in one.items() if name != "id"} for one in entries],
        }
        for header, entries in sheet.items()
    ]


def _variant(raw: Raw, settings: EtilizeSettings, said: Statement) -> VariantRecord:
    gtins: list[str] = []
    identifiers: dict[str, list[str]] = {codes.PRODUCT_ID: [raw["id"]]}
    sku = ""
    for kind, number, is_discontinued in raw["skus"]:
        folded = codes.folded(kind)
        if folded in codes.CLASS_TYPES or not _stated(number):
            continue
        if is_discontinued:
            said.warn(f"{kind} {number} is discontinued and was left out")
            continue
        if folded in codes.GTIN_TYPES:
            gtins.append(number)
            continue
        if settings.sku_type and folded == codes.folded(settings.sku_type):
            sku = sku or number.strip()
        scheme = codes.scheme(kind) or kind
        identifiers[scheme] = codes.normalised([*identifiers.get(scheme, []), number])
    valid = said.gtins(gtins)
    if valid[1:]:
        identifiers["gtin"] = valid[1:]
    if settings.sku_type and not sku:
        said.warn(f"the product has no {settings.sku_type} number: its Etilize id is the SKU")
    return VariantRecord(
        sku=sku or raw["id"],
        barcode=valid[0] if valid else UNSET,
        identifiers={scheme: found for scheme, found in identifiers.items() if found},
    )

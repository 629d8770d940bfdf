"""The one form in which a product is compared with what Shopify shows of it. Both ways lead through here, and only here.

What Shopify has no place for is not stated in it (``UNSET``): short description, manufacturer and its part number, the
category's path (the draft gives Shopify's own node), currency (the shop has one), measures, identifiers, the offer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from msgspec import UNSET, UnsetType

from mercat.connectors.shopify import images, metafields
from mercat.sdk.errors import Rejected
from mercat.sdk.metafields import number
from mercat.sdk.records import ImageRecord, Metafield, ProductRecord, Text, VariantRecord
from mercat.sdk.values import safe_html

_CENT = Decimal("0.01")
_BLOCK = re.compile(
    r"\s*(</?(?:p|div|ul|ol|li|dl|dt|dd|h[1-6]|table|caption|colgroup|col|thead|tbody|tfoot|tr|td|th|br|hr|blockquote|pre|"
    r"section|article|aside|header|footer|figure|figcaption|details|summary|center)(?:\s[^<>]*)?/?>)\s*",
    re.IGNORECASE,
)


def normalised(record: ProductRecord) -> ProductRecord:
    """The record as Shopify would show it. Idempotent. Raises ``Rejected`` for an amount or metafield that is none."""
    return ProductRecord(
        handle=_handle(record.handle),
        name=_text(record.name),
        description=_html(record.description),
        brand=_text(record.brand),
        product_type=_text(record.product_type),
        tags=_tags(record.tags),
        seo_title=_text(record.seo_title),
        seo_description=_text(record.seo_description),
        status=record.status if record.status is UNSET else record.status.lower(),
        metafields=_metafields(record.metafields),
        images=_images(record.images),
        variants=[_variant(each) for each in record.variants],
    )


def unique_images(stated: Sequence[ImageRecord]) -> list[ImageRecord]:
    """Each address once, in order: Shopify would show a file twice that is given twice."""
    return list({image.url: image for image in reversed(stated)}.values())[::-1]


def _text(value: Text) -> Text:
    return (" ".join(value.split()) or None) if isinstance(value, str) else value


def _handle(value: Text) -> Text:
    return ("-".join(value.lower().split()) or None) if isinstance(value, str) else value


def _html(value: Text) -> Text:
    if not isinstance(value, str):
        return value
    # Shopify puts line ends where it likes: between words one is a space, beside a block's tag it is nothing.
    return _BLOCK.sub(r"\1", " ".join(safe_html(value).split())) or None


def _tags(value: list[str] | UnsetType) -> list[str] | UnsetType:
    """Shopify parts tags at commas, knows no two that differ only in case, and shows them sorted."""
    if value is UNSET:
        return UNSET
    tags: dict[str, str] = {}
    for tag in (part for each in value for part in each.split(",")):
        if plain := " ".join(tag.split()):
            tags.setdefault(plain.casefold(), plain)
    return [tags[key] for key in sorted(tags)]


def _metafields(value: dict[str, Metafield] | UnsetType) -> dict[str, Metafield] | UnsetType:
    if value is UNSET:
        return UNSET
    plain = {
        name: metafields.normalised(name, metafield)
        for name, metafield in sorted(value.items())
        if not metafields.is_foreign(name.partition(".")[0])
    }
    return {name: metafield for name, metafield in plain.items() if metafield is not None}


def _images(value: list[ImageRecord] | UnsetType) -> list[ImageRecord] | UnsetType:
    if value is UNSET:
        return UNSET
    plain: list[ImageRecord] = []
    for image in unique_images(value):
        name = images.normalised(image.url)
        if name is None:
            return UNSET
        plain.append(ImageRecord(url=name, alt_text=_alt(image.alt_text), position=len(plain) + 1))
    return plain


def _alt(value: str | None) -> str | None:
    return (" ".join(value.split()) or None) if value else None


def _variant(variant: VariantRecord) -> VariantRecord:
    weight, unit = _weight(variant)
    return VariantRecord(
        sku=_text(variant.sku),
        barcode=_text(variant.barcode),
        price=_amount(variant, "price"),
        compare_at_price=_amount(variant, "compare_at_price"),
        cost_price=_amount(variant, "cost_price"),
        weight=weight,
        weight_unit=unit,
        requires_shipping=variant.requires_shipping,
        taxable=variant.taxable,
        track_inventory=variant.track_inventory,
        inventory_policy=variant.inventory_policy if variant.inventory_policy is UNSET else _lower(variant),
        hs_code=_code(variant.hs_code),
        country_of_origin=_code(variant.country_of_origin),
        options={_one_line(name): _one_line(value) for name, value in (variant.options or {}).items()},
    )


def _lower(variant: VariantRecord) -> str:
    return str(variant.inventory_policy).lower()


def _one_line(value: str) -> str:
    return " ".join(value.split())


def _code(value: Text) -> Text:
    return ("".join(each for each in value.upper() if each.isalnum()) or None) if isinstance(value, str) else value


def _amount(variant: VariantRecord, field: str) -> Text:
    """Shopify keeps money with two decimals."""
    value: Text = getattr(variant, field)
    if not isinstance(value, str):
        return value
    try:
        return str(Decimal(value).quantize(_CENT, ROUND_HALF_UP))
    except InvalidOperation:
        raise Rejected(f"the {field.replace('_', ' ')} {value!r} of {variant.sku} is no amount", field=field) from None


def _weight(variant: VariantRecord) -> tuple[Text, Text]:
    """Shopify knows no missing weight, only nought; it keeps a number that a float can hold."""
    if not isinstance(variant.weight, str):
        return variant.weight, variant.weight
    try:
        exact = Decimal(repr(float(variant.weight)))
        weight = number(exact)
    except (ValueError, InvalidOperation):
        raise Rejected(f"the weight {variant.weight!r} of {variant.sku} is no weight", field="weight") from None
    if not exact:
        return None, None
    if not isinstance(variant.weight_unit, str):
        raise Rejected(f"the weight of {variant.sku} has no unit", field="weight_unit")
    return weight, variant.weight_unit

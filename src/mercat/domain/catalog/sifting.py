"""Sifting: whether there is anything to mend in some statements at all, asked of all of them at once.

There hardly ever is. Asked column by column, with the loops in C, it costs a quarter of asking each statement, and
``stating`` need only look at those among which something is the matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import astuple

from mercat.core.money import are_canonical
from mercat.domain.catalog.fields import PRODUCT_TEXTS, VARIANT_AMOUNTS, is_currency
from mercat.domain.catalog.stating import (
    CAPPED,
    COUNTS,
    LONGEST_BARCODE,
    LONGEST_CODE,
    MOST_PIECES,
    POLICIES,
    SHORTER,
    STATUSES,
    fault_of_category,
)
from mercat.sdk.records import ProductRecord

_encode = msgspec.json.Encoder().encode
_LISTS = ("tags", "metafields", "images")
# The texts of a product, and those of a variant, that may hold anything.
_FREE = (*PRODUCT_TEXTS, "handle", "category")
_FREE_OF_VARIANT = ("sku", *(name for name, _ in SHORTER))
# Field → what is said of it, by all that say something; a field of which nobody does is not in it.
Said = Mapping[str, Sequence[Any]]


def are_in_order(keys: Sequence[str], records: Sequence[ProductRecord]) -> bool:
    """Whether ``stating`` would leave every one of these as it is. ``False`` where that is not plain to see."""
    variants = _said([variant for record in records for variant in record.variants])
    products = _said(records)
    return (
        list(map(len, products.get("variants", ()))) == [1] * len(records)
        and _longest(keys) <= LONGEST_CODE
        and (_are_plain(products, variants) or _is_sound(records))
        and _are_products_in_order(products)
        and all(record.status is UNSET or record.status in STATUSES for record in records)
        and _are_variants_in_order(variants)
        and _are_offers_in_order(_said(products.get("offer", ())))
    )


def _said(records: Sequence[msgspec.Struct]) -> Said:
    if not records:
        return {}
    names = type(records[0]).__struct_fields__
    columns = (list(filter(None, column)) for column in zip(*map(astuple, records), strict=True))
    return {name: column for name, column in zip(names, columns, strict=True) if column}


def _are_plain(products: Said, variants: Said) -> bool:
    """Whether all texts are printable ASCII, and none stands in a list: sooner told than what encoding them brings up."""
    if any(name in products for name in _LISTS):
        return False
    columns = [*_of(products, _FREE), *_of(variants, _FREE_OF_VARIANT)]
    return all(text.isascii() and text.isprintable() for text in map("".join, columns))


def _is_sound(records: Sequence[ProductRecord]) -> bool:
    try:
        return b"\\u00" not in _encode(records)
    except UnicodeEncodeError:
        return False


def _are_products_in_order(said: Said) -> bool:
    return (
        _are_within(CAPPED, said)
        and _are_codes(said.get("handle", ()))
        and not any(map(fault_of_category, {*said.get("category", ())}))
        and "metafields" not in said
        and not any(image.source for listed in said.get("images", ()) for image in listed)
    )


def _are_variants_in_order(said: Said) -> bool:
    codes = "".join(said.get("barcode", ()))
    return (
        all(map(are_canonical, _of(said, VARIANT_AMOUNTS)))
        and _are_codes(said.get("sku", ()))
        and _longest(said.get("barcode", ())) <= LONGEST_BARCODE
        and (not codes or (codes.isascii() and codes.isdigit()))
        and all(map(is_currency, {*said.get("currency", ())}))
        and POLICIES.issuperset(said.get("inventory_policy", ()))
        and _are_within(SHORTER, said)
        and "options" not in said
        and "identifiers" not in said
    )


def _are_offers_in_order(said: Said) -> bool:
    return (
        are_canonical(said.get("cost", ()))
        and all(map(is_currency, {*said.get("currency", ())}))
        and all(max(map(abs, counts)) <= MOST_PIECES for counts in _of(said, COUNTS))
    )


def _of(said: Said, names: Iterable[str]) -> list[Sequence[Any]]:
    return [said[name] for name in names if name in said]


def _are_codes(codes: Sequence[str]) -> bool:
    return list(codes) == list(map(str.strip, codes)) and _longest(codes) <= LONGEST_CODE


def _are_within(caps: Iterable[tuple[str, int]], said: Said) -> bool:
    return all(_longest(said[name]) <= most for name, most in caps if name in said)


def _longest(texts: Iterable[str]) -> int:
    return max(map(len, texts), default=0)

"""Sifting: whether there is anything to mend in some statements at all, asked of all of them at once.

There hardly ever is. Asked column by column, with the loops in C, it costs a quarter of asking each statement, and
``stating`` need only look at those among which something is the matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import UNSET

from mercat.core.money import is_canonical
from mercat.domain.catalog.fields import VARIANT_AMOUNTS, is_currency
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
from mercat.sdk.records import OfferRecord, ProductRecord, VariantRecord

_encode = msgspec.json.Encoder().encode
_texts_of = attrgetter(*(name for name, _ in CAPPED))
_rest_of = attrgetter("handle", "status", "category", "metafields", "images")
_amounts_of = attrgetter(*VARIANT_AMOUNTS)
_short_of = attrgetter(*(name for name, _ in SHORTER))
_codes_of = attrgetter("sku", "barcode", "currency", "inventory_policy", "options", "identifiers")
_counts_of = attrgetter(*COUNTS)
_SAID_STATUSES = {*STATUSES, UNSET}


def are_in_order(keys: Sequence[str], records: Sequence[ProductRecord]) -> bool:
    """Whether ``stating`` would leave every one of these as it is. ``False`` where that is not plain to see."""
    variants = [variant for record in records for variant in record.variants]
    offers = [record.offer for record in records if record.offer]
    return (
        len(variants) == len(records)
        and _longest(keys) <= LONGEST_CODE
        and _is_sound(records)
        and _are_products_in_order(records)
        and _are_variants_in_order(variants)
        and _are_offers_in_order(offers)
    )


def _is_sound(records: Sequence[ProductRecord]) -> bool:
    try:
        return b"\\u00" not in _encode(records)
    except UnicodeEncodeError:
        return False


def _are_products_in_order(records: Sequence[ProductRecord]) -> bool:
    handles, statuses, categories, metafields, images = zip(*map(_rest_of, records), strict=True)
    return (
        _are_within(CAPPED, zip(*map(_texts_of, records), strict=True))
        and _are_codes(handles)
        and _SAID_STATUSES.issuperset(statuses)
        and not any(map(fault_of_category, filter(None, set(categories))))
        and not any(metafields)
        and not any(image.source for listed in filter(None, images) for image in listed)
    )


def _are_variants_in_order(variants: Sequence[VariantRecord]) -> bool:
    skus, barcodes, currencies, policies, options, identifiers = zip(*map(_codes_of, variants), strict=True)
    codes = "".join(filter(None, barcodes))
    return (
        all(all(map(is_canonical, filter(None, amounts))) for amounts in zip(*map(_amounts_of, variants), strict=True))
        and _are_codes(skus)
        and _longest(barcodes) <= LONGEST_BARCODE
        and (not codes or (codes.isascii() and codes.isdigit()))
        and all(map(is_currency, filter(None, set(currencies))))
        and POLICIES.issuperset(filter(None, policies))
        and _are_within(SHORTER, zip(*map(_short_of, variants), strict=True))
        and not any(options)
        and not any(identifiers)
    )


def _are_offers_in_order(offers: Sequence[OfferRecord]) -> bool:
    return (
        all(is_canonical(offer.cost) for offer in offers if offer.cost)
        and all(map(is_currency, {offer.currency for offer in offers if offer.currency}))
        and all(
            max(map(abs, filter(None, counts)), default=0) <= MOST_PIECES
            for counts in zip(*map(_counts_of, offers), strict=True)
        )
    )


def _are_codes(codes: Sequence[Any]) -> bool:
    given = list(filter(None, codes))
    return given == list(map(str.strip, given)) and _longest(given) <= LONGEST_CODE and "" not in given


def _are_within(caps: Iterable[tuple[str, int]], columns: Iterable[Sequence[Any]]) -> bool:
    return all(_longest(texts) <= most for (_, most), texts in zip(caps, columns, strict=True))


def _longest(texts: Iterable[Any]) -> int:
    return max(map(len, filter(None, texts)), default=0)

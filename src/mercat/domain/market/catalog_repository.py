"""Looking listings' codes up in the catalogue, many at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from mercat.core.database.bulk import CHUNK, chunks
from mercat.core.database.types import as_ascii
from mercat.core.lists import beyond
from mercat.domain.market.models import MarketProduct
from mercat.sdk.values import brand_key, gtin14, mpn_key

_PRODUCT = beyond(MarketProduct.product)
_VARIANT = beyond(_PRODUCT.variants)
_IDENTIFIER = beyond(_VARIANT.identifiers)
_LENGTHS = (14, 13, 12, 8)
Hits = dict[str, Collection[UUID]]


class Codes(NamedTuple):
    """What a listing says of itself that may be known here. ``brands`` are its brand and its maker."""

    asin: str
    gtins: tuple[str, ...] = ()
    brands: tuple[str | None, ...] = ()
    part_number: str | None = None


class CatalogRepository:
    """Products of ours by what listings say of themselves."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def by_words(self, words: Iterable[str]) -> dict[str, UUID]:
        """Products by the SKU of a variant, else by their handle."""
        wanted = set(words)
        found = dict(self._among(select(_PRODUCT.handle, _PRODUCT.id), _PRODUCT.handle, wanted))
        return {**found, **dict(self._among(select(_VARIANT.sku, _VARIANT.product_id), _VARIANT.sku, wanted))}

    def hits(self, codes: Sequence[Codes]) -> list[Hits]:
        """For each, the products that its ASIN, its GTINs, and its brand with its part number lead to."""
        asins = self._identified("asin", {each.asin for each in codes})
        gtins = self._gtins({gtin for each in codes for gtin in each.gtins})
        parts = self._parts({mpn_key(each.part_number) for each in codes if each.part_number} - {""})
        return [
            {
                "asin": asins.get(each.asin, set()),
                "gtin": {hit for gtin in each.gtins for hit in gtins.get(gtin14(gtin), ())},
                "mpn": _of_brand(each, parts),
            }
            for each in codes
        ]

    def _gtins(self, codes: Collection[str]) -> dict[str, set[UUID]]:
        printed = {form for code in codes for form in _printed(code)}
        found: dict[str, set[UUID]] = defaultdict(set)
        barcodes = select(_VARIANT.barcode, _VARIANT.product_id)
        for code, product_id in self._among(barcodes, _VARIANT.barcode, map(as_ascii, printed)):
            found[gtin14(code)].add(product_id)
        for code, ids in self._identified("gtin", printed).items():
            found[gtin14(code)] |= ids
        return found

    def _parts(self, keys: Collection[str]) -> dict[str, list[tuple[UUID, set[str]]]]:
        rows = select(_PRODUCT.part_key, _PRODUCT.id, _PRODUCT.brand, _PRODUCT.manufacturer)
        found: dict[str, list[tuple[UUID, set[str]]]] = defaultdict(list)
        for key, product_id, *names in self._among(rows, _PRODUCT.part_key, keys):
            found[key].append((product_id, {brand_key(name) for name in names if name}))
        return found

    def _identified(self, scheme: str, values: Collection[str]) -> dict[str, set[UUID]]:
        rows = select(_IDENTIFIER.value, _VARIANT.product_id).join(_VARIANT, _IDENTIFIER.variant_id == _VARIANT.id)
        found: dict[str, set[UUID]] = defaultdict(set)
        for value, product_id in self._among(rows.where(_IDENTIFIER.scheme == scheme), _IDENTIFIER.value, values):
            found[value].add(product_id)
        return found

    def _among(self, rows: Any, column: Any, values: Iterable[str]) -> Iterator[Any]:
        for some in chunks(sorted(set(values)), CHUNK):
            yield from self.session.execute(rows.where(column.in_(some)))


def _of_brand(codes: Codes, parts: dict[str, list[tuple[UUID, set[str]]]]) -> set[UUID]:
    brands = {brand_key(each) for each in codes.brands if each} - {""}
    found = parts.get(mpn_key(codes.part_number), []) if codes.part_number else []
    return {product_id for product_id, theirs in found if theirs & brands}


def _printed(code: str) -> Iterator[str]:
    whole = gtin14(code)
    return (whole[14 - length :] for length in _LENGTHS if not whole[: 14 - length].strip("0"))

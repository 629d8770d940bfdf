"""Which of our variants listings show: looked up by their codes, many at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

import msgspec

from mercat.core.database.bulk import CHUNK, Bulk, chunks
from mercat.domain.market.linking import rivalled, shown
from mercat.sdk.values import gtin14

_OWN = "market_products m JOIN product_variants v ON v.product_id = m.product_id"
_RIVAL = (
    "market_products m JOIN competitor_links l ON l.market_product_id = m.id "
    "JOIN product_variants v ON v.product_id = l.product_id"
)
_Codes = tuple[str, set[str]]


class ShownBulk:
    """Reads only. Listings and variants are 16 bytes."""

    def __init__(self, bulk: Bulk) -> None:
        self.bulk = bulk

    def variants(self, listings: Collection[bytes]) -> dict[bytes, bytes]:
        """Listing → the variant of what it is of ours that it shows; without those of which nobody knows which."""
        found = {}
        for listing, (codes, variants) in self._codes(_OWN, listings).items():
            variant = shown(variants, *codes)
            if variant is not None:
                found[listing] = variant
        return found

    def rivalled(self, listings: Collection[bytes]) -> dict[bytes, Collection[bytes]]:
        """Listing → the variants of ours that it competes with."""
        return {
            listing: rivalled(variants, *codes) for listing, (codes, variants) in self._codes(_RIVAL, listings).items()
        }

    def _codes(self, source: str, listings: Collection[bytes]) -> dict[bytes, tuple[_Codes, dict[bytes, set[str]]]]:
        """Listing → (its ASIN and GTINs, the variants in question with theirs in the order of their ids)."""
        found: dict[bytes, tuple[_Codes, dict[bytes, set[str]]]] = {}
        for some in chunks(sorted(listings), CHUNK):
            where, parameters = self.bulk.among("m.id", some, ids=True)
            rows = self.bulk.fetch(
                f"SELECT m.id, m.asin, m.gtins, v.id, v.barcode, i.scheme, i.value FROM {source} LEFT JOIN "
                "product_identifiers i ON i.variant_id = v.id AND i.scheme IN ('asin', 'gtin') "
                f"WHERE {where} ORDER BY v.id",
                parameters,
            )
            for row_id, asin, gtins, variant, barcode, scheme, value in rows:
                listing = self.bulk.id_of(row_id)
                if listing not in found:
                    found[listing] = ((asin, _gtins(gtins)), defaultdict(set))
                known = found[listing][1][self.bulk.id_of(variant)]
                known |= {gtin14(barcode)} if barcode else set()
                known |= {value if scheme == "asin" else gtin14(value)} if value else set()
        return found


def _gtins(value: Any) -> set[str]:
    """A JSON column's list of codes, each with fourteen digits."""
    codes = msgspec.json.decode(value) if isinstance(value, str | bytes) else value or ()
    return {gtin14(each) for each in codes}

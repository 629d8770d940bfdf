"""Etilize's cross-reference numbers: supplier and catalogue codes are identifiers, not attributes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

PRODUCT_ID = "etilize:productid"
# Spellings seen in flat exports and in the file names of the relational set.
_SCHEMES = {
    "cwsa": "CWS_A",
    "cwscatalog": "CWS_Catalog",
    "sprc": "SPRC",
    "spr": "SPR",
    "sprcatalog": "SPR_Catalog",
    "productid": PRODUCT_ID,
    "etilizeid": PRODUCT_ID,
    "etilizeproductid": PRODUCT_ID,
}
# Types of the relational set that are standard codes or classes rather than somebody's article numbers.
GTIN_TYPES = {"upc", "gtin", "ean"}
CLASS_TYPES = {"unspsc"}


@lru_cache(maxsize=16384)
def scheme(name: str) -> str | None:
    """The identifier scheme that a column or a SKU type stands for, or ``None`` where it is an attribute."""
    return _SCHEMES.get(folded(name))


def folded(name: str) -> str:
    """A name without case, blanks and marks."""
    return re.sub(r"[^a-z0-9]+", "", name.lower())


def normal(code: str) -> str:
    """A code for comparing, as the earlier system did: without hyphens, in capitals. Leading zeros stay."""
    return code.strip().replace("-", "").upper()


def normalised(codes: Iterable[str]) -> list[str]:
    """Codes for comparing, each once."""
    return list(dict.fromkeys(filter(None, map(normal, codes))))

"""What of ours a watched listing is: the ways in which it could be, weighed against each other."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

# How sure a single hit makes: an ASIN is written down by us, a GTIN is the maker's, brand and part number are two texts.
CONFIDENCE = {"asin": Decimal(1), "gtin": Decimal("0.95"), "mpn": Decimal("0.85")}
_CONTRADICTED = Decimal("0.6")
# Below this a person decides.
LEAST = Decimal("0.8")


@dataclass(frozen=True)
class Link:
    """``product_id`` is ``None`` where nothing fits, or what fits is not sure enough; ``reason`` says which in words."""

    product_id: UUID | None
    method: str | None
    confidence: Decimal | None
    reason: str


def link(hits: dict[str, Collection[UUID]]) -> Link:
    """Weigh what an ASIN, the GTINs, and brand with part number lead to; the strongest that leads to one product counts.

    A weaker way that leads elsewhere casts doubt on it; one that leads to several says nothing.
    """
    found = [(way, next(iter(hits[way]))) for way in CONFIDENCE if len(set(hits.get(way, ()))) == 1]
    if not found:
        many = [way for way in CONFIDENCE if len(set(hits.get(way, ()))) > 1]
        reason = f"several products have its {' and its '.join(many)}" if many else "no product of ours has its codes"
        return Link(None, None, None, reason)
    way, product_id = found[0]
    against = [other for other, theirs in found[1:] if theirs != product_id]
    if against:
        reason = f"its {way} leads to one product and its {against[0]} to another: a person decides"
        return Link(None, way, _CONTRADICTED, reason)
    return Link(product_id, way, CONFIDENCE[way], f"by its {way}")


def shown(variants: Mapping[bytes, Collection[str]], asin: str, gtins: Collection[str]) -> bytes | None:
    """The variant that a listing shows: the only one, or the one with its ASIN, or with a GTIN of it.

    ``variants`` have their ASINs and GTINs (of 14 digits, as ``gtins`` are). Where several could be meant, nobody knows.
    """
    by_asin = [each for each, codes in variants.items() if asin in codes]
    by_gtin = [each for each, codes in variants.items() if not set(gtins).isdisjoint(codes)]
    return next((some[0] for some in (list(variants), by_asin, by_gtin) if len(some) == 1), None)


def rivalled(variants: Mapping[bytes, Collection[str]], asin: str, gtins: Collection[str]) -> list[bytes]:
    """The variants that a rival's listing sells as well, by its codes; all of them where it shows none of theirs."""
    same = [each for each, codes in variants.items() if not {asin, *gtins}.isdisjoint(codes)]
    return same or list(variants)

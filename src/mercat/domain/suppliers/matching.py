"""Matching: which of our variants a supplier's row speaks of, and why. Never a guess."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mercat.sdk.records import VariantRecord
from mercat.sdk.values import brand_key, gtin14, mpn_key

# (scheme, normalised value)
Key = tuple[str, str]


class Candidate(NamedTuple):
    """A variant of ours, as matching compares it. ``gtins`` are padded to fourteen digits."""

    variant_id: bytes
    product_id: bytes
    sku: str
    name: str
    brand: str
    part: str
    gtins: frozenset[str]
    is_offered_by_source: bool


@dataclass(frozen=True)
class Asked:
    """What a row says about its identity."""

    sku: str
    brand: str
    part: str
    gtins: frozenset[str]
    identifiers: tuple[Key, ...]


@dataclass(frozen=True)
class Verdict:
    """One variant, several (a question for a person), or none; with the reason in words."""

    variant: Candidate | None = None
    reason: str = "nothing of ours carries one of its codes"
    candidates: list[tuple[Candidate, str]] = field(default_factory=list)

    @property
    def is_ambiguous(self) -> bool:
        """Whether a person has to decide."""
        return self.variant is None and bool(self.candidates)


def asked(variant: VariantRecord, *, brand: str | None, part: str | None, key: str) -> Asked:
    """The identity that a stated variant claims."""
    given = variant.identifiers or {}
    codes = [str(variant.barcode)] if variant.barcode else []
    codes += given.get("gtin", ())
    others = [(scheme, value) for scheme, values in given.items() if scheme != "gtin" for value in values]
    return Asked(
        sku=str(variant.sku or key),
        brand=brand_key(brand) if brand else "",
        part=mpn_key(part) if part else "",
        gtins=frozenset(gtin14(code) for code in codes if code.isascii() and code.isdigit() and len(code) <= 14),
        identifiers=tuple(others),
    )


def judge(row: Asked, found: Mapping[Key, Sequence[Candidate]]) -> Verdict:
    """Compare a row with the candidates that share a code with it, strongest scheme first.

    ``found`` maps ("gtin", g14), ("mpn", part), ("sku", sku) and (scheme, value) to candidates. A scheme with one
    answer decides, unless that answer carries other GTINs than the row does; a scheme with several is a question.
    """
    contradicted: list[tuple[Candidate, str]] = []
    for reason, candidates in _by_strength(row, found):
        fitting = {each.variant_id: each for each in candidates if _may_be(row, each, reason)}
        agreed = [each for each in fitting.values() if not _contradicts(row, each)]
        if len(agreed) == 1:
            return Verdict(agreed[0], reason)
        if len(agreed) > 1:
            return Verdict(None, f"several fit by {reason}", [(each, reason) for each in agreed])
        contradicted += [(each, f"{reason}, but with another GTIN") for each in fitting.values() if each.sku == row.sku]
    if contradicted:
        return Verdict(None, "the SKU is ours but the GTIN is not", contradicted)
    return Verdict()


def _by_strength(row: Asked, found: Mapping[Key, Sequence[Candidate]]) -> Iterable[tuple[str, list[Candidate]]]:
    for key in row.identifiers:
        yield f"{key[0]} {key[1]}", list(found.get(key, ()))
    yield "GTIN", [each for code in sorted(row.gtins) for each in found.get(("gtin", code), ())]
    if row.part and row.brand:
        same = [each for each in found.get(("mpn", row.part), ()) if each.brand == row.brand]
        yield "brand and part number", same
    yield "SKU", list(found.get(("sku", row.sku), ()))


def _may_be(row: Asked, candidate: Candidate, reason: str) -> bool:
    # One source that lists two codes means two products, whatever numbers they share; its own SKU it may restate.
    return not candidate.is_offered_by_source or (reason == "SKU" and candidate.sku == row.sku)


def _contradicts(row: Asked, candidate: Candidate) -> bool:
    return bool(row.gtins and candidate.gtins and not row.gtins & candidate.gtins)


def keys_of(row: Asked) -> Iterable[Key]:
    """Every code to look up."""
    yield from row.identifiers
    for code in row.gtins:
        yield ("gtin", code)
    if row.part and row.brand:
        yield ("mpn", row.part)
    yield ("sku", row.sku)

"""What a marketplace says a listing is: kept, and used to find out what it is of ours."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from mercat.core.unit import WriteUnit
from mercat.domain.market.product_repository import MarketProductRepository
from mercat.domain.market.tracking import MANUAL, relink
from mercat.sdk.market import Facts
from mercat.sdk.values import gtin

_LENGTHS = {"title": 1000, "brand": 255, "manufacturer": 255, "part_number": 255, "model_number": 255}
_LENGTHS |= {"category": 255, "product_type": 255, "image_url": 2_000, "description": 100_000}
_MATTER = {"brand", "manufacturer", "part_number", "gtins"}


def learn(unit: WriteUnit, facts: Mapping[bytes, Facts]) -> int:
    """Take in what listings (16 bytes) are said to be; how many are said otherwise than before. What is not said stays."""
    rows = MarketProductRepository(unit.session).of_ids([UUID(bytes=each) for each in facts])
    changed, to_link = 0, []
    for row in rows:
        said = _said(facts[row.id.bytes])
        differing = {name: value for name, value in said.items() if getattr(row, name) != value}
        for name, value in differing.items():
            setattr(row, name, value)
        changed += bool(differing)
        if _MATTER & differing.keys() and row.match_method != MANUAL:
            to_link.append(row)
    if to_link:
        relink(unit, to_link)
    unit.save()
    return changed


def _said(facts: Facts) -> dict[str, object]:
    said: dict[str, object] = {}
    for name, most in _LENGTHS.items():
        text = getattr(facts, name)
        if text and (kept := text.replace("\0", "").strip()[:most]):
            said[name] = kept
    if facts.features:
        said["features"] = [each.replace("\0", "") for each in facts.features]
    codes = [code for each in facts.gtins for code in (gtin(each)[0],) if code is not None]
    if codes:
        said["gtins"] = list(dict.fromkeys(codes))
    return said

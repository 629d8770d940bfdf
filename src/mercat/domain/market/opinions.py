"""Taking in reviews: of one marketplace and id once, with what it says last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import xxhash

from mercat.core.database.types import as_ascii
from mercat.core.errors import Invalid
from mercat.core.unit import WriteUnit
from mercat.domain.market.judging import checked
from mercat.domain.market.ranking_repository import RankingBulk
from mercat.domain.market.review_repository import Key, ReviewBulk, told
from mercat.domain.market.schemas import Recorded, TrackDraft
from mercat.domain.market.tracking import track_many
from mercat.sdk.market import Reviewed

_LENGTHS = {"title": 500, "text": 100_000, "reviewer": 255, "variation": 255}
_MOST_ID = 64


def record_reviews(unit: WriteUnit, given: Sequence[Reviewed], *, create: bool = False) -> Recorded:
    """Keep reviews of listings that are watched, many at a time; ``create``: others are watched from now on.

    The same again is a duplicate; one that says something else now says that from now on, and counts as new. What cannot
    be is refused with a reason. Safe to repeat, and to be called through ``runtime.attempt``.
    """
    unit.actor.require("market.record")
    result = Recorded(seen=len(given))
    listings = _listings(unit, given, result, create=create)
    said: dict[Key, tuple[bytes, dict[str, Any]]] = {}
    for each in given:
        listing = listings.get((each.asin, each.marketplace))
        if listing is None:
            result.refuse(f"{each.asin} at {each.marketplace} is not watched: `mercat market track` does so")
            continue
        try:
            values = _values(each)
        except Invalid as wrong:
            result.refuse(f"{each.asin} at {each.marketplace}: {wrong.message}")
            continue
        key = (each.marketplace, _id_of(each))
        result.duplicates += key in said
        said[key] = (listing, values)
    _write(unit, said, result)
    return result


def _listings(
    unit: WriteUnit, given: Sequence[Reviewed], result: Recorded, *, create: bool
) -> dict[tuple[str, str], bytes]:
    keys = {(each.asin, each.marketplace) for each in given}
    repository = RankingBulk(unit.bulk)
    found = repository.watched(keys)
    if create and (missing := sorted(keys - found.keys())):
        done = track_many(unit, [TrackDraft(asin, place) for asin, place in missing])
        result.created += sum(each.status == "created" for each in done)
        found |= repository.watched(missing)
    return found


def _write(unit: WriteUnit, said: dict[Key, tuple[bytes, dict[str, Any]]], result: Recorded) -> None:
    repository = ReviewBulk(unit.bulk)
    known = repository.known(said.keys())
    fresh = [(key, listing, values) for key, (listing, values) in said.items() if key not in known]
    changed = [
        (known[key][0], values) for key, (_, values) in said.items() if key in known and known[key][1] != told(values)
    ]
    repository.insert(fresh, unit.now)
    repository.update(changed, unit.now)
    result.new += len(fresh) + len(changed)
    result.duplicates += len(said) - len(fresh) - len(changed)


def _values(each: Reviewed) -> dict[str, Any]:
    """Raises ``Invalid``."""
    texts = {name: _cut(getattr(each, name), most) for name, most in _LENGTHS.items()}
    return {
        **texts,
        "rating": checked("stars", "rating", each.rating),
        "review_date": None if each.reviewed_on is None else each.reviewed_on.isoformat(),
        "verified": checked("flag", "verified", each.verified),
        "helpful_count": checked("count", "helpful_count", each.helpful_count),
    }


def _cut(text: str | None, most: int) -> str | None:
    return text.replace("\0", "").strip()[:most] or None if text else None


def _id_of(each: Reviewed) -> str:
    """The marketplace's own, or a digest of what it says: the same file again is the same reviews."""
    if each.review_id and len(each.review_id) <= _MOST_ID:
        return as_ascii(each.review_id.strip())
    parts = (
        each.asin,
        each.review_id,
        each.reviewer,
        each.reviewed_on,
        each.rating,
        each.title,
        each.text,
        each.variation,
    )
    return f"x{xxhash.xxh3_128_hexdigest(chr(0).join(map(str, parts)).encode())}"

"""Reviews: written in sets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mercat.core.database.bulk import CHUNK, Bulk, chunks
from mercat.core.ids import new_id_bytes

_SAID = ("rating", "title", "text", "reviewer", "review_date", "variation", "verified", "helpful_count")
Key = tuple[str, str]


class ReviewBulk:
    """Set-based work on reviews, by marketplace and the review's id."""

    def __init__(self, bulk: Bulk) -> None:
        self.bulk = bulk

    def known(self, keys: Collection[Key]) -> dict[Key, tuple[bytes, tuple[Any, ...]]]:
        """Those that are there: (id, what each says)."""
        wanted, found = set(keys), {}
        for some in chunks(sorted({each for _, each in wanted}), CHUNK):
            where, parameters = self.bulk.among("review_id", some)
            for row_id, place, review_id, *said in self.bulk.fetch(
                f"SELECT id, marketplace, review_id, {', '.join(_SAID)} FROM reviews WHERE {where}", parameters
            ):
                if (place, review_id) in wanted:
                    found[place, review_id] = (self.bulk.id_of(row_id), self._said(said))
        return found

    def _said(self, values: Sequence[Any]) -> tuple[Any, ...]:
        rating, *rest, verified, helpful = values
        day = rest[3]
        rest[3] = None if day is None else str(day)[:10]
        return (self.bulk.amount_of(rating), *rest, None if verified is None else bool(verified), helpful)

    def insert(self, rows: Sequence[tuple[Key, bytes, Mapping[str, Any]]], now: dt.datetime) -> None:
        """New ones: (key, listing, what it says)."""
        bulk, stamp = self.bulk, self.bulk.time(now)
        names = ("id", "market_product_id", "marketplace", "review_id", *_SAID, "created_at", "updated_at")
        bulk.insert(
            "reviews",
            names,
            [
                (bulk.id(row_id), bulk.id(listing), *key, *self._values(said), stamp, stamp)
                for row_id, (key, listing, said) in zip(new_id_bytes(len(rows)), rows, strict=True)
            ]
            if rows
            else (),
        )

    def update(self, rows: Sequence[tuple[bytes, Mapping[str, Any]]], now: dt.datetime) -> None:
        """Those that say something else now: (id, what it says)."""
        bulk, stamp = self.bulk, self.bulk.time(now)
        bulk.update(
            "reviews", (*_SAID, "updated_at"), [(*self._values(said), stamp, bulk.id(row_id)) for row_id, said in rows]
        )

    def _values(self, said: Mapping[str, Any]) -> list[Any]:
        return [self.bulk.amount(said[name]) if name == "rating" else said[name] for name in _SAID]


def told(said: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a review says, as ``known`` tells it."""
    return tuple(said[name] for name in _SAID)

"""One row of a file of reviews → a review."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mercat.connectors.observations.settings import ObservationSettings
from mercat.connectors.observations.wire import flag, listing_of, named, spelt, stars, whole
from mercat.sdk.errors import Rejected
from mercat.sdk.market import Reviewed

_NAMES = spelt(
    {
        "listing": "url link product_url address",
        "marketplace": "market domain country site",
        "review_id": "id reviewid",
        "rating": "stars score star_rating",
        "title": "review_title headline summary",
        "text": "review review_text body content verified_reviews review_body",
        "reviewer": "reviewer_name author user name profile_name",
        "review_date": "date reviewed_on timestamp",
        "variation": "variant variant_info style",
        "verified": "verified_purchase is_verified",
        "helpful_count": "helpful helpful_votes votes",
    }
)
_KNOWN = frozenset({*_NAMES.values(), "asin"})
# As Amazon writes dates in English, and as exports do.
_MONTHS = {name: at for at, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_DAY_FIRST = re.compile(r"(\d{1,2})[-. /]+([A-Za-z]{3})[a-z]*[-., /]+(\d{4}|\d{2})\b")
_MONTH_FIRST = re.compile(r"\b([A-Za-z]{3})[a-z]* (\d{1,2}),? (\d{4})\b")


def names(headings: Sequence[str]) -> dict[str, str]:
    """Heading → field."""
    return named(headings, _NAMES, _KNOWN)


def to_review(row: Mapping[str, Any], settings: ObservationSettings) -> Reviewed:
    """Fields by name → the review. Raises ``Rejected`` with the field and the reason."""
    asin, place = listing_of(row, settings)
    said: dict[str, Any] = {}
    for name, read in (("rating", stars), ("helpful_count", whole), ("verified", flag)):
        value = row.get(name)
        if value not in (None, ""):
            try:
                said[name] = read(value, place)
            except ValueError as wrong:
                raise Rejected(f"{name}: {wrong}", field=name) from None
    if "rating" not in said:
        raise Rejected("rating: a review without stars says nothing that could be counted", field="rating")
    texts: dict[str, Any] = {
        name: _text(row.get(name)) for name in ("review_id", "title", "text", "reviewer", "variation")
    }
    return Reviewed(asin=asin, marketplace=place.code, reviewed_on=_day(row.get("review_date")), **texts, **said)


def _text(value: Any) -> str | None:
    return str(value).strip() or None if value is not None else None


def _day(value: Any) -> dt.date | None:
    """ISO 8601, ``31-Jul-18``, ``31 July 2018``, ``Reviewed in the United States on July 31, 2018``; nothing where nothing is said."""
    text = _text(value)
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text[:10].replace("/", "-"))
    except ValueError:
        found = _written(text)
    if found is None:
        raise Rejected(f"review_date: {text!r} is no day: write it like 2026-11-21", field="review_date")
    return found


def _written(text: str) -> dt.date | None:
    parts: tuple[str, str, str] | None = None
    if first := _DAY_FIRST.search(text):
        parts = first[3], first[2], first[1]
    elif first := _MONTH_FIRST.search(text):
        parts = first[3], first[1], first[2]
    if parts is None or parts[1].lower() not in _MONTHS:
        return None
    year = int(parts[0]) + (2000 if len(parts[0]) == 2 else 0)
    try:
        return dt.date(year, _MONTHS[parts[1].lower()], int(parts[2]))
    except ValueError:
        return None

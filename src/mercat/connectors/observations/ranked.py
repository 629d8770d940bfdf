"""One row of a list of best sellers → a place in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mercat.connectors.observations.settings import ObservationSettings
from mercat.connectors.observations.wire import amount, currency_of, instant_of, listing_of, named, spelt, stars, whole
from mercat.sdk.errors import Rejected
from mercat.sdk.market import Ranked
from mercat.sdk.marketplaces import Marketplace, category_at

_NAMES = spelt(
    {
        "observed_at": "scraped_at timestamp seen_at date time captured_at",
        "listing": "url link product_url address",
        "marketplace": "market domain country site",
        "category": "category_id node browse_node node_id category_url bestsellers_url",
        "category_name": "category_title list_name",
        "rank": "position place bestseller_rank bsr",
        "title": "name product_name",
        "price": "current_price",
        "rating": "stars average_rating user_rating",
        "review_count": "reviews ratings ratings_total",
        "image_url": "image thumbnail",
    }
)
_KNOWN = frozenset({*_NAMES.values(), "asin", "currency"})
_READ = {"price": amount, "rating": stars, "review_count": whole}


def names(headings: Sequence[str]) -> dict[str, str]:
    """Heading → field."""
    return named(headings, _NAMES, _KNOWN)


def to_ranked(row: Mapping[str, Any], settings: ObservationSettings) -> Ranked:
    """Fields by name → the place. Raises ``Rejected`` with the field and the reason."""
    asin, place = listing_of(row, settings)
    category = _category(row, settings, place)
    try:
        rank = whole(row.get("rank"), place)
    except ValueError:
        raise Rejected(f"rank: {row.get('rank')!r} is no rank", field="rank") from None
    said: dict[str, Any] = {}
    for name, read in _READ.items():
        value = row.get(name)
        if value not in (None, ""):
            try:
                said[name] = read(value, place)
            except ValueError as wrong:
                raise Rejected(f"{name}: {wrong}", field=name) from None
    texts: dict[str, Any] = {name: _text(row.get(name)) for name in ("title", "image_url", "category_name")}
    return Ranked(
        category=category,
        marketplace=place.code,
        observed_at=instant_of(row.get("observed_at"), settings),
        rank=rank,
        asin=asin,
        currency=currency_of(row, place),
        **texts,
        **said,
    )


def _category(row: Mapping[str, Any], settings: ObservationSettings, place: Marketplace) -> str:
    word = str(row.get("category") or settings.category or "")
    try:
        found, at = category_at(word, default=place)
    except ValueError as wrong:
        raise Rejected(str(wrong), field="category") from None
    if at != place:
        raise Rejected(f"the listing is at {place.code}, the category at {at.code}", field="category")
    return found


def _text(value: Any) -> str | None:
    return str(value).strip() or None if value is not None else None

"""What a new observation says beside those before it. Pure: the recent past and an observation in, findings out.

Whether a finding is worth telling is not decided here: rules with their thresholds do (``alerts``). What is compared is always
the last value that was stated before, by the time of observation.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

RANKS = 3
"""How many ranks are compared with as many before: the medians, so that one odd rank says nothing. An odd number."""
CONFIRMED = 2
"""How often availability has to be seen anew to be believed."""
LOST = 3
"""How often somebody else has to have the Buy Box for it to be lost."""
RATING_SPAN = dt.timedelta(days=7)
_REVIEW_DAYS = 30
_LEAST_REVIEW_DAYS = 7
_TWO = Decimal("0.01")


@dataclass(frozen=True)
class Finding:
    """Something that was seen. ``measure`` in the unit of its kind; ``is_on`` is false where the matter is over."""

    kind: str
    at: dt.datetime
    measure: Decimal | None = None
    old: str | None = None
    new: str | None = None
    is_on: bool = True
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Tail:
    """The recent past of a listing, as far as anything is compared with it. It moves on with each observation."""

    latest: dict[str, Any] = field(default_factory=dict)
    ranks: deque[int] = field(default_factory=lambda: deque(maxlen=2 * RANKS))
    stock: deque[bool] = field(default_factory=lambda: deque(maxlen=CONFIRMED + 1))
    is_ours: deque[bool] = field(default_factory=lambda: deque(maxlen=LOST + 1))
    ratings: deque[tuple[dt.datetime, Decimal]] = field(default_factory=deque)
    reviews: dict[dt.date, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Pricing:
    """Prices of ours that a listing is measured by, in its own currency. ``cost`` and ``floor`` of what it is of ours."""

    rival_of: Decimal | None = None
    cost: Decimal | None = None
    floor: Decimal | None = None


def detect(
    tail: Tail,
    at: dt.datetime,
    values: Mapping[str, Any],
    *,
    own_sellers: Collection[str] = (),
    pricing: Pricing | None = None,
) -> list[Finding]:
    """What an observation says; ``values`` are the metrics that it states. The tail takes it in."""
    found = [*_price(tail, at, values), *_rank(tail, at, values), *_stock(tail, at, values)]
    if own_sellers:
        found += _buy_box(tail, at, values, own_sellers)
    found += [*_rating(tail, at, values), *_reviews(tail, at, values)]
    tail.latest.update(values)
    if pricing is not None:
        found += _compared(at, values, pricing)
    return found


def _price(tail: Tail, at: dt.datetime, values: Mapping[str, Any]) -> Iterator[Finding]:
    old, new = tail.latest.get("price"), values.get("price")
    if old is None or new is None or old == new:
        return
    before = Decimal(old)
    if before > 0:
        yield Finding("price_change", at, percent(Decimal(new) - before, before), old, new)


def _rank(tail: Tail, at: dt.datetime, values: Mapping[str, Any]) -> Iterator[Finding]:
    rank = values.get("sales_rank")
    if rank is None:
        return
    tail.ranks.append(rank)
    if len(tail.ranks) < 2 * RANKS:
        return
    seen = list(tail.ranks)
    before, now = sorted(seen[:RANKS])[RANKS // 2], sorted(seen[RANKS:])[RANKS // 2]
    if before != now:
        # A smaller number is a better rank.
        kind = "rank_improved" if now < before else "rank_dropped"
        change = percent(abs(Decimal(now) - Decimal(before)), Decimal(before))
        yield Finding(kind, at, change, str(before), str(now))


def _stock(tail: Tail, at: dt.datetime, values: Mapping[str, Any]) -> Iterator[Finding]:
    there = values.get("in_stock")
    if there is None:
        return
    tail.stock.append(there)
    if len(tail.stock) <= CONFIRMED:
        return
    before, *confirmed = tail.stock
    if before != there and len(set(confirmed)) == 1:
        if there:
            yield Finding("out_of_stock", at, is_on=False)
            yield Finding("back_in_stock", at, old="out of stock", new="in stock")
        else:
            yield Finding("out_of_stock", at, old="in stock", new="out of stock")


def _buy_box(tail: Tail, at: dt.datetime, values: Mapping[str, Any], own_sellers: Collection[str]) -> Iterator[Finding]:
    if "seller_id" not in values:
        return
    seller = values["seller_id"]
    tail.is_ours.append(seller in own_sellers)
    before, *after = tail.is_ours
    if tail.is_ours[-1]:
        if not all(tail.is_ours):
            yield Finding("buy_box_lost", at, is_on=False)
    elif len(after) == LOST and before and not any(after):
        yield Finding("buy_box_lost", at, old="ours", new=seller or "nobody's")


def _rating(tail: Tail, at: dt.datetime, values: Mapping[str, Any]) -> Iterator[Finding]:
    told = values.get("rating")
    if told is None:
        return
    now = Decimal(told)
    # What held seven days ago is the last that was stated before.
    while len(tail.ratings) > 1 and tail.ratings[1][0] <= at - RATING_SPAN:
        tail.ratings.popleft()
    if tail.ratings and tail.ratings[-1][1] > now:
        highest = max(rating for _, rating in tail.ratings)
        yield Finding("rating_drop", at, highest - now, str(highest), told)
    if not tail.ratings or tail.ratings[-1][1] != now:
        tail.ratings.append((at, now))


def _reviews(tail: Tail, at: dt.datetime, values: Mapping[str, Any]) -> Iterator[Finding]:
    """How far the reviews of today stand out from those of the days before, in standard deviations."""
    count = values.get("review_count")
    if count is None:
        return
    today = at.date()
    is_new = tail.reviews.get(today) != count
    tail.reviews[today] = count
    for day in [day for day in tail.reviews if day < today - dt.timedelta(days=_REVIEW_DAYS + 1)]:
        del tail.reviews[day]
    if not is_new or len(tail.reviews) <= _LEAST_REVIEW_DAYS:
        return
    days = sorted(tail.reviews)
    paces = [
        (tail.reviews[later] - tail.reviews[earlier]) / (later - earlier).days for earlier, later in pairwise(days)
    ]
    *before, pace = paces
    # A listing with a review a month would cry wolf at two: a spread below one review counts as one.
    mean = math.fsum(before) / len(before)
    # In floats: the exact fractions of the statistics module would take most of the time that there is.
    spread = max(math.sqrt(math.fsum((each - mean) ** 2 for each in before) / len(before)), 1.0)
    score = (pace - mean) / spread
    if score >= 1:
        usual = f"{mean:.1f} a day"
        yield Finding("review_spike", at, Decimal(score).quantize(_TWO), usual, f"{pace:.1f} a day")


def _compared(at: dt.datetime, values: Mapping[str, Any], pricing: Pricing) -> Iterator[Finding]:
    told = values.get("price", values.get("buybox_price"))
    if pricing.rival_of is not None and told is not None and pricing.rival_of > 0:
        below = percent(pricing.rival_of - Decimal(told), pricing.rival_of)
        yield Finding("competitor_undercut", at, below, str(pricing.rival_of), told, is_on=below > 0)
    own = values.get("own_price")
    if own is None:
        return
    ours = Decimal(own)
    if pricing.cost is not None and ours > 0:
        margin = percent(ours - pricing.cost, ours)
        yield Finding("margin_below", at, margin, str(pricing.cost), own, facts={"price": own})
    if pricing.floor is not None:
        facts = {"price": own, "floor": str(pricing.floor)}
        yield Finding("price_below_floor", at, None, str(pricing.floor), own, is_on=ours < pricing.floor, facts=facts)


def percent(part: Decimal, whole: Decimal) -> Decimal:
    """In percent, with two places."""
    return (part / whole * 100).quantize(_TWO)

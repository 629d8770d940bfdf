"""Taking in lists of best sellers: each place once, with the category's day in figures."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from mercat.core.database.types import as_ascii
from mercat.core.errors import Invalid
from mercat.core.unit import WriteUnit
from mercat.domain.market.category_repository import CategoryRepository
from mercat.domain.market.configurable import BESTSELLER_DEPTH
from mercat.domain.market.judging import checked, refuse_instant
from mercat.domain.market.models import MarketCategory
from mercat.domain.market.ranking_repository import RankingBulk
from mercat.domain.market.schemas import Recorded
from mercat.domain.market.summarising import summary
from mercat.domain.operations import service as operations
from mercat.sdk.market import BestSellers, Category, Ranked
from mercat.sdk.marketplaces import MARKETPLACES

_MOST_ID = 100
_DAY = dt.timedelta(days=1)
Key = tuple[str, str]


def record_ranks(unit: WriteUnit, given: Sequence[Ranked], *, provider: str, depth: int | None = None) -> Recorded:
    """Keep places of lists, many at a time. A place of a list is kept once, whoever tells it again.

    Categories that are not known are from now on. ``depth``: down to this rank the lists are whole; the last rank if left
    out. What cannot be is refused with a reason. Safe to repeat, and to be called through ``runtime.attempt``.
    """
    unit.actor.require("market.record")
    result = Recorded(seen=len(given))
    understood = [(each, values) for each in given if (values := _values(unit, each, result)) is not None]
    categories = _categories(unit, [each for each, _ in understood])
    repository = RankingBulk(unit.bulk)
    wanted = {(categories[_key(each)].id.bytes, _at(each)) for each, _ in understood}
    if not wanted:
        return result
    scrapes = repository.ensure_scrapes(wanted, provider, unit.now)
    taken = repository.ranks(list(scrapes.values()))
    watched = repository.watched({(each.asin, each.marketplace) for each, _ in understood})
    rows: list[dict[str, Any]] = []
    depths: dict[bytes, int] = defaultdict(int)
    for each, values in understood:
        scrape = scrapes[categories[_key(each)].id.bytes, _at(each)]
        depths[scrape] = max(depths[scrape], each.rank)
        if each.rank in taken[scrape]:
            result.duplicates += 1
            continue
        taken[scrape].add(each.rank)
        rows.append({**values, "scrape_id": scrape, "market_product_id": watched.get((each.asin, each.marketplace))})
    repository.insert(rows, unit.now)
    repository.deepen(depths if depth is None else dict.fromkeys(depths, depth), unit.now)
    result.new = len(rows)
    _measure(unit, repository, list(categories.values()), wanted)
    return result


def record_best_sellers(unit: WriteUnit, told: BestSellers, *, provider: str) -> Recorded:
    """Keep a list that a source told: as deep as the merchant wants, and below that those that are watched."""
    depth = operations.value_of(unit, BESTSELLER_DEPTH)
    watched = RankingBulk(unit.bulk).watched({(each, told.marketplace) for each in told.asins[depth:]})
    places = [
        Ranked(category=told.category, marketplace=told.marketplace, observed_at=told.observed_at, rank=rank, asin=asin)
        for rank, asin in enumerate(told.asins, 1)
        if rank <= depth or (asin, told.marketplace) in watched
    ]
    result = record_ranks(unit, places, provider=provider, depth=min(depth, len(told.asins)))
    if told.about is not None:
        _describe(unit, (told.category, told.marketplace), told.about)
    return result


def ensure_categories(unit: WriteUnit, keys: Collection[Key]) -> dict[Key, MarketCategory]:
    """Categories by id and marketplace, made where they are not known. Safe to repeat through ``runtime.attempt``."""
    repository = CategoryRepository(unit.session)
    found = repository.by_keys(keys)
    made = {
        key: MarketCategory(external_id=key[0], marketplace=key[1], url=_url(*key)) for key in keys if key not in found
    }
    unit.add(*made.values())
    return found | made


def _url(external_id: str, marketplace: str) -> str:
    """Where people see the list."""
    return (
        f"https://www.{MARKETPLACES[marketplace].domain}/gp/bestsellers/?node={external_id}"
        if external_id.isdigit()
        else (f"https://www.{MARKETPLACES[marketplace].domain}/gp/bestsellers/{external_id}")
    )


def _values(unit: WriteUnit, each: Ranked, result: Recorded) -> dict[str, Any] | None:
    """A place's columns; nothing, and a reason, for one that cannot be."""
    try:
        _refuse_category(each)
        refuse_instant(each.observed_at, unit.now)
        return {
            "rank": checked("rank", "rank", each.rank),
            "asin": as_ascii(each.asin)[:10],
            "title": _cut(each.title, 1_000),
            "price": checked("money", "price", each.price),
            "currency": each.currency or MARKETPLACES[each.marketplace].currency,
            "rating": checked("stars", "rating", each.rating),
            "review_count": checked("count", "review_count", each.review_count),
            "image_url": _cut(each.image_url, 2_000),
        }
    except Invalid as wrong:
        result.refuse(f"rank {each.rank} of {each.category} at {each.marketplace}: {wrong.message}")
        return None


def _refuse_category(each: Ranked) -> None:
    if each.marketplace not in MARKETPLACES or not 1 <= len(each.category) <= _MOST_ID or not each.category.isascii():
        message = f"{each.category!r} at {each.marketplace!r} is no category"
        raise Invalid(message)


def _cut(text: str | None, most: int) -> str | None:
    # No database keeps NUL.
    return text.replace("\0", "").strip()[:most] or None if text else None


def _key(each: Ranked) -> Key:
    return each.category, each.marketplace


def _at(each: Ranked) -> dt.datetime:
    return each.observed_at.astimezone(dt.UTC)


def _categories(unit: WriteUnit, given: Sequence[Ranked]) -> dict[Key, MarketCategory]:
    categories = ensure_categories(unit, list(dict.fromkeys(map(_key, given))))
    for each in given:
        row = categories[_key(each)]
        row.name = _cut(each.category_name, 255) or row.name
        row.last_scraped_at = max(row.last_scraped_at or _at(each), _at(each))
    unit.save()
    return categories


def _describe(unit: WriteUnit, key: Key, about: Category) -> None:
    """What the marketplace says of a category, with those above it."""
    over: MarketCategory | None = None
    place = key[1]
    above = ensure_categories(unit, [(each, place) for each, _ in about.above])
    for level, (external_id, name) in enumerate(about.above):
        row = above[external_id, place]
        row.name, row.level, row.parent_id = name or row.name, level, over.id if over else None
        over = row
    row = ensure_categories(unit, [key])[key]
    row.name, row.level = about.name or row.name, len(about.above)
    row.parent_id = over.id if over else None
    row.product_count = row.product_count if about.product_count is None else about.product_count
    unit.save()


def _measure(
    unit: WriteUnit,
    repository: RankingBulk,
    categories: Sequence[MarketCategory],
    touched: Collection[tuple[bytes, dt.datetime]],
) -> None:
    """Put the days that were touched in figures: a day's last list speaks for it."""
    by_id = {each.id.bytes: each for each in categories}
    for category, day in sorted({(category, at.date()) for category, at in touched}):
        start = dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
        [scrape] = repository.last(category, start + _DAY - dt.timedelta(microseconds=1), since=start)
        place = MARKETPLACES[by_id[category].marketplace]
        entries = repository.entries(scrape, place.code, place.currency)
        repository.write_metrics(category, day, {"currency": place.currency, **summary(entries)}, unit.now)

"""Categories whose lists of best sellers are watched: which, how often, asked of whom."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from mercat.core.errors import Invalid
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.market.category_repository import CategoryRepository
from mercat.domain.market.models import MarketCategory
from mercat.domain.market.ranking import ensure_categories
from mercat.domain.market.source_repository import SourceRepository
from mercat.sdk.marketplaces import category_at
from mercat.sdk.marketplaces import marketplace as known_marketplace

_SHORTEST_S = 3_600
_LONGEST_S = 366 * 86_400


@dataclass(frozen=True)
class CategoryView:
    """A category as it is shown."""

    id: UUID
    external_id: str
    marketplace: str
    name: str | None
    url: str | None
    parent_id: UUID | None
    level: int
    product_count: int | None
    last_scraped_at: dt.datetime | None
    source: str | None
    track_every_s: int
    next_due_at: dt.datetime | None
    failure_count: int
    last_error: str | None


def track_category(
    unit: WriteUnit, word: str, *, marketplace: str | None = None, source: str | None = None, every_s: int | None = None
) -> CategoryView:
    """Have a category's list looked at: by its address, or its id and marketplace. Safe to repeat.

    What is ``None`` stays, and is of a new one the usual: daily, asked of nobody (files tell of it). Raises ``Invalid``,
    and ``NotFound`` for a source that is not there.
    """
    unit.actor.require("market.track")
    if every_s is not None and not _SHORTEST_S <= every_s <= _LONGEST_S:
        message = f"a list is looked at every {_SHORTEST_S:,} to {_LONGEST_S:,} seconds"
        raise Invalid(message, field="every_s")
    key = _key_of(word, marketplace)
    row = ensure_categories(unit, [key])[key]
    if source is not None:
        row.source = SourceRepository(unit.session).by_name(source).name if source else None
        row.next_due_at = unit.now if row.source else None
        row.failure_count, row.last_error = 0, None
    row.track_every_s = row.track_every_s if every_s is None else every_s
    unit.save()
    return category_view(row)


def untrack_category(
    unit: WriteUnit, word: str, *, marketplace: str | None = None, delete: bool = False
) -> CategoryView:
    """Look at its list no more; what was seen stays, unless it is to be deleted. Raises ``NotFound``."""
    unit.actor.require("market.track")
    row = category_of(unit, word, marketplace=marketplace)
    row.source = row.next_due_at = None
    unit.save()
    shown = category_view(row)
    if delete:
        unit.remove(row)
    return shown


def category_of(unit: ReadUnit, word: str, *, marketplace: str | None = None) -> MarketCategory:
    """A category by Mercat's id, its address, or its own id and marketplace. Raises ``NotFound``, ``Invalid``."""
    unit.actor.require("market.read")
    repository = CategoryRepository(unit.session)
    try:
        return repository.get(UUID(word))
    except ValueError:
        return repository.by_key(_key_of(word, marketplace))


def category_view(row: MarketCategory) -> CategoryView:
    """As it is shown."""
    return CategoryView(**{name: getattr(row, name) for name in CategoryView.__dataclass_fields__})


def _key_of(word: str, marketplace: str | None) -> tuple[str, str]:
    try:
        default = None if marketplace is None else known_marketplace(marketplace)
        external_id, place = category_at(word, default=default)
    except ValueError as wrong:
        raise Invalid(str(wrong), field="category") from None
    return external_id, place.code

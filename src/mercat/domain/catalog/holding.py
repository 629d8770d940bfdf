"""Which collections hold which products, for those who show both elsewhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection as Some
from typing import NamedTuple
from uuid import UUID

from mercat.core.unit import ReadUnit
from mercat.domain.catalog.choosing import chosen_of
from mercat.domain.catalog.collection_repository import CollectionRepository


class ShownCollection(NamedTuple):
    """A collection as it is shown elsewhere. ``changed_at`` moves with its texts, its rules, and what was put in by hand."""

    id: UUID
    handle: str
    name: str
    description: str | None
    seo_title: str | None
    seo_description: str | None
    image_url: str | None
    changed_at: dt.datetime


def shown_collections(unit: ReadUnit) -> list[ShownCollection]:
    """The active ones, in their order."""
    return [
        ShownCollection(
            row.id,
            row.handle,
            row.name,
            row.description,
            row.seo_title,
            row.seo_description,
            row.image_url,
            row.updated_at,
        )
        for row in CollectionRepository(unit.session).active()
    ]


def held_in(unit: ReadUnit, products: Some[bytes], collections: Some[UUID]) -> dict[bytes, list[UUID]]:
    """The collections that each of the products stands in, of these, in their order. Ids of products are 16 bytes."""
    found: dict[bytes, list[UUID]] = {}
    repository = CollectionRepository(unit.session)
    for row in repository.active():
        if row.id in collections:
            for product in repository.held(chosen_of(unit, row), products):
                found.setdefault(product, []).append(row.id)
    return found

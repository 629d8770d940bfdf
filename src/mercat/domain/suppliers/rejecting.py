"""Rows that were not taken, for people to look at."""

from __future__ import annotations

from mercat.core.page import Page
from mercat.core.unit import ReadUnit
from mercat.domain.catalog import service as catalog
from mercat.domain.suppliers.models import FeedReject
from mercat.domain.suppliers.repository import FeedRejectRepository


def list_rejects(unit: ReadUnit, change_set: str, *, page: int = 1, per_page: int = 50) -> Page[FeedReject]:
    """The rows that the run of this change set refused, by line. ``change_set`` is its id or the end of it."""
    found = catalog.get_set(unit, change_set)
    return FeedRejectRepository(unit.session).of_set(found.id, page=page, per_page=per_page)

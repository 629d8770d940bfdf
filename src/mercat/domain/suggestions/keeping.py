"""Retention: suggestions that are decided and whose effect was measured go when they are old enough."""

from __future__ import annotations

import datetime as dt

from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.operations import service as operations
from mercat.domain.suggestions.configurable import KEEP_SUGGESTIONS
from mercat.domain.suggestions.suggestion_repository import SuggestionRepository

_TABLE = "suggestions"


def count_old(unit: ReadUnit, *, days: int | None = None) -> dict[str, int]:
    """Rows by table that are older than they are to be kept, or than ``days``."""
    before = _end(unit, days)
    return {} if before is None else {_TABLE: SuggestionRepository(unit.session).count_old(before)}


def forget_old(unit: WriteUnit, *, days: int | None = None, most: int = 2_000) -> dict[str, int]:
    """Remove some of them, at most so many of each table; all zero: none is left. Safe to repeat."""
    unit.actor.require("operations.configure")
    before = _end(unit, days)
    return {} if before is None else {_TABLE: SuggestionRepository(unit.session).remove_old(before, most=most)}


def _end(unit: ReadUnit, days: int | None) -> dt.datetime | None:
    """The instant before which they go; none where they are kept for ever."""
    age = operations.value_of(unit, KEEP_SUGGESTIONS) if days is None else days
    return unit.now - dt.timedelta(days=age) if age else None

"""Retention: alerts that are over and messages that were dealt with go when they are old enough; what is open stays."""

from __future__ import annotations

import datetime as dt

from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.alerts.configurable import KEEP_ALERTS, KEEP_NOTIFICATIONS
from mercat.domain.alerts.keeping_repository import KeepingRepository
from mercat.domain.operations import service as operations

_KEYS = {"notifications": KEEP_NOTIFICATIONS, "alerts": KEEP_ALERTS}


def count_old(unit: ReadUnit, *, days: int | None = None) -> dict[str, int]:
    """Rows by table that are older than they are to be kept, or than ``days``."""
    repository = KeepingRepository(unit.session)
    return {table: repository.count(table, before) for table, before in _ends(unit, days).items()}


def forget_old(unit: WriteUnit, *, days: int | None = None, most: int = 2_000) -> dict[str, int]:
    """Remove some of them, at most so many of each table; all zero: none is left. Safe to repeat."""
    unit.actor.require("operations.configure")
    repository = KeepingRepository(unit.session)
    return {table: repository.remove(table, before, most=most) for table, before in _ends(unit, days).items()}


def _ends(unit: ReadUnit, days: int | None) -> dict[str, dt.datetime]:
    """The instant before which each table's rows go; a table that is kept for ever is left out."""
    kept = {table: operations.value_of(unit, key) if days is None else days for table, key in _KEYS.items()}
    return {table: unit.now - dt.timedelta(days=age) for table, age in kept.items() if age}

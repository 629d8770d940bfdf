"""The monthly partitions of what was seen: listed, made ahead, dropped when they are too old. PostgreSQL's only."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from mercat.core.actor import Actor
from mercat.core.database.partitions import Month, ensure_partitions, month_of, months_from, partition_sizes
from mercat.core.jobs import UNWATCHED, Watch
from mercat.core.unit import ReadUnit, Runtime, WriteUnit
from mercat.domain.market.configurable import KEEP_SNAPSHOTS
from mercat.domain.market.keeping import keep_history
from mercat.domain.market.snapshot_repository import TABLE
from mercat.domain.operations import service as operations

_MOST_AHEAD = 120


@dataclass(frozen=True)
class MonthView:
    """A month's partition. ``rows`` is the server's estimate; ``is_old``: all of it is older than it is to be kept."""

    month: str
    rows: int
    bytes: int
    is_old: bool


def list_months(unit: ReadUnit) -> list[MonthView]:
    """Those that have a partition, oldest first; none on a database that keeps the table in one piece."""
    unit.actor.require("market.read")
    kept = operations.value_of(unit, KEEP_SNAPSHOTS)
    before = month_of(unit.now - dt.timedelta(days=kept)) if kept else (0, 0)
    return [
        MonthView(_said(month), rows, size, month < before) for month, rows, size in partition_sizes(unit.bulk, TABLE)
    ]


def make_months(unit: WriteUnit, ahead: int) -> list[str]:
    """Have partitions for this month and so many after it; which were made."""
    unit.actor.require("market.record")
    months = months_from(month_of(unit.now), min(ahead, _MOST_AHEAD) + 1)
    return [_said(each) for each in ensure_partitions(unit.bulk, TABLE, months)]


def drop_months(runtime: Runtime, actor: Actor, *, watch: Watch = UNWATCHED) -> dict[str, int]:
    """What a night does: each day gets its line first, then what is older than it is to be kept goes, whole months at once."""
    return keep_history(runtime, actor, watch=watch)


def _said(month: Month) -> str:
    return f"{month[0]:04}-{month[1]:02}"

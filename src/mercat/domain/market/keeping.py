"""What becomes of the past: days in a line for ever, single observations for as long as they are to be kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial
from typing import Any

from mercat.core.actor import Actor
from mercat.core.database.partitions import drop_partitions, ensure_partitions, month_of, months_from
from mercat.core.jobs import UNWATCHED, Watch
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.market.configurable import KEEP_SNAPSHOTS
from mercat.domain.market.history_repository import HistoryBulk
from mercat.domain.market.ranking_repository import RankingBulk
from mercat.domain.market.rolling import ROLLED, days_of
from mercat.domain.market.snapshot_repository import TABLE
from mercat.domain.operations import service as operations

# Late news of so many days is still taken into their lines every night.
_BACK_DAYS = 3
_AHEAD_MONTHS = 3
_AT_ONCE = 50
_FIRST = bytes(16)


def keep_history(runtime: Runtime, actor: Actor, *, watch: Watch = UNWATCHED) -> dict[str, int]:
    """What happens every night: partitions ahead, the last days in a line, and what is too old removed.

    What is removed has its days in a line first. In small units; safe to repeat and to break off.
    """
    actor.require("market.record")
    with runtime.read(actor) as unit:
        now, kept = unit.now, operations.value_of(unit, KEEP_SNAPSHOTS)
    counts = {"partitions_made": len(runtime.attempt(partial(_prepare, now=now), actor)), "days": 0}
    counts |= {"removed": 0, "lists_removed": 0, "partitions_dropped": 0}
    before = None if kept == 0 else now - dt.timedelta(days=kept)
    after = _FIRST
    while True:
        watch.check()
        with runtime.read(actor) as unit:
            listings = HistoryBulk(unit.bulk).listings_after(after, _AT_ONCE)
        if not listings:
            break
        after = listings[-1]
        done = runtime.attempt(partial(_keep, listings=listings, before=before), actor)
        counts["days"] += done[0]
        counts["removed"] += done[1]
        watch.progress("listings", counts["days"], None)
    while before is not None:
        watch.check()
        gone = runtime.attempt(partial(_forget_lists, before=before), actor)
        counts["lists_removed"] += gone
        if not gone:
            break
    if before is not None:
        counts["partitions_dropped"] = len(runtime.attempt(partial(_drop, before=before), actor))
    return counts


def roll_up(
    unit: WriteUnit,
    listings: Sequence[bytes],
    since: dt.datetime,
    *,
    until: dt.datetime | None = None,
    only_missing: bool = False,
) -> int:
    """Put the days of listings from then on in a line; how many lines. One that is there is made anew, or left alone."""
    unit.actor.require("market.record")
    start, end = _midnight(since), until or unit.now
    repository = HistoryBulk(unit.bulk)
    rows: list[dict[str, Any]] = []
    for listing, series in repository.many(listings, ROLLED, start, end).items():
        series.before = repository.before(listing, ROLLED, start)
        lines = days_of(listing, series, series.currency or "", end)
        known = repository.days(listing, start.date(), end.date()) if only_missing else ()
        there = {each["day"] for each in known}
        rows += [each for each in lines if str(each["day"]) not in there]
    repository.write_days(rows, unit.now)
    return len(rows)


def _keep(unit: WriteUnit, listings: Sequence[bytes], before: dt.datetime | None) -> tuple[int, int]:
    lines = roll_up(unit, listings, unit.now - dt.timedelta(days=_BACK_DAYS))
    if before is None:
        return lines, 0
    repository = HistoryBulk(unit.bulk)
    # Whole days go, or on PostgreSQL whole months.
    cut = _midnight(before).replace(day=1) if unit.bulk.is_postgres else _midnight(before)
    old = {each: at for each, at in repository.oldest(listings).items() if at < cut}
    for each, at in old.items():
        # What has its line keeps it: it was made when it was known what held before.
        lines += roll_up(unit, [each], at, until=cut, only_missing=True)
    removed = repository.delete_before(list(old), cut) if old and not unit.bulk.is_postgres else 0
    return lines, removed


def _midnight(at: dt.datetime) -> dt.datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _prepare(unit: WriteUnit, now: dt.datetime) -> list[tuple[int, int]]:
    return ensure_partitions(unit.bulk, TABLE, months_from(month_of(now), _AHEAD_MONTHS))


def _forget_lists(unit: WriteUnit, before: dt.datetime) -> int:
    return RankingBulk(unit.bulk).delete_before(before)


def _drop(unit: WriteUnit, before: dt.datetime) -> list[tuple[int, int]]:
    return drop_partitions(unit.bulk, TABLE, before)

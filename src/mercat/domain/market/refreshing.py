"""Looking at listings: those that are due are asked about, what comes back is kept, and each is due again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.errors import Conflict
from mercat.core.jobs import UNWATCHED, Watch
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.market.listing_ranks import ask_lists
from mercat.domain.market.messages import RefreshSource
from mercat.domain.market.models import MarketProduct
from mercat.domain.market.observing import record
from mercat.domain.market.pacing import LEASE, Candidate, Outcome, Pace, first, following
from mercat.domain.market.resting import note_refusal, note_success, rest
from mercat.domain.market.source_repository import DueRepository, SourceRepository
from mercat.domain.market.sources import OpenSource, open_source
from mercat.domain.market.telling import tell_vanished
from mercat.domain.operations import service as operations
from mercat.sdk.errors import RateLimited, Unauthorized, Unavailable, VendorError
from mercat.sdk.market import Look, NotListed, Wanted

SYNC_TYPE = "market_refresh"
_LOOKED_THROUGH = 5_000
_KEPT_AT_ONCE = 100


@dataclass
class Refreshed:
    """What came of asking a source. ``waiting`` are due and were not asked about: its budget allows no more just now.

    ``lists`` of best sellers were kept.
    """

    source: str
    status: str = "success"
    due: int = 0
    asked: int = 0
    new: int = 0
    duplicates: int = 0
    not_found: int = 0
    failed: int = 0
    unlisted: int = 0
    waiting: int = 0
    lists: int = 0
    calls: int = 0
    message: str | None = None
    errors: list[str] = field(default_factory=list)


def enqueue_due(unit: WriteUnit) -> list[str]:
    """Have each source asked that may be and has a listing that is due; their names. One job for each at a time."""
    names = SourceRepository(unit.session).due(unit.now)
    for name in names:
        unit.enqueue(RefreshSource(name), key=name)
    return names


def enqueue_refresh(unit: WriteUnit, name: str) -> UUID:
    """Have a source asked now about what is due; the job's id. Raises ``NotFound``."""
    unit.actor.require("market.record")
    return unit.enqueue(RefreshSource(SourceRepository(unit.session).by_name(name).name), key=name, priority=20)


def refresh(
    runtime: Runtime, actor: Actor, name: str, *, only: Collection[UUID] | None = None, watch: Watch = UNWATCHED
) -> Refreshed:
    """Ask a source about the listings of it that are due, or about ``only`` these, due or not.

    The network is asked while no unit is open. What a crash leaves open is due again soon. A source that does not answer
    rests for a while: the result says so. Raises ``NotFound``; ``Conflict`` for a source that is paused or whose month's
    budget is spent; ``Unauthorized``.
    """
    actor.require("market.record")
    try:
        opened = open_source(runtime, actor, name, watch=watch)
    except Conflict as refused:
        runtime.attempt(partial(note_refusal, name=name, why=refused.message), actor)
        raise
    work = _Refreshing(runtime, actor, opened, watch)
    try:
        work.run(only)
    finally:
        work.finish()
    return work.result


class _Refreshing:
    """One piece of work with one source. ``open_`` are listings that were asked about and not told of, with their slots."""

    def __init__(self, runtime: Runtime, actor: Actor, opened: OpenSource, watch: Watch) -> None:
        self.runtime = runtime
        self.actor = actor
        self.opened = opened
        self.watch = watch
        self.result = Refreshed(opened.name)
        self.open: dict[tuple[str, str], tuple[UUID, dt.datetime]] = {}

    def run(self, only: Collection[UUID] | None) -> None:
        try:
            self._take_up(only)
            self._ask()
            if only is None:
                self.result.lists, refused = ask_lists(self.runtime, self.actor, self.opened, self.watch)
                self._count(0, refused, {})
            self.runtime.attempt(partial(note_success, source_id=self.opened.id), self.actor)
        except (RateLimited, Unauthorized, Unavailable) as failed:
            self.result.message = failed.message
            self.result.status = "partial" if self.result.asked else "failed"
            self.runtime.attempt(partial(self._put_back, failed=failed), self.actor)
            self.runtime.attempt(partial(rest, source_id=self.opened.id, failed=failed), self.actor)
            if isinstance(failed, Unauthorized):
                raise
        if self.result.failed and self.result.status == "success":
            self.result.status = "partial"

    def _take_up(self, only: Collection[UUID] | None) -> None:
        most: int | None = None
        try:
            most = self.opened.source.allowance()
        finally:
            # Where not even that is answered, all that is due says so.
            self.runtime.attempt(partial(self._choose, only=only, most=most), self.actor)

    def finish(self) -> None:
        """Count the calls, and write down the run if there was anything to do."""
        self.result.calls = self.opened.meter.calls
        self.opened.meter.flush()
        if self.result.asked or self.result.lists or self.result.errors or self.result.message:
            self.runtime.attempt(self._write_down, self.actor)

    def _ask(self) -> None:
        wanted = [Wanted(*key) for key in self.open]
        for start in range(0, len(wanted), self.opened.parts.at_once):
            self.watch.check()
            looks: list[Look] = []
            try:
                for look in self.opened.source.observe(wanted[start : start + self.opened.parts.at_once]):
                    looks.append(look)
                    if len(looks) >= _KEPT_AT_ONCE:
                        looks = self._keep(looks)
            finally:
                # What was told before it failed was told.
                self._keep(looks)
            self.watch.progress("listings", self.result.asked, self.result.due)

    def _keep(self, looks: Sequence[Look]) -> list[Look]:
        told = {(each.asin, each.marketplace): each for each in looks if (each.asin, each.marketplace) in self.open}
        if told:
            asked, failed, done = self.runtime.attempt(partial(self._take, told=list(told.values())), self.actor)
            self._count(asked, failed, done)
            for key in told:
                del self.open[key]
        return []

    def _choose(self, unit: WriteUnit, only: Collection[UUID] | None, most: int | None) -> None:
        """Take the listings that are asked about now, so that nobody else does meanwhile."""
        repository = DueRepository(unit.session)
        rows = repository.due(self.opened.name, unit.now, most=_LOOKED_THROUGH) if only is None else repository.of(only)
        rows = [each for each in rows if each.marketplace in self.opened.parts.marketplaces]
        slots = {each.id: each.next_due_at or unit.now for each in rows}
        candidates = [
            Candidate(
                each.id,
                slots[each.id],
                each.track_every_s,
                each.volatility,
                is_ours=each.product_id is not None and not each.is_competitor,
            )
            for each in rows
        ]
        chosen = first(candidates, most, unit.now)
        by_id = {each.id: each for each in rows}
        self.result.due, self.result.waiting = len(rows), len(rows) - len(chosen)
        self.open = {(by_id[each].asin, by_id[each].marketplace): (each, slots[each]) for each in chosen}
        repository.lease(chosen, attempted_at=unit.now, until=unit.now + LEASE)

    def _take(self, unit: WriteUnit, told: Sequence[Look]) -> tuple[int, list[str], dict[str, int]]:
        """Keep what came back; those listings are due again in their rhythm."""
        seen = [each.seen for each in told if each.seen is not None]
        done = record(unit, seen, provider=self.opened.provider)
        ids = [self.open[each.asin, each.marketplace][0] for each in told]
        rows = {each.id: each for each in DueRepository(unit.session).of(ids)}
        counts = {"new": done.new, "duplicates": done.duplicates, "not_found": 0, "unlisted": 0}
        faults, vanished = list(done.reasons), []
        for each in told:
            row_id, slot = self.open[each.asin, each.marketplace]
            row = rows.get(row_id)
            if row is None:
                continue  # deleted meanwhile
            outcome: Outcome = "seen" if each.seen else "not_found" if isinstance(each.error, NotListed) else "failed"
            counts["not_found"] += outcome == "not_found"
            if _follow(unit, row, slot, outcome, each.error):
                vanished.append(row)
            if outcome == "failed":
                faults.append(f"{row.asin} at {row.marketplace}: {row.last_error}")
        counts["unlisted"] = len(vanished)
        unit.save()
        tell_vanished(unit, vanished)
        return len(told), faults, counts

    def _put_back(self, unit: WriteUnit, failed: VendorError) -> None:
        """Listings that the source was not able to tell of: each says why, and is due again."""
        slots = dict(self.open.values())
        for row in DueRepository(unit.session).of(slots):
            row.last_error = failed.message[:2_000]
            if isinstance(failed, RateLimited):
                row.next_due_at = unit.now + dt.timedelta(seconds=failed.after_s)
            elif isinstance(failed, Unauthorized):
                # Due as soon as a person has mended it.
                row.next_due_at = slots[row.id]
            else:
                _follow(unit, row, slots[row.id], "failed", failed)
        unit.save()

    def _count(self, asked: int, faults: Sequence[str], counts: dict[str, int]) -> None:
        self.result.asked += asked
        self.result.failed += len(faults)
        self.result.errors += faults
        for name, value in counts.items():
            setattr(self.result, name, getattr(self.result, name) + value)

    def _write_down(self, unit: WriteUnit) -> None:
        result = self.result
        run = operations.begin_run(unit, SYNC_TYPE, source=result.source, target="market", files=[])
        names = ("new", "duplicates", "not_found", "failed", "unlisted", "waiting", "lists")
        told = operations.RunResult(
            result.status,
            total=result.due,
            successful=result.asked - result.failed,
            failed=result.failed,
            skipped=result.due - result.asked,
            record_counts={name: getattr(result, name) for name in names},
            message=result.message,
            errors=result.errors,
        )
        operations.finish_run(unit, run.id, told)
        operations.note_freshness(unit, SYNC_TYPE, source=result.source, target="market", status=result.status)


def _follow(
    unit: WriteUnit, row: MarketProduct, slot: dt.datetime, outcome: Outcome, error: VendorError | None
) -> bool:
    """Note what came of one; whether it has just become certain that it is no longer listed."""
    pace = Pace(
        row.id,
        row.track_every_s,
        slot,
        row.failure_count,
        row.not_found_count,
        row.not_found_since,
        is_unlisted=row.is_unlisted,
    )
    then = following(pace, outcome, unit.now)
    row.next_due_at, row.failure_count = then.due_at, then.failures
    row.not_found_count, row.not_found_since = then.not_found, then.not_found_since
    if outcome == "seen":
        row.last_success_at = unit.now
    row.last_error = None if error is None else error.message[:2_000]
    if then.has_vanished:
        row.is_unlisted, row.unlisted_at = True, unit.now
    return then.has_vanished

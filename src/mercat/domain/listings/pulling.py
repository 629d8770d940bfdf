"""Pulling: what the shop shows by now, compared with what we sent. Whatever differs is mended, brought over or held."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.database.bulk import chunks
from mercat.core.database.locks import named_lock
from mercat.core.errors import MercatError
from mercat.core.jobs import UNWATCHED, Cancelled, Watch
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.listings.adopting import adopt_strangers
from mercat.domain.listings.connecting import Shop, open_shop, pause_store, selling_of
from mercat.domain.listings.messages import PullStore, ReconcileStore
from mercat.domain.listings.publishing import lock_of, publish
from mercat.domain.listings.pull_repository import PullBulk
from mercat.domain.listings.refreshing import terms_of
from mercat.domain.listings.schemas import PublishResult, PullResult
from mercat.domain.listings.seeing import Observer, Sight
from mercat.domain.listings.store_repository import StoreRepository
from mercat.domain.listings.waiting import insist
from mercat.domain.operations import service as operations
from mercat.sdk.channels import Shown
from mercat.sdk.errors import Unauthorized, VendorError

SYNC_TYPE = "store_pull"
_CHUNK = 100
# Shops tell the time in whole seconds; what changed within the last one seen is looked at again.
_OVERLAP = dt.timedelta(seconds=2)


class Reconciled(NamedTuple):
    """What a full comparison came to: what was seen, and what was mended."""

    pulled: PullResult
    published: PublishResult


def pull(
    runtime: Runtime,
    actor: Actor,
    name: str,
    *,
    full: bool = False,
    adopt: bool = False,
    references: Sequence[str] | None = None,
    watch: Watch = UNWATCHED,
) -> PullResult:
    """Look at what changed at the shop since the last time; ``full``, and the first time, at all of it.

    Products of the shop that are ours by key, SKU or barcode get their listing and are never made twice. ``adopt``
    brings the others into the catalogue, as one change set. ``references``: only these. Nothing is sent to the shop.
    Safe to repeat. Raises as ``publish`` does.
    """
    actor.require("listings.pull")
    started = time.monotonic()
    shop = open_shop(runtime, actor, name, watch=watch)
    with named_lock(runtime.engine, lock_of(shop.id), on_wait=watch.stand_in_line):
        run = _Pulling(runtime, actor, shop, watch)
        result = run.go(full=full, adopt=adopt, references=references)
    result.calls, result.cost = shop.meter.calls, round(shop.meter.cost, 2)
    result.seconds = round(time.monotonic() - started, 3)
    return result


def reconcile(
    runtime: Runtime,
    actor: Actor,
    name: str,
    *,
    yes: bool = False,
    watch: Watch = UNWATCHED,
) -> Reconciled:
    """Look at everything the shop shows, compare every listing, and mend what differs as the store's policy says."""
    seen = pull(runtime, actor, name, full=True, watch=watch)
    sent = publish(runtime, actor, name, yes=yes, everything=True, watch=watch)
    return Reconciled(seen, sent)


def enqueue_pull(unit: WriteUnit, name: str, *, full: bool = False, adopt: bool = False) -> UUID:
    """Have a worker pull; the job's id. Raises ``NotFound``."""
    unit.actor.require("listings.pull")
    store = StoreRepository(unit.session).by_name(name)
    key = f"pull-{store.id}" if not (full or adopt) else None
    return unit.enqueue(PullStore(name, full=full, adopt=adopt), key=key, subject=("store", str(store.id)))


def enqueue_reconcile(unit: WriteUnit, name: str, *, yes: bool = False) -> UUID:
    """Have a worker reconcile; the job's id. Raises ``NotFound``."""
    unit.actor.require("listings.pull")
    if yes:
        unit.actor.require("listings.approve")
    store = StoreRepository(unit.session).by_name(name)
    return unit.enqueue(ReconcileStore(name, yes=yes), subject=("store", str(store.id)))


def forget(runtime: Runtime, actor: Actor, name: str, references: Sequence[str], since: dt.datetime) -> int:
    """Of these listings, those that a look since then did not meet are gone at the shop; how many."""
    with runtime.write(actor) as unit:
        store = StoreRepository(unit.session).by_name(name)
        repository = PullBulk(unit.bulk, store.id.bytes)
        gone = repository.unseen(references, since)
        if selling_of(store).policy("listing") != "hold":
            repository.gone(gone, unit.now)
        return len(gone)


class _Pulling:
    def __init__(self, runtime: Runtime, actor: Actor, shop: Shop, watch: Watch) -> None:
        self.runtime = runtime
        self.actor = actor
        self.shop = shop
        self.watch = watch
        self.progress = watch.progress
        self.result = PullResult(shop.name)
        self.newest: dt.datetime | None = None

    def go(self, *, full: bool, adopt: bool, references: Sequence[str] | None) -> PullResult:
        """Under the store's lock."""
        with self.runtime.write(self.actor) as unit:
            warning = operations.refuse_overspent(unit, self.shop.platform)
            self.result.warnings += [warning] if warning else []
            operations.close_orphans(unit, SYNC_TYPE, source=self.shop.name, message="pull again")
            run = operations.begin_run(unit, SYNC_TYPE, source=self.shop.name, target="catalogue", files=())
            run.job_id = self.watch.job_id
            store = StoreRepository(unit.session).get(self.shop.id)
            since = None if full or adopt or store.pulled_until is None else store.pulled_until - _OVERLAP
            begun = unit.now
        is_whole = since is None and references is None
        try:
            sight = insist(lambda: self._look(since, references, keep=adopt), self.shop.watch.pause)
            if is_whole:
                self._miss(sight, begun)
            if adopt and sight.strangers:
                adopted = adopt_strangers(self.runtime, self.actor, self.shop, sight.strangers)
                self.result.change_set, self.result.adopted = adopted.change_set, adopted.products
                sight.counts["unmatched"] -= adopted.products
                sight.warnings += adopted.warnings
                self._take(adopted.shown, Sight())
        except (VendorError, MercatError) as failed:
            self._fail(run.id, failed.message, "failed", is_locked_out=isinstance(failed, Unauthorized))
            raise
        except Cancelled:
            self._fail(run.id, "cancelled; what was seen until then is noted", "cancelled")
            raise
        finally:
            self.shop.meter.flush()
        self._tell(sight)
        with self.runtime.write(self.actor) as unit:
            operations.finish_run(unit, run.id, _history(self.result))
            operations.note_freshness(unit, SYNC_TYPE, source=self.shop.name, status=self.result.status)
            store = StoreRepository(unit.session).get(self.shop.id)
            store.last_sync_at = unit.now
            if references is None:
                store.pulled_until = max(filter(None, (self.newest, store.pulled_until)), default=begun)
        return self.result

    def _look(self, since: dt.datetime | None, references: Sequence[str] | None, *, keep: bool) -> Sight:
        """All that is to be seen, in chunks; after a fault from the start: seen again it is unchanged."""
        sight = Sight(keep_strangers=keep)
        for chunk in chunks(self.shop.channel.listings(since=since, references=references), _CHUNK):
            self._take(chunk, sight)
            self.progress("looking", sight.counts["seen"], None)
        return sight

    def _take(self, shown: Sequence[Shown], sight: Sight) -> None:
        for chunk in chunks(shown, _CHUNK):
            with self.runtime.write(self.actor) as unit:
                terms = terms_of(unit, self.shop)
                Observer(unit, self.shop, terms, sight).take(chunk)
                self.shop.meter.write(unit)
            moments = [each.updated_at for each in chunk if each.updated_at is not None]
            self.newest = max([*moments, *([self.newest] if self.newest else [])], default=None)

    def _miss(self, sight: Sight, begun: dt.datetime) -> None:
        """Listings that a full look did not meet were deleted there. If that is many, it is more likely to be a fault."""
        with self.runtime.write(self.actor) as unit:
            repository = PullBulk(unit.bulk, self.shop.id.bytes)
            missed = repository.missed(begun)
            rules = self.shop.selling.guards
            share = len(missed) * 100 / max(1, len(missed) + sight.counts["seen"])
            if len(missed) >= rules.withdraw_at_least and rules.withdraw_pct is not None and share > rules.withdraw_pct:
                sight.warn(
                    f"{len(missed)} listings were not met at the shop, {share:.0f} % of all: that is more than "
                    f"guards.withdraw_pct ({rules.withdraw_pct:g} %), so nothing is concluded from it"
                )
                return
            if self.shop.selling.policy("listing") == "hold":
                sight.warn(
                    f"{len(missed)} listings are gone at the shop, and are held: drift.listing=ours makes them anew"
                )
                return
            repository.gone(missed, unit.now)
            sight.counts["gone"] += len(missed)

    def _tell(self, sight: Sight) -> None:
        result = self.result
        for name in ("seen", "unchanged", "matched", "drifted", "conflicts", "pulled", "unmatched", "gone"):
            setattr(result, name, sight.counts[name])
        result.warnings += sight.warnings
        result.status = "partial" if result.conflicts else "success"

    def _fail(self, run_id: UUID, reason: str, status: str, *, is_locked_out: bool = False) -> None:
        with self.runtime.write(self.actor) as unit:
            if is_locked_out:
                pause_store(unit, self.shop.id, reason)
            unit.save()
            self.result.status = status
            run = replace(_history(self.result), message=reason)
            operations.finish_run(unit, run_id, run)
            operations.note_freshness(unit, SYNC_TYPE, source=self.shop.name, status=status)


def _history(result: PullResult) -> operations.RunResult:
    changed = result.matched + result.drifted + result.pulled + result.adopted
    names = ("matched", "drifted", "conflicts", "pulled", "adopted", "unmatched", "gone")
    return operations.RunResult(
        result.status,
        total=changed + result.conflicts + result.unchanged,
        successful=changed,
        failed=result.conflicts,
        skipped=result.unchanged,
        record_counts={name: getattr(result, name) for name in names},
        warnings=result.warnings,
        change_set_id=None if result.change_set is None else UUID(result.change_set),
    )

"""Publishing: what the catalogue says becomes what the shop shows, with as few calls as it takes."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.database.locks import named_lock
from mercat.core.errors import MercatError, NotFound
from mercat.core.jobs import UNWATCHED, Cancelled, Watch
from mercat.core.log import get_logger
from mercat.core.unit import ReadUnit, Runtime, WriteUnit
from mercat.domain.listings.batching import Batcher
from mercat.domain.listings.connecting import Shop, open_shop, pause_store
from mercat.domain.listings.guarding import Plan, PriceMove, judge
from mercat.domain.listings.listing_repository import ListingBulk
from mercat.domain.listings.messages import PublishStore
from mercat.domain.listings.refreshing import refresh, terms_of
from mercat.domain.listings.schemas import PublishResult
from mercat.domain.listings.shelving import due, shelve
from mercat.domain.listings.stocking import Stocker
from mercat.domain.listings.store_repository import StoreRepository
from mercat.domain.operations import service as operations
from mercat.sdk.errors import Unauthorized, VendorError

log = get_logger(__name__)
SYNC_TYPE = "store_publish"


def lock_of(store_id: UUID) -> str:
    """The lock that every run at a store holds: one at a time."""
    return f"store-{store_id.hex}"


def publish(
    runtime: Runtime,
    actor: Actor,
    name: str,
    *,
    plan_only: bool = False,
    yes: bool = False,
    everything: bool = False,
    only: Sequence[str] = (),
    watch: Watch = UNWATCHED,
) -> PublishResult:
    """Compare, judge and, unless held or asked not to, send. An unchanged catalogue makes no call at all.

    ``only``: products with these SKUs. ``everything``: look at every listing, not just at those whose product moved.
    Safe to repeat and to kill: what was sent and not recorded is found again by its key. Raises ``NotFound``,
    ``Conflict`` (removed or paused store, spent budget) and ``Unauthorized``, which pauses the store.
    """
    actor.require("listings.publish")
    started = time.monotonic()
    shop = open_shop(runtime, actor, name, watch=watch)
    with named_lock(runtime.engine, lock_of(shop.id), on_wait=watch.stand_in_line):
        run = _Publishing(runtime, actor, shop, watch)
        result = run.go(plan_only=plan_only, yes=yes, everything=everything, only=only)
    result.calls, result.cost = shop.meter.calls, round(shop.meter.cost, 2)
    result.seconds = round(time.monotonic() - started, 3)
    return result


def look_over(runtime: Runtime, actor: Actor, name: str, *, watch: Watch = UNWATCHED) -> int:
    """Look at the listings whose products moved; how many. A store that publishes by itself is sent what is pending.

    Nothing leaves the house here: publishing is a job of its own.
    """
    shop = open_shop(runtime, actor, name, even_paused=True)
    with named_lock(runtime.engine, lock_of(shop.id), on_wait=watch.stand_in_line):
        looked = refresh(runtime, actor, shop, progress=watch.progress)
    with runtime.write(actor) as unit:
        store = StoreRepository(unit.session).get(shop.id)
        counts = ListingBulk(unit.bulk, shop.id.bytes).counts()
        is_anything_pending = any(counts.get(act) for act in ("create", "update", "withdraw"))
        if shop.selling.auto_publish and is_anything_pending and not store.paused_reason:
            enqueue_publish(unit, name)
    return looked


def enqueue_publish(
    unit: WriteUnit,
    name: str,
    *,
    yes: bool = False,
    only: Sequence[str] = (),
    everything: bool = False,
    plan_only: bool = False,
) -> UUID:
    """Have a worker publish; the job's id. Two that wait for the same are one. Raises ``NotFound``."""
    unit.actor.require("listings.publish")
    if yes:
        # The job itself may do everything: whoever asks for it must be one who may approve.
        unit.actor.require("listings.approve")
    store = StoreRepository(unit.session).by_name(name)
    message = PublishStore(name, yes=yes, only=tuple(only), everything=everything, plan_only=plan_only)
    # One that says yes, or that is about a few products only, must not be taken for one that does not.
    is_plain = not (yes or only or everything or plan_only)
    key = f"publish-{store.id}" if is_plain else None
    return unit.enqueue(message, key=key, subject=("store", str(store.id)))


class _Publishing:
    def __init__(self, runtime: Runtime, actor: Actor, shop: Shop, watch: Watch) -> None:
        self.runtime = runtime
        self.actor = actor
        self.shop = shop
        self.watch = watch
        self.progress = watch.progress
        self.result = PublishResult(shop.name)

    def go(self, *, plan_only: bool, yes: bool, everything: bool, only: Sequence[str]) -> PublishResult:
        """Under the store's lock."""
        with self.runtime.write(self.actor) as unit:
            warning = None if plan_only else operations.refuse_overspent(unit, self.shop.platform)
            self.result.warnings += [warning] if warning else []
            left = "what it sent is found again by its key"
            operations.close_orphans(unit, SYNC_TYPE, target=self.shop.name, message=left)
            scope = self._scope(unit, only)
            run = operations.begin_run(unit, SYNC_TYPE, source="catalogue", target=self.shop.name, files=())
            run.job_id = self.watch.job_id
        try:
            self._work(scope, plan_only=plan_only, yes=yes, everything=everything)
        except (VendorError, MercatError) as failed:
            self._fail(run.id, failed.message, "failed", is_locked_out=isinstance(failed, Unauthorized))
            raise
        except Cancelled:
            self._fail(run.id, "cancelled; what was sent until then is there and noted", "cancelled")
            raise
        finally:
            self.shop.meter.flush()
        with self.runtime.write(self.actor) as unit:
            operations.finish_run(unit, run.id, _history(self.result))
            if self.result.status in {"success", "partial"}:
                StoreRepository(unit.session).get(self.shop.id).last_sync_at = unit.now
            if self.result.status != "planned":
                operations.note_freshness(unit, SYNC_TYPE, target=self.shop.name, status=self.result.status)
        return self.result

    def _scope(self, unit: ReadUnit, skus: Sequence[str]) -> list[bytes] | None:
        if not skus:
            return None
        found = ListingBulk(unit.bulk, self.shop.id.bytes).products_of(skus)
        missing = [sku for sku in skus if sku not in found]
        if missing:
            message = (
                f"no product has the SKU {', '.join(missing)}: mercat product list --q finds products by their words"
            )
            raise NotFound(message)
        return sorted(set(found.values()))

    def _work(self, only: list[bytes] | None, *, plan_only: bool, yes: bool, everything: bool) -> None:
        if plan_only:
            self._tell_of_shelves(everything=everything)
        else:
            shelve(self.runtime, self.actor, self.shop, self.progress, everything=everything)
        with self.runtime.read(self.actor) as unit:
            terms = terms_of(unit, self.shop)
        batcher = Batcher(self.runtime, self.actor, self.shop, terms, self.progress)
        if not plan_only:
            batcher.resume()
        refresh(self.runtime, self.actor, self.shop, everything=everything, only=only, progress=self.progress)
        self._judge(only)
        if plan_only:
            self.result.status = "planned"
        elif self.result.findings and not yes:
            self.result.status = "held"
        else:
            self._send(batcher, only)
        self._tell_of_blocked(only)

    def _tell_of_blocked(self, only: Collection[bytes] | None) -> None:
        """One reason in words: where all are blocked, all are for the same one, most often."""
        if not self.result.blocked:
            return
        with self.runtime.read(self.actor) as unit:
            why = ListingBulk(unit.bulk, self.shop.id.bytes).complaint(only)
        self.result.warnings.append(f"{self.result.blocked:,} cannot be sent as they are, for example: {why}")

    def _tell_of_shelves(self, *, everything: bool) -> None:
        """A plan cannot count what it comes to that a collection is not there yet, but it can say so."""
        with self.runtime.read(self.actor) as unit:
            count = due(unit, self.shop, everything=everything).count
        if count:
            line = f"{count:,} {'collection is' if count == 1 else 'collections are'} made or changed there first"
            self.result.warnings.append(line)

    def _judge(self, only: Collection[bytes] | None) -> None:
        """What the run would do, and what a guard says of it."""
        with self.runtime.read(self.actor) as unit:
            listings = ListingBulk(unit.bulk, self.shop.id.bytes)
            counts = listings.counts(only)
            moves = [PriceMove(sku, _decimal(old), _decimal(new)) for sku, old, new in listings.price_moves(only)]
            listed = listings.listed()
        result = self.result
        result.created, result.updated = counts.get("create", 0), counts.get("update", 0)
        result.archived = counts.get("withdraw", 0)
        self._stand(counts)
        plan = Plan(listed, result.created, result.updated, result.archived)
        result.findings = judge(plan, moves, self.shop.selling.guards)
        result.change_count = result.created + result.updated + result.archived

    def _stand(self, counts: dict[str, int]) -> None:
        self.result.unchanged = counts.get("in_sync", 0)
        self.result.conflicts = counts.get("drifted", 0)
        self.result.blocked = counts.get("blocked", 0)
        self.result.failed = counts.get("error", 0)

    def _send(self, batcher: Batcher, only: Collection[bytes] | None) -> None:
        result = self.result
        # What a crash had left under way and was finished just now is this run's doing as well.
        batcher.total = result.created + result.updated + batcher.done
        batcher.in_batches(only)
        batcher.one_by_one(only)
        batcher.withdraw(only)
        if self.shop.selling.stock_from != "none":
            result.stock = Stocker(self.runtime, self.actor, self.shop, self.progress).level(only)
        tally = batcher.tally
        result.created, result.updated = tally.counts["created"], tally.counts["updated"]
        result.archived = tally.counts["archived"]
        result.change_count = result.created + result.updated + result.archived
        result.warnings += tally.complaints
        with self.runtime.read(self.actor) as unit:
            counts = ListingBulk(unit.bulk, self.shop.id.bytes).counts(only)
        self._stand(counts)
        # Just now sent, so not what was left alone.
        result.unchanged = max(0, result.unchanged - result.created - result.updated)
        result.failed += counts.get("create", 0) + counts.get("update", 0) + counts.get("withdraw", 0)
        is_whole = not (result.conflicts or result.blocked or result.failed)
        result.status = "success" if is_whole else "partial"

    def _fail(self, run_id: UUID, reason: str, status: str, *, is_locked_out: bool = False) -> None:
        log.info("publish_failed", store=self.shop.name, reason=reason)
        with self.runtime.write(self.actor) as unit:
            if is_locked_out:
                pause_store(unit, self.shop.id, reason)
            self.result.status = status
            self.result.warnings.append(reason)
            operations.finish_run(unit, run_id, _history(self.result, message=reason))
            operations.note_freshness(unit, SYNC_TYPE, target=self.shop.name, status=status)


def _history(result: PublishResult, *, message: str | None = None) -> operations.RunResult:
    done = result.created + result.updated + result.archived if result.status in {"success", "partial"} else 0
    total = done + result.unchanged + result.conflicts + result.blocked + result.failed
    names = ("created", "updated", "archived", "conflicts", "blocked", "stock")
    return operations.RunResult(
        "success" if result.status == "planned" else result.status,
        total=total,
        successful=done,
        failed=result.failed,
        skipped=result.unchanged + result.conflicts + result.blocked,
        record_counts={name: value for name, value in asdict(result).items() if name in names},
        message=message,
        warnings=result.warnings,
        errors=[each["message"] for each in result.findings],
    )


def _decimal(text: Any) -> Decimal | None:
    return None if text is None else Decimal(text)

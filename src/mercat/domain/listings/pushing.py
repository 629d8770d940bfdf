"""Pushing: drafts go out one by one, and each outcome is written down as it comes."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.jobs import Progress
from mercat.core.unit import Runtime
from mercat.domain.listings.connecting import Shop
from mercat.domain.listings.drafting import Terms, kept
from mercat.domain.listings.listing_repository import ListingBulk
from mercat.domain.listings.outcome_repository import OutcomeBulk, Sending
from mercat.domain.listings.recording import Tally, record
from mercat.domain.listings.refreshing import Pending, look_of, pending_of
from mercat.domain.listings.waiting import Patience, insist
from mercat.sdk.channels import ListingDraft, Outcome
from mercat.sdk.errors import RateLimited, Unavailable, VendorError

FIRST = bytes(16)
_AT_ONCE = 100
_RECORDED_AT_ONCE = 25
_RECORDED_EVERY_S = 0.5
_CALLS_WRITTEN_AT_ONCE = 200


class Pusher:
    """One run's pushing to one shop."""

    def __init__(self, runtime: Runtime, actor: Actor, shop: Shop, terms: Terms, progress: Progress) -> None:
        self.runtime = runtime
        self.actor = actor
        self.shop = shop
        self.terms = terms
        self.progress = progress
        self.tally = Tally()
        self.total = 0
        self._waiting: list[Outcome] = []
        self._recorded_at = time.monotonic()

    @property
    def done(self) -> int:
        """How many drafts were answered."""
        return self.tally.counts["created"] + self.tally.counts["updated"] + self.tally.counts["failed"]

    def one_by_one(self, only: Collection[bytes] | None = None) -> None:
        """Everything that is pending. Raises what a channel raises that a person has to mend, or that lasts too long."""
        after = FIRST
        while True:
            page, pending = self._page(after, only, limit=_AT_ONCE)
            if not page:
                return
            self._note(pending)
            self._send([each.wanted.draft for each in pending if not each.wanted.reasons])
            after = page[-1]

    def withdraw(self, only: Collection[bytes] | None = None) -> None:
        """Listings that shall not be shown any more."""
        after = FIRST
        is_deleting = self.shop.selling.withdraw == "delete"
        while True:
            with self.runtime.read(self.actor) as unit:
                listings = ListingBulk(unit.bulk, self.shop.id.bytes)
                page = listings.to_withdraw(after=after, limit=_RECORDED_AT_ONCE, only=only)
            if not page:
                return
            gone = []
            try:
                for listing_id, reference in page:
                    self._withdraw(reference, is_deleting=is_deleting)
                    gone.append(listing_id)
            finally:
                with self.runtime.write(self.actor) as unit:
                    OutcomeBulk(unit.bulk, self.shop.id.bytes).withdrawn(gone, unit.now, is_deleted=is_deleting)
                    self.shop.meter.write(unit)
                self.tally.counts["archived"] += len(gone)
            after = page[-1][0]
            self.progress("withdrawing", self.tally.counts["archived"], None)

    def _withdraw(self, reference: str, *, is_deleting: bool) -> None:
        insist(lambda: self.shop.channel.withdraw(reference, delete=is_deleting), self.shop.watch.pause)

    # -- a page ---------------------------------------------------------------------------------------------------

    def _page(self, after: bytes, only: Collection[bytes] | None, *, limit: int) -> tuple[list[bytes], list[Pending]]:
        with self.runtime.read(self.actor) as unit:
            listings = ListingBulk(unit.bulk, self.shop.id.bytes)
            page = listings.to_push(after=after, limit=limit, only=only)
            rows = listings.of_listings(page)
            return page, pending_of(unit, self.shop, self.terms, [rows[each] for each in page if each in rows])

    def _note(self, pending: Sequence[Pending], *, batch: UUID | None = None, position: int = 0) -> None:
        """Write down what is about to leave; a product that moved since it was looked at is looked at again."""
        moved = [look_of(each, self.shop) for each in pending if each.wanted.digest != each.row.desired_hash]
        leaving = [each for each in pending if not each.wanted.reasons]
        with self.runtime.write(self.actor) as unit:
            ListingBulk(unit.bulk, self.shop.id.bytes).write(moved, unit.now)
            sendings = [
                Sending(
                    each.row.listing_id or b"",
                    each.wanted.digest,
                    kept(each.wanted.draft),
                    None if batch is None else batch.bytes,
                    None if batch is None else number,
                )
                for number, each in enumerate(leaving, position)
            ]
            OutcomeBulk(unit.bulk, self.shop.id.bytes).send(sendings, unit.now)

    # -- the wire -------------------------------------------------------------------------------------------------

    def _send(self, drafts: Sequence[ListingDraft]) -> None:
        """Until each has its answer. A few that never find one are left for the next run.

        If it is all of them, it is the shop that does not answer: raises what it says.
        """
        waiting = {each.key: each for each in drafts}
        patience = Patience(self.shop.watch.pause)
        while waiting:
            failed = self._try(list(waiting.values()), waiting)
            if not waiting or failed is None:
                return
            try:
                patience.wait(failed)
            except VendorError:
                if len(waiting) == len(drafts):
                    raise
                self.tally.counts["failed"] += len(waiting)
                self.tally.complain(
                    f"{len(waiting)} listings found no answer and are sent again by the next run: {failed.message}"
                )
                return

    def _try(self, drafts: Sequence[ListingDraft], waiting: dict[str, ListingDraft]) -> VendorError | None:
        """Send; whoever is answered leaves ``waiting``. The last thing that went wrong, if anything did."""
        failed: VendorError | None = None
        try:
            for outcome in self.shop.channel.publish(drafts):
                if isinstance(outcome.error, (RateLimited, Unavailable)):
                    failed = outcome.error
                else:
                    waiting.pop(outcome.key, None)
                self._keep(outcome)
        except (RateLimited, Unavailable) as stopped:
            failed = stopped
        finally:
            self.flush()
        return failed

    def _keep(self, outcome: Outcome) -> None:
        self._waiting.append(outcome)
        is_due = time.monotonic() - self._recorded_at >= _RECORDED_EVERY_S
        if len(self._waiting) >= _RECORDED_AT_ONCE or is_due:
            self.flush()

    def flush(self) -> None:
        """Write down what is known by now."""
        outcomes, self._waiting = self._waiting, []
        if outcomes:
            self.runtime.attempt(lambda unit: record(unit, self.shop, outcomes, self.tally), self.actor)
            self.progress("publishing", self.done, self.total or None)
        self.shop.meter.flush(at_least=_CALLS_WRITTEN_AT_ONCE)
        self._recorded_at = time.monotonic()

"""Batching: many drafts as one. The batch is kept in the database at every step, so that a crash sends nothing twice.

``planned``: each listing holds its very draft and its place; submitting again with the batch's key finds what is there.
``sent``: the channel's reference is known; looking and reading outcomes may be repeated. ``recorded``: over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from uuid import UUID

from mercat.core.database.bulk import chunks
from mercat.core.ids import new_id
from mercat.domain.listings.batch_repository import BatchRepository
from mercat.domain.listings.configurable import BULK_FROM
from mercat.domain.listings.drafting import draft_of_kept, kept
from mercat.domain.listings.listing_repository import ListingBulk
from mercat.domain.listings.models import PublishBatch
from mercat.domain.listings.outcome_repository import OutcomeBulk
from mercat.domain.listings.pushing import FIRST, Pusher
from mercat.domain.listings.recording import record
from mercat.domain.listings.waiting import insist
from mercat.domain.operations import service as operations
from mercat.sdk.channels import TOO_LARGE, Batch, ListingDraft, Outcome
from mercat.sdk.errors import Rejected, VendorError

_PAGE = 500
_FIRST_LOOK_S, _LONGEST_LOOK_S = 0.5, 10.0
# A draft becomes longer in the channel's own words: so much of what a batch may hold is filled at first, and half as
# much each time that the channel finds it too large all the same.
_SHARE_OF_BYTES = 0.5
_SMALLEST_SHARE = 0.001


class Batcher(Pusher):
    """A pusher that knows the other way as well."""

    share = _SHARE_OF_BYTES

    def resume(self) -> None:
        """Finish what an earlier run left under way."""
        with self.runtime.read(self.actor) as unit:
            left = BatchRepository(unit.session).under_way(self.shop.id)
        for batch in left:
            self._carry(batch)

    def in_batches(self, only: Collection[bytes] | None) -> None:
        """As long as enough is pending for the cheaper way. What finds no answer is left for ``one_by_one``."""
        least = self._bulk_from()
        while least is not None and self._pending(only) >= least:
            before, share = self.done, self.share
            batch = self._plan(only)
            if batch is None:
                return
            is_sent = self._carry(batch) and self.done > before
            if not is_sent and self.share == share:
                return

    def _bulk_from(self) -> int | None:
        """From how many on; ``None`` for a channel that has no such way."""
        own = self.shop.parts.limits.bulk_from
        if own is None:
            return None
        with self.runtime.read(self.actor) as unit:
            return operations.value_of(unit, BULK_FROM) or own

    def _pending(self, only: Collection[bytes] | None) -> int:
        with self.runtime.read(self.actor) as unit:
            counts = ListingBulk(unit.bulk, self.shop.id.bytes).counts(only)
        return counts.get("create", 0) + counts.get("update", 0)

    def _plan(self, only: Collection[bytes] | None) -> PublishBatch | None:
        """A batch with its listings, each with its draft; nothing has left yet."""
        batch = PublishBatch(store_id=self.shop.id, key=new_id().hex)
        with self.runtime.write(self.actor) as unit:
            unit.add(batch)
        limit = self.shop.parts.limits.batch_bytes
        # The last page may go beyond what is to be filled: the less that is, the smaller the pages.
        at_once = max(1, int(_PAGE * self.share / _SHARE_OF_BYTES))
        size, written, after = 0, 0, FIRST
        while limit is None or written < limit * self.share:
            page, pending = self._page(after, only, limit=at_once)
            if not page:
                break
            # One that changes its collections takes a call more, and goes by itself.
            pending = [each for each in pending if not each.wanted.draft.is_moved]
            leaving = [each for each in pending if not each.wanted.reasons]
            self._note(pending, batch=batch.id, position=size)
            size += len(leaving)
            written += sum(len(kept(each.wanted.draft)) for each in leaving)
            after = page[-1]
            self.progress("preparing", size, None)
        if not size:
            self._close(batch.id, "recorded", None)
            return None
        return batch

    def _carry(self, batch: PublishBatch) -> bool:
        """See a batch through; whether it went well. One that the channel gave up is sent one by one.

        One that is too large is sent in smaller ones.
        """
        channel, pause = self.shop.channel, self.shop.watch.pause
        try:
            reference = batch.reference or self._submit(batch)
            wait_s = _FIRST_LOOK_S
            while (seen := insist(lambda: channel.look(reference), pause)).state == "running":
                self.progress("waiting for the shop", seen.done, None)
                self.shop.meter.flush()
                pause(wait_s)
                wait_s = min(_LONGEST_LOOK_S, wait_s * 1.5)
        except Rejected as refused:
            if refused.field == TOO_LARGE and self.share > _SMALLEST_SHARE:
                self.share /= 2
                self._close(batch.id, "failed", refused.message)
                return False
            seen = Batch(batch.reference or "", "failed", message=refused.message)
        if seen.state == "failed":
            self.tally.complain(f"the shop gave a batch up ({seen.message}): its listings go one by one")
            self._close(batch.id, "failed", seen.message)
            return False
        insist(lambda: self._read(batch.id, reference), pause)
        self._close(batch.id, "recorded", None)
        return True

    def _submit(self, batch: PublishBatch) -> str:
        """Hand it over. Drafts that the channel would never take are taken out, and the rest is handed over."""
        answer: Batch | None = None
        while answer is None:
            try:
                answer = insist(
                    lambda: self.shop.channel.submit(self._drafts(batch.id), key=batch.key), self.shop.watch.pause
                )
            except Rejected as refused:
                errors: dict[str, VendorError] = refused.facts.get("rejected") or {}  # type: ignore[assignment]
                if not errors:
                    raise
                self._take_out(errors)
        with self.runtime.write(self.actor) as unit:
            row = BatchRepository(unit.session).get(batch.id)
            row.reference, row.state, row.sent_at = answer.reference, "sent", unit.now
            self.shop.meter.write(unit)
        return answer.reference

    def _take_out(self, errors: Mapping[str, VendorError]) -> None:
        outcomes = [Outcome(key, error=error) for key, error in errors.items()]
        with self.runtime.write(self.actor) as unit:
            record(unit, self.shop, outcomes, self.tally)
            OutcomeBulk(unit.bulk, self.shop.id.bytes).leave_batch(list(errors))

    def _drafts(self, batch_id: UUID) -> Iterator[ListingDraft]:
        """The very drafts that were written down, in their order. No unit is open while one is handed out."""
        after = -1
        while True:
            with self.runtime.read(self.actor) as unit:
                page = BatchRepository(unit.session).payloads(batch_id, after=after, limit=_PAGE)
            if not page:
                return
            yield from (draft_of_kept(payload) for _, payload in page)
            after = page[-1][0]

    def _read(self, batch_id: UUID, reference: str) -> None:
        """Write every outcome down; read again after a fault, it says the same."""
        with self.runtime.read(self.actor) as unit:
            keys = BatchRepository(unit.session).keys(batch_id)
        for some in chunks(self.shop.channel.outcomes(reference, keys), _PAGE):
            self._record(some)
            self.progress("recording", self.done, len(keys))
            self.shop.meter.flush()

    def _record(self, outcomes: Sequence[Outcome]) -> None:
        self.runtime.attempt(lambda unit: record(unit, self.shop, outcomes, self.tally), self.actor)

    def _close(self, batch_id: UUID, state: str, message: str | None) -> None:
        with self.runtime.write(self.actor) as unit:
            repository = BatchRepository(unit.session)
            repository.release(batch_id)
            row = repository.get(batch_id)
            row.state, row.message, row.finished_at = state, message, unit.now
            row.size = row.size or 0
            self.shop.meter.write(unit)

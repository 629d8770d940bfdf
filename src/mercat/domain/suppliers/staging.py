"""Staging: rows are compared by digest, what differs is converted and matched, and handed to the catalogue's planner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any
from uuid import UUID

from msgspec import UNSET

from mercat.core.database.bulk import chunks
from mercat.core.errors import Invalid
from mercat.core.ids import new_id_bytes
from mercat.core.unit import WriteUnit
from mercat.domain.catalog import service as catalog
from mercat.domain.suppliers import archiving
from mercat.domain.suppliers.comparing import Comparison, fingerprints
from mercat.domain.suppliers.hearing import stated_terms
from mercat.domain.suppliers.match_repository import MatchBulk
from mercat.domain.suppliers.matching import Asked, Verdict, asked, judge, keys_of
from mercat.domain.suppliers.models import Supplier
from mercat.domain.suppliers.offer_repository import KnownOffer, OfferBulk
from mercat.domain.suppliers.reject_repository import insert_rejects, remove_rejects, upsert_questions
from mercat.domain.suppliers.screening import Reject
from mercat.sdk.errors import Rejected
from mercat.sdk.records import BadRow, FeedRow, ProductRecord, VariantRecord
from mercat.sdk.roles import ConvertsMany, SupplierFeed

# A file of a few rows asks for theirs; one that has at least so large a share of what is known has all of it loaded.
_SHARE = 50
# So many rows are converted at once.
_AT_ONCE = 200


class Staging:
    """One run's state between batches: what was planned, where, and the counts."""

    def __init__(
        self, change_set_id: UUID, supplier: Supplier, planner: catalog.Planner, judge_: catalog.Judge
    ) -> None:
        self.change_set_id = change_set_id
        self.supplier_id = supplier.id.bytes
        self.supplier_code = supplier.code
        self.planner = planner
        self.judge = judge_
        self.compared = Comparison()
        self.tally: Counter[str] = Counter()
        self.complete = False
        self.currency = ""
        self.known_count = 0
        self.stocked_count = 0
        # Also those that are discontinued: their rows may come back.
        self.has_offers = False
        self.has_groups = False
        self.has_products = False
        self.missing = 0
        # Variant → hash of the key that was matched with it in this run.
        self._matched: dict[bytes, int] = {}
        self._spans: list[tuple[bytes, bytes]] = []

    @classmethod
    def begin(
        cls,
        unit: WriteUnit,
        change_set_id: UUID,
        supplier: Supplier,
        source: catalog.Source,
        *,
        mode: str,
        complete: bool,
        guards: Mapping[str, Any],
        currency: str,
    ) -> Staging:
        """Look once at what does not change while the run holds the lock."""
        judge_ = catalog.Judge(catalog.GuardRules.of(guards))
        planner = catalog.Planner(
            change_set_id.bytes,
            source,
            judge_,
            mode=mode,
            fields=catalog.field_rules(unit),
            rivals=catalog.has_other_sources(unit, source.code),
        )
        staging = cls(change_set_id, supplier, planner, judge_)
        offers = OfferBulk(unit.bulk).count(supplier.id.bytes)
        staging.known_count, staging.stocked_count = offers.active, offers.stocked
        staging.has_offers, staging.has_groups = offers.all > 0, offers.grouped > 0
        if not staging.known_count:
            staging.compared.known = set()
        staging.has_products = catalog.has_products(unit)
        staging.complete = complete
        staging.currency = currency
        return staging

    # -- a batch --------------------------------------------------------------------------------------------------

    def add(self, batch: Sequence[FeedRow | BadRow]) -> bool:
        """Take in rows, in no unit; whether enough has gathered to be planned."""
        self.compared.add(batch)
        return self.compared.is_full

    def take(self, unit: WriteUnit, feed: SupplierFeed) -> None:
        """Plan what has gathered: only what differs from what the supplier said last is looked at any further."""
        unit.expect_many()
        compared = self.compared
        self._settle(unit)
        rejects = compared.rejects
        self._uncount()
        for number, keys in compared.repeated.items():
            self._retract(unit, number, keys)
        if restated := compared.restated():
            catalog.restate(unit, self.change_set_id, restated)
        proposals = self._proposals(unit, feed, list(compared.waiting.values()), rejects)
        first = new_id_bytes()[0]
        refused = self.planner.plan(unit, proposals)
        compared.note((each.key, each.outcome) for each in proposals if each.outcome is not None)
        self._spans.append((first, new_id_bytes()[0]))
        rejects += [
            (each.proposal.line or 0, each.proposal.key, _shown(each.proposal.record), each.reason) for each in refused
        ]
        self.tally["rejected"] += len(rejects)
        insert_rejects(unit, self.change_set_id, rejects)
        compared.next_batch()

    def _settle(self, unit: WriteUnit) -> None:
        """Compare with what is known of the rows at hand; from a certain share on, load what is known of all."""
        compared = self.compared
        if compared.known is not None:
            return
        offers = OfferBulk(unit.bulk)
        hashes = offers.hashes(self.supplier_id, list(compared.waiting), grouped=False)
        if self.has_groups:
            hashes.update(offers.hashes(self.supplier_id, list(compared.waiting), grouped=True))
        compared.settle(hashes)
        if compared.rows * _SHARE >= self.known_count:
            compared.known = set(fingerprints(offers.said(self.supplier_id, grouped=self.has_groups)))

    def _uncount(self) -> None:
        """Later rows take the places of some that had come to this."""
        for outcome, count in self.compared.taken_back.items():
            if outcome in {"rejected", "ambiguous"}:
                self.tally["rejected"] -= count
                self.tally["ambiguous"] -= count if outcome == "ambiguous" else 0
            else:
                self.planner.counts[outcome] -= count

    def _retract(self, unit: WriteUnit, batch: int, keys: Sequence[str]) -> None:
        first, last = self._spans[batch]
        self.judge.take_back(catalog.retract(unit, self.change_set_id.bytes, first, last, keys))
        remove_rejects(unit, self.change_set_id, keys)

    # -- what differs ---------------------------------------------------------------------------------------------

    def _proposals(
        self,
        unit: WriteUnit,
        feed: SupplierFeed,
        rows: Sequence[FeedRow],
        rejects: list[Reject],
    ) -> list[catalog.Proposal]:
        stating = [each for some in chunks(rows, _AT_ONCE) for each in self._stated(feed, some, rejects)]
        proposals = []
        for proposal, reason in zip(stating, self.planner.prepare(stating), strict=True):
            if reason is None:
                proposals.append(proposal)
            else:
                rejects.append((proposal.line or 0, proposal.key, _shown(proposal.record), reason))
        if self.has_offers:
            self._recall(unit, proposals)
        fresh = [each for each in proposals if each.product_id is None]
        if self.has_products and fresh:
            unsure = {id(each) for each in self._match(unit, fresh, rejects)}
            proposals = [each for each in proposals if id(each) not in unsure]
        return proposals

    def _stated(self, feed: SupplierFeed, rows: Sequence[FeedRow], rejects: list[Reject]) -> Iterator[catalog.Proposal]:
        converted = feed.to_records(rows) if isinstance(feed, ConvertsMany) else None
        for row, stated in zip(rows, converted or repeat(None), strict=False):
            if stated is None:
                try:
                    stated = feed.to_record(row)  # noqa: PLW2901  # converted by itself
                except Rejected as refused:
                    rejects.append((row.line, row.key, str(row.raw), refused.message))
                    continue
            record, warnings = stated
            if warnings:
                self._warn(row, warnings)
            if not record.variants:
                record.variants.append(VariantRecord())
            self._give_currency(record)
            yield catalog.Proposal(row.key, row.line, row.digest, record)

    def _warn(self, row: FeedRow, warnings: Sequence[str]) -> None:
        self.planner.warn(f"line {row.line} ({row.key}): {each}" for each in warnings)

    def _give_currency(self, record: ProductRecord) -> None:
        for variant in record.variants:
            if variant.currency is UNSET and (variant.price or variant.cost_price or variant.compare_at_price):
                variant.currency = self.currency
        offer = record.offer
        if offer is not UNSET and offer.cost and offer.currency is UNSET:
            offer.currency = self.currency

    def _recall(self, unit: WriteUnit, proposals: Sequence[catalog.Proposal]) -> None:
        """Rows under keys that the supplier used before: the product is the one that it was."""
        repository = OfferBulk(unit.bulk)
        keys = [each.key for each in proposals]
        known = repository.known(self.supplier_id, keys, grouped=False)
        if self.has_groups:
            for key, grouped in repository.known(self.supplier_id, keys, grouped=True).items():
                # A group that goes by the SKU of one of its variants: that one's offer stands under the SKU alone.
                known[key] = [each for each in known.get(key, ()) if each.row_key is None] + grouped
        decided = MatchBulk(unit.bulk).decisions(self.supplier_id, keys)
        for each in proposals:
            offers = known.get(each.key)
            decision, variant_id, _ = decided.get(each.key, ("", None, None))
            if not offers:
                continue
            is_there = variant_id == offers[0].variant_id
            # A pin elsewhere, or a ban of just this one, that came later than the offer is for matching to obey.
            if variant_id is None or (not is_there if decision == "ban" else is_there):
                self._place(each, offers)

    def _place(self, proposal: catalog.Proposal, offers: Sequence[KnownOffer]) -> None:
        by_sku = {offer.supplier_sku: offer for offer in offers}
        proposal.product_id = offers[0].product_id
        single = len(proposal.record.variants) == 1 and len(offers) == 1
        terms = stated_terms(proposal.record)
        for variant in proposal.record.variants:
            offer = offers[0] if single else by_sku.get(str(variant.sku or proposal.key))
            proposal.variant_ids.append(None if offer is None else offer.variant_id)
            if offer is None:
                continue
            proposal.is_back = proposal.is_back or offer.is_discontinued
            if any(_is_another(name, offer.terms[name], value) for name, value in terms.items()):
                proposal.has_changed_offer = True
            if "quantity_available" in terms:
                old, new = offer.terms["quantity_available"], terms["quantity_available"]
                proposal.flag = self.judge.quantity(proposal.key, old, new)

    # -- matching -------------------------------------------------------------------------------------------------

    def _match(
        self,
        unit: WriteUnit,
        proposals: Sequence[catalog.Proposal],
        rejects: list[Reject],
    ) -> list[catalog.Proposal]:
        """Find the product of each new key; those that only a person can decide come back."""
        repository = MatchBulk(unit.bulk)
        decided = repository.decisions(self.supplier_id, [each.key for each in proposals])
        questions: list[list[Asked]] = [_asked(each) for each in proposals]
        keys = {key for rows in questions for row in rows for key in keys_of(row)}
        found = repository.find(keys, self.supplier_id)
        unsure, open_questions = [], []
        for each, rows in zip(proposals, questions, strict=True):
            decision, variant_id, product_id = decided.get(each.key, ("", None, None))
            if decision == "pin" and variant_id is not None:
                each.product_id, each.variant_ids = product_id, [variant_id]
                each.has_changed_offer = True
                continue
            verdicts = [_without(judge(row, found), variant_id if decision == "ban" else None) for row in rows]
            question = next((verdict for verdict in verdicts if verdict.is_ambiguous), None)
            products = {verdict.variant.product_id for verdict in verdicts if verdict.variant is not None}
            other = self._taken_by_another(each.key, verdicts)
            if decision == "ban" and not products and any(found.get(("sku", row.sku)) for row in rows):
                other = "a person said that it is not our product of the same SKU, and no two can have one SKU"
            if question is not None or len(products) > 1 or other:
                unsure.append(each)
                each.outcome = "ambiguous"
                self.compared.note([(each.key, each.outcome)])
                reason = question.reason if question else other or "its variants belong to several of our products"
                listed = question.candidates if question else [(v.variant, v.reason) for v in verdicts if v.variant]
                rejects.append((each.line or 0, each.key, _shown(each.record), f"a person has to decide: {reason}"))
                open_questions.append((each, listed))
            elif products:
                each.product_id = products.pop()
                each.variant_ids = [None if v.variant is None else v.variant.variant_id for v in verdicts]
        self.tally["ambiguous"] += len(unsure)
        upsert_questions(unit, self.supplier_id, open_questions)
        return unsure

    def _taken_by_another(self, key: str, verdicts: Sequence[Verdict]) -> str | None:
        """One source that lists two codes means two products: the second row that fits a variant is a question."""
        hashed = catalog.key_hash(key)
        owners = [verdict.variant.variant_id for verdict in verdicts if verdict.variant is not None]
        if any(self._matched.get(owner, hashed) != hashed for owner in owners):
            return "another row of this supplier is matched with the same product"
        self._matched.update((owner, hashed) for owner in owners)
        return None

    # -- the end --------------------------------------------------------------------------------------------------

    def end(self, unit: WriteUnit) -> None:
        """A complete feed has been read: what it no longer has is planned to be archived."""
        if self.complete:
            self.missing, archived = archiving.plan_missing(
                unit, self.change_set_id, self.supplier_id, seen=self.compared.keys
            )
            self.tally["archived"] += archived

    def counts(self) -> dict[str, int]:
        """For the change set and the result."""
        planned = self.planner.counts
        names = ("created", "updated", "suppressed", "skipped")
        return {
            "rows": self.compared.rows,
            "products": len(self.compared.keys),
            **{name: planned[name] for name in names},
            "unchanged": planned["unchanged"] + self.compared.unchanged,
            "duplicates": self.compared.duplicates,
            **{name: self.tally[name] for name in ("archived", "rejected", "ambiguous")},
        }

    def findings(self) -> list[dict[str, Any]]:
        """What should hold the plan."""
        return self.judge.findings(
            known=self.known_count,
            stocked=self.stocked_count,
            seen=len(self.compared.keys),
            archived=self.missing,
            complete=self.complete,
        )


def _is_another(name: str, old: Any, new: Any) -> bool:
    if name == "cost" and old is not None and new:
        try:
            return bool(catalog.amount(new) != old)
        except Invalid:
            # Left out by the planner, with a warning.
            return False
    return bool(old != new)


def _asked(proposal: catalog.Proposal) -> list[Asked]:
    record = proposal.record
    brand = record.brand or record.manufacturer or None
    part = record.manufacturer_part_number or None
    rows = []
    for variant in record.variants:
        own = asked(variant, brand=str(brand) if brand else None, part=str(part) if part else None, key=proposal.key)
        # A part number names one thing: with several variants it can name none of them.
        rows.append(own if len(record.variants) == 1 else Asked(own.sku, "", "", own.gtins, own.identifiers))
    return rows


def _without(verdict: Verdict, banned: bytes | None) -> Verdict:
    if banned is None:
        return verdict
    if verdict.variant is not None and verdict.variant.variant_id == banned:
        return Verdict(None, "a person said that it is not this one")
    left = [each for each in verdict.candidates if each[0].variant_id != banned]
    if verdict.is_ambiguous and len(left) == 1:
        return Verdict(left[0][0], left[0][1])
    return Verdict(verdict.variant, verdict.reason, left)


def _shown(record: ProductRecord) -> str:
    return catalog.encode_record(record)

"""Planning: what a batch of statements would change, written down and nothing else touched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from mercat.core.database.bulk import chunks
from mercat.core.errors import Invalid
from mercat.core.ids import new_id_bytes
from mercat.core.unit import WriteUnit
from mercat.domain.catalog import categories
from mercat.domain.catalog.change_repository import ChangeBulk, Planned, planned_of
from mercat.domain.catalog.claims import VARIANT, Place, claims_of
from mercat.domain.catalog.comparing import same
from mercat.domain.catalog.fields import METAFIELD, STATEMENT, flatten
from mercat.domain.catalog.guards import Judge
from mercat.domain.catalog.loading import load
from mercat.domain.catalog.lock_repository import LockBulk
from mercat.domain.catalog.merging import Claim, fallback, outranked
from mercat.domain.catalog.record_repository import Loaded
from mercat.domain.catalog.sifting import are_in_order
from mercat.domain.catalog.stating import FieldRules, fault_of, handle_for, mend, storable
from mercat.sdk.records import Metafield, ProductRecord, VariantRecord

_encode = msgspec.json.Encoder().encode
_MOST_WARNINGS = 1_000
# So many statements are judged at once; where one of them is not in order, all of them are looked at one by one.
_AT_A_GLANCE = 200
MODES = ("upsert", "create-only", "update-only")


class Source(NamedTuple):
    """Who states the values of a plan; the lower precedence is believed."""

    origin: str
    code: str
    precedence: int


class Proposal(msgspec.Struct, gc=False):
    """One product as stated, with what the source's room found out about it.

    ``variant_ids`` goes beside ``record.variants``: ours, or ``None`` for one that we do not have.
    """

    key: str
    line: int | None
    digest: int | None
    record: ProductRecord
    product_id: bytes | None = None
    variant_ids: list[bytes | None] = msgspec.field(default_factory=list)
    flag: str | None = None
    has_changed_offer: bool = False
    is_back: bool = False
    # Metafields that the source states to be empty where the record does not hold them.
    empties: Collection[str] = ()
    # What came of it: created, updated, unchanged, skipped; ``None`` where it was refused.
    outcome: str | None = None


class Refused(NamedTuple):
    """A proposal that cannot be planned."""

    proposal: Proposal
    reason: str


class Planner:
    """Plans one change set, batch by batch. Counts, findings and warnings gather in it."""

    def __init__(
        self, change_set_id: bytes, source: Source, judge: Judge, *, mode: str, fields: FieldRules, rivals: bool
    ) -> None:
        if mode not in MODES:
            message = f"mode is one of {', '.join(MODES)}, not {mode!r}"
            raise Invalid(message)
        self.change_set_id = change_set_id
        self.source = source
        self.judge = judge
        self.mode = mode
        self.fields = fields
        self._rivals = rivals
        self._former_names: categories.FormerNames | None = None
        self.counts: Counter[str] = Counter()
        self._warnings: list[str] = []
        self._warned = 0

    @property
    def warnings(self) -> list[str]:
        """What was mended or left out, in words; of very many the first thousand, with a line that says so."""
        more = self._warned - len(self._warnings)
        return [*self._warnings, *([f"... and {more} more warnings"] if more else [])]

    def warn(self, lines: Iterable[str]) -> None:
        """Note what a person should know of."""
        for line in lines:
            self._warned += 1
            if len(self._warnings) < _MOST_WARNINGS:
                self._warnings.append(line)

    def plan(self, unit: WriteUnit, proposals: Sequence[Proposal]) -> list[Refused]:
        """Write the changes of one batch of prepared proposals; what cannot be planned comes back with the reason."""
        refused: list[Refused] = []
        fresh, known = [], []
        for each in proposals:
            if each.product_id is not None:
                if each.record.name is not UNSET and not each.record.name:
                    # A mapped empty cell empties a field, but there is no product without a name.
                    each.record.name = UNSET
                    self.warn([f"{each.key}: the name is empty; the product keeps the one that it has"])
                known.append(each)
            elif each.record.name is UNSET or not each.record.name:
                refused.append(Refused(each, "a new product needs a name: map the column that holds it"))
            else:
                fresh.append(each)
        planned = self._creations(fresh)
        planned.extend(self._updates(unit, known, refused))
        ChangeBulk(unit.bulk).insert(self.change_set_id, planned, unit.now)
        return refused

    def prepare(self, proposals: Sequence[Proposal]) -> list[str | None]:
        """Mend what can be mended, before anything is looked up by it; for each the reason why not, if not."""
        reasons: list[str | None] = []
        for some in chunks(proposals, _AT_A_GLANCE):
            for each in some:
                if not each.record.variants:
                    each.record.variants.append(VariantRecord())
                if each.record.stated_metafields:
                    each.empties, each.record.stated_metafields = each.record.stated_metafields, ()
            if are_in_order([each.key for each in some], [each.record for each in some]):
                reasons += [None] * len(some)
            else:
                reasons += map(self._prepare, some)
        return reasons

    def _prepare(self, proposal: Proposal) -> str | None:
        record, cleaned = storable(proposal.record)
        proposal.record = record
        reason = fault_of(record, proposal.key)
        if reason is None:
            cleaned += mend(record, self.fields)
            if cleaned:
                self.warn(f"{proposal.key}: {each}" for each in cleaned)
        return reason

    # -- creations ------------------------------------------------------------------------------------------------

    def _creations(self, proposals: Sequence[Proposal]) -> list[Planned]:
        if self.mode == "update-only":
            self.counts["skipped"] += len(proposals)
            for each in proposals:
                each.outcome = "skipped"
            return []
        ids = iter(new_id_bytes(2 * len(proposals)))
        planned = []
        margin = self.judge.margin
        for each in proposals:
            record = each.record
            first = record.variants[0]
            if not first.sku:
                first.sku = each.key
            if not record.handle:
                record.handle = handle_for(str(record.name), str(first.sku))
            flag = each.flag
            each.outcome = "created"
            for variant in record.variants:
                if flag is None and variant.cost_price and variant.price:
                    flag = margin(str(variant.sku), variant.price, variant.cost_price)
            product_id, change_id, text = next(ids), next(ids), _encode(record).decode()
            said = (change_id, product_id, None, "create", None, None, text, flag, each.key, each.line, each.digest)
            planned.append(planned_of((*said, "planned", None)))
        self.counts["created"] += len(planned)
        return planned

    # -- updates --------------------------------------------------------------------------------------------------

    def _updates(self, unit: WriteUnit, proposals: Sequence[Proposal], refused: list[Refused]) -> list[Planned]:
        if self.mode == "create-only":
            self.counts["unchanged"] += len(proposals)
            for each in proposals:
                each.outcome = "unchanged"
            return []
        ids = {each.product_id for each in proposals if each.product_id is not None}
        if not ids:
            return []
        products = load(unit, ids)
        self._former_names = categories.FormerNames(unit)
        locks = LockBulk(unit.bulk).places(ids)
        rivals: dict[bytes, dict[Place, list[Claim]]] = {}
        if self._rivals:
            for product_id, statements in ChangeBulk(unit.bulk).statements(ids).items():
                others = [each for each in statements if each.stands and each.source != self.source.code]
                if others and product_id in products:
                    rivals[product_id] = claims_of(others, products[product_id])
        planned: list[Planned] = []
        for each in proposals:
            product = products.get(each.product_id or b"")
            if product is None:
                refused.append(Refused(each, "its product was removed a moment ago: import the file again"))
            else:
                planned.extend(self._update(each, product, locks.get(product.id, set()), rivals.get(product.id, {})))
        return planned

    def _update(
        self, proposal: Proposal, product: Loaded, locked: set[Place], rivals: dict[Place, list[Claim]]
    ) -> list[Planned]:
        changes = list(self._differences(proposal, product, locked, rivals))
        fresh = self._new_variants(proposal)
        is_restorable = product.fields["status"] == "archived" and (None, "status") not in locked
        # A source that says the status itself has said it already.
        if proposal.is_back and is_restorable and proposal.record.status is UNSET:
            changes.append((None, "status", "archived", "active"))
        if changes or fresh or proposal.has_changed_offer or proposal.is_back:
            proposal.outcome = "updated"
        else:
            proposal.outcome = "unchanged"
        self.counts[proposal.outcome] += 1
        if any(name == "name" for _, name, _, _ in changes):
            self.judge.renamed += 1
        ids = iter(new_id_bytes(len(changes) + len(fresh) + 1))
        sku = product.variants[0].sku if product.variants else proposal.key
        flags = self._flags(sku, product, changes)
        planned = [
            self._planned(next(ids), proposal, product.id, place, flag=flag)
            for place, flag in zip(changes, flags, strict=True)
        ]
        planned.extend(each._replace(id=next(ids), product_id=product.id) for each in fresh)
        owner = proposal.variant_ids[0] if len(proposal.record.variants) == 1 else None
        statement = Planned(
            next(ids),
            product.id,
            owner,
            "update",
            STATEMENT,
            None,
            _encode(proposal.record).decode(),
            proposal.flag,
            proposal.key,
            proposal.line,
            proposal.digest,
        )
        return [*planned, statement]

    def _differences(
        self, proposal: Proposal, product: Loaded, locked: set[Place], rivals: dict[Place, list[Claim]]
    ) -> list[tuple[bytes | None, str, Any, Any]]:
        self._state_empties(proposal, product)
        stated, variants = flatten(proposal.record)
        owners: list[tuple[bytes | None, dict[str, Any]]] = [(None, stated)]
        owners.extend((owner, flat) for owner, flat in zip(proposal.variant_ids, variants, strict=False) if owner)
        found = []
        for owner, flat in owners:
            current = product.of(owner)
            if current is None:
                continue
            for name, value in flat.items():
                place = (owner, name)
                old = current.get(name)
                others = rivals.get(place, ())
                new = fallback(others) if value is None and others else value
                if name == "category" and new and self._former_names is not None:
                    new = self._former_names.now(new)
                if same(name, old, new):
                    continue
                if place in locked or outranked(others, self.source.precedence):
                    self.counts["suppressed"] += 1
                    continue
                found.append((owner, name, old, new))
        return found

    def _state_empties(self, proposal: Proposal, product: Loaded) -> None:
        """Say of metafields that the product has and the source leaves empty that they are empty; of others nothing."""
        stated = proposal.record.metafields or {}
        for key in proposal.empties:
            there = product.fields.get(METAFIELD + key)
            if there is None or key in stated:
                continue
            if fault := self.fields.fault_of(key, there["type"], None):
                self.warn([f"{proposal.key}: metafield {key} stays as it is: {fault}"])
            else:
                stated = {**stated, key: Metafield(there["type"], None)}
                proposal.record.metafields = stated

    def _flags(
        self, sku: str, product: Loaded, changes: Sequence[tuple[bytes | None, str, Any, Any]]
    ) -> list[str | None]:
        after: dict[bytes, dict[str, Any]] = {}
        for owner, name, _, new in changes:
            if owner is not None and name in {"price", "cost_price"}:
                after.setdefault(owner, dict(product.of(owner) or {}))[name] = new
        flags: list[str | None] = []
        for owner, name, old, new in changes:
            flag = self.judge.price(sku, old, new) if name == "price" else None
            # Once for each variant, when both of its sides are as they will be.
            if flag is None and owner is not None and name in {"price", "cost_price"} and owner in after:
                sides = after.pop(owner)
                flag = self.judge.margin(sku, sides["price"], sides["cost_price"])
            flags.append(flag)
        return flags

    def _new_variants(self, proposal: Proposal) -> list[Planned]:
        fresh = []
        for variant, owner in zip(proposal.record.variants, proposal.variant_ids, strict=False):
            if owner is None and variant.sku:
                born = new_id_bytes()[0]
                text = _encode(variant).decode()
                fresh.append(
                    Planned(b"", None, born, "create", VARIANT, None, text, None, proposal.key, proposal.line, None)
                )
        return fresh

    def _planned(
        self,
        change_id: bytes,
        proposal: Proposal,
        product_id: bytes,
        change: tuple[bytes | None, str, Any, Any],
        *,
        flag: str | None,
    ) -> Planned:
        owner, name, old, new = change
        kind = "restore" if name == "status" and old == "archived" else "update"
        return Planned(
            change_id,
            product_id,
            owner,
            kind,
            name,
            _text(old),
            _text(new),
            flag,
            proposal.key,
            proposal.line,
            None,
        )


def _text(value: Any) -> str | None:
    return None if value is None else _encode(value).decode()

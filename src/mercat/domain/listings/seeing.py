"""Seeing: what a shop was found to show, compared three ways and noted, a chunk at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from mercat.core.errors import Invalid
from mercat.core.unit import WriteUnit
from mercat.domain.catalog import service as catalog
from mercat.domain.listings.comparing import CONFLICT, HOLD, PULL, VARIANTS, Drift, agrees, drifts
from mercat.domain.listings.connecting import Shop
from mercat.domain.listings.drafting import Terms, Wanted, draft_of_kept, kept, key_of, normal_of, record_of_kept
from mercat.domain.listings.listing_repository import ListingBulk
from mercat.domain.listings.outcome_repository import OutcomeBulk
from mercat.domain.listings.pull_repository import Found, Known, PullBulk, Seen
from mercat.domain.listings.recording import shown_digest, variants_of
from mercat.domain.listings.refreshing import Pending, pending_of
from mercat.sdk.channels import Shown
from mercat.sdk.errors import Rejected

_CODES = ("sku", "barcode")
_MOST_NAMED = 50


@dataclass
class Sight:
    """What was seen so far. ``strangers`` are products of the shop that are none of ours."""

    counts: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)
    strangers: list[Shown] = field(default_factory=list)
    keep_strangers: bool = False

    def warn(self, line: str) -> None:
        """Note what a person should know of; of very many the first few."""
        if len(self.warnings) < _MOST_NAMED:
            self.warnings.append(line)


class Observer:
    """Compares one chunk of what a shop shows, in one unit. Safe to repeat: seen again it is unchanged."""

    def __init__(self, unit: WriteUnit, shop: Shop, terms: Terms, sight: Sight) -> None:
        self.unit = unit
        self.shop = shop
        self.terms = terms
        self.sight = sight
        self.repository = PullBulk(unit.bulk, shop.id.bytes)
        self._checked: list[bytes] = []
        self._differing: list[tuple[Known, Shown]] = []
        self._placed: list[tuple[bytes, bytes | None, Shown]] = []

    def take(self, chunk: Sequence[Shown]) -> None:
        """Note all of it."""
        by_reference, by_key = self.repository.known(
            [each.reference for each in chunk], [each.key for each in chunk if each.key]
        )
        strangers = []
        for shown in chunk:
            known = by_reference.get(shown.reference) or by_key.get(shown.key or "")
            if known is None:
                strangers.append(shown)
            elif known.reference is None:
                self._found_again(known, shown)
            else:
                self._meet(known, shown)
        self._settle()
        self._match(strangers)
        self.repository.checked(self._checked, self.unit.now)
        self._note_variants()
        self.sight.counts["seen"] += len(chunk)

    # -- ours -----------------------------------------------------------------------------------------------------

    def _found_again(self, known: Known, shown: Shown) -> None:
        """It was made by us, and the answer was lost: what was sent is not known for sure, so it is sent again."""
        if known.product_id is None:
            return
        self.repository.adopt([_found(known.product_id, known.key, shown)], self.unit.now)
        self._placed.append((known.listing_id, known.product_id, shown))
        self._checked.append(known.listing_id)
        self.sight.counts["matched"] += 1

    def _meet(self, known: Known, shown: Shown) -> None:
        self._checked.append(known.listing_id)
        if self.repository.is_old(shown.updated_at, known):
            # Old news: something newer was seen already.
            self.sight.counts["unchanged"] += 1
            return
        self._placed.append((known.listing_id, known.product_id, shown))
        hashed = shown_digest(shown)
        if known.is_sending or hashed == known.theirs_hash:
            self.sight.counts["unchanged"] += 1
        elif hashed == known.shown_hash:
            self.sight.counts["unchanged"] += 1
            if known.theirs_hash is not None:
                # Somebody took the change back.
                state = "in_sync" if known.desired_hash == known.published_hash else "pending"
                self.repository.note([Seen(known.listing_id, None, None, None, state, shown.updated_at)], self.unit.now)
        else:
            self._differing.append((known, shown))

    def _settle(self) -> None:
        """Compare those that differ, field by field."""
        pending = self._pending([known.listing_id for known, _ in self._differing])
        bases = self.repository.payloads(pending)
        for known, shown in self._differing:
            ours = pending.get(known.listing_id)
            if ours is None:
                continue
            if known.published_payload is None or known.listing_id not in bases:
                # Matched and never sent: what it shows is simply noted, and compared whole.
                self.repository.rebase({known.listing_id: _base(shown)}, self.unit.now)
                self._agree({known.listing_id: shown}, pending)
                continue
            self._compare(known, shown, ours.wanted, record_of_kept(bases[known.listing_id]))

    def _compare(self, known: Known, shown: Shown, wanted: Wanted, before: Any) -> None:
        try:
            sent = normal_of(draft_of_kept(known.published_payload or ""), self.terms)
        except Rejected as refused:
            self.sight.warn(f"{shown.reference}: {refused.message}")
            return
        found = drifts(
            wanted=wanted.normal, sent=sent, shown=before, now=shown.product, policy=self.shop.selling.policy
        )
        if not found:
            # Something changed that is not ours, or both came to the same.
            self.repository.rebase({known.listing_id: _base(shown)}, self.unit.now)
            self.sight.counts["unchanged"] += 1
            return
        found = self._pull(shown, found)
        rest = [each for each in found if each.action != PULL]
        self.sight.counts["pulled"] += len(rest) < len(found)
        if not rest:
            self.repository.rebase({known.listing_id: _base(shown)}, self.unit.now)
            self._agree({known.listing_id: shown}, self._pending([known.listing_id]))
            return
        is_conflict = any(each.action == CONFLICT for each in rest)
        waits = is_conflict or any(each.action == HOLD for each in rest)
        self.sight.counts["conflicts"] += is_conflict
        self.sight.counts["drifted"] += not is_conflict
        told = {each.field: {"ours": each.ours, "theirs": each.theirs, "action": each.action} for each in rest}
        state = "drifted" if waits else "pending"
        drift = msgspec.json.encode(told).decode()
        hashed, payload = _base(shown)
        seen = Seen(known.listing_id, hashed, payload, drift, state, shown.updated_at)
        self.repository.note([seen], self.unit.now)

    def _pull(self, shown: Shown, found: Sequence[Drift]) -> list[Drift]:
        """Bring the shop's values into the catalogue; one that it does not take is held."""
        done = []
        for each in found:
            settled = each
            if each.action == PULL:
                try:
                    pull_field(self.unit, shown, each.field)
                except Invalid as refused:
                    self.sight.warn(f"{shown.reference}: {each.field} stays at the shop: {refused.message}")
                    settled = each._replace(action=HOLD)
            done.append(settled)
        return done

    def _agree(self, shown: Mapping[bytes, Shown], pending: Mapping[bytes, Pending]) -> None:
        """Listings that show all that they should need no call."""
        same = {
            listing_id: (each.wanted.digest, kept(each.wanted.draft), each.row.revision)
            for listing_id, each in pending.items()
            if listing_id in shown
            and not each.wanted.reasons
            and each.row.product_status in self.shop.selling.statuses
            and agrees(each.wanted.normal, shown[listing_id].product)
        }
        self.repository.agree(same, self.unit.now)

    def _pending(self, listing_ids: Sequence[bytes]) -> dict[bytes, Pending]:
        rows = ListingBulk(self.unit.bulk, self.shop.id.bytes).of_listings(listing_ids)
        found = pending_of(self.unit, self.shop, self.terms, rows.values())
        return {each.row.listing_id or b"": each for each in found}

    # -- strangers ------------------------------------------------------------------------------------------------

    def _match(self, strangers: Sequence[Shown]) -> None:
        """Products of the shop that are ours by a code of theirs get a listing, and are never made a second time."""
        found: dict[bytes, Shown] = {}
        left = list(strangers)
        for code in _CODES:
            codes = {value for shown in left for value in _codes_of(shown, code)}
            owners = self.repository.unlisted(code, sorted(codes))
            still = []
            for shown in left:
                fitting = set().union(*(owners.get(value, set()) for value in _codes_of(shown, code)))
                if len(fitting) == 1 and (owner := next(iter(fitting))) not in found:
                    found[owner] = shown
                else:
                    still.append(shown)
                    if fitting:
                        self.sight.warn(f"{_called(shown)} fits several products of ours by {code}: left alone")
            left = still
        listings = self.repository.adopt(
            [_found(product_id, key_of(product_id), shown) for product_id, shown in found.items()], self.unit.now
        )
        for product_id, listing_id in listings.items():
            self._placed.append((listing_id, product_id, found[product_id]))
        self._agree({listings[owner]: shown for owner, shown in found.items()}, self._pending(list(listings.values())))
        self.sight.counts["matched"] += len(found)
        self.sight.counts["unmatched"] += len(left)
        if self.sight.keep_strangers:
            self.sight.strangers += left

    def _note_variants(self) -> None:
        book = OutcomeBulk(self.unit.bulk, self.shop.id.bytes)
        owners = book.variant_ids([product_id for _, product_id, _ in self._placed if product_id])
        variants = [
            each for listing_id, _, shown in self._placed for each in variants_of(listing_id, shown, self.shop, owners)
        ]
        book.place_variants(variants, self.unit.now)


def pull_field(unit: WriteUnit, shown: Shown, name: str) -> None:
    """One field of what the shop shows goes into the catalogue, as a change set. Raises ``Invalid``."""
    skus = [each.sku for each in shown.product.variants if each.sku]
    if not skus or name in {"images", VARIANTS}:
        message = f"{name} cannot be brought over by itself"
        raise Invalid(message)
    if name.startswith("variants."):
        sku, _, word = name.removeprefix("variants.").rpartition(".")
        variant = next(each for each in shown.product.variants if each.sku == sku)
        catalog.edit(unit, sku, {word: getattr(variant, word)}, origin="channel")
    elif name.startswith("metafields."):
        metafield = (shown.product.metafields or {}).get(name.removeprefix("metafields."))
        catalog.edit(unit, str(skus[0]), {name: None if metafield is None else metafield.value}, origin="channel")
    else:
        catalog.edit(unit, str(skus[0]), {name: getattr(shown.product, name)}, origin="channel")


def _base(shown: Shown) -> tuple[str, str]:
    return shown_digest(shown), kept(shown.product)


def _found(product_id: bytes, key: str, shown: Shown) -> Found:
    return Found(product_id, key, shown.reference, shown.url, *_base(shown), shown.updated_at)


def _codes_of(shown: Shown, code: str) -> set[str]:
    values = (getattr(each, code) for each in shown.product.variants)
    return {value for value in values if isinstance(value, str) and value}


def _called(shown: Shown) -> str:
    return str(shown.product.name or shown.reference)

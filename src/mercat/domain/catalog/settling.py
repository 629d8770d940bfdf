"""Settling: after a set began or ceased to stand, every product that it speaks of becomes what then stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from mercat.core.ids import new_id_bytes
from mercat.core.unit import WriteUnit
from mercat.domain.catalog import categories
from mercat.domain.catalog.applying import Application, Progress, decode_draft, statement_of
from mercat.domain.catalog.change_repository import CREATIONS, LATER, ChangeBulk, Kept, Planned, Statement
from mercat.domain.catalog.claims import VARIANT, Place, claims_of
from mercat.domain.catalog.comparing import same
from mercat.domain.catalog.fields import OFFER, STATEMENT
from mercat.domain.catalog.loading import load
from mercat.domain.catalog.lock_repository import LockBulk
from mercat.domain.catalog.merging import PERSONS, Claim
from mercat.domain.catalog.messages import OffersMissing, ProductsChanged, StatementsWithdrawn
from mercat.domain.catalog.models import ChangeSet
from mercat.domain.catalog.record_repository import Loaded
from mercat.domain.catalog.remaking import Remaking
from mercat.domain.catalog.standing import born_variants, has_maker, is_spoken_of, is_whole, speaks_of, value_of

_PAGE = 1_000
_SAMPLES = 20


@dataclass(frozen=True)
class _Page:
    """The changes at hand with everything that is known about their products."""

    changes: Sequence[Kept]
    products: dict[bytes, Loaded]
    history: dict[bytes, list[Statement]]
    locks: dict[bytes, set[Place]]


class Settling:
    """One run of undoing or taking back. ``into`` is the set that keeps what it did."""

    def __init__(self, unit: WriteUnit, subject: ChangeSet, *, into: ChangeSet, progress: Progress) -> None:
        self.unit = unit
        self.subject = subject
        self.into = into
        self.progress = progress
        self.changes = ChangeBulk(unit.bulk)
        self.counts: Counter[str] = Counter()
        self.kept: list[dict[str, Any]] = []
        self.touched: set[bytes] = set()
        self._is_undoing = into.id != subject.id
        self._id = subject.id.bytes
        # Writes the values; the categories that it has to make go into the keeping set.
        self._writing = Application(unit, into, progress)
        self._made_again: set[bytes] = set()
        self._former_names = categories.FormerNames(unit)

    # -- making again ---------------------------------------------------------------------------------------------

    def make_again(self) -> None:
        """The products and variants that a set which stands again speaks of, where they are gone."""
        for page in self._pages():
            owners = _owners(page)
            gone = owners - self.changes.existing(owners)
            history = {each: said for each, said in self.changes.statements(gone).items() if has_maker(said)}
            self._made_again |= Remaking(self.unit).products(history)
            there = load(self.unit, owners)
            known = {variant.id for product in there.values() for variant in product.variants}
            lost = [change for change in page if change.field == VARIANT and change.variant_id not in known]
            self._writing.add_variants(lost)
            self._writing.know_categories(self._categories(page))

    def _categories(self, changes: Iterable[Kept]) -> set[str]:
        """Where these put products: a category comes back even if nothing is in it by now."""
        paths = set()
        for change in changes:
            if change.kind == "create" and change.field is None:
                paths.add(self._today(decode_draft(change.new_value or "{}").category))
            elif change.field == "category":
                paths.add(self._today(change.new()))
        return {path for path in paths if path}

    # -- the work -------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Page by page: remove what nobody states any more, and give every other field what then stands."""
        done = 0
        for changes in self._pages():
            owners = _owners(changes)
            page = _Page(
                changes,
                load(self.unit, owners, lock=True),
                self.changes.statements(owners),
                LockBulk(self.unit.bulk).places(owners),
            )
            left = self._remove_orphans(page)
            self._settle_fields(page, left)
            self._settle_offers(page)
            done += len(changes)
            self.progress("undone" if self._is_undoing else "made again", done)
        categories.recount(self.unit, self._writing.recounted)

    def _pages(self) -> Iterator[list[Kept]]:
        # Creations last: what goes with its product is not settled before.
        yield from self.changes.pages(self._id, "product_id IS NOT NULL", kinds=(*LATER, *CREATIONS), size=_PAGE)

    def _remove_orphans(self, page: _Page) -> list[Kept]:
        """Delete products and variants whose creation does not stand and that nobody else could have made.

        What is left to settle. A product that only a person's edit still speaks of is left alone whole.
        """
        removed: set[bytes] = set()
        alone: set[bytes] = set()
        variants: set[bytes] = set()
        notes: list[Planned] = []
        for change in page.changes:
            product = page.products.get(change.product_id or b"")
            if product is None or product.id in removed or product.id in alone:
                continue
            history = page.history.get(product.id, ())
            if not has_maker(history):
                if any(each.stands and each.origin in PERSONS for each in history):
                    alone.add(product.id)
                    by = next(each.source for each in history if each.stands and each.origin in PERSONS)
                    notes.append(self._left_alone(change, product, (None, "name"), by))
                    continue
                removed.add(product.id)
                del page.products[product.id]
                notes.append(_removal(change, product.id, None))
                if product.category_id is not None:
                    self._writing.recounted.add(product.category_id)
            elif change.kind == "create":
                lost = _lost_variants(change, product, history)
                variants |= lost
                notes.extend(_removal(change, product.id, each) for each in lost)
                product.variants = [each for each in product.variants if each.id not in lost]
        self._writing.writer.delete(products=removed, variants=variants)
        self.counts["removed"] += len(removed)
        self.touched |= removed
        self._note(notes)
        gone = removed | alone
        return [
            change for change in page.changes if change.product_id not in gone and change.variant_id not in variants
        ]

    def _settle_fields(self, page: _Page, changes: Sequence[Kept]) -> None:
        writes: list[tuple[Loaded, bytes | None, str, Any]] = []
        notes: list[Planned] = []
        claims: dict[bytes, tuple[dict[Place, list[Claim]], dict[Place, list[Claim]]]] = {}
        for each in page.products.values():
            if self._is_new_again(each, page.history.get(each.id, ())):
                writes += self._filled(each, page)
        for change in changes:
            product = page.products.get(change.product_id or b"")
            if product is None or change.field == OFFER:
                continue
            if product.id not in claims:
                claims[product.id] = self._claims(page.history.get(product.id, ()), product)
            for place, mine in self._places(change, product):
                write, note = self._settled(page, change, product, (place, mine), claims[product.id])
                writes += write
                notes += note
        self._writing.set_fields(writes)
        self.counts["reverted"] += len(writes)
        self._note(notes)

    def _is_new_again(self, product: Loaded, history: Sequence[Statement]) -> bool:
        """Whether it was made again bare, or was left alone whole for the sake of a person's edit."""
        if self._is_undoing:
            return False
        before = (each._replace(stands=each.stands and each.change_set_id != self._id) for each in history)
        return product.id in self._made_again or not has_maker(before)

    def _settled(
        self,
        page: _Page,
        change: Kept,
        product: Loaded,
        claim: tuple[Place, Any],
        claims: tuple[dict[Place, list[Claim]], dict[Place, list[Claim]]],
    ) -> tuple[list[tuple[Loaded, bytes | None, str, Any]], list[Planned]]:
        """What to write, if anything, so that one place holds what stands; and what to say of it."""
        place, mine = claim
        owner, name = place
        current = product.of(owner)
        if current is None:
            return [], []
        after, before = (each.get(place, []) for each in claims)
        history = page.history.get(product.id, ())
        locked = place in page.locks.get(product.id, set())
        value, by = value_of(place, after, history, locked=locked)
        expected = value_of(place, before, history, locked=locked)[0]
        there = current.get(name)
        if name == "category":
            value, expected, mine = (self._today(each) for each in (value, expected, mine))
        is_free = not locked or (by is not None and by.origin in PERSONS) or self.subject.origin in PERSONS
        if same(name, there, value):
            # A statement that had lost has changed nothing that somebody could have changed again.
            if self._is_undoing and change.field != STATEMENT and not same(name, there, mine):
                return [], [self._left_alone(change, product, place, None if by is None else by.source)]
        elif is_free and (same(name, there, expected) or same(name, there, mine)):
            current[name] = value
            return [(product, owner, name, value)], [_note(change, product.id, place, there, value)]
        elif change.field != STATEMENT:
            return [], [self._left_alone(change, product, place, "a person's lock" if locked else None)]
        return [], []

    def _filled(self, product: Loaded, page: _Page) -> Iterator[tuple[Loaded, bytes | None, str, Any]]:
        """Every field of a product that anybody ever spoke of."""
        history = page.history.get(product.id, ())
        standing = claims_of([each for each in history if each.stands], product)
        for place in claims_of(history, product):
            current = product.of(place[0])
            locked = place in page.locks.get(product.id, set())
            value, _ = value_of(place, standing.get(place, ()), history, locked=locked)
            if place == (None, "category"):
                value = self._today(value)
            if current is not None and not same(place[1], current.get(place[1]), value):
                current[place[1]] = value
                yield product, place[0], place[1], value

    def _today(self, path: str | None) -> str | None:
        return self._former_names.now(path) if path else path

    def _claims(
        self, history: Iterable[Statement], product: Loaded
    ) -> tuple[dict[Place, list[Claim]], dict[Place, list[Claim]]]:
        """What is claimed now, and what was before the subject began or ceased to stand."""
        listed = list(history)
        after = claims_of([each for each in listed if each.stands], product)
        before = claims_of(
            [each for each in listed if (each.stands if each.change_set_id != self._id else self._is_undoing)], product
        )
        return after, before

    def _places(self, change: Kept, product: Loaded) -> Iterator[tuple[Place, Any]]:
        if change.kind != "create" and change.field != STATEMENT:
            yield (change.variant_id, str(change.field)), change.new()
            return
        entry = Statement(change, self._id, self.subject.origin, self.subject.source, 0, ("", change.id), stands=True)
        for place, said in claims_of([entry], product).items():
            yield place, said[-1].value

    def _left_alone(self, change: Kept, product: Loaded, place: Place, by: str | None) -> Planned:
        self.counts["conflicts"] += 1
        sku = product.variants[0].sku if product.variants else product.handle
        reason = f"changed again since by {by or 'somebody else'}: left alone"
        if len(self.kept) < _SAMPLES:
            self.kept.append({"sku": sku, "field": place[1], "by": by})
        note = _note(change, product.id, place, None, None)
        return note._replace(status="conflict", reason=reason)

    # -- offers ---------------------------------------------------------------------------------------------------

    def _settle_offers(self, page: _Page) -> None:
        """Tell the sources' rooms what each of them says now under the keys at hand, in the order of saying."""
        keys: dict[str, set[str]] = {}
        if self.subject.origin not in PERSONS:
            keys[self.subject.source] = {c.source_key for c in page.changes if c.source_key is not None}
        # A product that was made again has lost the offers of everybody.
        for product_id in self._made_again & page.products.keys():
            for each in page.history.get(product_id, ()):
                if each.origin not in PERSONS and each.change.source_key is not None:
                    keys.setdefault(each.source, set()).add(each.change.source_key)
        for source, wanted in keys.items():
            if wanted:
                self._replay(source, wanted, page)

    def _replay(self, source: str, keys: set[str], page: _Page) -> None:
        said: list[Statement] = []
        ended: dict[str, bool] = {}
        for statements in page.history.values():
            for each in statements:
                change = each.change
                if not each.stands or each.source != source or change.source_key not in keys:
                    continue
                if is_whole(change):
                    said.append(each)
                    ended[change.source_key] = False
                elif change.field == OFFER:
                    ended[change.source_key] = True
        stated = [
            statement_of(each.change, page.products[each.change.product_id].by_sku)
            for each in said
            if each.change.product_id in page.products
        ]
        self.unit.announce(StatementsWithdrawn(source, sorted(keys), stated))
        gone = sorted(key for key, is_over in ended.items() if is_over)
        if gone:
            self.unit.announce(OffersMissing(source, gone))

    # -- after ----------------------------------------------------------------------------------------------------

    def drop_empty_categories(self) -> None:
        """Categories go that are empty now and were made by sets that stand no longer."""
        categories.remove_empty(self.unit, [bytes.fromhex(each) for each in self.changes.categories_of_undone()])

    def announce(self, change_set: ChangeSet) -> None:
        """Say which products are others now."""
        touched = sorted(self.touched | self._writing.touched)
        self.unit.announce(ProductsChanged(change_set.id, touched))

    def _note(self, notes: Sequence[Planned]) -> None:
        # A set that stands again speaks for itself: notes in it would be further statements.
        if notes and self._is_undoing:
            born = new_id_bytes(len(notes))
            stamped = [note._replace(id=each) for note, each in zip(notes, born, strict=True)]
            self.changes.insert(self.into.id.bytes, stamped, self.unit.now)


def _owners(changes: Iterable[Kept]) -> set[bytes]:
    return {change.product_id for change in changes if change.product_id is not None}


def _lost_variants(creation: Kept, product: Loaded, history: Sequence[Statement]) -> set[bytes]:
    """The variants that a creation made, are there, and nobody speaks of any more."""
    if creation.field == VARIANT:
        is_spoken = any(each.stands and speaks_of(each, creation) for each in history)
        return set() if is_spoken else {creation.variant_id or b""}
    there = {variant.id for variant in product.variants}
    born = born_variants(product.id, decode_draft(creation.new_value or "{}"))
    lost = {owner for owner, sku in born if owner in there and not is_spoken_of(owner, sku, history)}
    # Whoever states a product states a variant of it; should none be found, a product without any would be worse.
    return lost if lost != there else set()


def _removal(change: Kept, product_id: bytes, variant_id: bytes | None) -> Planned:
    return Planned(
        b"", product_id, variant_id, "archive", change.field, None, None, None, change.source_key, None, None
    )._replace(reason="its creation is undone")


def _note(change: Kept, product_id: bytes, place: Place, old: Any, new: Any) -> Planned:
    owner, name = place
    texts = [None if value is None else msgspec.json.encode(value).decode() for value in (old, new)]
    return Planned(
        b"", product_id, owner, "update", name, texts[0], texts[1], None, change.source_key, change.line, None
    )

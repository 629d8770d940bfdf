"""Applying: a planned change set becomes the catalogue, in one transaction, without overwriting what moved since."""

from __future__ import annotations

import types
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from mercat.core.clock import now
from mercat.core.database.first_load import can_rebuild, indexes_after
from mercat.core.errors import Conflict
from mercat.core.ids import new_id_bytes, part_id
from mercat.core.unit import WriteUnit
from mercat.domain.catalog import categories, definitions, locking
from mercat.domain.catalog.category_words import note_words
from mercat.domain.catalog.change_repository import CREATIONS, LATER, ChangeBulk, ChangeSetRepository, Kept, Planned
from mercat.domain.catalog.claims import VARIANT
from mercat.domain.catalog.comparing import same
from mercat.domain.catalog.fields import IDENTIFIER, METAFIELD, OFFER, STATEMENT, Flat
from mercat.domain.catalog.loading import load
from mercat.domain.catalog.merging import PERSONS
from mercat.domain.catalog.messages import (
    OffersMissing,
    ProductsChanged,
    StatementApplied,
    StatementsApplied,
    applied_of,
)
from mercat.domain.catalog.models import ChangeSet
from mercat.domain.catalog.product_repository import ProductRepository
from mercat.domain.catalog.product_writer_repository import TABLES, ProductWriter
from mercat.domain.catalog.record_repository import Loaded, RecordRepository
from mercat.domain.catalog.taken_names import Drafted, TakenNames
from mercat.domain.catalog.telling import tell
from mercat.sdk.records import ProductRecord, VariantRecord
from mercat.sdk.values import mpn_key

_PAGE = 2_000
CATEGORY_CREATED = "category.created"
# From so many creations on, an empty catalogue gets its indexes after its rows.
_MANY = 20_000
# Whose categories are words of theirs, until a person maps or keeps them.
_SUPPLIED = {"feed", "import"}
Progress = Callable[[str, int], None]


def _without_unset(record: type[msgspec.Struct], **inner: Any) -> Any:
    """The record's fields with ``None`` for what is not stated: for a creation the two are the same."""
    kinds = [(each.name, inner.get(each.name, Any), None) for each in msgspec.structs.fields(record)]
    return msgspec.defstruct(f"{record.__name__}Draft", kinds)


_VariantDraft = _without_unset(VariantRecord)
decode_draft = msgspec.json.Decoder(
    _without_unset(ProductRecord, variants=types.GenericAlias(list, (_VariantDraft,)))
).decode
decode_variant_draft = msgspec.json.Decoder(_VariantDraft).decode
_decode_record = msgspec.json.Decoder(ProductRecord).decode


def apply(
    unit: WriteUnit,
    change_set_id: UUID,
    *,
    progress: Progress = lambda _stage, _count: None,
    beside: Sequence[str] = (),
) -> ChangeSet:
    """Apply a planned or approved set whole: all in the caller's transaction.

    ``beside`` are tables of the caller's room that fill along with an empty catalogue. A change whose field moved since it was planned becomes a conflict and is left alone. Raises ``Conflict`` for a set
    that is held or already decided.
    """
    unit.actor.require("catalog.apply")
    change_set = ChangeSetRepository(unit.session).locked(change_set_id)
    if change_set.status not in {"planned", "approved"}:
        message = f"the change set is {change_set.status}: only a planned or approved one can be applied"
        raise Conflict(message, change_set_id=str(change_set_id))
    Application(unit, change_set, progress).go(beside)
    return change_set


class Application:
    """One run of ``apply``: its caches and counts."""

    def __init__(self, unit: WriteUnit, change_set: ChangeSet, progress: Progress) -> None:
        self.unit = unit
        self.change_set = change_set
        self.set_id = change_set.id.bytes
        self.progress = progress
        self.changes = ChangeBulk(unit.bulk)
        self.writer = ProductWriter(unit.bulk, unit.now)
        self.conflicts: Counter[str] = Counter()
        self.touched: set[bytes] = set()
        self.created = 0
        self._category_ids: dict[str, bytes] = {}
        self.recounted: set[bytes] = set()
        self._done = 0
        # Keys whose row did not come to hold whole: the next run has to look at them again.
        self._unfinished: set[str | None] = set()
        # On a first load, the names so far: their indexes are not there to be asked.
        self._first_load: TakenNames | None = None

    def go(self, beside: Sequence[str] = ()) -> None:
        """Everything, in order."""
        if self._is_first_load():
            self._first_load = TakenNames()
            with indexes_after(self.unit.bulk, (*TABLES, *beside)):
                self.create_products()
            self._first_load = None
        else:
            self.unit.expect_many()
            self.create_products()
        self.create_variants()
        self.update_fields()
        self.take_statements()
        self.drop_offers()
        self.finish()

    def _is_first_load(self) -> bool:
        many = self.change_set.counts.get("created", 0) >= _MANY
        return many and can_rebuild(self.unit.bulk) and not ProductRepository(self.unit.session).has_any()

    # -- creations ------------------------------------------------------------------------------------------------

    def create_products(self) -> None:
        """Insert the planned products with all that hangs on them, a page at a time."""
        for page in self.changes.pages(self.set_id, "field IS NULL", kinds=CREATIONS, size=_PAGE):
            drafts = map(decode_draft, [change.new_value or "" for change in page])
            fresh = self._without_taken(list(zip(page, drafts, strict=True)))
            self.know_categories({draft.category for _, draft in fresh if draft.category})
            self._know_metafields(draft for _, draft in fresh)
            statements = [self._create(change, draft) for change, draft in fresh]
            self.created += len(statements)
            self.writer.flush()
            self._announce(statements)
            self._advance("created", len(page))

    def _create(self, change: Kept, draft: Any) -> StatementApplied:
        product_id = change.product_id or b""
        category_id = self._category_ids.get(draft.category) if draft.category else None
        if category_id is not None:
            self.recounted.add(category_id)
        names = list(draft.variants[0].options or ())[:3]
        self.writer.product(product_id, draft.handle, draft, category_id, names)
        owners = []
        for position, variant in enumerate(draft.variants, 1):
            # Made again after an undoing, the variant is the one that later changes speak of.
            owner = part_id(product_id, position)
            owners.append(owner)
            self.writer.variant(owner, product_id, variant, position, names)
        if draft.metafields:
            listed = ((key, value["type"], value["value"]) for key, value in draft.metafields.items())
            self.writer.metafields(product_id, [each for each in listed if each[2] is not None])
        if draft.images:
            self.writer.images(product_id, _pictures(draft.images))
        return applied_of((change.id, change.source_key or "", change.digest, product_id, owners, draft))

    def _without_taken(self, drafts: Sequence[Drafted]) -> list[Drafted]:
        fresh, taken = (self._first_load or self._taken(drafts)).without_taken(drafts)
        self._conflict(taken, "a product with this SKU has come to exist since")
        return fresh

    def _taken(self, drafts: Sequence[Drafted]) -> TakenNames:
        skus = self.writer.taken("sku", "product_variants", [v.sku for _, draft in drafts for v in draft.variants])
        return TakenNames(skus, self.writer.taken("handle", "products", [draft.handle for _, draft in drafts]))

    def create_variants(self) -> None:
        """Insert planned variants of products that we have."""
        for page in self.changes.pages(self.set_id, f"field = '{VARIANT}'", kinds=CREATIONS, size=_PAGE):
            self.add_variants(page)

    def add_variants(self, page: Sequence[Kept]) -> None:
        """Insert the variants of these changes, but for those whose product is gone or whose SKU has come to exist."""
        drafts = [(change, decode_variant_draft(change.new_value or "")) for change in page]
        owners = {change.product_id for change, _ in drafts if change.product_id is not None}
        products = load(self.unit, owners)
        positions = self.writer.next_positions(owners)
        skus = self.writer.taken("sku", "product_variants", [draft.sku for _, draft in drafts])
        refused = []
        for change, draft in drafts:
            product = products.get(change.product_id or b"")
            if product is None or draft.sku in skus or change.variant_id is None:
                refused.append(change.id)
                continue
            skus.add(draft.sku)
            position = positions.get(product.id, 1)
            positions[product.id] = position + 1
            self.writer.variant(change.variant_id, product.id, draft, position, product.option_names)
            self.touched.add(product.id)
        self.writer.flush()
        self._conflict(refused, "the product is gone or the SKU has come to exist since")

    # -- updates --------------------------------------------------------------------------------------------------

    def update_fields(self) -> None:
        """Set the planned fields where they still hold what the plan saw."""
        where = f"field NOT IN ('{STATEMENT}', '{OFFER}') AND field NOT LIKE 'category.%'"
        for page in self.changes.pages(self.set_id, where, kinds=LATER, size=_PAGE * 2):
            owners = {change.product_id for change in page if change.product_id is not None}
            products = load(self.unit, owners, lock=True)
            good: list[tuple[Loaded, Kept, Any]] = []
            stale, gone = [], []
            for change in page:
                product = products.get(change.product_id or b"")
                current = None if product is None else product.of(change.variant_id)
                if product is None or current is None:
                    gone.append(change.id)
                    continue
                new = change.new()
                name = str(change.field)
                there = current.get(name)
                if same(name, there, change.old()) or same(name, there, new):
                    good.append((product, change, new))
                else:
                    stale.append(change.id)
                    self._unfinished.add(change.source_key)
            self._conflict(gone, "the product is gone since")
            self._conflict(stale, "the field has changed since this was planned")
            self.set_fields([(product, change.variant_id, str(change.field), new) for product, change, new in good])
            if self.change_set.origin in PERSONS:
                places = {(product.id, change.variant_id, str(change.field)) for product, change, _ in good}
                locking.lock_places(self.unit, places, f"edited in {self.change_set.id}")
            self._advance("updated", len(page))

    def set_fields(self, changes: Sequence[tuple[Loaded, bytes | None, str, Any]]) -> None:
        """Write field values, grouped by where they live."""
        self.know_categories({new for _, _, name, new in changes if name == "category" and new})
        products: dict[bytes, Flat] = {}
        variants: dict[bytes, Flat] = {}
        fields: dict[bytes, Flat] = {}
        codes: dict[bytes, Flat] = {}
        pictures: dict[bytes, Sequence[Any]] = {}
        for product, owner, name, new in changes:
            self.touched.add(product.id)
            if name.startswith(METAFIELD):
                fields.setdefault(product.id, {})[name] = new
            elif name == "images":
                pictures[product.id] = new or ()
            elif owner is not None and name.startswith(IDENTIFIER):
                codes.setdefault(owner, {})[name] = new
            elif owner is not None:
                variants.setdefault(owner, {}).update(_variant_columns(product, name, new))
                if name == "options" and new and not product.option_names:
                    named = {f"option{number}_name": option for number, option in enumerate(list(new)[:3], 1)}
                    products.setdefault(product.id, {}).update(named)
            else:
                products.setdefault(product.id, {}).update(self._product_columns(product, name, new))
        self.writer.set_columns("products", products)
        self.writer.set_columns("product_variants", variants)
        if fields:
            definitions.ensure_defined(self.unit, _types(fields))
            self.writer.replace_metafields(fields)
        if pictures:
            self.writer.replace_images(pictures)
        if codes:
            self.writer.replace_identifiers(codes)
        self.writer.touch({product.id for product, _, _, _ in changes})

    def _product_columns(self, product: Loaded, name: str, new: Any) -> Flat:
        if name in {"category", "status"} and product.category_id is not None:
            self.recounted.add(product.category_id)
        if name == "manufacturer_part_number":
            return {name: new, "part_key": mpn_key(new)[:255] or None if new else None}
        if name != "category":
            return {name: new}
        category_id = self._category_ids[new] if new else None
        if category_id is not None:
            self.recounted.add(category_id)
        return {"category_id": category_id}

    # -- statements and offers ------------------------------------------------------------------------------------

    def take_statements(self) -> None:
        """Tell the source's room what now stands about products that we had before."""
        for page in self.changes.pages(self.set_id, f"field = '{STATEMENT}'", kinds=("update",), size=_PAGE):
            owners = {change.product_id for change in page if change.product_id is not None}
            skus = RecordRepository(self.unit.bulk).skus(owners)
            statements = []
            for change in page:
                by_sku = skus.get(change.product_id or b"")
                if by_sku is not None:
                    if change.source_key in self._unfinished:
                        change = change._replace(digest=None)  # noqa: PLW2901  # the same change, without it
                    statements.append(statement_of(change, by_sku))
            self._announce(statements)

    def drop_offers(self) -> None:
        """Tell the source's room what a complete feed no longer has."""
        for page in self.changes.pages(self.set_id, f"field = '{OFFER}'", kinds=("archive",), size=_PAGE):
            self.unit.announce(OffersMissing(self.change_set.source, [change.source_key or "" for change in page]))

    def finish(self) -> None:
        """Counts, status, and the news."""
        categories.recount(self.unit, self.recounted)
        conflicts = sum(self.conflicts.values())
        self.change_set.counts = {**self.change_set.counts, "conflicts": conflicts}
        self.change_set.status = "partially_applied" if conflicts else "applied"
        # Not the unit's start: on a server this set may have waited for another one, and order is what undo goes by.
        self.change_set.applied_at = self.change_set.applied_at or now()
        self.unit.announce(ProductsChanged(self.change_set.id, sorted(self.touched), self.created))
        tell(self.unit, "change_set.applied", self.change_set)

    # -- shared ---------------------------------------------------------------------------------------------------

    def know_categories(self, paths: Collection[str]) -> None:
        """Have these categories there; what had to be made is kept in the set."""
        missing = [path for path in paths if path not in self._category_ids]
        if not missing:
            return
        made = categories.ensure_paths(self.unit, missing)
        self._category_ids.update(made)
        if self.change_set.origin in _SUPPLIED:
            note_words(self.unit, made.created, self.change_set.source)
        born = new_id_bytes(len(made.created))
        rows = [
            Planned(
                change_id, None, None, "create", CATEGORY_CREATED, None, f'"{category.hex()}"', None, None, None, None
            )
            for change_id, category in zip(born, made.created, strict=True)
        ]
        self.changes.insert(self.set_id, rows, self.unit.now)

    def _know_metafields(self, drafts: Iterator[Any]) -> None:
        seen = {key: value["type"] for draft in drafts if draft.metafields for key, value in draft.metafields.items()}
        if seen:
            definitions.ensure_defined(self.unit, {_split(key): kind for key, kind in seen.items()})

    def _announce(self, statements: Sequence[StatementApplied]) -> None:
        if statements:
            is_first = self._first_load is not None
            self.unit.announce(StatementsApplied(self.change_set.id, self.change_set.source, statements, is_first))

    def _conflict(self, ids: Sequence[bytes], reason: str) -> None:
        if ids:
            self.conflicts[reason] += len(ids)
            self.changes.mark(ids, "conflict", reason, self.unit.now)

    def _advance(self, stage: str, count: int) -> None:
        self._done += count
        self.progress(stage, self._done)


def statement_of(change: Kept, by_sku: Mapping[str, bytes]) -> StatementApplied:
    """A statement with the variants of ours that it speaks of; ``by_sku`` are those of its product."""
    record = _decode_record(change.new_value or "{}")
    if change.variant_id is not None and len(record.variants) == 1:
        owners = [change.variant_id]
    else:
        owners = [by_sku.get(str(each.sku), b"") for each in record.variants]
    return StatementApplied(change.id, change.source_key or "", change.digest, change.product_id or b"", owners, record)


def _variant_columns(product: Loaded, name: str, new: Any) -> Flat:
    if name != "options":
        return {name: new}
    given = new or {}
    names = product.option_names or list(given)
    return {f"option{number}": given.get(option) for number, option in enumerate(names[:3], 1)}


def _types(fields: dict[bytes, Flat]) -> dict[tuple[str, str], str]:
    named = (pair for values in fields.values() for pair in values.items())
    return {_split(name.removeprefix(METAFIELD)): value["type"] for name, value in named if value is not None}


def _split(key: str) -> tuple[str, str]:
    namespace, _, name = key.partition(".")
    return namespace, name


def _pictures(drafts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    shown: dict[str, dict[str, Any]] = {}
    for image in sorted(drafts, key=lambda each: each.get("position") or 1_000_000):
        entry = {"url": image["url"], "alt_text": image.get("alt_text"), "source": image.get("source")}
        shown.setdefault(image["url"], entry)
    return list(shown.values())


__all__ = ["CATEGORY_CREATED", "Application", "apply", "decode_draft", "decode_variant_draft", "statement_of"]

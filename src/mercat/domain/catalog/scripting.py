"""Scripts: what the objects of a session were given becomes one change set, applied at once in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET

from mercat.core.database.bulk import chunks
from mercat.core.errors import Conflict, Invalid
from mercat.core.ids import new_id_bytes
from mercat.core.unit import WriteUnit
from mercat.domain.catalog.category_paths import paths_of
from mercat.domain.catalog.change_repository import Planned
from mercat.domain.catalog.claims import VARIANT
from mercat.domain.catalog.comparing import same
from mercat.domain.catalog.definitions import field_rules
from mercat.domain.catalog.editing import apply_edits, change_of, parsed
from mercat.domain.catalog.fields import METAFIELD
from mercat.domain.catalog.loading import load
from mercat.domain.catalog.lock_repository import LockBulk
from mercat.domain.catalog.models import ChangeSet
from mercat.domain.catalog.record_repository import Loaded
from mercat.domain.catalog.stating import FieldRules, fault_of, handle_for, mend, storable
from mercat.sdk.records import Metafield, ProductRecord, VariantRecord

_PAGE = 500
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class FieldSet:
    """One field that a script gave a value. ``seen`` is the value that stood there when it read the row, where it did.

    A category is given by its id, a metafield by its type and the text that is kept. ``variant_id`` is ``None`` for a field of the product itself.
    """

    product_id: UUID
    variant_id: UUID | None
    name: str
    value: Any
    seen: Any = UNSET


@dataclass(frozen=True)
class Making:
    """A product, or with ``product_id`` of one that is there a variant of it, that a script made.

    The product's variants are those of the record, the ``n``-th under the id ``part_id(product_id, n)``.
    """

    product_id: UUID
    record: ProductRecord | VariantRecord
    variant_id: UUID | None = None
    category_id: UUID | None = None


@dataclass
class Script:
    """What one transaction of a script says about the catalogue."""

    sets: list[FieldSet] = field(default_factory=list)
    made: list[Making] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.sets or self.made)


def apply_script(unit: WriteUnit, script: Script) -> ChangeSet | None:
    """One applied change set with the origin ``script``; ``None`` if all is so already. Fields that it sets are locked.

    Raises ``Invalid`` (all faults in one) for what a field cannot hold, and ``Conflict`` where a value is no longer the
    one that the script read, or a SKU is taken. Products that are gone are a ``Conflict`` too.
    """
    unit.actor.require("catalog.edit")
    rules = field_rules(unit)
    faults: list[str] = []
    planned = [*_making(unit, script.made, rules, faults)]
    touched: set[bytes] = set()
    for some in chunks(sorted(script.sets, key=lambda each: each.product_id.int), _PAGE):
        for change in _changing(unit, some, rules, faults):
            planned.append(change)
            touched.add(change.product_id or b"")
    if faults:
        raise Invalid("; ".join(faults))
    if not planned:
        return None
    created = sum(1 for each in planned if each.kind == "create" and each.field is None)
    title = _title(created, len(touched | {each.product_id.bytes for each in script.made}) - created)
    change_set = apply_edits(unit, planned, title, "script", created=created, updated=len(touched))
    if change_set.status == "partially_applied":
        message = "a SKU that the script gave is taken: look it up first, and change the product that has it"
        raise Conflict(message)
    return change_set


def _title(created: int, updated: int) -> str:
    said = [
        f"{verb} {count} product{'s' * (count != 1)}" for verb, count in (("made", created), ("set", updated)) if count
    ]
    return "script " + " and ".join(said or ["changed the catalogue"])


# -- fields of what is there ------------------------------------------------------------------------------------------


def _changing(unit: WriteUnit, sets: Sequence[FieldSet], rules: FieldRules, faults: list[str]) -> Iterable[Planned]:
    ids = {each.product_id.bytes for each in sets}
    products = load(unit, ids, lock=True)
    locks = LockBulk(unit.bulk).places(ids)
    paths = _paths(unit, [*(each.value for each in sets), *(each.seen for each in sets)])
    for each in sets:
        product = products.get(each.product_id.bytes)
        owner = None if each.variant_id is None else each.variant_id.bytes
        current = None if product is None else product.of(owner)
        if product is None or current is None:
            message = f"the product {each.product_id} is gone since the script read it"
            raise Conflict(message)
        old = current.get(each.name)
        try:
            new = _value(each.name, each.value, rules, paths)
        except Invalid as wrong:
            faults.append(f"{_called(product, owner)}: {wrong.message}")
            continue
        _refuse_stale(product, each, old, rules, paths)
        if not same(each.name, old, new) or (owner, each.name) not in locks.get(product.id, set()):
            yield change_of(product.id, (owner, each.name), old, new)


def _refuse_stale(product: Loaded, asked: FieldSet, old: Any, rules: FieldRules, paths: dict[bytes, str]) -> None:
    if asked.seen is UNSET:
        return
    try:
        seen = _value(asked.name, asked.seen, rules, paths)
    except Invalid:
        # What stands there was never what this field may hold: nothing to compare with.
        return
    if not same(asked.name, old, seen):
        owner = None if asked.variant_id is None else asked.variant_id.bytes
        message = (
            f"{asked.name} of {_called(product, owner)} is {old!r} now, not {seen!r} as the script read it: read again"
        )
        raise Conflict(message, field=asked.name)


def _called(product: Loaded, owner: bytes | None) -> str:
    variant = next((each for each in product.variants if owner is None or each.id == owner), None)
    return product.handle if variant is None else variant.sku


def _value(name: str, value: Any, rules: FieldRules, paths: dict[bytes, str]) -> Any:
    if isinstance(value, UUID):
        return paths.get(value.bytes)
    if isinstance(value, Metafield):
        known = rules.type_of(name.removeprefix(METAFIELD), value.type)
        if known != value.type:
            message = f"{name} is of the type {known}, not {value.type}: its definition says so"
            raise Invalid(message)
        value = value.value
    if isinstance(value, float):
        # What was typed is the shortest text that gives this float: 19.99, and none of the digits behind it.
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        value = format(value, "f")
    return parsed(name, value, rules)


def _paths(unit: WriteUnit, values: Iterable[Any]) -> dict[bytes, str]:
    ids = {each.bytes for each in values if isinstance(each, UUID)}
    found = paths_of(unit, ids) if ids else {}
    missing = ids - found.keys()
    if missing:
        message = f"there is no category {UUID(bytes=min(missing))}: make it first, with categories.create"
        raise Invalid(message)
    return found


# -- what is new ------------------------------------------------------------------------------------------------------


def _making(unit: WriteUnit, made: Sequence[Making], rules: FieldRules, faults: list[str]) -> Iterable[Planned]:
    paths = _paths(unit, [each.category_id for each in made])
    for each, change_id in zip(made, new_id_bytes(len(made)), strict=True):
        if isinstance(each.record, ProductRecord):
            record = each.record
            if each.category_id is not None:
                record.category = paths[each.category_id.bytes]
        else:
            record = ProductRecord(name="a variant", variants=[each.record])
        record = _sound(record, rules, faults)
        first = record.variants[0]
        if isinstance(each.record, ProductRecord):
            text, name = _encode(record).decode(), None
        else:
            text, name = _encode(first).decode(), VARIANT
        owner = None if each.variant_id is None else each.variant_id.bytes
        sku = str(first.sku or "")
        yield Planned(change_id, each.product_id.bytes, owner, "create", name, None, text, None, sku, None, None)


def _sound(record: ProductRecord, rules: FieldRules, faults: list[str]) -> ProductRecord:
    """The record as it is kept. A feed's dirt is mended with a warning; a script is told."""
    sku = str(record.variants[0].sku or "") if record.variants else ""
    if not sku or not record.name:
        faults.append(f"a new product needs a name and a SKU: {record.name or sku or 'one of them'} has not got both")
        return record
    record, cleaned = storable(record)
    reason = fault_of(record, sku)
    cleaned += [reason] if reason else mend(record, rules)
    faults.extend(f"{sku}: {each}" for each in cleaned)
    if not record.handle:
        record.handle = handle_for(str(record.name), sku)
    return record

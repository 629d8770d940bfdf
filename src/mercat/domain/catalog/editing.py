"""Editing: a person changes a few fields of one product. It is a change set like any other, applied at once."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from mercat.core.errors import Conflict, Invalid, NotFound
from mercat.core.ids import new_id_bytes
from mercat.core.unit import WriteUnit
from mercat.domain.catalog import metafields
from mercat.domain.catalog.applying import apply
from mercat.domain.catalog.change_repository import ChangeBulk, Planned
from mercat.domain.catalog.claims import Place, claims_of
from mercat.domain.catalog.deciding import close_plan, open_set
from mercat.domain.catalog.definitions import field_rules, split_key
from mercat.domain.catalog.fields import (
    IDENTIFIER,
    METAFIELD,
    PRODUCT_FIELDS,
    PRODUCT_TEXTS,
    VARIANT_AMOUNTS,
    VARIANT_FIELDS,
    VARIANT_LENGTHS,
    VARIANT_SWITCHES,
    amount,
    images,
    is_currency,
)
from mercat.domain.catalog.loading import load
from mercat.domain.catalog.lock_repository import LockBulk
from mercat.domain.catalog.locking import lock_places, unlock_place
from mercat.domain.catalog.merging import PERSONS, believed
from mercat.domain.catalog.models import ChangeSet
from mercat.domain.catalog.picture_keeping import name_pictures
from mercat.domain.catalog.planning import Source
from mercat.domain.catalog.product_repository import ProductRepository
from mercat.domain.catalog.record_repository import Loaded
from mercat.domain.catalog.stating import FieldRules
from mercat.sdk.records import ImageRecord
from mercat.sdk.values import gtin, plain_text, safe_html

_HTML = {"description"}
_NEVER_EMPTY = {"name", "status", *VARIANT_SWITCHES}


def edit(
    unit: WriteUnit,
    sku: str,
    values: Mapping[str, Any],
    *,
    origin: str = "user",
    expected: Mapping[str, Any] | None = None,
) -> ChangeSet | None:
    """Set fields of the product with this SKU and lock them against feeds; ``None`` if all is so and locked already.

    ``values`` are texts as typed, or JSON values; ``None`` or "" empties a field. ``expected`` are the values that the
    editor saw: another one there now raises ``Conflict``. Raises ``NotFound`` and ``Invalid`` (all faults in one).
    """
    unit.actor.require("catalog.edit")
    product, owner = _subject(unit, sku)
    rules = field_rules(unit)
    locked = LockBulk(unit.bulk).places([product.id]).get(product.id, set())
    faults: list[str] = []
    planned: list[Planned] = []
    for name, given in values.items():
        try:
            place = place_of(name, owner)
            new = parsed(name, given, rules)
        except Invalid as wrong:
            faults.append(wrong.message)
            continue
        old = (product.of(place[0]) or {}).get(name)
        if expected is not None and name in expected and expected[name] != old:
            message = f"{name} of {sku} is {old!r} now, not {expected[name]!r} as you saw it: look again"
            raise Conflict(message, sku=sku, field=name)
        # Who says what a feed said already means it: it is a statement of its own, and the lock goes when it is undone.
        if old != new or place not in locked:
            planned.append(change_of(product.id, place, old, new))
    faults += name_pictures(unit, planned)
    if faults:
        raise Invalid("; ".join(faults), sku=sku)
    lock_places(unit, {(product.id, *place_of(name, owner)) for name in values}, f"set by {unit.actor.name}")
    return apply_edits(unit, planned, f"{sku}: {', '.join(values)}", origin) if planned else None


def lock(unit: WriteUnit, sku: str, field: str, *, reason: str | None = None) -> None:
    """Keep a field as it is, whatever feeds say."""
    unit.actor.require("catalog.edit")
    product, owner = _subject(unit, sku)
    lock_places(unit, {(product.id, *place_of(field, owner))}, reason or f"locked by {unit.actor.name}")


def unlock(unit: WriteUnit, sku: str, field: str) -> ChangeSet | None:
    """Give a field back to the feeds. If one of them states another value, that value is applied now.

    Raises ``NotFound`` if the field was not locked.
    """
    unit.actor.require("catalog.edit")
    product, owner = _subject(unit, sku)
    place = place_of(field, owner)
    if not unlock_place(unit, product.id, *place):
        message = f"{field} of {sku} is not locked"
        raise NotFound(message)
    history = ChangeBulk(unit.bulk).statements([product.id]).get(product.id, [])
    standing = [each for each in history if each.stands and each.origin not in PERSONS]
    claim = believed(claims_of(standing, product).get(place, []), locked=False)
    old = (product.of(place[0]) or {}).get(field)
    if claim is None or claim.value == old:
        return None
    return apply_edits(unit, [change_of(product.id, place, old, claim.value)], f"{sku}: {field} unlocked", "system")


def place_of(field: str, owner: bytes) -> Place:
    """Where a field lives: on the product, or on the variant ``owner``. Raises ``Invalid`` for a field of no such name."""
    if field in PRODUCT_FIELDS or field.startswith(METAFIELD):
        return (None, field)
    if field in VARIANT_FIELDS or field.startswith(IDENTIFIER):
        return (owner, field)
    listed = ", ".join((*PRODUCT_FIELDS, *VARIANT_FIELDS))
    message = f"no field is called {field!r}; there are {listed}, metafields.<namespace>.<key>, identifiers.<scheme>"
    raise Invalid(message)


def _subject(unit: WriteUnit, sku: str) -> tuple[Loaded, bytes]:
    product_id, variant_id = ProductRepository(unit.session).place_of(sku)
    return load(unit, [product_id], lock=True)[product_id], variant_id


def parsed(name: str, given: Any, rules: FieldRules) -> Any:
    """A field's value from what a person typed or a program gave. Raises ``Invalid``."""
    if given is None or given == "":
        if name in _NEVER_EMPTY or name.removeprefix(METAFIELD) in rules.required:
            message = f"{name} cannot be empty"
            raise Invalid(message)
        return [] if name in {"tags", "images"} else None
    if name.startswith(METAFIELD):
        return _metafield(name, given, rules)
    if name in VARIANT_AMOUNTS:
        return _amount(name, given)
    if name in VARIANT_SWITCHES:
        return _switch(name, given)
    if name == "tags" or name.startswith(IDENTIFIER):
        listed = given.split(",") if isinstance(given, str) else given
        clean = [plain_text(str(each)) for each in listed]
        # Codes are kept without an order: sorted, so that what was said and what comes back are the same.
        return [each for each in clean if each] if name == "tags" else sorted({each for each in clean if each})
    if name in {"images", "options"}:
        return _structured(name, given)
    return _text(name, str(given))


def _structured(name: str, given: Any) -> Any:
    """Pictures and options as JSON says them. Raises ``Invalid``."""
    kind: Any = list[ImageRecord] if name == "images" else dict[str, str]
    try:
        said = msgspec.json.decode(given, type=kind) if isinstance(given, str) else msgspec.convert(given, kind)
    except msgspec.DecodeError as wrong:
        example = '[{"url": "https://..."}]' if name == "images" else '{"Size": "L"}'
        message = f"{name} is JSON like {example}: {wrong}"
        raise Invalid(message) from wrong
    return images(said) if name == "images" else said


def _text(name: str, given: str) -> str:
    if name == "barcode":
        value, why = gtin(given)
        if value is None:
            message = f"barcode {given!r}: {why}"
            raise Invalid(message)
        return value
    if name == "status" and given not in {"draft", "active", "archived"}:
        message = f"status is draft, active or archived, not {given!r}"
        raise Invalid(message)
    value = safe_html(given) if name in _HTML else plain_text(given)
    if name == "currency" and not is_currency(value):
        message = f"currency is a code of ISO 4217 like EUR, not {given!r}"
        raise Invalid(message)
    most = PRODUCT_TEXTS.get(name) or VARIANT_LENGTHS.get(name)
    if most is not None and len(value) > most:
        message = f"{name} is longer than {most} characters"
        raise Invalid(message)
    return value


def _amount(name: str, given: Any) -> str:
    try:
        value = amount(str(given) if isinstance(given, (int, Decimal)) else given)
    except (Invalid, TypeError) as wrong:
        message = f"{name} is a number like 12.50, not {given!r}"
        raise Invalid(message) from wrong
    if value.startswith("-"):
        message = f"{name} cannot be below zero"
        raise Invalid(message)
    return value


def _switch(name: str, given: Any) -> Any:
    if name == "inventory_policy":
        if given not in {"deny", "continue"}:
            message = f"inventory_policy is deny or continue, not {given!r}"
            raise Invalid(message)
        return given
    if str(given).lower() not in {"true", "false", "1", "0", "yes", "no"}:
        message = f"{name} is true or false, not {given!r}"
        raise Invalid(message)
    return str(given).lower() in {"true", "1", "yes"}


def _metafield(name: str, given: Any, rules: FieldRules) -> dict[str, Any]:
    key = name.removeprefix(METAFIELD)
    split_key(key)
    kind = rules.types.get(key, "single_line_text_field")
    try:
        value = metafields.decode(kind, given if isinstance(given, str) else metafields.encode(kind, given))
    except metafields.Unfit as wrong:
        message = f"{name} ({kind}): {wrong}"
        raise Invalid(message) from wrong
    if fault := rules.fault_of(key, kind, value):
        message = f"{name} ({kind}): {fault}"
        raise Invalid(message)
    # As it will come back from storage, so that what is the same is seen to be.
    return {"type": kind, "value": metafields.decode(kind, metafields.encode(kind, value))}


def change_of(product_id: bytes, place: Place, old: Any, new: Any) -> Planned:
    """One field on its way from a value to another."""
    owner, name = place
    kind = "archive" if (name, new) == ("status", "archived") else "update"
    kind = "restore" if name == "status" and old == "archived" else kind
    texts = [None if value is None else msgspec.json.encode(value).decode() for value in (old, new)]
    return Planned(new_id_bytes()[0], product_id, owner, kind, name, texts[0], texts[1], None, None, None, None)


def apply_edits(
    unit: WriteUnit, planned: list[Planned], title: str, origin: str, *, created: int = 0, updated: int = 1
) -> ChangeSet:
    """One change set of these changes, applied at once. ``created`` and ``updated`` count products."""
    change_set = open_set(unit, Source(origin, unit.actor.name, 0), title, reference=None, evidence={})
    ChangeBulk(unit.bulk).insert(change_set.id.bytes, planned, unit.now)
    counts = {name: count for name, count in (("created", created), ("updated", updated)) if count}
    close_plan(unit, change_set.id, counts, [])
    return apply(unit, UUID(bytes=change_set.id.bytes))

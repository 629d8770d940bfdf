"""Three ways: what we want, what we sent and what the shop showed then, and what it shows now. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from msgspec import UNSET, to_builtins

from mercat.sdk.records import ProductRecord, VariantRecord

PUSH, PULL, HOLD, CONFLICT = "push", "pull", "hold", "conflict"
VARIANTS = "variants"
_TEXTS = tuple(
    name
    for name in ProductRecord.__struct_fields__
    if name not in {"variants", "metafields", "images", "offer", "handle", "stated_metafields"}
)
_OF_VARIANT = tuple(name for name in VariantRecord.__struct_fields__ if name not in {"sku", "identifiers"})
_ACTIONS = {"ours": PUSH, "theirs": PULL, "hold": HOLD}
_AMOUNTS = frozenset({"price", "compare_at_price", "cost_price", "weight", "length", "width", "height"})


class Drift(NamedTuple):
    """A field in which the shop was changed. ``action``: push, pull, hold, or conflict where ours changed as well."""

    field: str
    ours: Any
    theirs: Any
    action: str


def flat(record: ProductRecord) -> dict[str, Any]:
    """Every field that a record states, by name: ``name``, ``metafields.custom.colour``, ``variants.A-1.price``.

    ``variants`` is which there are. What is ``UNSET`` is not in it: nobody said anything about it.
    """
    fields: dict[str, Any] = {}
    for name in _TEXTS:
        value = getattr(record, name)
        if value is not UNSET:
            fields[name] = value or None
    if record.metafields is not UNSET:
        for key, metafield in record.metafields.items():
            fields[f"metafields.{key}"] = metafield.value
    if record.images is not UNSET:
        fields["images"] = [[each.url, each.alt_text] for each in record.images]
    fields[VARIANTS] = sorted(str(each.sku) for each in record.variants)
    for variant in record.variants:
        for name in _OF_VARIANT:
            value = getattr(variant, name)
            if value is not UNSET:
                fields[f"variants.{variant.sku}.{name}"] = to_builtins(value)
    return fields


def drifts(
    *,
    wanted: ProductRecord,
    sent: ProductRecord,
    shown: ProductRecord,
    now: ProductRecord,
    policy: Callable[[str], str],
) -> list[Drift]:
    """Where the shop was changed since we sent, in the fields that are ours, and what is to be done about each.

    All four in the channel's normal form. ``policy`` says who wins where only they changed. Where both came to the same
    there is nothing to do.
    """
    ours, base, before, after = flat(wanted), flat(sent), flat(shown), flat(now)
    found = []
    for name in _subjects(base, before, after):
        if same(name, before.get(name), after.get(name)) or same(name, ours.get(name), after.get(name)):
            continue
        is_ours_changed = not same(name, base.get(name), ours.get(name))
        action = CONFLICT if is_ours_changed else _ACTIONS[policy(name)]
        if action == PULL and name == VARIANTS:
            action = HOLD  # variants come and go by more than a value: a person decides
        found.append(Drift(name, ours.get(name), after.get(name), action))
    return found


def _subjects(base: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """Fields that are ours and that the shop spoke of both times; of variants only those that are there still."""
    kept = set(before[VARIANTS]) & set(after[VARIANTS])
    for name in sorted({*before, *after}):
        if name.startswith("variants."):
            if name in base and name.removeprefix("variants.").rpartition(".")[0] in kept:
                yield name
        elif name in base and (name.startswith("metafields.") or (name in before and name in after)):
            # A metafield that is gone was taken away; any other field that is not told is just not told.
            yield name


def same(name: str, one: Any, other: Any) -> bool:
    """Whether two values of a field say the same: 12.5 and 12.50 do; nothing, empty text and an empty list do."""
    if one == other or (one in (None, "", []) and other in (None, "", [])):
        return True
    if one is None or other is None:
        return False
    if name.rpartition(".")[2] in _AMOUNTS:
        try:
            return Decimal(str(one)) == Decimal(str(other))
        except InvalidOperation:
            return False
    return name == "tags" and sorted(one) == sorted(other)


def agrees(wanted: ProductRecord, now: ProductRecord) -> bool:
    """Whether the shop shows all that we want, as far as it tells."""
    ours, theirs = flat(wanted), flat(now)
    return all(same(name, value, theirs[name]) for name, value in ours.items() if name in theirs) and all(
        name in theirs for name in ours if name.startswith("metafields.")
    )

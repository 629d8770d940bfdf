"""Editing many products at once: looked at first, then applied as one change set that can be undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from mercat.core.errors import Conflict, Invalid
from mercat.core.money import plain
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.catalog.change_repository import Planned
from mercat.domain.catalog.definitions import field_rules
from mercat.domain.catalog.editing import apply_edits, change_of, parsed, place_of
from mercat.domain.catalog.loading import load
from mercat.domain.catalog.locking import lock_places
from mercat.domain.catalog.models import ChangeSet
from mercat.domain.catalog.record_repository import Loaded, LoadedVariant
from mercat.domain.catalog.repricing import PriceRule, repriced

MOST = 1_000


@dataclass(frozen=True)
class ManyEdit:
    """What is to become of products; what is ``None`` or empty stays as it is. A price is of every variant."""

    status: str | None = None
    category: str | None = None
    add_tags: Sequence[str] = ()
    remove_tags: Sequence[str] = ()
    price: PriceRule | None = None


@dataclass(frozen=True)
class FieldEdit:
    """One value on its way to another. Plain values, as documents have them."""

    product_id: bytes
    variant_id: bytes | None
    name: str
    sku: str
    field: str
    old: Any
    new: Any
    currency: str | None = None
    cost: str | None = None


@dataclass
class ManyPlan:
    """What would change. ``digest`` tells this plan from any other; ``skipped`` are products by the reason they are left."""

    edits: list[FieldEdit] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)

    @property
    def products(self) -> int:
        """How many products change."""
        return len({each.product_id for each in self.edits})

    @property
    def digest(self) -> str:
        """Of what changes from what to what."""
        said = sha256()
        for each in self.edits:
            said.update(repr((each.product_id, each.variant_id, each.field, each.old, each.new)).encode())
        return said.hexdigest()

    def leave(self, why: str) -> None:
        """One more is left as it is."""
        self.skipped[why] = self.skipped.get(why, 0) + 1


def plan_many(unit: ReadUnit, product_ids: Sequence[UUID], asked: ManyEdit) -> ManyPlan:
    """What an edit would change, value by value. Nothing is written. Raises ``Invalid``."""
    unit.actor.require("catalog.read")
    if not product_ids or len(product_ids) > MOST:
        message = f"choose 1 to {MOST:,} products"
        raise Invalid(message)
    return _planned(load(unit, [each.bytes for each in product_ids]), asked, _given(unit, asked))


def edit_many(unit: WriteUnit, product_ids: Sequence[UUID], asked: ManyEdit, *, digest: str) -> ChangeSet | None:
    """Apply what was looked at, as one change set, and lock its fields against feeds; ``None`` if nothing would change.

    Raises ``Invalid``, and ``Conflict`` where the plan is no longer the one with this digest.
    """
    unit.actor.require("catalog.edit")
    plan = plan_many(unit, product_ids, asked)
    if plan.digest != digest:
        message = "some of these products changed since you looked: look again"
        raise Conflict(message)
    if not plan.edits:
        return None
    lock_places(
        unit, {(each.product_id, each.variant_id, each.field) for each in plan.edits}, f"set by {unit.actor.name}"
    )
    changes = [_change(each) for each in plan.edits]
    names = ", ".join(dict.fromkeys(each.field for each in plan.edits))
    title = f"{plan.products} product{'s' * (plan.products != 1)}: {names}"
    return apply_edits(unit, changes, title, "user", updated=plan.products)


def _change(each: FieldEdit) -> Planned:
    return change_of(each.product_id, (each.variant_id, each.field), each.old, each.new)


def _given(unit: ReadUnit, asked: ManyEdit) -> dict[str, Any]:
    """What is the same for all of them, judged as an edit of one is."""
    rules = field_rules(unit)
    typed = {"status": asked.status, "category": asked.category}
    found = {name: parsed(name, value, rules) for name, value in typed.items() if value}
    if not found and not asked.add_tags and not asked.remove_tags and asked.price is None:
        message = "say what is to change"
        raise Invalid(message)
    return found


def _planned(loaded: dict[bytes, Loaded], asked: ManyEdit, given: dict[str, Any]) -> ManyPlan:
    plan = ManyPlan()
    for product in loaded.values():
        before = len(plan.edits)
        wanted = {**given, **_tags(product, asked)}
        for name, new in wanted.items():
            _put(plan, product, None, name, new)
        if asked.price is not None:
            _reprice(plan, product, asked.price)
        if len(plan.edits) == before and not any(_unpriced(product, asked)):
            plan.leave("is so already")
    return plan


def _tags(product: Loaded, asked: ManyEdit) -> dict[str, list[str]]:
    if not asked.add_tags and not asked.remove_tags:
        return {}
    kept = [each for each in product.fields.get("tags") or [] if each not in set(asked.remove_tags)]
    return {"tags": [*kept, *(each for each in dict.fromkeys(asked.add_tags) if each not in kept)]}


def _reprice(plan: ManyPlan, product: Loaded, rule: PriceRule) -> None:
    for variant in product.variants:
        made = _price_of(variant, rule)
        if isinstance(made, str):
            plan.leave(made)
        else:
            _put(plan, product, variant, "price", plain(made))


def _unpriced(product: Loaded, asked: ManyEdit) -> Iterator[bool]:
    if asked.price is not None:
        yield from (isinstance(_price_of(each, asked.price), str) for each in product.variants)


def _price_of(variant: LoadedVariant, rule: PriceRule) -> Decimal | str:
    price, cost = (_decimal(variant.fields.get(name)) for name in ("price", "cost_price"))
    return repriced(rule, price, cost, variant.fields.get("currency"))


def _put(plan: ManyPlan, product: Loaded, variant: LoadedVariant | None, name: str, new: Any) -> None:
    fields = product.fields if variant is None else variant.fields
    if fields.get(name) == new:
        return
    shown = variant or product.variants[0]
    owner, _ = place_of(name, shown.id)
    plan.edits.append(
        FieldEdit(
            product.id,
            owner,
            str(product.fields.get("name") or ""),
            shown.sku,
            name,
            fields.get(name),
            new,
            shown.fields.get("currency"),
            shown.fields.get("cost_price"),
        )
    )


def _decimal(value: Any) -> Decimal | None:
    return None if value in {None, ""} else Decimal(value)

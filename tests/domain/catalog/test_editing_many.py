"""Many products are changed at once: after a look, as one set that is undone, and never by a value that nobody saw."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from mercat.core.errors import Conflict, Invalid
from mercat.core.unit import Runtime
from mercat.domain.catalog import service as catalog
from mercat.domain.catalog.repricing import repriced
from tests.shops import ANN, by_sku, feed

ROWS = [
    {"sku": "A-1", "name": "Lamp", "price": "10.00", "cost": "6.00", "currency": "EUR", "tags": "old, bright"},
    {"sku": "A-2", "name": "Torch", "price": "", "cost": "", "currency": "EUR", "tags": ""},
    {"sku": "A-3", "name": "Candle", "price": "2.49", "cost": "1.20", "currency": "EUR", "tags": "old"},
]


@pytest.fixture
def ids(runtime: Runtime, tmp_path: Path) -> list[UUID]:
    feed(runtime, tmp_path, ROWS)
    with runtime.read(ANN) as unit:
        return [UUID(each.id) for each in catalog.list_products(unit).data]


def carry_out(runtime: Runtime, ids: list[UUID], asked: catalog.ManyEdit) -> tuple[catalog.ManyPlan, UUID | None]:
    with runtime.read(ANN) as unit:
        plan = catalog.plan_many(unit, ids, asked)
    with runtime.write(ANN) as unit:
        made = catalog.edit_many(unit, ids, asked, digest=plan.digest)
        return plan, None if made is None else made.id


def test_what_was_looked_at_is_applied_and_undone(runtime: Runtime, ids: list[UUID]):
    before = by_sku(runtime)
    asked = catalog.ManyEdit(
        status="draft",
        category="Light > Lamps",
        add_tags=("new",),
        remove_tags=("old",),
        price=catalog.PriceRule("percent", Decimal(10)),
    )

    plan, made = carry_out(runtime, ids, asked)

    after = by_sku(runtime)
    assert (plan.products, plan.skipped) == (3, {"has no price": 1})
    assert {sku: each.get("price") for sku, each in after.items()} == {"A-1": "11", "A-2": None, "A-3": "2.74"}
    assert {each["status"] for each in after.values()} == {"draft"}
    assert (after["A-1"]["category"], after["A-1"]["tags"], after["A-2"]["tags"]) == (
        "Light > Lamps",
        ["bright", "new"],
        ["new"],
    )
    assert carry_out(runtime, ids, catalog.ManyEdit(status="draft"))[1] is None

    with runtime.write(ANN) as unit:
        catalog.undo(unit, made)
    undone = by_sku(runtime)
    assert [(each["price"], each["tags"], each["status"]) for each in undone.values()] == [
        (each["price"], each["tags"], each["status"]) for each in before.values()
    ]


def test_what_changed_since_the_look_is_not_overwritten(sqlite_runtime: Runtime, tmp_path: Path):
    feed(sqlite_runtime, tmp_path, ROWS)
    asked = catalog.ManyEdit(price=catalog.PriceRule("exact", Decimal("5.00")))
    with sqlite_runtime.read(ANN) as unit:
        ids = [UUID(each.id) for each in catalog.list_products(unit).data]
        seen = catalog.plan_many(unit, ids, asked)
    with sqlite_runtime.write(ANN) as unit:
        catalog.edit(unit, "A-1", {"price": "12.00"})

    with sqlite_runtime.write(ANN) as unit, pytest.raises(Conflict, match="changed since you looked"):
        catalog.edit_many(unit, ids, asked, digest=seen.digest)
    with sqlite_runtime.read(ANN) as unit, pytest.raises(Invalid, match="say what is to change"):
        catalog.plan_many(unit, ids, catalog.ManyEdit())
    with sqlite_runtime.read(ANN) as unit, pytest.raises(Invalid, match="status is draft"):
        catalog.plan_many(unit, ids, catalog.ManyEdit(status="gone"))


def rule(said: str, ending: str | None = None) -> catalog.PriceRule:
    """A rule in words: its kind and its value."""
    kind, value = said.split()
    return catalog.PriceRule(kind, Decimal(value), None if ending is None else Decimal(ending))


@pytest.mark.parametrize(
    ("asked", "amounts", "expected"),
    [
        (rule("percent 10"), ("9.95", None, "EUR"), "10.95"),
        (rule("percent -100"), ("9.95", None, "EUR"), "would cost nothing"),
        (rule("amount -0.5"), ("9.95", None, "EUR"), "9.45"),
        (rule("margin 40"), (None, "6", "EUR"), "10.00"),
        (rule("margin 40"), ("9", None, "EUR"), "has no cost"),
        (rule("percent 5"), (None, "3", "EUR"), "has no price"),
        (rule("exact 7", "0.99"), (None, None, "EUR"), "7.99"),
        (rule("percent 0", "0.99"), ("9.99", None, "EUR"), "9.99"),
        (rule("percent 1", "0.95"), ("9.99", None, "EUR"), "10.95"),
        (rule("percent 5", "0.99"), ("1000", None, "JPY"), "1050"),
    ],
)
def test_a_price_by_a_rule(asked: catalog.PriceRule, amounts: tuple[str | None, str | None, str], expected: str):
    price, cost = (None if each is None else Decimal(each) for each in amounts[:2])

    assert str(repriced(asked, price, cost, amounts[2])) == expected


@pytest.mark.parametrize("said", ["magic 1", "margin 100", "exact NaN", "percent 1 1.5"])
def test_a_rule_that_makes_no_price_is_refused(said: str):
    kind, *given = said.split()
    with pytest.raises(Invalid):
        catalog.PriceRule(kind, *(Decimal(each) for each in given))

"""The rules of collections: what they choose is what a plain loop would, on every database."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mercat.core.errors import Invalid
from mercat.core.unit import ReadUnit, Runtime
from mercat.domain.catalog import categories, collections
from mercat.domain.catalog import service as catalog
from mercat.domain.catalog.collections import CollectionDraft, Rule
from tests.domain.catalog.exports import PERSON, feed_of, small_product, take

BRANDS = [None, "Acme", "acme", "Béta", "50% off_", "Ac\\me"]
CATEGORIES = [None, "Office", "Office > Paper", "Office > Paper > A4", "Office Chairs"]
STATUSES = ["active", "draft", "archived"]
TAGS = [[], ["blue"], ["Blue", "ink"], ["50%", "Größe 4"], ["blue_ish"]]
TYPES = [None, "Pen", "Pencil"]
PRICES = [[None], ["0"], ["9.99", None], ["10"], ["10.0001", "2"], ["90071992547409.9301"], ["90071992547409.9302"]]
NUMBERS = [None, "-0.5", "-1.25", "0", "0.000000001", "12.5", "9007199254740.991000001", "9007199254740.991000002"]
COLOURS = [None, "red", "Red", "deep red", "12"]
COUNT = 120


def nth(number: int) -> dict[str, Any]:
    """A product that mixes all of these in an order of its own."""
    width, colour = NUMBERS[number % 8], COLOURS[number // 3 % 5]
    fields = {"custom.width": ("number_decimal", width), "custom.colour": ("single_line_text_field", colour)}
    product = {
        "brand": BRANDS[number % 6],
        "product_type": TYPES[number // 2 % 3],
        "manufacturer": BRANDS[number // 5 % 6],
        "category": CATEGORIES[number // 2 % 5],
        "status": STATUSES[number // 4 % 3],
        "tags": TAGS[number // 3 % 5],
        "metafields": {
            key: {"type": type, "value": value} for key, (type, value) in fields.items() if value is not None
        },
        "variants": [
            {"sku": f"S-{number:04d}-{place}", "price": price, "currency": "EUR", "options": {"Nr": str(place)}}
            for place, price in enumerate(PRICES[number // 2 % 7])
        ],
    }
    return small_product(number, **{key: value for key, value in product.items() if value is not None})


PRODUCTS = [nth(number) for number in range(COUNT)]


@pytest.fixture
def shop(runtime: Runtime, tmp_path: Path) -> Runtime:
    take(runtime, feed_of(tmp_path, PRODUCTS))
    return runtime


# -- the plain loop ---------------------------------------------------------------------------------------------------

_TEXT: dict[str, Callable[[str, str], bool]] = {
    "equals": lambda text, value: text == value,
    "contains": lambda text, value: value in text,
    "starts_with": lambda text, value: text.startswith(value),
    "is_set": lambda text, _value: bool(text),
    "greater_than": lambda text, value: Decimal(text) > Decimal(value),
    "less_than": lambda text, value: Decimal(text) < Decimal(value),
}


def values_of(product: dict[str, Any], field: str) -> list[str]:
    if field == "tag":
        return list(product["tags"])
    if field == "price":
        return [each["price"] for each in product["variants"] if each["price"] is not None]
    if field.startswith("metafields."):
        found = product["metafields"].get(field.removeprefix("metafields."))
        return [] if found is None else [found["value"]]
    return [product[field]] if product.get(field) else []


def fits(product: dict[str, Any], rule: Rule) -> bool:
    denied = {"not_equals": "equals", "is_not_set": "is_set"}
    if rule.relation in denied:
        return not fits(product, Rule(rule.field, denied[rule.relation], rule.value))
    values, value = values_of(product, rule.field), rule.value or ""
    if rule.field == "category" and rule.relation == "equals":
        return any(f"{each} > ".startswith(f"{value} > ") for each in values)
    if rule.field == "price" and rule.relation == "equals":
        return any(Decimal(each) == Decimal(value) for each in values)
    if rule.relation in {"greater_than", "less_than"}:
        is_number = rule.field in {"price", "metafields.custom.width"}
        return is_number and any(_TEXT[rule.relation](each, value) for each in values)
    return any(_TEXT[rule.relation](each, value) for each in values)


def text_rules(
    field: str, values: list[str], more: tuple[str, ...] = ("is_set", "is_not_set")
) -> st.SearchStrategy[Rule]:
    compared = ("equals", "not_equals", "contains", "starts_with")
    return st.one_of(
        st.builds(Rule, st.just(field), st.sampled_from(compared), st.sampled_from(values)),
        *[st.just(Rule(field, relation)) for relation in more],
    )


def order_rules(field: str, values: list[str], relations: tuple[str, ...]) -> st.SearchStrategy[Rule]:
    return st.builds(Rule, st.just(field), st.sampled_from(relations), st.sampled_from(values))


ORDER = ("greater_than", "less_than")
EQUALITY = ("equals", "not_equals")
AMOUNTS = ["0", "2", "9.99", "10", "10.0001", "10.0002", "90071992547409.9301", "90071992547409.9302"]
WORDS = ["Acme", "acme", "me", "A", "%", "_", "50%", "\\", "é", "Béta", "Béta "]
RULES = st.one_of(
    text_rules("brand", WORDS),
    text_rules("manufacturer", WORDS),
    text_rules("product_type", ["Pen", "Pencil", "P", "pen"]),
    text_rules("name", ["Small thing 1", "thing", "small", "Small thing 7"], ()),
    text_rules("tag", ["blue", "Blue", "ink", "50%", "_", "Größe 4", "größe"]),
    order_rules("status", STATUSES, EQUALITY),
    order_rules("category", [each for each in CATEGORIES if each], EQUALITY),
    st.builds(Rule, st.just("category"), st.sampled_from(["is_set", "is_not_set"])),
    order_rules("price", AMOUNTS, (*EQUALITY, *ORDER)),
    st.builds(Rule, st.just("price"), st.sampled_from(["is_set", "is_not_set"])),
    order_rules("metafields.custom.width", [each for each in NUMBERS if each], (*EQUALITY, *ORDER)),
    text_rules("metafields.custom.colour", ["red", "Red", "e", "deep"]),
    order_rules("metafields.custom.colour", ["1"], ORDER),
    text_rules("metafields.custom.nothing", ["red"]),
)


def handles(unit: ReadUnit, reference: UUID | str, **more: Any) -> list[str]:
    return [each.handle for each in catalog.list_products(unit, collection=reference, **more)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_rules_choose_what_a_plain_loop_finds(shop: Runtime, data: st.DataObject) -> None:
    rules = data.draw(st.lists(RULES, min_size=1, max_size=4))
    match = data.draw(st.sampled_from(["all", "any"]))
    wanted = [
        each["handle"] for each in PRODUCTS if {"all": all, "any": any}[match](fits(each, rule) for rule in rules)
    ]

    with shop.write(PERSON) as unit:
        made = collections.create(unit, CollectionDraft("Chosen", kind="rules", rules_match=match, rules=rules))
        found = handles(unit, made.id, per_page=1000)
        collections.remove(unit, made.id)

    assert found == wanted
    assert made.products == len(wanted)


@pytest.fixture
def blue(shop: Runtime) -> collections.CollectionView:
    with shop.write(PERSON) as unit:
        rules = [Rule("tag", "equals", "blue"), Rule("brand", "is_set")]
        return collections.create(unit, CollectionDraft("Blue things", kind="rules", rules=rules))


def test_chosen_products_are_a_list_like_any_other(shop: Runtime, blue: collections.CollectionView) -> None:
    wanted = [each for each in PRODUCTS if "blue" in each["tags"] and each.get("brand")]
    with shop.read(PERSON) as unit:
        pages = [handles(unit, blue.handle, page=page, per_page=6) for page in range(1, 10)]
        walked, cursor = [], None
        while len(some := catalog.products_after(unit, cursor, collection=blue.id, per_page=5)):
            walked += [each.handle for each in some]
            cursor = UUID(some.data[-1].id)
        backwards = handles(unit, blue.id, sort="-handle", per_page=100)
        active = handles(unit, blue.id, statuses=["active"], per_page=100)
        searched = handles(unit, blue.id, q="thing", per_page=100)

    expected = [each["handle"] for each in wanted]
    assert [handle for page in pages for handle in page] == walked == expected
    assert backwards == sorted(expected, reverse=True)
    assert active == [each["handle"] for each in wanted if each["status"] == "active"]
    assert sorted(searched) == expected


def test_a_rules_category_follows_when_it_is_renamed_and_is_empty_when_it_goes(shop: Runtime) -> None:
    with shop.write(PERSON) as unit:
        rules = [Rule("category", "equals", "Office Chairs")]
        made = collections.create(unit, CollectionDraft("Chairs", kind="rules", rules=rules))
        office = UUID(made.rules[0]["value"])
        categories.rename(unit, office, "Seats")
        renamed = collections.get(unit, made.id).products
        categories.delete(unit, office, children="lift")
        gone = collections.get(unit, made.id).products

    assert renamed == made.products == sum(each.get("category") == "Office Chairs" for each in PRODUCTS) > 0
    assert gone == 0


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ([], "rules"),
        ([Rule("brand", "is_set")] * 61, "rules"),
        ([Rule("colour", "equals", "red")], "rules.0.field"),
        ([Rule("metafields.colour", "equals", "red")], "rules.0.field"),
        ([Rule("brand", "is_set"), Rule("brand", "greater_than", "A")], "rules.1.relation"),
        ([Rule("name", "is_set")], "rules.0.relation"),
        ([Rule("brand", "equals", " ")], "rules.0.value"),
        ([Rule("brand", "is_set", "x")], "rules.0.value"),
        ([Rule("status", "equals", "sold")], "rules.0.value"),
        ([Rule("price", "less_than", "1e3")], "rules.0.value"),
        ([Rule("price", "equals", "1.23456")], "rules.0.value"),
        ([Rule("metafields.custom.width", "equals", "wide")], "rules.0.value"),
        ([Rule("metafields.custom.width", "less_than", "wide")], "rules.0.value"),
        ([Rule("category", "equals", "Nowhere")], "rules.0.value"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_and_its_place_named(
    sqlite_runtime: Runtime, rules: list[Rule], field: str
) -> None:
    with sqlite_runtime.write(PERSON) as unit:
        catalog.define(unit, "custom.width", "number_decimal")
        with pytest.raises(Invalid) as refused:
            collections.create(unit, CollectionDraft("Wrong", kind="rules", rules=rules))

    assert refused.value.facts["field"] == field
    assert refused.value.message.startswith(field)


def test_all_faults_are_said_at_once(sqlite_runtime: Runtime) -> None:
    rules = [Rule("colour", "equals", "red"), Rule("brand", "is_set"), Rule("status", "equals", "sold")]
    with sqlite_runtime.write(PERSON) as unit, pytest.raises(Invalid) as refused:
        collections.create(unit, CollectionDraft("Wrong", kind="rules", rules=rules))

    assert [each["field"] for each in refused.value.facts["errors"]] == ["rules.0.field", "rules.2.value"]

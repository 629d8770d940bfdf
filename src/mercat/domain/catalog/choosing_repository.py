"""Which products a collection holds, as a condition on ``products p``: by hand or by rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from mercat.core.database.bulk import Bulk
from mercat.core.database.conditions import (
    Condition,
    begins_with_text,
    compares_amount,
    compares_number,
    holds_item,
    holds_text,
    is_text,
)
from mercat.domain.catalog.collection_rules import NUMBER_TYPES, Rule
from mercat.domain.catalog.fields import METAFIELD

_TEXT_RELATIONS: Mapping[str, Callable[[Bulk, str, str], Condition]] = {
    "equals": is_text,
    "contains": holds_text,
    "starts_with": begins_with_text,
}
_SIGNS = {"equals": "=", "greater_than": ">", "less_than": "<"}
# A negative relation → the one that it denies.
_DENIED = {"not_equals": "equals", "is_not_set": "is_set"}
_HELD = "SELECT {} FROM collection_products held WHERE held.collection_id = ?"
_MEMBERS = f"p.id IN ({_HELD.format('held.product_id')})"
_PLACE = f"({_HELD.format('held.position')} AND held.product_id = p.id)"
_NUMBERS = ", ".join(f"'{name}'" for name in NUMBER_TYPES)


@dataclass(frozen=True)
class Chosen:
    """A condition, and the order that the products have by hand (``None``: they have none)."""

    where: str
    parameters: tuple[Any, ...]
    order: str | None = None
    order_parameters: tuple[Any, ...] = ()


class ChoosingRepository:
    """Makes the conditions. ``paths``: of the categories that rules name, by id in text; one that is gone has none."""

    def __init__(self, bulk: Bulk, paths: Mapping[str, str]) -> None:
        self.bulk = bulk
        self.paths = paths

    def by_hand(self, collection_id: UUID) -> Chosen:
        """The products that were put in, in their places."""
        place = (self.bulk.id(collection_id.bytes),)
        return Chosen(_MEMBERS, place, _PLACE, place)

    def by_rules(self, rules: Sequence[Rule], match: str) -> Chosen:
        """The products that fit ``all`` or ``any`` of the rules."""
        parts = [self._condition(rule) for rule in rules]
        joined = f" {'AND' if match == 'all' else 'OR'} ".join(f"({where})" for where, _ in parts)
        return Chosen(f"({joined})", tuple(each for _, parameters in parts for each in parameters))

    def _condition(self, rule: Rule) -> Condition:
        if rule.relation not in _DENIED:
            return self._positive(rule)
        where, parameters = self._positive(Rule(rule.field, _DENIED[rule.relation], rule.value))
        # What is not there is not equal: a comparison with it is neither true nor false.
        return f"NOT COALESCE({where}, FALSE)", parameters

    def _positive(self, rule: Rule) -> Condition:
        if rule.field.startswith(METAFIELD):
            return self._metafield(rule)
        if rule.field == "tag":
            return self._tag(rule)
        if rule.field == "category":
            return self._category(rule)
        if rule.field == "price":
            return self._price(rule)
        return self._text(f"p.{rule.field}", rule)

    def _text(self, column: str, rule: Rule) -> Condition:
        if rule.relation == "is_set":
            return f"LENGTH({column}) > 0", []
        return _TEXT_RELATIONS[rule.relation](self.bulk, column, rule.value or "")

    def _tag(self, rule: Rule) -> Condition:
        return holds_item(self.bulk, "p.tags", lambda item: self._text(item, rule))

    def _category(self, rule: Rule) -> Condition:
        if rule.relation == "is_set":
            return "p.category_id IS NOT NULL", []
        path = self.paths.get(rule.value or "")
        if path is None:
            return "1 = 0", []
        beginning, parameters = self.bulk.beginning("path", path)
        return f"p.category_id IN (SELECT id FROM categories WHERE {beginning})", parameters

    def _price(self, rule: Rule) -> Condition:
        compared: Condition = ("n.price IS NOT NULL", [])
        if rule.relation != "is_set":
            compared = compares_amount(self.bulk, "n.price", _SIGNS[rule.relation], rule.value or "0")
        where, parameters = compared
        return f"EXISTS (SELECT 1 FROM product_variants n WHERE n.product_id = p.id AND {where})", parameters

    def _metafield(self, rule: Rule) -> Condition:
        namespace, _, key = rule.field.removeprefix(METAFIELD).partition(".")
        if rule.relation in {"greater_than", "less_than"}:
            number = Decimal(rule.value or "0")
            compared, values = compares_number(self.bulk, "f.value", _SIGNS[rule.relation], number)
            # Only of a number: another text cannot be read as one.
            where = f"CASE WHEN f.value_type IN ({_NUMBERS}) THEN {compared} ELSE FALSE END"
        else:
            where, values = self._text("f.value", rule)
        named = [is_text(self.bulk, "f.namespace", namespace), is_text(self.bulk, f"f.{self.bulk.name('key')}", key)]
        within = " AND ".join(condition for condition, _ in named)
        return (
            f"EXISTS (SELECT 1 FROM product_metafields f WHERE f.product_id = p.id AND {within} AND {where})",
            [*named[0][1], *named[1][1], *values],
        )

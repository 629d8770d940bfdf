"""What may the rules of a collection say? Pure.

A rule compares a field of a product with a value. Texts are compared to the letter, as they are spelled. A product without
a value is not equal to any; of several tags, variants or values one is enough, and ``not_equals`` wants none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from mercat.core.errors import Invalid
from mercat.core.money import plain
from mercat.domain.catalog.fields import METAFIELD
from mercat.domain.catalog.metafields import encode
from mercat.domain.catalog.models.products import PRODUCT_STATUSES

KINDS = ("manual", "rules")
MATCHES = ("all", "any")
# As many as Shopify allows a collection.
MOST_RULES = 60
WITHOUT_VALUE = ("is_set", "is_not_set")
NUMBER_TYPES = ("number_integer", "number_decimal")
_EQUALITY = ("equals", "not_equals")
_ORDER = ("greater_than", "less_than")
_TEXT = (*_EQUALITY, "contains", "starts_with")
RELATIONS = (*_TEXT, *_ORDER, *WITHOUT_VALUE)
TEXTS = ("brand", "manufacturer", "product_type")
_RELATIONS_OF: Mapping[str, tuple[str, ...]] = {
    "name": _TEXT,
    **dict.fromkeys(TEXTS, (*_TEXT, *WITHOUT_VALUE)),
    "tag": (*_TEXT, *WITHOUT_VALUE),
    "status": _EQUALITY,
    "category": (*_EQUALITY, *WITHOUT_VALUE),
    "price": (*_EQUALITY, *_ORDER, *WITHOUT_VALUE),
}
FIELDS = (*_RELATIONS_OF, f"{METAFIELD}<namespace>.<key>")
_LONGEST_VALUE = 1000
_AMOUNT = re.compile(r"[0-9]{1,14}(?:\.[0-9]{1,4})?")
_NUMBER = re.compile(r"-?[0-9]{1,16}(?:\.[0-9]{1,9})?")
# Types of which one value has one spelling.
_SPELLED = {*NUMBER_TYPES, "boolean", "date", "date_time", "color", "url", "single_line_text_field"}


@dataclass(frozen=True)
class Rule:
    """``brand`` ``equals`` ``Acme``. ``value`` is ``None`` where the relation takes none."""

    field: str
    relation: str
    value: str | None = None

    def kept(self) -> dict[str, str]:
        """As it is kept."""
        said = {"field": self.field, "relation": self.relation}
        return said if self.value is None else {**said, "value": self.value}


def checked_rules(rules: Sequence[Rule], types: Mapping[str, str]) -> list[Rule]:
    """The rules with their values as they are kept. ``types``: of custom fields that are defined, by ``namespace.key``.

    Raises ``Invalid``, which names the place of every fault, such as ``rules.0.value``.
    """
    if not 1 <= len(rules) <= MOST_RULES:
        message = f"rules: a collection by rules has 1 to {MOST_RULES} of them, not {len(rules)}"
        raise Invalid(message, field="rules")
    checked: list[Rule] = []
    faults: list[tuple[str, str]] = []
    for number, rule in enumerate(rules):
        part, found = _checked(rule, types)
        if isinstance(found, Rule):
            checked.append(found)
        else:
            faults.append((f"rules.{number}.{part}", found))
    if faults:
        raise refusal(faults)
    return checked


def refusal(faults: Sequence[tuple[str, str]]) -> Invalid:
    """One refusal for all the faults, each with its field."""
    message = "; ".join(f"{field}: {fault}" for field, fault in faults)
    return Invalid(message, field=faults[0][0], errors=[{"field": field, "message": fault} for field, fault in faults])


def _checked(rule: Rule, types: Mapping[str, str]) -> tuple[str, Rule | str]:
    """(the part of the rule that is meant, the rule as it is kept or what is wrong with it)."""
    if fault := _fault_of_field(rule.field):
        return "field", fault
    relations = _RELATIONS_OF.get(rule.field, RELATIONS)
    if rule.relation not in relations:
        return "relation", f"{rule.field} cannot be compared by {rule.relation[:40]!r}: by {', '.join(relations)}"
    if rule.relation in WITHOUT_VALUE:
        if rule.value:
            return "value", f"{rule.relation} takes no value"
        return "value", Rule(rule.field, rule.relation)
    value = rule.value or ""
    if not value.strip():
        return "value", f"{rule.relation} needs a value"
    if len(value) > _LONGEST_VALUE:
        return "value", f"{len(value)} characters are more than {_LONGEST_VALUE}"
    try:
        return "value", Rule(rule.field, rule.relation, _value_reader(rule, types)(value))
    except ValueError as wrong:
        return "value", str(wrong)


def _fault_of_field(field: str) -> str | None:
    if field in _RELATIONS_OF:
        return None
    namespace, dot, key = field.removeprefix(METAFIELD).partition(".")
    if field.startswith(METAFIELD) and dot and namespace.strip() and key.strip() and len(field) <= 400:
        return None
    return f"there is no {field[:60]!r}: rules compare {', '.join(FIELDS)}"


def _value_reader(rule: Rule, types: Mapping[str, str]) -> Callable[[str], str]:
    if rule.field == "status":
        return _status
    if rule.field == "price":
        return _amount
    if rule.relation in _ORDER:
        return _number
    type = types.get(rule.field.removeprefix(METAFIELD)) if rule.field.startswith(METAFIELD) else None
    if type in _SPELLED and rule.relation in _EQUALITY:
        return lambda value: encode(type, value)
    return str


def _status(value: str) -> str:
    if value not in PRODUCT_STATUSES:
        message = f"no product is {value[:40]!r}: a status is one of {', '.join(PRODUCT_STATUSES)}"
        raise ValueError(message)
    return value


def _amount(value: str) -> str:
    if not _AMOUNT.fullmatch(value.strip()):
        message = f"{value[:40]!r} is no price: write it as 12.50, of at most four places"
        raise ValueError(message)
    return plain(Decimal(value.strip())) or "0"


def _number(value: str) -> str:
    if not _NUMBER.fullmatch(value.strip()):
        message = f"{value[:40]!r} is no number: write it as 12.5, of at most nine places"
        raise ValueError(message)
    return value.strip()

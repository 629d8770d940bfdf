"""Conditions on facts: what they say of what is known, and that they say nothing of what is not."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mercat.core.errors import Invalid
from mercat.domain.alerts.conditions import OPERATORS, checked, from_text, holds

FACTS = {"available": 4, "reorder_point": Decimal("5.0"), "brand": "Acme", "is_active": True, "gone": None}


@pytest.mark.parametrize(
    ("line", "truth"),
    [
        ("available <= {reorder_point}", True),
        ("available > {reorder_point}", False),
        ("available = 4.00", True),
        ("available != 4", False),
        ("brand = Acme", True),
        ("brand = acme", False),
        ("brand in Zorg, Acme", True),
        ("brand not in Zorg, Acme", False),
        ("brand contains cm", True),
        ("brand begins with Ac", True),
        ("brand ends with x", False),
        ("is_active = true", True),
        ("gone is missing", True),
        ("brand is there", True),
        ("gone < 4", None),
        ("unheard_of = 4", None),
        ("available < {unheard_of}", None),
        ("brand < 4", None),
    ],
)
def test_a_line_says_what_it_says(line: str, truth: bool | None):
    assert holds(from_text([line]), FACTS) is truth


TRUTHS = {True: "available = 4", False: "available = 5", None: "gone = 1"}


@pytest.mark.parametrize("left", TRUTHS)
@pytest.mark.parametrize("right", TRUTHS)
def test_all_any_and_not_follow_kleene(left: bool | None, right: bool | None):
    parts = [from_text([TRUTHS[each]]) for each in (left, right)]
    both, one = {left, right}, False in {left, right}

    assert holds({"all": parts}, FACTS) is (False if one else None if None in both else True)
    assert holds({"any": parts}, FACTS) is (True if True in both else None if None in both else False)
    assert holds({"not": parts[0]}, FACTS) is (None if left is None else not left)


@pytest.mark.parametrize(
    "tree",
    [
        {"all": []},
        {"any": "price"},
        {"field": "price"},
        {"field": "Price", "op": "<", "value": 1},
        {"field": "price", "op": "<", "value": "cheap"},
        {"field": "price", "op": "eval", "value": 1},
        {"field": "price", "op": "in", "value": "Acme"},
        {"field": "price", "op": "is_missing", "value": 1},
        {"field": "price", "op": "=", "value": {"a": 1}},
        {"field": "price", "op": "=", "value": 1, "then": "drop"},
        {"not": {"not": {"not": {"not": {"not": {"not": {"not": {"not": {"not": {"field": "a"}}}}}}}}}},
        "price < 1",
        [],
    ],
)
def test_what_is_no_condition_is_refused(tree: Any):
    with pytest.raises(Invalid):
        checked(tree)


@pytest.mark.parametrize("line", ["price", "price is cheap", "< 4", "price < cheap", ""])
def test_a_line_that_says_nothing_is_refused(line: str):
    with pytest.raises(Invalid):
        from_text([line])


_SCRAPS = [
    "",
    "Acme",
    "{a}",
    "{b}",
    "4",
    "-4.50",
    "1e5",
    "NaN",
    "Infinity",
    "true",
    "'; DROP TABLE",
    "__import__('os')",
    "é",
]
values = st.one_of(st.booleans(), st.integers(-9, 9), st.decimals(-9, 9, places=2), st.sampled_from(_SCRAPS), st.none())
tests = st.fixed_dictionaries(
    {"field": st.sampled_from(["a", "b", "c"]), "op": st.sampled_from(OPERATORS)}, optional={"value": values}
)
trees = st.recursive(
    tests,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=6,
)


@given(trees, st.dictionaries(st.sampled_from(["a", "b", "c"]), values))
def test_whatever_is_taken_can_be_asked_of_any_facts(tree: dict[str, Any], facts: dict[str, Any]):
    try:
        kept = checked(tree)
    except Invalid:
        return
    assert checked(kept) == kept
    assert holds(kept, facts) in {True, False, None}
    assert holds({"not": {"not": kept}}, facts) is holds(kept, facts)

"""Prices, guardrails and advisers: by rule, exactly, and never beyond what is allowed."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mercat.domain.suggestions.advising import (
    Item,
    Place,
    Rival,
    calm_threshold,
    raise_price,
    regain_buy_box,
    restore_margin,
    shorten_title,
)
from mercat.domain.suggestions.pricing import CENT, Rails, breaches, highest, lowest, margin_pct, price_for_margin

D = Decimal
RAILS = Rails(min_margin_pct=D(5), max_step_pct=D(25))
LAMP = Item("v1", "p1", "L-1", "Lamp", D("10.00"), D("9.00"), "EUR", RAILS)
PLACE = Place("m1", "B000000001", D("9.60"), "EUR")
WHY = [("alert", "a1")]

money = st.decimals(D("0.01"), D(100_000), places=2)
percent = st.decimals(0, D("99.5"), places=1)


@given(money, percent)
def test_the_price_for_a_margin_is_the_lowest_that_has_it(cost: Decimal, target: Decimal):
    price = price_for_margin(cost, target)
    assert margin_pct(price, cost) >= target
    assert price - CENT <= 0 or margin_pct(price - CENT, cost) < target or price - CENT < cost


@given(money, st.one_of(st.none(), money), st.decimals(0, 90, places=1), st.decimals(0, 100, places=1))
def test_what_lies_within_the_rails_breaches_none(
    current: Decimal, cost: Decimal | None, least: Decimal, step: Decimal
):
    rails = Rails(least, step)
    low, high = lowest(cost, current, rails), highest(current, rails)
    assume(low <= high)
    assert breaches(current, low, cost, rails) == []
    assert breaches(current, high, cost, rails) == [] or cost is not None
    assert breaches(current, (high + CENT) * 2 + current, cost, rails)


@pytest.mark.parametrize(
    ("proposed", "rails", "why"),
    [
        ("12.51", RAILS, "step of 25.1 %"),
        ("9.40", RAILS, "margin of 4.3 %"),
        ("9.90", replace(RAILS, floor=D("9.95")), "below the floor of 9.95"),
        ("11.00", replace(RAILS, ceiling=D("10.50")), "above the ceiling of 10.50"),
        ("0", RAILS, "above zero"),
    ],
)
def test_a_guardrail_says_why(proposed: str, rails: Rails, why: str):
    [reason] = breaches(LAMP.price, D(proposed), LAMP.cost, rails)
    assert why in reason


def test_a_thin_margin_is_restored_exactly_and_by_steps_if_it_has_to_be():
    draft = restore_margin(LAMP, D(20), WHY)
    assert draft is not None
    [action] = draft.actions
    assert (action.target, action.current_value, action.proposed_value) == ("L-1", "10", "11.25")
    assert draft.estimated_impact["margin_pct_after"] == "20.00"
    assert draft.evidence == [("variant", "v1"), ("alert", "a1")]

    far = restore_margin(replace(LAMP, cost=D("13.00")), D(20), WHY)
    assert far is not None
    assert (far.actions[0].proposed_value, far.priority) == ("12.5", "urgent")
    assert "the target needs 16.25" in far.description
    assert far.confidence is not None
    assert draft.confidence is not None
    assert far.confidence < draft.confidence

    assert restore_margin(replace(LAMP, cost=D(8)), D(20), WHY) is None
    assert restore_margin(replace(LAMP, cost=None), D(20), WHY) is None
    assert restore_margin(replace(LAMP, rails=replace(RAILS, ceiling=D(10))), D(20), WHY) is None


def test_what_else_is_on_its_way_is_said_and_makes_it_less_sure():
    careful = restore_margin(replace(LAMP, cautions=["a held set would set cost_price to 8"]), D(20), WHY)
    sure = restore_margin(LAMP, D(20), WHY)
    assert careful is not None
    assert sure is not None
    assert careful.cautions == ["a held set would set cost_price to 8"]
    assert careful.confidence == (sure.confidence or 0) / 2


def test_the_buy_box_is_regained_above_the_floor_only():
    draft = regain_buy_box(LAMP, PLACE, WHY)
    assert draft is not None
    assert draft.actions[0].proposed_value == "9.59"
    assert ("market_product", "m1") in draft.evidence
    for item, place in (
        (replace(LAMP, rails=replace(RAILS, floor=D("9.60"))), PLACE),
        (replace(LAMP, cost=D("9.50")), PLACE),
        (LAMP, replace(PLACE, currency="USD")),
        (LAMP, replace(PLACE, buybox_price=None)),
        (LAMP, replace(PLACE, buybox_price=D(11))),
        (LAMP, replace(PLACE, buybox_price=D("7.00"))),
    ):
        assert regain_buy_box(item, place, WHY) is None


def test_little_stock_is_a_caution_and_none_no_case_for_a_lower_price():
    scarce = replace(LAMP, stock=3, scarce=5)
    draft = regain_buy_box(scarce, PLACE, WHY)
    sure = regain_buy_box(replace(LAMP, stock=6, scarce=5), PLACE, WHY)
    assert draft is not None
    assert sure is not None
    assert draft.cautions == ["only 3 pieces are left: at a lower price that is soon gone"]
    assert (draft.confidence, sure.cautions) == (D("0.375"), ())
    assert regain_buy_box(replace(LAMP, stock=0), PLACE, WHY) is None


def test_a_price_is_raised_while_rivals_are_out_of_stock_and_below_those_that_are_not():
    gone, there = Rival("r1", "B1", D(9), False), Rival("r2", "B2", D("10.30"), True)
    draft = raise_price(LAMP, replace(PLACE, rivals=[gone, there]), WHY)
    assert draft is not None
    assert draft.actions[0].proposed_value == "10.29"
    alone = raise_price(LAMP, replace(PLACE, rivals=[gone]), WHY)
    assert alone is not None
    assert alone.actions[0].proposed_value == "10.5"
    assert raise_price(LAMP, replace(PLACE, rivals=[there]), WHY) is None
    assert raise_price(LAMP, replace(PLACE, rivals=[gone, replace(there, price=D("9.90"))]), WHY) is None


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "Z"]), min_size=21, max_size=80).filter(str.strip))
def test_a_title_is_cut_to_what_fits(name: str):
    draft = shorten_title("L-1", "p1", name, 20, "corner")
    assert draft is not None
    assert len(draft.actions[0].proposed_value or "") <= 20
    assert name.startswith(draft.actions[0].proposed_value or "")


def test_a_title_is_cut_at_a_word_and_left_alone_where_it_fits():
    draft = shorten_title("L-1", "p1", "Lamp, very bright, for desks", 20, "corner")
    assert draft is not None
    assert draft.actions[0].proposed_value == "Lamp, very bright"
    assert shorten_title("L-1", "p1", "Lamp", 20, "corner") is None


def test_a_threshold_is_doubled_up_to_all():
    def said(current: str) -> str | None:
        draft = calm_threshold("m1", "x", "price_change_threshold", current=D(current), fired=12, days=30, evidence=WHY)
        return None if draft is None else draft.actions[0].proposed_value

    assert (said("10"), said("60"), said("100")) == ("20", "100", None)

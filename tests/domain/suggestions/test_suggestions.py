"""Suggestions on real databases: proposed once, approved without effect, applied once, stale where the world moved."""

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import update

from mercat.core.actor import Actor
from mercat.core.errors import Conflict, Forbidden, Invalid, NotFound
from mercat.core.unit import Runtime
from mercat.domain import register_hearing
from mercat.domain.access import service as access
from mercat.domain.alerts import service as alerts
from mercat.domain.catalog import service as catalog
from mercat.domain.market import service as market
from mercat.domain.operations import service as operations
from mercat.domain.suggestions import service as suggestions
from mercat.domain.suggestions.facts_repository import FactsRepository
from mercat.domain.suggestions.models import Suggestion
from tests.domain.alerts.signals import give, moved
from tests.domain.market.conftest import ASIN, record, seen, track
from tests.shops import ANN, by_sku, feed

register_hearing()
Drafts = list[suggestions.SuggestionView]


def stock(runtime: Runtime, folder: Path, *, cost: str = "8.00", price: str = "10.00", name: str = "Lamp") -> None:
    feed(runtime, folder, [{"sku": "L-1", "name": name, "price": price, "cost": cost, "currency": "USD"}], yes=True)


def advised(runtime: Runtime, **where: object) -> Drafts:
    runtime.attempt(suggestions.check_margins, ANN)
    runtime.attempt(suggestions.advise, ANN)
    return there(runtime, **where)


def there(runtime: Runtime, **where: object) -> Drafts:
    with runtime.read(ANN) as unit:
        rows = unit.session.query(Suggestion).filter_by(**where).order_by(Suggestion.id).all()
        return [suggestions.view_of(each) for each in rows]


def price(runtime: Runtime) -> str:
    return str(by_sku(runtime)["L-1"]["price"])


def edit(runtime: Runtime, **values: str) -> None:
    runtime.attempt(lambda unit: catalog.edit(unit, "L-1", values), ANN)


@pytest.fixture
def thin(runtime: Runtime, tmp_path: Path) -> suggestions.SuggestionView:
    """A lamp whose cost rose in a feed, and what is suggested."""
    stock(runtime, tmp_path)
    assert advised(runtime) == []
    stock(runtime, tmp_path, cost="9.00")
    [made] = advised(runtime)
    return made


def approve(runtime: Runtime, made: suggestions.SuggestionView) -> None:
    runtime.attempt(lambda unit: suggestions.approve(unit, made.id), ANN)


def apply(runtime: Runtime, made: suggestions.SuggestionView) -> suggestions.SuggestionView:
    return runtime.attempt(lambda unit: suggestions.view_of(suggestions.apply(unit, made.id)), ANN)


def test_a_cost_that_rises_is_an_alert_and_a_price_is_suggested_once(
    runtime: Runtime, thin: suggestions.SuggestionView
):
    [action] = thin.actions
    assert (thin.kind, thin.status, thin.category, thin.cautions) == ("restore_margin", "pending", "pricing", [])
    assert (action.current_value, action.proposed_value) == ("10", "11.25")
    kinds = {each["type"] for each in thin.evidence}
    assert kinds == {"variant", "alert"}
    with runtime.read(ANN) as unit:
        alert = next(each["id"] for each in thin.evidence if each["type"] == "alert")
        assert alerts.get_alert(unit, alert).alert_type == "margin_below"
    assert [each.id for each in advised(runtime)] == [thin.id]


def test_approving_changes_nothing_applying_does_and_applying_twice_nothing_more(
    runtime: Runtime, thin: suggestions.SuggestionView
):
    """D4, check 3."""
    with pytest.raises(Conflict, match="approve it first"):
        apply(runtime, thin)
    approve(runtime, thin)
    assert price(runtime) == "10"
    done = apply(runtime, thin)
    assert (done.status, done.actions[0].status, price(runtime)) == ("applied", "applied", "11.25")
    assert done.actions[0].change_set_id is not None
    with runtime.read(ANN) as unit:
        change_set = catalog.get_set(unit, str(done.actions[0].change_set_id))
        assert (change_set.origin, change_set.status) == ("suggestion", "applied")
    edit(runtime, price="12.00")
    again = apply(runtime, thin)
    assert (again.applied_at, price(runtime)) == (done.applied_at, "12")

    # The margin is back: its alert is over by itself, and nothing is suggested any more.
    advised(runtime)
    with runtime.read(ANN) as unit:
        alert = next(each["id"] for each in thin.evidence if each["type"] == "alert")
        assert alerts.get_alert(unit, alert).status == "resolved"
    assert len(there(runtime)) == 1


def test_a_value_that_moved_makes_it_stale_and_stays(runtime: Runtime, thin: suggestions.SuggestionView):
    """D4, check 3."""
    approve(runtime, thin)
    edit(runtime, price="10.50")
    done = apply(runtime, thin)
    assert (done.status, done.actions[0].status, price(runtime)) == ("stale", "stale", "10.5")
    assert "10.5 now, not 10" in (done.actions[0].error or "")
    # The key is free: what holds now is suggested anew.
    assert [each.actions[0].current_value for each in advised(runtime, status="pending")] == ["10.5"]


def test_a_guardrail_stops_what_a_person_typed(runtime: Runtime, thin: suggestions.SuggestionView):
    action = thin.actions[0].id

    def change(to: str) -> None:
        runtime.attempt(lambda unit: suggestions.edit(unit, thin.id, action, to), ANN)

    for wrong in ("cheap", "-1", "NaN"):
        with pytest.raises(Invalid):
            change(wrong)
    change("19.00")
    approve(runtime, thin)
    done = apply(runtime, thin)
    assert (done.status, done.actions[0].status, price(runtime)) == ("failed", "failed", "10")
    assert "step of 90.0 %" in (done.actions[0].error or "")


def test_an_edit_has_to_be_approved_again(runtime: Runtime, thin: suggestions.SuggestionView):
    approve(runtime, thin)
    runtime.attempt(lambda unit: suggestions.edit(unit, thin.id, thin.actions[0].id, "11.50"), ANN)
    with pytest.raises(Conflict, match="approve it first"):
        apply(runtime, thin)
    approve(runtime, thin)
    apply(runtime, thin)
    assert price(runtime) == "11.5"


def test_what_was_applied_is_taken_back(runtime: Runtime, thin: suggestions.SuggestionView):
    with pytest.raises(Conflict, match="nothing of it was applied"):
        runtime.attempt(lambda unit: suggestions.roll_back(unit, thin.id), ANN)
    approve(runtime, thin)
    apply(runtime, thin)
    back = runtime.attempt(lambda unit: suggestions.view_of(suggestions.roll_back(unit, thin.id)), ANN)
    assert (back.status, back.actions[0].status, price(runtime)) == ("rolled_back", "rolled_back", "10")
    with runtime.read(ANN) as unit:
        assert catalog.get_set(unit, str(back.actions[0].change_set_id)).status == "undone"


def test_what_was_turned_down_is_not_suggested_again_unless_it_differs(
    runtime: Runtime, thin: suggestions.SuggestionView, tmp_path: Path
):
    runtime.attempt(lambda unit: suggestions.reject(unit, thin.id, notes="it is a loss leader"), ANN)
    assert [each.status for each in advised(runtime)] == ["rejected"]
    with pytest.raises(Conflict, match="nothing to decide"):
        approve(runtime, thin)
    runtime.attempt(lambda unit: suggestions.reopen(unit, thin.id), ANN)
    approve(runtime, thin)
    runtime.attempt(lambda unit: suggestions.reopen(unit, thin.id), ANN)
    [back] = there(runtime)
    assert (back.status, back.reviewed_by, [each.status for each in back.actions]) == ("pending", None, ["proposed"])
    runtime.attempt(lambda unit: suggestions.reject(unit, thin.id), ANN)
    stock(runtime, tmp_path, cost="9.50")
    assert [each.status for each in advised(runtime)] == ["rejected", "pending"]
    with pytest.raises(Conflict, match="suggested anew"):
        runtime.attempt(lambda unit: suggestions.reopen(unit, thin.id), ANN)


def test_a_held_run_that_would_change_the_cost_is_a_caution(runtime: Runtime, tmp_path: Path):
    stock(runtime, tmp_path)
    stock(runtime, tmp_path, cost="9.00")
    row = {"sku": "L-1", "name": "Lamp", "price": "30.00", "cost": "9.40", "currency": "USD"}
    held = feed(runtime, tmp_path, [row])
    assert held.status == "held"
    [made] = advised(runtime)
    assert any("cost_price to" in each and str(held.change_set)[-8:] in each for each in made.cautions)
    assert made.confidence == "0.475"


def test_a_policy_applies_what_it_lets_through_and_is_off_at_first(runtime: Runtime, tmp_path: Path):
    with runtime.write(ANN) as unit:
        for wrong in ('{"restore_margin": 1}', '{"restore_margin": {"always": 1}}', "[]"):
            with pytest.raises(Invalid):
                operations.set_configuration(unit, runtime.secrets, "suggestions.auto_apply", wrong)
        policy = '{"restore_margin": {"min_confidence": 0.9, "max_step_pct": 5}}'
        operations.set_configuration(unit, runtime.secrets, "suggestions.auto_apply", policy)
    stock(runtime, tmp_path, cost="9.00")
    assert [each.status for each in advised(runtime)] == ["pending"]  # 12.5 % is more than 5 %
    stock(runtime, tmp_path, cost="8.20")
    [made] = advised(runtime)
    assert (made.status, made.reviewed_by, price(runtime)) == ("applied", "policy suggestions.auto_apply", "10.25")


def test_outcomes_are_measured_after_a_week_and_a_month(runtime: Runtime, thin: suggestions.SuggestionView):
    approve(runtime, thin)
    apply(runtime, thin)
    assert runtime.attempt(suggestions.measure_due, ANN) == 0
    for _ in range(3):
        with runtime.write(ANN) as unit:
            later = unit.now - dt.timedelta(minutes=1)
            is_due = Suggestion.next_outcome_at.is_not(None)
            unit.session.execute(update(Suggestion).where(is_due).values(next_outcome_at=later))
        runtime.attempt(suggestions.measure_due, ANN)
    [made] = there(runtime)
    outcome = made.outcome or {}
    assert set(outcome) == {"before", "after_7_days", "after_30_days"}
    assert (outcome["before"]["margin_pct"], outcome["after_7_days"]["margin_pct"]) == ("10.00", "20.00")


def test_what_nobody_looked_at_expires(runtime: Runtime, thin: suggestions.SuggestionView):
    with runtime.write(ANN) as unit:
        unit.session.execute(update(Suggestion).values(expires_at=unit.now - dt.timedelta(days=1)))
    with runtime.write(ANN) as unit:
        assert suggestions.expire(unit) == 1
    with pytest.raises(Conflict, match="expired"):
        approve(runtime, thin)


def test_the_buy_box_is_regained_from_what_was_observed(runtime: Runtime, tmp_path: Path):
    stock(runtime, tmp_path, cost="5.00")
    track(runtime, product="L-1")
    record(runtime, seen(buybox_price="9.5", price="9.5", in_stock=True))
    with runtime.read(ANN) as unit:
        listing = market.find(unit, ASIN).id
    lost = alerts.Signal("buy_box_lost", alerts.Subject("market_product", str(listing)), "lost")
    give(runtime, lost)
    [made] = advised(runtime)
    assert (made.kind, made.actions[0].proposed_value) == ("regain_buy_box", "9.49")
    assert {"type": "market_product", "id": str(listing)} in made.evidence


def test_a_rival_that_is_out_of_stock_lets_ours_be_raised(runtime: Runtime, tmp_path: Path):
    stock(runtime, tmp_path, cost="5.00")
    track(runtime, product="L-1")
    track(runtime, "B000000009", is_competitor=True, competitor_of="L-1")
    record(runtime, seen(price="10"), seen(of="B000000009", price="9", in_stock=False))
    with runtime.read(ANN) as unit:
        rival = market.find(unit, "B000000009").id
    give(runtime, alerts.Signal("out_of_stock", alerts.Subject("market_product", str(rival)), "gone"))
    [made] = advised(runtime)
    assert (made.kind, made.actions[0].proposed_value) == ("raise_price", "10.5")


def test_a_threshold_that_fires_all_the_time_is_calmed_and_put_back(runtime: Runtime):
    track(runtime)
    with runtime.read(ANN) as unit:
        listing = market.find(unit, ASIN).id
    now = dt.datetime.now(dt.UTC)
    give(runtime, *(moved(20 if n % 2 else -20, item=str(listing), at=now - dt.timedelta(hours=n)) for n in range(12)))
    [made] = advised(runtime)
    assert (made.kind, made.actions[0].current_value, made.actions[0].proposed_value) == ("calm_threshold", "10", "20")
    approve(runtime, made)
    assert apply(runtime, made).status == "applied"
    with runtime.read(ANN) as unit:
        assert market.find(unit, ASIN).price_change_threshold == 20
    runtime.attempt(lambda unit: suggestions.roll_back(unit, made.id), ANN)
    with runtime.read(ANN) as unit:
        assert market.find(unit, ASIN).price_change_threshold == 10


def test_who_may_what(runtime: Runtime, thin: suggestions.SuggestionView):
    operator = Actor("user", "olga", access.ROLES["operator"])
    with runtime.write(operator) as unit:
        assert suggestions.get_suggestion(unit, str(thin.id)[-8:]).id == thin.id
        for refused in (suggestions.approve, suggestions.reject, suggestions.apply, suggestions.roll_back):
            with pytest.raises(Forbidden):
                refused(unit, thin.id)
        with pytest.raises(NotFound):
            suggestions.get_suggestion(unit, "00000000")


def test_a_suggestion_without_evidence_is_refused(sqlite_runtime: Runtime):
    draft = suggestions.SuggestionDraft("x", "variant", "1", "x", "t", "d", "r", [], "pricing", "rule:x/1")
    with sqlite_runtime.write(ANN) as unit, pytest.raises(Invalid, match="evidence"):
        suggestions.propose(unit, draft)


def test_of_several_variants_the_one_behind_a_listing_is_known_by_its_codes(runtime: Runtime, tmp_path: Path):
    rows = [
        {
            "sku": sku,
            "handle": "lamp",
            "name": "Lamp",
            "option1_name": "Colour",
            "option1": sku,
            "barcode": code,
            "price": "10",
        }
        for sku, code in (("L-1", "4006381333931"), ("L-2", "4012345678901"))
    ]
    feed(runtime, tmp_path, rows, yes=True)
    track(runtime, ASIN, product="L-1", gtins=("4012345678901",))
    track(runtime, "B000000002", product="L-1")
    with runtime.read(ANN) as unit:
        repository = FactsRepository(unit.bulk)
        listings = {each.asin: each for each in repository.listings_of(catalog.get_product(unit, "L-1").id)}
        behind = market.shown_variants(unit, [each.listing_id for each in listings.values()])
        skus = {each.variant_id: each.sku for each in repository.by_sku(["L-1", "L-2"])}
    assert len(skus) == 2
    assert skus[behind[listings[ASIN].listing_id]] == "L-2"
    assert listings["B000000002"].listing_id not in behind  # of two nobody knows which

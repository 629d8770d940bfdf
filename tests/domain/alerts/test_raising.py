"""Raising on real databases: in sets, once, and told to whom it concerns."""

import datetime as dt
import threading
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select

from mercat.core import clock
from mercat.core import unit as unit_module
from mercat.core.actor import Actor
from mercat.core.errors import Conflict, Forbidden, Invalid, NotFound
from mercat.core.lists import ListQuery, list_rows
from mercat.core.unit import Runtime
from mercat.domain.access import service as access
from mercat.domain.alerts import service as alerts
from mercat.domain.alerts.models import Alert, AlertRule
from tests.domain.alerts.signals import HOUR, ME, T0, give, kept, moved, person, state, told


def rule(runtime: Runtime, key: str) -> AlertRule:
    with runtime.read(ME) as unit:
        return alerts.get_rule(unit, key)


def test_ten_alternating_changes_are_ten_alerts_whether_they_come_one_by_one_or_all_at_once(runtime: Runtime):
    changes = [moved(25 if n % 2 else -20, at=T0 + n * HOUR, item="one") for n in range(10)]
    for each in changes:
        give(runtime, each, state("rank_dropped", item="one", at=each.at, measure=Decimal(3)))
    give(runtime, *(replace(each, subject=alerts.Subject("market_product", "all")) for each in changes))
    give(runtime, *changes)  # a snapshot that comes twice

    for item in ("one", "all"):
        found = kept(runtime, subject_id=item)
        assert len(found) == 10
        assert [each.status for each in found] == ["resolved"] * 9 + ["open"]
        assert {each.severity for each in found} == {"critical"}
    assert rule(runtime, "price_change").fired_count == 20
    assert kept(runtime, alert_type="rank_dropped") == []


def test_a_state_opens_once_repeats_and_resolves_by_itself(runtime: Runtime):
    first = give(runtime, state("out_of_stock"))
    again = give(runtime, state("out_of_stock"), state("out_of_stock", item="B01"))
    assert (len(first.opened), len(again.opened), again.repeated) == (1, 1, 1)

    over = runtime.attempt(lambda unit: alerts.clear(unit, "out_of_stock", [alerts.Subject("market_product", "B00")]))
    assert over.resolved == first.opened
    [alert] = kept(runtime, subject_id="B00")
    assert (alert.status, alert.resolution, alert.resolved_by, alert.occurrences) == (
        "resolved",
        "cleared",
        "mercat",
        2,
    )
    assert alert.open_key is None

    others = runtime.attempt(lambda unit: alerts.clear_others(unit, "out_of_stock", "market_product", []))
    assert others.resolved == again.opened


def test_a_false_condition_leaves_counters_as_they_are(runtime: Runtime):
    """D4, check 13."""
    draft = alerts.RuleDraft("few_left", "observation", condition=alerts.from_text(["available <= {reorder_point}"]))
    with runtime.write(ME) as unit:
        alerts.add_rule(unit, draft)
    give(runtime, state("observation", facts={"available": 6, "reorder_point": 5}))
    assert (rule(runtime, "few_left").fired_count, rule(runtime, "few_left").last_fired_at) == (0, None)

    give(runtime, state("observation", facts={"available": 5, "reorder_point": 5}))
    assert rule(runtime, "few_left").fired_count == 1
    assert [each.rule_key for each in kept(runtime)] == ["few_left"]


def test_many_at_once_are_one_call_and_one_notification(runtime: Runtime):
    vera = person(runtime)
    tally = give(runtime, *(moved(15, item=f"B{n:05}") for n in range(3000)))
    again = give(runtime, *(moved(15, item=f"B{n:05}", at=dt.datetime.now(dt.UTC)) for n in range(3000)))

    assert (len(tally.opened), len(again.opened), again.repeated) == (3000, 0, 3000)
    with runtime.read(ME) as unit:
        rows = list_rows(unit, alerts.ALERTS, ListQuery(equal={"status": ["open"]}))
        assert rows.total == 3000
    [summary] = told(runtime, user_id=vera.id)
    assert (summary.title, summary.alert_id, summary.data) == ("3,000 alerts: price change", None, {"count": 3000})


def test_each_is_told_by_their_own_threshold(runtime: Runtime):
    """D4, check 15: the default thresholds of the settings; D2: the order of thresholds."""
    keen, calm = (
        person(runtime, "keen", price_threshold_pct=Decimal(3)),
        person(runtime, "calm", price_threshold_pct=40),
    )
    usual = person(runtime, "usual")
    give(runtime, moved(5, item="five"), moved(12, item="twelve"), moved(45, item="much"))

    def heard(user: access.UserView) -> set[str]:
        return {each.title for each in told(runtime, user_id=user.id)}

    assert heard(keen) == {"moved by 5 %", "moved by 12 %", "moved by 45 %"}
    assert heard(usual) == {"moved by 12 %", "moved by 45 %"}
    assert heard(calm) == {"moved by 45 %"}

    calm_actor = Actor("user", "calm", access.ROLES["viewer"], id=calm.id)
    with runtime.write(calm_actor) as unit:
        alerts.set_threshold(unit, "price_change", Decimal(1), user_id=calm.id, subject_id="mine")
    give(runtime, moved(2, item="mine"))
    assert "moved by 2 %" in heard(calm)
    assert "moved by 2 %" not in heard(keen)
    with runtime.write(calm_actor) as unit, pytest.raises(Forbidden):
        alerts.set_threshold(unit, "price_change", Decimal(1), subject_id="mine")


def test_the_rank_threshold_of_the_settings_counts_for_ranks(runtime: Runtime):
    """D4, check 15."""
    person(runtime, "keen", rank_threshold_pct=Decimal(5))
    give(runtime, state("rank_dropped", measure=Decimal(6)))
    assert [each.type for each in told(runtime)] == ["rank_dropped"]


def test_a_threshold_of_an_item_or_a_category_is_the_houses(runtime: Runtime):
    with runtime.write(ME) as unit:
        alerts.set_threshold(unit, "price_change", Decimal(50), category_id="toys")
        alerts.set_threshold(unit, "price_change", Decimal(2), subject_id="B7")
    give(runtime, moved(20, item="B1", category="toys"), moved(3, item="B7", category="toys"), moved(3, item="B8"))
    assert [each.subject_id for each in kept(runtime)] == ["B7"]
    with runtime.write(ME) as unit:
        alerts.set_threshold(unit, "price_change", None, category_id="toys")
    give(runtime, moved(20, item="B1", category="toys"))
    assert {each.subject_id for each in kept(runtime)} == {"B1", "B7"}


def test_what_is_muted_raises_nothing(runtime: Runtime):
    subject = alerts.Subject("market_product", "B00")
    with runtime.write(ME) as unit:
        made = alerts.mute(unit, subject=subject, until=unit.now + HOUR).id
        alerts.mute(unit, rule="back_in_stock", subject=alerts.Subject("market_product", "B01"))
    tally = give(runtime, state("out_of_stock"), state("back_in_stock", item="B01"), state("out_of_stock", item="B01"))
    assert (len(tally.opened), tally.suppressed) == (1, 2)
    with runtime.write(ME) as unit:
        alerts.unmute(unit, made)
        with pytest.raises(Invalid):
            alerts.mute(unit)
    assert len(give(runtime, state("out_of_stock")).opened) == 1


def test_people_acknowledge_snooze_and_resolve(runtime: Runtime):
    [first] = give(runtime, state("out_of_stock")).opened
    with runtime.write(ME) as unit:
        alerts.acknowledge(unit, [first])
        alerts.snooze(unit, [first], unit.now + HOUR)
    assert len(give(runtime, state("out_of_stock")).opened) == 0
    with runtime.write(ME) as unit:
        assert alerts.wake_snoozed(unit) == 0
        unit.session.get(Alert, first).snoozed_until = unit.now - HOUR
    with runtime.write(ME) as unit:
        assert alerts.wake_snoozed(unit) == 1
        alerts.resolve(unit, [first], notes="ordered more")
        with pytest.raises(Conflict, match="resolved already, by Ada"):
            alerts.acknowledge(unit, [first])
        with pytest.raises(NotFound):
            alerts.resolve(unit, [UUID(int=7)])
    [alert] = kept(runtime)
    assert (alert.status, alert.resolved_by, alert.resolution_notes) == ("resolved", "Ada", "ordered more")
    assert give(runtime, state("out_of_stock")).suppressed == 1
    viewer = Actor("user", "vera", access.ROLES["viewer"])
    with runtime.write(viewer) as unit, pytest.raises(Forbidden):
        alerts.resolve(unit, [first])
    with runtime.write(ME) as unit:
        alerts.reopen(unit, [first])
    [alert] = kept(runtime)
    assert (alert.status, alert.resolved_at, alert.resolution_notes, alert.acknowledged_by) == (
        "open",
        None,
        None,
        None,
    )
    assert give(runtime, state("out_of_stock")).repeated == 1
    give(runtime, state("out_of_stock", on=False))
    with runtime.write(ME) as unit, pytest.raises(Conflict, match="over by itself"):
        alerts.reopen(unit, [first])


def test_rules_are_changed_added_and_removed(runtime: Runtime):
    with runtime.write(ME) as unit:
        alerts.ensure_rules(unit)
        alerts.ensure_rules(unit)
        assert set(unit.session.scalars(select(AlertRule.key))) == set(alerts.KINDS)
        alerts.change_rule(unit, "price_change", {"threshold": Decimal(30), "critical_threshold": None})
        alerts.add_rule(unit, alerts.RuleDraft("steep", "price_change", threshold=Decimal(20), severity="info"))
    give(runtime, moved(25))
    assert [(each.rule_key, each.severity) for each in kept(runtime)] == [("steep", "info")]
    with runtime.write(ME) as unit:
        with pytest.raises(Conflict, match="comes with Mercat"):
            alerts.remove_rule(unit, "price_change")
        with pytest.raises(Conflict, match="already"):
            alerts.add_rule(unit, alerts.RuleDraft("steep", "price_change"))
        with pytest.raises(Invalid):
            alerts.add_rule(unit, alerts.RuleDraft("x", "unheard_of"))
        with pytest.raises(Invalid):
            alerts.change_rule(unit, "steep", {"kind": "rank_dropped"})
        alerts.remove_rule(unit, "steep")
    assert [(each.rule_key, each.rule_id) for each in kept(runtime)] == [("steep", None)]


def test_an_unknown_kind_is_a_mistake_of_the_program(sqlite_runtime: Runtime):
    with pytest.raises(ValueError, match="no kind of signal"):
        give(sqlite_runtime, alerts.Signal("unheard_of", alerts.Subject("x", "1"), "x"))


def test_two_that_open_the_same_alerts_at_once_open_them_once_and_neither_fails(runtime: Runtime):
    """Inside callers' own transactions, which nobody starts again."""
    give(runtime, state("out_of_stock", item="first"))  # the rules are there
    items = [f"item {number}" for number in range(5)]
    begun, told, tallies = threading.Barrier(2), threading.Event(), {}

    def open_(name: str, order: list[str]) -> None:
        with runtime.write(ME) as unit:
            begun.wait(5) if runtime.engine.dialect.name != "sqlite" else None
            if name == "second" and runtime.engine.dialect.name != "sqlite":
                told.wait(5)  # the first has written, and not committed
            tallies[name] = alerts.judge(unit, [state("out_of_stock", item=each) for each in order])
            told.set()

    both = [threading.Thread(target=open_, args=each) for each in (("first", items), ("second", items[::-1]))]
    for each in both:
        each.start()
    for each in both:
        each.join(20)
    assert sorted((len(each.opened), each.repeated) for each in tallies.values()) == [(0, 5), (5, 0)]
    found = [each for each in kept(runtime) if each.subject_id in items]
    assert [(each.status, each.occurrences) for each in found] == [("open", 2)] * 5
    assert rule(runtime, "out_of_stock").fired_count == 6


def test_what_is_over_goes_when_it_is_old_and_what_is_open_stays(runtime: Runtime, monkeypatch: pytest.MonkeyPatch):
    person(runtime, "ada")
    give(runtime, state("out_of_stock"), state("out_of_stock", item="open"))
    runtime.attempt(lambda unit: alerts.clear(unit, "out_of_stock", [alerts.Subject("market_product", "B00")]))
    later = clock.now() + dt.timedelta(days=400)
    monkeypatch.setattr(unit_module, "now", lambda: later)
    with runtime.read(ME) as unit:
        assert alerts.count_old(unit) == {"notifications": 2, "alerts": 1}
    assert runtime.attempt(alerts.forget_old, ME) == {"notifications": 2, "alerts": 1}
    assert runtime.attempt(alerts.forget_old, ME) == {"notifications": 0, "alerts": 0}
    assert [each.subject_id for each in kept(runtime)] == ["open"]

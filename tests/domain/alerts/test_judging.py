"""What becomes of signals: one alert of a rule and a subject at a time, told when it is news, over when its cause is."""

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mercat.domain.alerts.judging import Book, Terms, enter, passes, relaxed, severity_of
from mercat.domain.alerts.schemas import Signal
from mercat.domain.alerts.thresholds import Thresholds
from tests.domain.alerts.signals import HOUR, T0, moved, state, terms

EVENT = terms(comparison="abs_least", threshold=Decimal(10), critical_threshold=Decimal(20), is_event=True)
QUEUE = terms(kind="queue_depth", comparison="above", threshold=Decimal(1000), hysteresis_pct=50, severity="critical")


def run(rule: Terms, *signals: Signal, book: Book | None = None) -> Book:
    book = book or Book()
    for each in signals:
        enter(book, rule, each, each.at or T0, threshold=rule.threshold)
    return book


def depth(jobs: int, hours: int) -> Signal:
    return state("queue_depth", measure=Decimal(jobs), at=T0 + hours * HOUR)


def test_ten_alternating_price_changes_raise_exactly_ten_alerts():
    """D4, check 2. Not by luck of the cooldown: they come within ten minutes."""
    minute = dt.timedelta(minutes=1)
    book = run(EVENT, *(moved(25 if n % 2 else -20, at=T0 + n * minute) for n in range(10)))

    assert len(book.fresh) == 10
    assert [each.resolution for each in book.fresh] == ["superseded"] * 9 + [None]


def test_a_price_that_climbs_on_is_one_alert_until_the_cooldown_is_over():
    book = run(EVENT, *(moved(15, at=T0 + n * HOUR) for n in range(30)))

    assert len(book.fresh) == 2
    assert [each.occurrences for each in book.fresh] == [24, 6]


def test_the_same_observation_again_changes_nothing():
    signals = [moved(15, at=T0), moved(-15, at=T0 + HOUR)]
    book = run(EVENT, *signals)
    before = [(each.id, each.status, each.occurrences) for each in book.fresh]

    run(EVENT, *signals, book=book)

    assert [(each.id, each.status, each.occurrences) for each in book.fresh] == before


def test_a_state_is_over_only_beyond_its_hysteresis():
    book = run(QUEUE, depth(1001, 0), depth(900, 1), depth(501, 2))
    assert [each.status for each in book.fresh] == ["open"]

    run(QUEUE, depth(500, 3), book=book)
    assert [(each.status, each.resolution) for each in book.fresh] == [("resolved", "cleared")]


def test_what_comes_and_goes_is_one_alert_and_told_once_a_day():
    signals = [depth(jobs, n) for n in range(12) for jobs in [2000 if n % 2 == 0 else 0]]
    book = run(QUEUE, *signals)
    assert len(book.fresh) == 1
    assert book.fresh[0].occurrences == 6

    run(QUEUE, depth(2000, 25), book=book)
    assert len(book.fresh) == 2


def test_what_a_person_resolved_stays_so_for_the_cooldown():
    book = run(QUEUE, depth(2000, 0))
    mine = book.fresh[0]
    mine.status, mine.resolution, mine.resolved_at = "resolved", "person", T0 + HOUR

    run(QUEUE, depth(2000, 2), book=book)
    assert (len(book.fresh), book.suppressed) == (1, 1)
    run(QUEUE, depth(2000, 26), book=book)
    assert len(book.fresh) == 2


def test_what_becomes_worse_is_told_again_and_what_is_snoozed_when_it_wakes():
    rule = terms(kind="sync_failed", comparison="least", threshold=Decimal(1), critical_threshold=Decimal(3))
    book = run(rule, state("sync_failed", measure=Decimal(1), at=T0))
    alert = book.fresh[0]
    alert.status = "acknowledged"
    book.loud.clear()
    run(rule, state("sync_failed", measure=Decimal(2), at=T0 + HOUR), book=book)
    assert (alert.status, list(book.loud)) == ("acknowledged", [])
    run(rule, state("sync_failed", measure=Decimal(3), at=T0 + 2 * HOUR), book=book)
    assert (alert.status, alert.severity, list(book.loud)) == ("open", "critical", [alert.id])

    book.loud.clear()
    alert.status, alert.snoozed_until = "snoozed", T0 + 5 * HOUR
    run(rule, state("sync_failed", measure=Decimal(4), at=T0 + 4 * HOUR), book=book)
    assert (alert.status, list(book.loud)) == ("snoozed", [])
    run(rule, state("sync_failed", measure=Decimal(4), at=T0 + 6 * HOUR), book=book)
    assert (alert.status, list(book.loud)) == ("open", [alert.id])


def test_what_is_not_known_neither_opens_nor_resolves():
    book = run(QUEUE, state("queue_depth", measure=None))
    assert book.fresh == []
    run(QUEUE, depth(2000, 0), state("queue_depth", measure=None, at=T0 + HOUR), book=book)
    assert book.fresh[0].is_open


def test_a_condition_compares_fields_with_fields():
    """D4, check 13: ``{reorder_point}`` is another field."""
    condition = {"field": "available", "op": "<=", "value": "{reorder_point}"}
    rule = terms(kind="observation", condition=condition)

    def stock(available: int, hours: int) -> Signal:
        facts = {"available": available, "reorder_point": 5}
        return state("observation", at=T0 + hours * HOUR, facts=facts)

    book = run(rule, stock(6, 0))
    assert book.fresh == []
    run(rule, stock(5, 1), book=book)
    assert [each.status for each in book.fresh] == ["open"]
    run(rule, stock(9, 2), book=book)
    assert [each.status for each in book.fresh] == ["resolved"]


@pytest.mark.parametrize(
    ("comparison", "measure", "threshold", "truth"),
    [
        ("abs_least", "-10", "10", True),
        ("abs_least", "9.99", "10", False),
        ("least", "10", "10", True),
        ("least", "-10", "10", False),
        ("above", "10", "10", False),
        ("most", "7", "7", True),
        ("below", "7", "7", False),
        ("below", None, "7", None),
        (None, None, None, True),
        ("least", "1", None, True),
    ],
)
def test_thresholds_are_passed_as_the_comparison_says(
    comparison: str | None, measure: str | None, threshold: str | None, truth: bool | None
):
    given = [None if each is None else Decimal(each) for each in (measure, threshold)]
    assert passes(comparison, *given) is truth


@given(
    st.sampled_from(["abs_least", "least", "above", "most", "below"]),
    st.decimals(-1000, 1000, places=2),
    st.decimals(-1000, 1000, places=2),
    st.integers(0, 100),
)
def test_what_opens_an_alert_never_ends_it(comparison: str, measure: Decimal, threshold: Decimal, pct: int):
    if passes(comparison, measure, threshold):
        assert passes(comparison, measure, relaxed(comparison, threshold, pct))


def test_severity_is_critical_from_the_critical_threshold_on():
    assert [severity_of(EVENT, Decimal(each)) for each in (10, 19, 20, -20)] == [
        "warning", "warning", "critical", "critical",
    ]  # fmt: skip


steps = st.tuples(st.integers(-40, 40), st.booleans(), st.integers(0, 60), st.sampled_from(["A", "B"]))


@given(st.lists(steps, max_size=40), st.booleans())
def test_of_a_rule_and_a_subject_one_is_open_at_most_and_none_is_lost(steps: list[tuple], is_event: bool):
    rule = terms(comparison="abs_least", threshold=Decimal(10), hysteresis_pct=50, is_event=is_event)
    book, at, seen = Book(), T0, {"A": 0, "B": 0}
    for pct, on, minutes, item in steps:
        at += dt.timedelta(minutes=minutes + 1)
        enter(book, rule, moved(pct, at=at, item=item, is_on=on), at, threshold=rule.threshold)
        seen[item] += on and abs(pct) >= 10
    keys = [each.key for each in book.fresh if each.is_open]
    assert len(keys) == len(set(keys))
    assert all((each.resolved_at is None) == each.is_open for each in book.fresh)
    counted = sum(each.occurrences for each in book.fresh) + book.suppressed
    # Within the hysteresis a lasting state is seen below the threshold as well.
    assert counted >= sum(seen.values())
    assert all(any(each.key == last.key for each in book.fresh) for last in book.last.values())


def test_thresholds_resolve_user_and_item_then_user_then_item_then_category_then_system():
    """D2: threshold resolution."""
    ada, bob, cleo = (UUID(int=n) for n in range(1, 4))
    rows = {
        (ada, "item", None): Decimal(1),
        (ada, None, None): Decimal(2),
        (None, "item", None): Decimal(4),
        (None, None, "toys"): Decimal(5),
    }
    found = Thresholds(Decimal(6), rows, {bob: Decimal(3)})

    def seen(item: str, category: str | None = "toys", **more: Any) -> Signal:
        return moved(7, item=item, category=category, **more)

    assert found.for_user(ada, seen("item")) == 1
    assert found.for_user(ada, seen("other")) == 2
    assert found.for_user(bob, seen("item")) == 3
    assert found.for_user(cleo, seen("item")) == 4
    assert found.for_user(cleo, seen("other")) == 5
    assert found.for_user(cleo, seen("other", None)) == 6
    assert found.loosest(seen("other"), users=[ada, bob, cleo], is_upper=False) == 2
    assert found.loosest(seen("other"), users=[cleo], is_upper=False) == 5
    assert found.loosest(seen("other", None), users=[ada, bob], is_upper=True) == 6
    # What the giver keeps for the item goes before what stands here.
    told = seen("item", item_threshold=Decimal(8), user_thresholds={cleo: Decimal(9)})
    assert [found.for_user(each, told) for each in (ada, cleo)] == [1, 9]
    assert found.for_all(told) == 8

"""What needs a person, and in which order."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from mercat.core.actor import Actor
from mercat.core.unit import Runtime
from mercat.domain.access.service import ROLES
from mercat.domain.reports import service as reports
from mercat.domain.reports.ranking import Need, ranked
from tests.domain import proving

DAY = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Need("store", "", ""), Need("held", "", "", count=90)),
        (Need("alert", "", "", severity="critical"), Need("store", "", "")),
        (Need("alert", "", "", severity="warning"), Need("held", "", "")),
        (Need("held", "", "", count=10), Need("held", "", "", count=2)),
        (Need("held", "", ""), Need("listing", "", "", count=5)),
        (Need("listing", "", ""), Need("job", "", "")),
        (Need("job", "", ""), Need("match", "", "")),
        (Need("match", "", "", at=DAY), Need("match", "", "", at=DAY + dt.timedelta(1))),
        (Need("alert", "", "", severity="info"), Need("match", "", "")),
    ],
)
def test_what_costs_most_to_leave_comes_first(first: Need, second: Need):
    assert ranked([second, first]) == [first, second]
    assert ranked([first, second]) == [first, second]


def test_what_is_held_needs_somebody_until_it_is_decided(runtime: Runtime, tmp_path: Path):
    rows = [{"SKU": f"S{n}", "Title": f"Lamp {n}", "Price": "10"} for n in range(5)]
    proving.feed_rows(runtime, tmp_path, rows)
    held = proving.feed_rows(
        runtime, tmp_path, [{**rows[0], "Price": "90"}], guards={**proving.OPEN, "price_change_pct": 30}
    )

    with runtime.read(proving.ANNA) as unit:
        [need] = reports.needs(unit)
        seen = reports.overview(unit, unit.now - dt.timedelta(days=1))
    assert (need.kind, need.subject, need.count) == ("held", str(held.change_set), 1)
    assert [each["title"] for each in seen.changed] != []
    assert seen.has_products

    # Whoever may see nothing of it is told nothing of it.
    with runtime.read(Actor("user", "nobody", frozenset({"reports.read"}))) as unit:
        assert reports.needs(unit) == []
    with runtime.read(Actor("user", "vera", ROLES["viewer"])) as unit:
        assert len(reports.needs(unit)) == 1

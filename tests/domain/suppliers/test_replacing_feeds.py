"""Saying a feed anew, and which column means what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mercat.core.actor import Actor
from mercat.core.errors import Invalid, NotFound
from mercat.core.unit import Runtime
from mercat.domain import register_jobs
from mercat.domain.operations import service as operations
from mercat.domain.suppliers import service as suppliers
from mercat.sdk.roles import Column, Inspection

ME = Actor("user", "Ada")
PROFILE = """connector = "table"
key = "Art"
[columns]
Art = "sku"
Weight = { to = "weight", unit = "g" }
"""
DRAFT = suppliers.FeedDraft("acme", "https://acme.example/a.csv", "table", profile=PROFILE, every_s=3600)
SEEN = Inspection(
    "table",
    "csv",
    "utf-8",
    ";",
    2,
    [Column("Art", "text", "sku", ["1"], 1.0), Column("New", "text", None, [], 0.5)],
    None,
)


@pytest.fixture
def feed(runtime: Runtime) -> Runtime:
    register_jobs()
    with runtime.write(ME) as unit:
        suppliers.add_feed(unit, DRAFT)
    return runtime


def test_a_feed_is_said_anew_and_its_schedule_with_it(feed: Runtime):
    with feed.write(ME) as unit:
        suppliers.replace_feed(unit, "acme", replace(DRAFT, currency="EUR", every_s=None, cron="0 3 * * *"))

    with feed.read() as unit:
        assert suppliers.draft_of(unit, "acme") == replace(
            DRAFT, supplier="acme", currency="EUR", every_s=None, cron="0 3 * * *"
        )
        schedule = operations.find_schedule(unit, "feed acme")
    assert schedule is not None
    assert schedule.cron == "0 3 * * *"


def test_a_schedule_that_stays_as_it_was_keeps_its_time(feed: Runtime):
    with feed.read() as unit:
        before = operations.find_schedule(unit, "feed acme")

    with feed.write(ME) as unit:
        suppliers.replace_feed(unit, "acme", replace(DRAFT, mode="update-only"))

    with feed.read() as unit:
        after = operations.find_schedule(unit, "feed acme")
    assert before is not None
    assert after is not None
    assert (after.id, after.next_at) == (before.id, before.next_at)


def test_what_could_never_run_changes_nothing(feed: Runtime):
    with pytest.raises(Invalid), feed.write(ME) as unit:
        suppliers.replace_feed(unit, "acme", replace(DRAFT, mode="sideways"))
    with pytest.raises(NotFound), feed.write(ME) as unit:
        suppliers.replace_feed(unit, "nobody", DRAFT)
    with feed.read() as unit:
        assert suppliers.get_feed(unit, "acme").mode == "upsert"


def test_columns_are_shown_in_the_order_of_the_file_then_those_that_are_gone():
    found = suppliers.mapping_of(PROFILE, {}, SEEN)

    assert [(each.name, each.target, each.has_rule, each.is_in_file) for each in found] == [
        ("Art", "sku", False, True),
        ("New", "", False, True),
        ("Weight", "weight", True, False),
    ]


def test_only_what_is_said_differently_loses_its_rule():
    said = {"Weight": "weight", "Art": "barcode", "New": ""}

    profile, settings = suppliers.remapped(PROFILE, {"currency": "EUR"}, None, said)

    assert profile == PROFILE
    assert settings == {
        "currency": "EUR",
        "columns": {"Art": "barcode", "Weight": {"to": "weight", "unit": "g"}, "New": "ignore"},
    }

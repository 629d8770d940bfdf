"""Budgets of calls: a warning once a month where most of one is spent, a refusal where all of it is."""

import datetime as dt
from uuid import uuid4

import pytest
from sqlalchemy import select

from mercat.core.actor import Actor
from mercat.core.errors import Conflict
from mercat.core.unit import Runtime
from mercat.domain.operations import service as operations
from mercat.domain.operations.models import ApiBudget
from mercat.sdk.channels import Call

ME = Actor("user", "Ada")


def call(runtime: Runtime, count: int, service: str = "shopify") -> None:
    calls = [Call(service, "products", 200, 12.0, 1.0, None, None) for _ in range(count)]
    with runtime.write(ME) as unit:
        operations.record_calls(unit, calls, account=uuid4())


def warnings(runtime: Runtime) -> list[object]:
    with runtime.read(ME) as unit:
        return [each.data for each in operations.list_logs(unit, q="budget_nearly_spent")]


def test_the_warning_comes_once_a_month_and_again_for_another_budget(runtime: Runtime) -> None:
    with runtime.write(ME) as unit:
        operations.set_budget(unit, "shopify", 10)
    with operations.keeping_logs(runtime):
        call(runtime, 7)
        call(runtime, 50, "etsy")
    assert warnings(runtime) == []
    with operations.keeping_logs(runtime):
        for _ in range(3):
            call(runtime, 1)
    assert warnings(runtime) == [{"service": "shopify", "spent": 8, "limit": 10}]

    with runtime.write(ME) as unit:
        budget = unit.session.scalars(select(ApiBudget)).one()
        assert budget.warned_at is not None
        budget.warned_at -= dt.timedelta(days=32)
    with operations.keeping_logs(runtime):
        call(runtime, 1)
    assert len(warnings(runtime)) == 2

    with runtime.write(ME) as unit:
        operations.set_budget(unit, "shopify", 11)
    with operations.keeping_logs(runtime):
        call(runtime, 1)
    assert len(warnings(runtime)) == 3


def test_the_share_is_a_configuration_and_all_is_refused(runtime: Runtime) -> None:
    with runtime.write(ME) as unit:
        operations.set_budget(unit, "shopify", 10)
        operations.set_configuration(unit, runtime.secrets, "usage.warn_pct", "50")
    call(runtime, 4)
    with runtime.read(ME) as unit:
        assert operations.refuse_overspent(unit, "shopify") is None
    call(runtime, 1)
    with runtime.read(ME) as unit:
        assert operations.refuse_overspent(unit, "shopify") == "5 of the month's 10 calls to shopify are spent"
    call(runtime, 5)
    with runtime.read(ME) as unit, pytest.raises(Conflict, match="is spent"):
        operations.refuse_overspent(unit, "shopify")

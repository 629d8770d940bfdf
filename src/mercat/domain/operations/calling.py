"""Calls that went out: each counted, and stopped where a month's budget is spent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from mercat.core.errors import Conflict, Invalid
from mercat.core.log import get_logger
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.access.messages import Administered
from mercat.domain.operations.calls_repository import CallsRepository
from mercat.domain.operations.configurable import WARN_PCT
from mercat.domain.operations.configuring import value_of
from mercat.domain.operations.emitting import emit
from mercat.domain.operations.messages import BudgetNearlySpent
from mercat.sdk.channels import Call

log = get_logger(__name__)


@dataclass(frozen=True)
class BudgetView:
    """A service in the calendar month that is running (UTC). ``monthly_calls`` is ``None`` where there is no budget."""

    service: str
    calls: int
    errors: int
    points: float
    monthly_calls: int | None
    mean_ms: int

    @property
    def used_pct(self) -> float | None:
        """How much of the budget is spent."""
        return None if not self.monthly_calls else round(self.calls * 100 / self.monthly_calls, 1)


def record_calls(unit: WriteUnit, calls: Sequence[Call], *, account: UUID | None, job_id: UUID | None = None) -> None:
    """Calls that went out, in one statement. Whoever takes a budget past its warning is told so, once a month."""
    repository = CallsRepository(unit.session)
    repository.insert(calls, unit.now, account=account, job_id=job_id)
    month = month_of(unit.now)
    for service, limit in repository.unwarned({each.service[:50] for each in calls}, month).items():
        spent = repository.sent(service, month)
        # Whoever marks it first says it: another run may pass the same line at the same time.
        if _is_nearly_spent(unit, spent, limit) and repository.mark_warned(service, month, unit.now):
            log.warning("budget_nearly_spent", service=service, spent=spent, limit=limit)
            emit(unit, "budget.nearly_spent", {"service": service, "spent": spent, "monthly_calls": limit})
            unit.announce(BudgetNearlySpent(service, spent, limit))


def usage(unit: ReadUnit) -> list[BudgetView]:
    """Every service that was called this month or has a budget."""
    unit.actor.require("operations.read")
    repository = CallsRepository(unit.session)
    budgets = repository.budgets()
    found = {row[0]: row for row in repository.since(month_of(unit.now))}
    return [
        BudgetView(name, *(found[name][1:4] if name in found else (0, 0, 0.0)), budgets.get(name), _mean(found, name))
        for name in sorted({*found, *budgets})
    ]


def set_budget(unit: WriteUnit, service: str, monthly_calls: int | None) -> None:
    """How many calls a service may be sent in a month; ``None`` takes the limit away. Raises ``Invalid``."""
    unit.actor.require("operations.budget")
    if monthly_calls is not None and not 0 <= monthly_calls < 2**31:
        message = f"a budget is a number of calls from 0 up, not {monthly_calls}"
        raise Invalid(message)
    CallsRepository(unit.session).set_budget(service, monthly_calls)
    unit.announce(Administered("budget.set", ("service", service, service), {"monthly_calls": monthly_calls}))


def refuse_overspent(unit: ReadUnit, service: str) -> str | None:
    """Raises ``Conflict`` where the month's budget is spent; what to say where ``usage.warn_pct`` of it are."""
    repository = CallsRepository(unit.session)
    limit = repository.budgets().get(service)
    if limit is None:
        return None
    spent = repository.sent(service, month_of(unit.now))
    if spent >= limit:
        message = (
            f"the month's budget of {limit:,} calls to {service} is spent ({spent:,} went out): what is not urgent waits. "
            f"`mercat usage budget {service} --calls N` gives it more"
        )
        raise Conflict(message, service=service)
    if _is_nearly_spent(unit, spent, limit):
        return f"{spent:,} of the month's {limit:,} calls to {service} are spent"
    return None


def points_spent(unit: ReadUnit, service: str) -> float:
    """What this month's calls to a service cost, in its own points."""
    return CallsRepository(unit.session).points(service, month_of(unit.now))


def nearly_spent(unit: ReadUnit) -> list[str]:
    """The services whose month's calls are past the warning."""
    repository, month = CallsRepository(unit.session), month_of(unit.now)
    budgets = repository.budgets()
    return [name for name, limit in budgets.items() if _is_nearly_spent(unit, repository.sent(name, month), limit)]


def _is_nearly_spent(unit: ReadUnit, spent: int, limit: int) -> bool:
    return spent * 100 >= limit * value_of(unit, WARN_PCT)


def month_of(now: dt.datetime) -> dt.datetime:
    """The first instant of the calendar month, in UTC: budgets are of months."""
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _mean(found: dict[str, tuple[str, int, int, float, int]], name: str) -> int:
    return found[name][4] if name in found else 0

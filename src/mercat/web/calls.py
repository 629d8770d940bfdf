"""Calls that went out this month, by service, and what a month may have of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from mercat.core.errors import Invalid
from mercat.domain.operations import service as operations
from mercat.web.routes import Caller, House, Pages, Shown, needs

router = Pages()
HERE = "/settings/calls"
Service = Annotated[str, Path(max_length=50)]


class BudgetForm(BaseModel):
    """How many calls a month; nothing takes the budget away."""

    monthly_calls: str = Field("", max_length=20)


@router.get(HERE, **needs("operations.read"))
def show_calls(runtime: House, caller: Caller, page: Shown) -> Response:
    """Every service that was called this month or has a budget."""
    with runtime.read(caller) as unit:
        return page.show("settings/calls.html", services=operations.usage(unit))


@router.post(f"{HERE}/{{service}}", **needs("operations.budget"))
def set_budget(
    service: Service, runtime: House, caller: Caller, page: Shown, asked: Annotated[BudgetForm, Form()]
) -> Response:
    """Give a service more, less, or as much as it takes."""
    text = asked.monthly_calls.replace(",", "").replace(" ", "")
    if text and not text.isdecimal():
        message = f"a budget is a number of calls, not {asked.monthly_calls!r}"
        raise Invalid(message, field="monthly_calls")
    calls = int(text) if text else None
    runtime.attempt(lambda unit: operations.set_budget(unit, service, calls), caller)
    return page.go(
        HERE,
        f"{service} has no budget any more" if calls is None else f"{service} may be called {calls:,} times a month",
    )

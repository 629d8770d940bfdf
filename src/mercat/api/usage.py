"""Calls that went out this month, and their budgets, over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from mercat.api.answers import answer
from mercat.api.asking import Asked
from mercat.api.routes import Caller, House, Room, needs
from mercat.domain.operations import service as operations

router = Room("Usage")
Service = Annotated[str, Path(min_length=1, max_length=50, pattern=r"^[\w.-]+$")]


class Usage(BaseModel):
    """A service in the calendar month that is running (UTC)."""

    service: str
    calls: int
    errors: int
    points: float = Field(description="in the service's own measure of cost")
    monthly_calls: int | None = Field(description="the budget; null: none")
    mean_ms: int
    used_pct: float | None


class UsageOfAll(BaseModel):
    """Every service that was called this month or has a budget."""

    data: list[Usage]
    total: int


class Budget(Asked):
    """How many calls a month."""

    monthly_calls: int | None = Field(ge=0, le=2**31 - 1, description="null takes the budget away", examples=[10_000])


@router.get("/usage", response_model=UsageOfAll, **needs("operations.read"))
def usage(runtime: House, caller: Caller) -> Response:
    """Calls that went out this month, by service; `/api-calls` lists each."""
    return answer(_usage(runtime, caller))


@router.put("/usage/{service}/budget", response_model=UsageOfAll, **needs("operations.budget"))
def set_budget(service: Service, runtime: House, caller: Caller, asked: Budget) -> Response:
    """How many calls a service may be sent in a month; beyond it, what is not urgent waits."""
    runtime.attempt(lambda unit: operations.set_budget(unit, service, asked.monthly_calls), caller)
    return answer(_usage(runtime, caller))


def _usage(runtime: House, caller: Caller) -> dict[str, object]:
    with runtime.read(caller) as unit:
        views = operations.usage(unit)
    return {"data": [{**asdict(each), "used_pct": each.used_pct} for each in views], "total": len(views)}

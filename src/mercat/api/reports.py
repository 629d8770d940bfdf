"""What screens want to know of several rooms at once, over HTTP."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from mercat.api.answers import answer
from mercat.api.routes import Caller, House, Room, needs
from mercat.domain.reports import service as reports

router = Room("Overview")


class NeedItem(BaseModel):
    """Something that waits for a person."""

    kind: str = Field(description="held, alert, store, listing, suggestion, match or job")
    title: str
    text: str
    subject: str = Field(description="the id of its kind, or what several of them have in common")
    count: int
    severity: str
    at: dt.datetime | None = Field(description="since when it waits")


class OverviewFacts(BaseModel):
    """What needs a person, costliest to leave first; what changed, what runs, what comes next, and what is connected."""

    needs: list[NeedItem]
    changed: list[dict[str, Any]]
    running: list[dict[str, Any]]
    upcoming: list[dict[str, Any]]
    stores: list[dict[str, Any]]
    feeds: list[dict[str, Any]]
    has_products: bool


@router.get("/overview", response_model=OverviewFacts, **needs("reports.read"))
def overview(
    runtime: House,
    caller: Caller,
    hours: Annotated[int, Query(ge=1, le=8784, description="what changed in so many hours")] = 24,
) -> Response:
    """All that waits for a person, with what is going on. Each part is empty for whoever may not see it."""
    with runtime.read(caller) as unit:
        return answer(reports.overview(unit, unit.now - dt.timedelta(hours=hours)))

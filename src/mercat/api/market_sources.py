"""Sources of the market over HTTP: who is asked about listings."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from mercat.api.answers import answer, nothing
from mercat.api.asking import Asked
from mercat.api.jobs import JobItem, accepted
from mercat.api.routes import Caller, House, Room, needs
from mercat.core.errors import Invalid
from mercat.domain.market import service as market

router = Room("Market")
SourceName = Annotated[str, Path(max_length=100)]


class SourceAsked(Asked):
    """A source to be connected. Its secrets are sealed, and never shown again."""

    name: str = Field(min_length=1, max_length=100)
    provider: str = Field(max_length=50, examples=["keepa"])
    settings: dict[str, Any] = Field({}, description="of the connector")
    secrets: dict[str, str] = Field({}, description="of Keepa: key")
    sandbox: str | None = Field(
        None,
        max_length=200,
        description="a loopback source that hands its credentials out",
        examples=["http://127.0.0.1:8310"],
    )


class SourceItem(BaseModel):
    """A source with how it is doing. Never its credentials."""

    id: UUID
    name: str
    provider: str
    settings: dict[str, Any]
    is_sandbox: bool
    paused_reason: str | None = Field(description="why it is not asked until a person mends it")
    resume_at: dt.datetime | None = Field(description="it is not asked before then")
    failure_count: int
    last_error: str | None
    last_attempt_at: dt.datetime | None
    last_success_at: dt.datetime | None
    listings: int
    due: int
    allowance: int | None = Field(description="how many listings it can be asked about now, where it was asked")


class SourceSecrets(Asked):
    """What opens a source from now on. Sealed, and never shown again."""

    secrets: dict[str, str] = Field(description="of Keepa: key")


class Sources(BaseModel):
    """All of them."""

    data: list[SourceItem]
    total: int


@router.get("/market/sources", response_model=Sources, **needs("market.read"))
def list_market_sources(runtime: House, caller: Caller) -> Response:
    """Who is asked about listings, by name."""
    with runtime.read(caller) as unit:
        found = market.list_sources(unit)
    return answer({"data": found, "total": len(found)})


@router.post("/market/sources", status_code=201, response_model=SourceItem, **needs("market.connect"))
def add_market_source(runtime: House, caller: Caller, asked: SourceAsked) -> Response:
    """Connect a source. It is asked at once what it allows: one that does not answer is not added."""
    draft = market.SourceDraft(asked.name, asked.provider, asked.settings, asked.secrets)
    if asked.sandbox is not None:
        if not runtime.settings.http_allow_private:
            message = "sandbox: a loopback address is reached from here only with MERCAT_HTTP_ALLOW_PRIVATE=1"
            raise Invalid(message, field="sandbox")
        draft = market.sandbox_draft(asked.name, asked.provider, asked.sandbox)
    return answer(market.add_source(runtime, caller, draft), 201)


@router.post("/market/sources/{name}/test", response_model=SourceItem, **needs("market.connect"))
def test_market_source(name: SourceName, runtime: House, caller: Caller) -> Response:
    """Ask what it allows with the credentials that are kept. A paused source that answers is awake again."""
    return answer(market.test_source(runtime, caller, name))


@router.put("/market/sources/{name}/credentials", response_model=SourceItem, **needs("market.connect"))
def renew_market_source(name: SourceName, runtime: House, caller: Caller, asked: SourceSecrets) -> Response:
    """Take new credentials. The source is asked with them first: those that it refuses are not kept."""
    return answer(market.renew_source(runtime, caller, name, asked.secrets))


@router.post("/market/sources/{name}/refresh", status_code=202, response_model=JobItem, **needs("market.record"))
def refresh_market_source(name: SourceName, runtime: House, caller: Caller) -> Response:
    """Have a worker ask it about its listings that are due."""
    job_id = runtime.attempt(lambda unit: market.enqueue_refresh(unit, name), caller)
    return accepted(runtime, caller, job_id)


@router.delete("/market/sources/{name}", status_code=204, **needs("market.connect"))
def remove_market_source(name: SourceName, runtime: House, caller: Caller) -> Response:
    """Forget how it is opened. What it told stays."""
    with runtime.write(caller) as unit:
        market.remove_source(unit, name)
    return nothing()

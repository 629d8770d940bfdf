"""Webhooks that are sent out, over HTTP: endpoints, and what was delivered to them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from mercat.api.answers import answer, nothing
from mercat.api.asking import Asked
from mercat.api.lists import add_list, item_model
from mercat.api.routes import Caller, House, Room, needs
from mercat.core.lists import get_row
from mercat.core.unit import Runtime
from mercat.domain.operations import service as operations

router = Room("Webhooks out")
DeliveryItem = item_model("WebhookDelivery", operations.WEBHOOK_DELIVERIES)
EndpointName = Annotated[str, Path(max_length=100, description="its name or its id")]
_NAME = Field(min_length=1, max_length=100, examples=["erp"])
_URL = Field(max_length=2000, examples=["https://erp.example.com/hooks/mercat"])
_EVENTS = Field(min_length=1, max_length=100, examples=[["change_set.held", "job.failed"]], description="`*`: all")

add_list(router, "/webhook-deliveries", operations.WEBHOOK_DELIVERIES, name="WebhookDelivery")


class Endpoint(BaseModel):
    """Where events are sent; never its secret."""

    id: UUID
    name: str
    url: str
    events: list[str]
    description: str | None
    is_active: bool
    disabled_reason: str | None
    failing_since: dt.datetime | None
    last_success_at: dt.datetime | None
    old_secret_until: dt.datetime | None = Field(description="until then the secret before this one signs as well")
    created_by: str
    created_at: dt.datetime


class Endpoints(BaseModel):
    """All of them."""

    data: list[Endpoint]
    total: int


class EndpointMade(BaseModel):
    """The endpoint, and the secret that signs what is sent to it: shown this once."""

    endpoint: Endpoint
    secret: str = Field(examples=["whsec_K1s9…"])


class EndpointAsked(Asked):
    """Where to send events, and which."""

    name: str = _NAME
    url: str = _URL
    events: list[str] = _EVENTS
    description: str | None = Field(None, max_length=2000)


class EndpointPatch(Asked):
    """What is to change. `is_active: true` switches on one that was switched off."""

    name: str | None = Field(None, min_length=1, max_length=100)
    url: str | None = Field(None, max_length=2000)
    events: list[str] | None = Field(None, min_length=1, max_length=100)
    description: str | None = Field(None, max_length=2000)
    is_active: bool | None = None


class Replayed(BaseModel):
    """How many are sent again."""

    replayed: int


@router.get("/webhook-events", response_model=dict[str, str], **needs("operations.read"))
def list_webhook_events() -> Response:
    """The events that there are, and what each says."""
    return answer(operations.EVENTS)


@router.get("/webhook-endpoints", response_model=Endpoints, **needs("operations.read"))
def list_webhook_endpoints(runtime: House, caller: Caller) -> Response:
    """All of them, by name."""
    with runtime.read(caller) as unit:
        views = operations.list_endpoints(unit)
    return answer({"data": views, "total": len(views)})


@router.post("/webhook-endpoints", status_code=201, response_model=EndpointMade, **needs("operations.webhooks"))
def add_webhook_endpoint(runtime: House, caller: Caller, asked: EndpointAsked) -> Response:
    """Send events to an address from now on. The secret is answered this once."""
    view, secret = operations.add_endpoint(runtime, caller, operations.EndpointDraft(**asked.model_dump()))
    place = f"/api/v1/webhook-endpoints/{view.id}"
    return answer({"endpoint": view, "secret": secret}, 201, headers={"Location": place})


@router.get("/webhook-endpoints/{name}", response_model=Endpoint, **needs("operations.read"))
def get_webhook_endpoint(name: EndpointName, runtime: House, caller: Caller) -> Response:
    """One of them."""
    with runtime.read(caller) as unit:
        return answer(operations.get_endpoint(unit, name))


@router.patch("/webhook-endpoints/{name}", response_model=Endpoint, **needs("operations.webhooks"))
def change_webhook_endpoint(name: EndpointName, runtime: House, caller: Caller, patch: EndpointPatch) -> Response:
    """Change what is given."""
    return answer(_change(runtime, caller, name, patch.model_dump(exclude_unset=True)))


@router.delete("/webhook-endpoints/{name}", status_code=204, **needs("operations.webhooks"))
def remove_webhook_endpoint(name: EndpointName, runtime: House, caller: Caller) -> Response:
    """Send nothing there any more, and forget what was sent."""
    with runtime.write(caller) as unit:
        operations.remove_endpoint(unit, name)
    return nothing()


@router.post("/webhook-endpoints/{name}/rotate-secret", response_model=EndpointMade, **needs("operations.webhooks"))
def rotate_webhook_secret(name: EndpointName, runtime: House, caller: Caller) -> Response:
    """A new secret, answered this once; for a while the old one signs beside it."""
    secret = operations.rotate_endpoint_secret(runtime, caller, name)
    with runtime.read(caller) as unit:
        return answer({"endpoint": operations.get_endpoint(unit, name), "secret": secret})


@router.post("/webhook-endpoints/{name}/test", response_model=DeliveryItem, **needs("operations.webhooks"))
def test_webhook_endpoint(name: EndpointName, runtime: House, caller: Caller) -> Response:
    """Send a test event now; the answer says what came of it."""
    delivery = operations.test_endpoint(runtime, caller, name)
    return _delivery(runtime, caller, delivery.id)


@router.post("/webhook-endpoints/{name}/replay", response_model=Replayed, **needs("operations.webhooks"))
def replay_dead_webhooks(name: EndpointName, runtime: House, caller: Caller) -> Response:
    """Send again all that was given up of it."""
    return answer({"replayed": runtime.attempt(lambda unit: operations.replay_dead(unit, name), caller)})


@router.get("/webhook-deliveries/{delivery_id:uuid}", response_model=DeliveryItem, **needs("operations.read"))
def get_webhook_delivery(delivery_id: UUID, runtime: House, caller: Caller) -> Response:
    """One delivery with its body and every try."""
    return _delivery(runtime, caller, delivery_id)


@router.post(
    "/webhook-deliveries/{delivery_id:uuid}/replay", response_model=DeliveryItem, **needs("operations.webhooks")
)
def replay_webhook(delivery_id: UUID, runtime: House, caller: Caller) -> Response:
    """Send it again, under its old id."""
    runtime.attempt(lambda unit: operations.replay(unit, str(delivery_id)), caller)
    return _delivery(runtime, caller, delivery_id)


def _change(runtime: Runtime, caller: Caller, name: str, changes: dict[str, Any]) -> operations.EndpointView:
    return operations.change_endpoint(runtime, caller, name, **changes)


def _delivery(runtime: Runtime, caller: Caller, delivery_id: UUID) -> Response:
    with runtime.read(caller) as unit:
        return answer(get_row(unit, operations.WEBHOOK_DELIVERIES, delivery_id, called="webhook delivery"))

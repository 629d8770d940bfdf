"""Telling the outside what happened: written in the transaction that makes it so, sent afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from mercat.core.unit import WriteUnit
from mercat.domain.operations.messages import Deliver
from mercat.domain.operations.models import WebhookEndpoint
from mercat.domain.operations.webhook_repository import DeliveryRepository, EndpointRepository

EVERYTHING = "*"
TEST = "webhook.test"
EVENTS: dict[str, str] = {
    "product.updated": "products were created, changed or removed by a change set; their ids, 500 to a delivery",
    "change_set.held": "a guard holds a change set until a person decides",
    "change_set.applied": "a change set became the catalogue",
    "change_set.undone": "a change set was undone",
    "feed.run_finished": "an import ended, well or not",
    "store.publish_finished": "a run that publishes to a store ended, well or not",
    "store.pull_finished": "a run that looks at a store ended, well or not",
    "listing.failed": "a store refused listings; their keys with the reasons, 100 to a delivery",
    "job.failed": "a job was given up and waits for a person",
    "alert.raised": "alerts were opened or became worse; 100 to a delivery",
    "alert.resolved": "what alerts were about is over; their ids, 500 to a delivery",
    "suggestion.made": "something could be done, and waits for a person",
    "notification.made": "a user who chose webhooks is told of an alert",
    "budget.nearly_spent": "most of a service's calls of this month are spent",
}
# So that a body stays below 20 kB, as Standard Webhooks advises.
PAGE_OF_IDS = 500


def emit(unit: WriteUnit, event: str, data: Mapping[str, Any]) -> int:
    """Tell every endpoint that wants this event, if this transaction commits; how many there are."""
    return _emit(unit, event, [data])


def emit_pages(
    unit: WriteUnit, event: str, data: Mapping[str, Any], *, name: str, items: Sequence[Any], size: int
) -> int:
    """The same of many items: they come under ``name``, so many to a delivery, with ``page`` and ``pages``."""
    if not items:
        return 0
    starts = range(0, len(items), size)
    return _emit(
        unit,
        event,
        [
            {**data, "total": len(items), "page": page, "pages": len(starts), name: list(items[start : start + size])}
            for page, start in enumerate(starts, 1)
        ],
    )


def emit_ids(unit: WriteUnit, event: str, data: Mapping[str, Any], *, name: str, ids: Sequence[bytes]) -> int:
    """The same of many ids."""
    return emit_pages(unit, event, data, name=name, items=[UUID(bytes=each) for each in ids], size=PAGE_OF_IDS)


def is_wanted(unit: WriteUnit, event: str) -> bool:
    """Whether anybody is told of this event: worth asking before much is gathered for it."""
    return bool(_wanting(unit, event))


def payload(unit: WriteUnit, event: str, data: Mapping[str, Any]) -> str:
    """The body: what happened, when, and the facts."""
    return msgspec.json.encode({"type": event, "timestamp": unit.now, "data": data}).decode()


def put_deliver(unit: WriteUnit, endpoint: WebhookEndpoint, *, after: Any = None) -> None:
    """Have a worker send what waits for an endpoint; one run at a time for each."""
    unit.enqueue(
        Deliver(endpoint.id, endpoint.name),
        key=str(endpoint.id),
        run_after=after,
        priority=40,
        subject=("webhook_endpoint", str(endpoint.id)),
    )


def _wanting(unit: WriteUnit, event: str) -> list[WebhookEndpoint]:
    active = EndpointRepository(unit.session).active()
    return [each for each in active if event in each.events or EVERYTHING in each.events]


def _emit(unit: WriteUnit, event: str, told: Sequence[Mapping[str, Any]]) -> int:
    if event not in EVENTS:
        message = f"{event!r} is no event: EVENTS lists them"
        raise ValueError(message)
    endpoints = _wanting(unit, event)
    if endpoints:
        unit.save()
        bodies = [payload(unit, event, data) for data in told]
        for endpoint in endpoints:
            DeliveryRepository(unit.session).insert(endpoint.id, event, bodies, unit.now)
            put_deliver(unit, endpoint)
    return len(endpoints)

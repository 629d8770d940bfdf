"""Webhooks on their way: signed, delivered, tried again, and in the end given up (shopify.dev, "Webhooks", 2026-09)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx2
import msgspec

from mercat.sandbox.shopify.access import Access
from mercat.sandbox.shopify.clocks import stamp
from mercat.sandbox.shopify.faults import Faults
from mercat.sandbox.shopify.records import Node, Subscription
from mercat.sandbox.shopify.schema_version import VERSION
from mercat.sandbox.shopify.state import Shop

RETRIES = 8
HELD_S = 0.25  # a webhook that is to be overtaken waits this long for another one
_TOPICS = {"APP_SCOPES_UPDATE": "app/scopes_update", "ORDERS_PARTIALLY_FULFILLED": "orders/partially_fulfilled"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook. Its id and body are the same in every attempt."""

    topic: str
    body: bytes
    webhook_id: str
    event_id: str
    triggered_at: str
    name: str | None = None


def topic_of(name: str) -> str:
    """``PRODUCTS_UPDATE`` as headers have it: ``products/update``."""
    return _TOPICS.get(name) or "/".join(name.lower().rsplit("_", 1))


class Courier:
    """Carries webhooks to subscribers, each subscriber's in their order unless a fault says otherwise."""

    def __init__(self, shop: Shop, access: Access, faults: Faults) -> None:
        self.shop, self.access, self.faults = shop, access, faults
        self.log: list[dict[str, Any]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._queues: dict[str, asyncio.Queue[Delivery]] = {}
        self._client: httpx2.AsyncClient | None = None

    def announce(self, name: str, _: Node | None, body: dict[str, Any]) -> None:
        """Tell every subscriber of a topic."""
        event_id = str(uuid.UUID(int=self.shop.random.getrandbits(128)))
        for each in self.shop.all(Subscription):
            if each.topic != name:
                continue
            told = (
                {field: body[field] for field in each.include_fields if field in body} if each.include_fields else body
            )
            delivery = Delivery(topic_of(name), msgspec.json.encode(told), self._id(), event_id, stamp(), each.name)
            self._queue(each).put_nowait(delivery)

    def send(self, topic: str, body: Any, uri: str) -> None:
        """Tell one address, whatever it subscribed to: for topics that are configured, not subscribed."""
        delivery = Delivery(topic, msgspec.json.encode(body), self._id(), self._id(), stamp())
        self._start(self._deliver(uri, delivery, None))

    async def close(self) -> None:
        """Leave what is under way where it is."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client:
            await self._client.aclose()

    def _id(self) -> str:
        return str(uuid.UUID(int=self.shop.random.getrandbits(128)))

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _queue(self, subscription: Subscription) -> asyncio.Queue[Delivery]:
        if subscription.id not in self._queues:
            self._queues[subscription.id] = asyncio.Queue()
            self._start(self._carry(subscription))
        return self._queues[subscription.id]

    async def _carry(self, subscription: Subscription) -> None:
        queue = self._queues[subscription.id]
        while True:
            delivery = await queue.get()
            if self.faults.webhook("webhook-lost"):
                continue
            if self.faults.webhook("webhook-reorder"):
                try:
                    overtaking = await asyncio.wait_for(queue.get(), HELD_S)
                    await self._first_try(subscription, overtaking)
                except TimeoutError:
                    pass
            await self._first_try(subscription, delivery)
            if self.faults.webhook("webhook-duplicate"):
                await self._first_try(subscription, delivery)

    async def _first_try(self, subscription: Subscription, delivery: Delivery) -> None:
        if await self._post(subscription.uri, delivery, attempt=1):
            subscription.failures = 0
        else:
            self._start(self._deliver(subscription.uri, delivery, subscription, attempt=2))

    async def _deliver(self, uri: str, delivery: Delivery, subscription: Subscription | None, attempt: int = 1) -> None:
        """Try until it is taken or given up; a subscription whose deliveries all fail is deleted."""
        for number in range(attempt, RETRIES + 2):
            if number > 1:
                await asyncio.sleep(self.shop.options.webhook_retry_s * 2 ** (number - 2))
            if await self._post(uri, delivery, attempt=number):
                if subscription:
                    subscription.failures = 0
                return
        if subscription:
            subscription.failures += 1
            self.shop.drop(subscription)

    async def _post(self, uri: str, delivery: Delivery, *, attempt: int) -> bool:
        if self._client is None:
            timeout = httpx2.Timeout(self.shop.options.webhook_timeout_s, connect=1.0)
            self._client = httpx2.AsyncClient(timeout=timeout, trust_env=False, follow_redirects=False)
        status: int | None = None
        with suppress(httpx2.HTTPError):
            status = (await self._client.post(uri, content=delivery.body, headers=self._headers(delivery))).status_code
        row = {"topic": delivery.topic, "uri": uri, "webhook_id": delivery.webhook_id}
        self.log.append(row | {"attempt": attempt, "status": status})
        return status is not None and 200 <= status < 300

    def _headers(self, delivery: Delivery) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": delivery.topic,
            "X-Shopify-Hmac-Sha256": sign(delivery.body, self.access.client_secret),
            "X-Shopify-Shop-Domain": self.shop.options.domain,
            "X-Shopify-API-Version": VERSION,
            "X-Shopify-Webhook-Id": delivery.webhook_id,
            "X-Shopify-Event-Id": delivery.event_id,
            "X-Shopify-Triggered-At": delivery.triggered_at,
        }
        return headers | ({"X-Shopify-Name": delivery.name} if delivery.name else {})


def sign(body: bytes, secret: str) -> str:
    """Base64 of the HMAC-SHA256 of the raw body under the app's client secret."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()

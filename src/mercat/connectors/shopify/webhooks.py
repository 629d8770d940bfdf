"""Deliveries of the shop: whether it was Shopify that sent one, and what it says.

shopify.dev/docs/apps/build/webhooks, read November 2026: the header ``X-Shopify-Hmac-Sha256`` is the base64 HMAC-SHA256 of
the raw body with the app's client secret; after a rotation the old secret may go on signing for up to an hour. A second
family of deliveries spells the headers without ``X-``.
"""

from __future__ import annotations

import base64
import datetime as dt
import hmac
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from mercat.connectors.shopify import operations
from mercat.connectors.shopify.client import Client
from mercat.connectors.shopify.places import refusal, scopes
from mercat.sdk.channels import Notice
from mercat.sdk.errors import Rejected, Unauthorized

TOPICS = (
    "PRODUCTS_CREATE",
    "PRODUCTS_UPDATE",
    "PRODUCTS_DELETE",
    "COLLECTIONS_CREATE",
    "COLLECTIONS_UPDATE",
    "COLLECTIONS_DELETE",
    "INVENTORY_LEVELS_UPDATE",
    "ORDERS_CREATE",
    "ORDERS_UPDATED",
    "BULK_OPERATIONS_FINISH",
    "APP_UNINSTALLED",
)
"""What a shop is asked to tell. The privacy topics cannot be asked for: they are set in the app's own configuration."""

ORDER_TOPICS = frozenset({"ORDERS_CREATE", "ORDERS_UPDATED"})
"""Topics that need the scope ``read_orders``, which the connector does not ask for by itself."""

_KINDS = {
    "products": "Product",
    "collections": "Collection",
    "orders": "Order",
    "inventory_items": "InventoryItem",
    "locations": "Location",
}


_CONCERNS: dict[str, Literal["listing", "stock", "account", "privacy"]] = {
    "products": "listing",
    "inventory_levels": "stock",
    "app": "account",
    "customers": "privacy",
    "shop": "privacy",
}
_PLAIN = {"app/scopes_update", "shop/update"}
"""Topics of those families that are about something else."""


class _Payload(msgspec.Struct):
    """What of a delivery's body is looked at. The numbers are Shopify's old ids."""

    admin_graphql_api_id: str | None = None
    id: int | str | None = None
    inventory_item_id: int | None = None
    updated_at: str | None = None


def subscribe(client: Client, address: str) -> list[str]:
    """Subscribe ``address`` to every topic that the app may hear of and is not subscribed to yet. All of them, then."""
    may_read_orders = bool(scopes(client) & {"read_orders", "read_all_orders", "write_orders"})
    wanted = [topic for topic in TOPICS if may_read_orders or topic not in ORDER_TOPICS]
    there = _subscribed(client, address)
    for topic in wanted:
        if topic not in there:
            asked = {"topic": topic, "subscription": {"uri": address, "format": "JSON"}}
            errors = client.call(operations.WEBHOOK_CREATE, asked).webhook_subscription_create.user_errors
            # Made by somebody else in this very moment: Shopify knows address and topic together once only.
            if errors and not any("taken" in error.message.lower() for error in errors):
                raise refusal(errors, f"the subscription to {topic}")
    return wanted


def _subscribed(client: Client, address: str) -> set[str]:
    found: set[str] = set()
    after: str | None = None
    while True:
        page = client.call(operations.WEBHOOKS, {"after": after}).webhook_subscriptions
        found |= {each.topic for each in page.nodes if each.uri == address}
        after = page.page_info.next
        if after is None:
            return found


def is_genuine(body: bytes, signature: str, secrets: Sequence[str]) -> bool:
    """Whether one of our secrets signed these bytes. Every secret is tried, so that time tells nothing."""
    told = signature.encode("utf-8", "replace")
    matches = [
        hmac.compare_digest(base64.b64encode(hmac.digest(secret.encode(), body, "sha256")), told) for secret in secrets
    ]
    return any(matches)


def notice(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Notice:
    """Read a delivery. Raises ``Unauthorized`` for a wrong signature, before the body is parsed; then ``Rejected``."""
    told = {name.lower().removeprefix("x-"): value for name, value in headers.items()}
    if not secrets:
        raise Unauthorized("a delivery cannot be checked: give the client secret (API secret key) of the app")
    if not is_genuine(body, told.get("shopify-hmac-sha256", ""), secrets):
        raise Unauthorized("a delivery that Shopify did not sign was refused")
    topic, delivery = told.get("shopify-topic", ""), told.get("shopify-webhook-id", "")
    if not topic or not delivery:
        raise Rejected("a delivery without topic or id was refused")
    try:
        payload = msgspec.json.decode(body, type=_Payload)
    except msgspec.DecodeError as error:
        raise Rejected(f"a delivery of {topic} cannot be read: {error}") from error
    return Notice(
        delivery_id=delivery,
        topic=topic,
        subject=_subject(topic, payload),
        happened_at=_instant(payload.updated_at) or _instant(told.get("shopify-triggered-at")),
        concerns="other" if topic.lower() in _PLAIN else _CONCERNS.get(topic.partition("/")[0].lower(), "other"),
    )


def _subject(topic: str, payload: _Payload) -> str | None:
    """The id as the rest of the connector spells it. A delivery about something deleted holds only the old number."""
    if payload.inventory_item_id is not None:
        return f"gid://shopify/InventoryItem/{payload.inventory_item_id}"
    if payload.admin_graphql_api_id:
        return payload.admin_graphql_api_id
    kind = _KINDS.get(topic.partition("/")[0].lower())
    return f"gid://shopify/{kind}/{payload.id}" if kind and payload.id is not None else None


def _instant(text: str | None) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else None

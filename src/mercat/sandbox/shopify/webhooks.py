"""Subscriptions: who is told of what."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.clocks import stamp
from mercat.sandbox.shopify.connections import Connection, connection
from mercat.sandbox.shopify.products import count, number
from mercat.sandbox.shopify.records import Subscription
from mercat.sandbox.shopify.refusals import Refused, bad_request
from mercat.sandbox.shopify.registry import field
from mercat.sandbox.shopify.schema_version import VERSION

_ELSEWHERE = re.compile(r"pubsub://[\w-]+:[\w-]+|arn:aws:events:\S+")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def _uri(given: dict[str, Any]) -> str:
    uri = given.get("uri")
    if given.get("callbackUrl") or not uri:
        raise Refused(["webhookSubscription", "uri"], "Address can't be blank; callbackUrl is deprecated")
    parts = urlsplit(uri)
    # Shopify takes https only; a loopback shop has to be able to reach a loopback client.
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return str(uri)
    if _ELSEWHERE.fullmatch(uri):
        raise bad_request("the sandbox delivers by HTTP only", "SANDBOX_NOT_IMPLEMENTED")
    raise Refused(["webhookSubscription", "uri"], "Address protocol http:// is not supported")


@field("Mutation.webhookSubscriptionCreate")
def create(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    given = args["webhookSubscription"]
    uri = _uri(given)
    if given.get("format") == "XML":
        raise bad_request("the sandbox writes JSON only", "SANDBOX_NOT_IMPLEMENTED")
    if any(each.topic == args["topic"] and each.uri == uri for each in call.shop.all(Subscription)):
        raise Refused(["webhookSubscription", "uri"], "Address for this topic has already been taken")
    made = call.shop.make(
        Subscription,
        topic=args["topic"],
        uri=uri,
        filter=given.get("filter"),
        include_fields=given.get("includeFields") or [],
        metafield_namespaces=given.get("metafieldNamespaces") or [],
        name=given.get("name"),
        app_id=call.token.app_id,
    )
    return {"webhookSubscription": made, "userErrors": []}


def _found(call: Call, gid: str) -> Subscription:
    found = call.shop.find(gid, Subscription)
    if found is None:
        raise Refused(["id"], "Webhook subscription does not exist")
    return found


@field("Mutation.webhookSubscriptionUpdate")
def update(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    found, given = _found(call, args["id"]), args["webhookSubscription"]
    if "uri" in given:
        found.uri = _uri(given)
    if "includeFields" in given:
        found.include_fields = given["includeFields"] or []
    found.filter = given.get("filter", found.filter)
    found.updated_at = stamp()
    return {"webhookSubscription": found, "userErrors": []}


@field("Mutation.webhookSubscriptionDelete")
def delete(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    found = _found(call, args["id"])
    call.shop.drop(found)
    return {"deletedWebhookSubscriptionId": found.id, "userErrors": []}


@field("QueryRoot.webhookSubscription")
def subscription(_: Any, call: Call, args: dict[str, Any]) -> Subscription | None:
    return call.shop.find(args["id"], Subscription)


@field("QueryRoot.webhookSubscriptions")
def subscriptions(_: Any, call: Call, args: dict[str, Any]) -> Connection:
    if args.get("query"):
        raise bad_request("the sandbox cannot search subscriptions; filter by topics or uri", "SANDBOX_NOT_IMPLEMENTED")
    found = [
        each
        for each in call.shop.all(Subscription)
        if (not args.get("topics") or each.topic in args["topics"]) and args.get("uri") in {None, each.uri}
    ]
    return connection(found, call, args, key=number, root=True)


@field("QueryRoot.webhookSubscriptionsCount")
def subscriptions_count(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    if args.get("query"):
        raise bad_request("the sandbox cannot search subscriptions", "SANDBOX_NOT_IMPLEMENTED")
    return count(len(call.shop.all(Subscription)), None)


@field("WebhookSubscription.apiVersion")
def api_version(_: Subscription, __: Call, ___: dict[str, Any]) -> dict[str, Any]:
    return {"handle": VERSION, "displayName": VERSION, "supported": True}

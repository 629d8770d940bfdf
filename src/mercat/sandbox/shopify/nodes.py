"""Whatever has an id, by its id."""

from __future__ import annotations

from typing import Any

from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.records import Job
from mercat.sandbox.shopify.registry import field


@field("QueryRoot.node")
def node(_: Any, call: Call, args: dict[str, Any]) -> Any:
    return call.shop.node(args["id"])


@field("QueryRoot.nodes")
def nodes(_: Any, call: Call, args: dict[str, Any]) -> list[Any]:
    """In the order of the ids; null for what is not there."""
    return [call.shop.node(gid) for gid in args["ids"]]


@field("QueryRoot.job")
def job(_: Any, call: Call, args: dict[str, Any]) -> Job | None:
    return call.shop.find(args["id"], Job)

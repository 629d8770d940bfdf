"""Shelves: a category path of ours becomes a collection of the shop, found again by its handle."""

from __future__ import annotations

from collections.abc import Iterable

from mercat.connectors.shopify import operations
from mercat.connectors.shopify.client import Client
from mercat.connectors.shopify.places import publications, publish, refusal
from mercat.sdk.values import slug


def handle_of(path: str) -> str:
    """The handle of a path's collection: the whole path, so that ``Chairs > Parts`` and ``Desks > Parts`` stay apart."""
    return slug(path)


def ensure(client: Client, paths: Iterable[str]) -> dict[str, str]:
    """The collection of each path, made and published where there is none. A path without a letter has none."""
    found: dict[str, str] = {}
    everywhere: list[str] | None = None
    for path in dict.fromkeys(paths):
        handle = handle_of(path)
        if not handle:
            continue
        asked = {"identifier": {"handle": handle}}
        there = client.call(operations.COLLECTION_FIND, asked).collection_by_identifier
        if there is not None:
            found[path] = there.id
            continue
        everywhere = publications(client) if everywhere is None else everywhere
        found[path] = _made(client, path, handle, everywhere)
    return found


def _made(client: Client, path: str, handle: str, everywhere: list[str]) -> str:
    collection = {"title": path.rpartition(" > ")[2].strip() or path, "handle": handle}
    made = client.call(operations.COLLECTION_CREATE, {"collection": collection}).collection_create
    if made.user_errors or made.collection is None:
        raise refusal(made.user_errors, f"the collection {path!r}")
    publish(client, made.collection.id, everywhere)
    return made.collection.id

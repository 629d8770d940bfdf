"""All products by one bulk query: no points, no pages. The result is a file of lines, a child wherever it comes to stand.

Shopify could group children under their parents, but that is slow and fails more often (shopify.dev, "Perform bulk
operations"); so the lines are kept on disk until all of them are there, and memory does not grow with the shop.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import msgspec

from mercat.connectors.shopify import operations, wire
from mercat.connectors.shopify.bulk_operations import RUNNING, look, started
from mercat.connectors.shopify.client import Client
from mercat.connectors.shopify.documents import document
from mercat.sdk.errors import Unavailable
from mercat.sdk.scratch import scratch_database

_POLL_S = (0.5, 1.0, 2.0, 5.0)
_LISTS = {"ProductVariant": "variants", "Metafield": "metafields"}


class _Child(msgspec.Struct):
    parent_id: str | None = msgspec.field(default=None, name="__parentId")


def everything(client: Client) -> Iterator[wire.Product]:
    """Every product, one after the other. Raises ``RateLimited`` at once where no bulk query can be begun."""
    asked = {"query": document("ProductsAll")}
    begun = started(client.call(operations.BULK_QUERY, asked).bulk_operation_run_query, "reading all products")
    return _products(client, begun.id)


def _products(client: Client, reference: str) -> Iterator[wire.Product]:
    url = _finished(client, reference)
    if url is None:
        return
    with scratch_database() as kept:
        kept.execute("CREATE TABLE lines (place INTEGER PRIMARY KEY, parent TEXT, line BLOB)")
        kept.execute("BEGIN")
        kept.executemany("INSERT INTO lines (parent, line) VALUES (?, ?)", map(_with_parent, client.lines(url)))
        kept.execute("CREATE INDEX children ON lines (parent)")
        kept.execute("COMMIT")
        for (line,) in kept.execute("SELECT line FROM lines WHERE parent = '' ORDER BY place"):
            yield _product(kept, msgspec.json.decode(line))


def _with_parent(line: bytes) -> tuple[str, bytes]:
    try:
        return msgspec.json.decode(line, type=_Child).parent_id or "", line
    except msgspec.DecodeError as error:
        raise Unavailable(f"the result of a bulk query cannot be read: {error}") from error


def _children(kept: sqlite3.Connection, parent: str) -> list[dict[str, Any]]:
    found = kept.execute("SELECT line FROM lines WHERE parent = ? ORDER BY place", (parent,))
    return [msgspec.json.decode(line) for (line,) in found]


def _finished(client: Client, reference: str) -> str | None:
    polls = iter(_POLL_S)
    while True:
        operation = look(client, reference)
        if operation is None:
            raise Unavailable("Shopify no longer knows the bulk query that reads all products: begin again")
        if operation.status == "COMPLETED":
            return operation.url
        if operation.status not in RUNNING:
            reason = operation.error_code or operation.status
            raise Unavailable(f"Shopify could not finish reading all products ({reason}): begin again")
        client.surroundings.pause(next(polls, _POLL_S[-1]))


def _product(kept: sqlite3.Connection, row: dict[str, Any]) -> wire.Product:
    """The product with what hangs on it: a child's id says what it is."""
    lists: dict[str, list[dict[str, Any]]] = {"variants": [], "metafields": [], "media": []}
    for child in _children(kept, row["id"]):
        kind = _kind(child)
        lists["media" if "mediaContentType" in child else _LISTS[kind]].append(child)
    for variant in lists["variants"]:
        variant["inventoryItem"]["inventoryLevels"] = {"nodes": _children(kept, variant["id"])}
    try:
        return msgspec.convert(row | {name: {"nodes": nodes} for name, nodes in lists.items()}, wire.Product)
    except msgspec.ValidationError as error:
        raise Unavailable(f"the result of a bulk query has a shape that is not known: {error}") from error


def _kind(row: dict[str, Any]) -> str:
    return str(row.get("id", "")).removeprefix("gid://shopify/").partition("/")[0]

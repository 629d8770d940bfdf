"""All products by one bulk query: no points, no pages; the result is a file of lines, each child after its parent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from mercat.connectors.shopify import operations, wire
from mercat.connectors.shopify.bulk_operations import RUNNING, look, started
from mercat.connectors.shopify.client import Client
from mercat.connectors.shopify.documents import document
from mercat.sdk.errors import Unavailable

_POLL_S = (0.5, 1.0, 2.0, 5.0)


def everything(client: Client) -> Iterator[wire.Product]:
    """Every product, one after the other. Raises ``RateLimited`` at once where no bulk query can be begun."""
    asked = {"query": document("ProductsAll")}
    begun = started(client.call(operations.BULK_QUERY, asked).bulk_operation_run_query, "reading all products")
    return _products(client, begun.id)


def _products(client: Client, reference: str) -> Iterator[wire.Product]:
    url = _finished(client, reference)
    if url is None:
        return
    product: dict[str, Any] | None = None
    variants: dict[str, dict[str, Any]] = {}
    for line in client.lines(url):
        row: dict[str, Any] = msgspec.json.decode(line)
        parent = row.get("__parentId")
        if parent is None:
            if product is not None:
                yield _product(product)
            product, variants = _begun(row), {}
        elif product is not None:
            _adopt(product, variants, parent, row)
    if product is not None:
        yield _product(product)


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


def _begun(row: dict[str, Any]) -> dict[str, Any]:
    return row | {name: {"nodes": []} for name in ("variants", "metafields", "media")}


def _adopt(product: dict[str, Any], variants: dict[str, dict[str, Any]], parent: str, row: dict[str, Any]) -> None:
    """Put a child where it belongs: its id says what it is, its parent's whose."""
    kind = str(row.get("id", "")).removeprefix("gid://shopify/").partition("/")[0]
    if kind == "ProductVariant":
        row["inventoryItem"]["inventoryLevels"] = {"nodes": []}
        variants[row["id"]] = variants[row["inventoryItem"]["id"]] = row
        product["variants"]["nodes"].append(row)
    elif kind == "Metafield":
        product["metafields"]["nodes"].append(row)
    elif kind == "InventoryLevel" and parent in variants:
        variants[parent]["inventoryItem"]["inventoryLevels"]["nodes"].append(row)
    elif "mediaContentType" in row:
        product["media"]["nodes"].append(row)


def _product(gathered: dict[str, Any]) -> wire.Product:
    try:
        return msgspec.convert(gathered, wire.Product)
    except msgspec.ValidationError as error:
        raise Unavailable(f"the result of a bulk query has a shape that is not known: {error}") from error

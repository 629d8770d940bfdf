"""What the shop shows now, streamed: some products by id, what changed since, or all of it by a bulk query."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any, TypeVar

from mercat.connectors.shopify import operations, wire
from mercat.connectors.shopify.bulk_reading import everything
from mercat.connectors.shopify.client import Client
from mercat.connectors.shopify.from_wire import shown
from mercat.connectors.shopify.places import places
from mercat.sdk.channels import Shown
from mercat.sdk.errors import RateLimited

T = TypeVar("T")

ALL_AT_ONCE_FROM = 250
"""From how many products on a bulk query is cheaper than pages."""
_MOST_LEVELS = 10
_FIRST = {"metafields": 20, "media": 10, "variants": 10}
"""What is asked for of each product at first; the few that have more are asked again."""
_MORE = 50


def listings(client: Client, *, since: dt.datetime | None, references: Collection[str] | None) -> Iterator[Shown]:
    """Stream listings. Deleted products are not among them."""
    levels = max(1, min(_MOST_LEVELS, len(places(client))))
    if references is not None:
        found = by_ids(client, references, levels=levels)
    elif since is None and _count(client) >= ALL_AT_ONCE_FROM:
        found = _all_at_once(client, levels)
    else:
        found = _pages(client, since, levels)
    namespace = client.settings.key_namespace
    for product in found:
        yield shown(complete(client, product, levels=levels), namespace=namespace)


def by_ids(client: Client, references: Collection[str], *, levels: int) -> Iterator[wire.Product]:
    """These products, as many in one call as its cost allows."""
    size = operations.size_of_product(_FIRST, levels=levels)
    waiting = iter(references)
    while ids := list(islice(waiting, _per_call(size))):
        variables = {"ids": ids, "levels": levels, **_FIRST}
        for product in client.call(operations.PRODUCTS, variables, size=size * len(ids)).nodes:
            if product is not None:
                yield product


def complete(client: Client, product: wire.Product, *, levels: int) -> wire.Product:
    """The product with every variant, metafield and picture that it has."""
    _more_variants(client, product, levels)
    _more_metafields(client, product)
    _more_media(client, product)
    return product


def _count(client: Client) -> int:
    counted = client.call(operations.PRODUCTS_COUNT).products_count
    return counted.count if counted else 0


def _all_at_once(client: Client, levels: int) -> Iterator[wire.Product]:
    try:
        found = everything(client)
    except RateLimited:
        # Five bulk queries of the app are under way: page by page it takes longer, but it takes.
        return _pages(client, None, levels)
    return found


def _pages(client: Client, since: dt.datetime | None, levels: int) -> Iterator[wire.Product]:
    size = operations.size_of_product(_FIRST, levels=levels)
    first = _per_call(size)
    query = f"updated_at:>='{since.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}'" if since else None
    variables: dict[str, Any] = {"query": query, "first": first, "levels": levels, **_FIRST}
    after: str | None = None
    while True:
        page = client.call(operations.PRODUCTS_CHANGED, variables | {"after": after}, size=size * first).products
        yield from page.nodes
        after = page.page_info.next
        if after is None:
            return


def _per_call(size: float) -> int:
    return max(1, min(50, int(operations.DEAREST / size)))


def _more_variants(client: Client, product: wire.Product, levels: int) -> None:
    first = max(1, min(_MORE, int(operations.DEAREST / operations.size_of_variants(1, levels=levels))))
    while after := product.variants.page_info.next:
        variables = {"id": product.id, "first": first, "after": after, "levels": levels}
        size = operations.size_of_variants(first, levels=levels)
        more = client.call(operations.PRODUCT_VARIANTS, variables, size=size).product
        if more is None:
            return
        product.variants = _joined(product.variants, more.variants)


def _more_metafields(client: Client, product: wire.Product) -> None:
    while after := product.metafields.page_info.next:
        more = client.call(operations.PRODUCT_METAFIELDS, {"id": product.id, "after": after}).product
        if more is None:
            return
        product.metafields = _joined(product.metafields, more.metafields)


def _more_media(client: Client, product: wire.Product) -> None:
    while after := product.media.page_info.next:
        more = client.call(operations.PRODUCT_MEDIA, {"id": product.id, "after": after}).product
        if more is None:
            return
        product.media = _joined(product.media, more.media)


_L = TypeVar("_L", wire.Variants, wire.Metafields, wire.MediaList)


def _joined(first: _L, more: _L) -> _L:
    return type(first)(nodes=[*first.nodes, *more.nodes], page_info=more.page_info)

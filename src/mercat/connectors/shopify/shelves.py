"""Shelves: a category path or a collection of ours becomes a collection of the shop, found again by its handle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from mercat.connectors.shopify import operations
from mercat.connectors.shopify.client import Client
from mercat.connectors.shopify.places import publications, publish, refusal
from mercat.sdk.channels import Shelf


def ensure(client: Client, shelves: Iterable[Shelf]) -> dict[str, str]:
    """The collection of each shelf by handle; where there is none it is made and published."""
    found: dict[str, str] = {}
    everywhere: list[str] | None = None
    for shelf in shelves:
        if shelf.handle in found:
            continue
        if shelf.reference is not None and _find(client, {"id": shelf.reference}) is not None:
            found[shelf.handle] = _changed(client, shelf, shelf.reference)
            continue
        there = _find(client, {"handle": shelf.handle})
        if there is None:
            everywhere = publications(client) if everywhere is None else everywhere
            there = _made(client, shelf, everywhere)
        found[shelf.handle] = there
    return found


def move(client: Client, reference: str, joins: Sequence[str], leaves: Sequence[str]) -> None:
    """Put a product into collections and take it out of others; where else it stands is left alone."""
    asked: dict[str, Any] = {"id": reference}
    if joins:
        asked["collectionsToJoin"] = list(joins)
    if leaves:
        asked["collectionsToLeave"] = list(leaves)
    errors = client.call(operations.PRODUCT_SHELVES, {"product": asked}).product_update.user_errors
    if errors:
        raise refusal(errors, "the product's collections")


def _find(client: Client, identifier: dict[str, str]) -> str | None:
    there = client.call(operations.COLLECTION_FIND, {"identifier": identifier}).collection_by_identifier
    return None if there is None else there.id


def _made(client: Client, shelf: Shelf, everywhere: list[str]) -> str:
    asked = {"collection": {"handle": shelf.handle, **_texts(shelf)}}
    made = client.call(operations.COLLECTION_CREATE, asked).collection_create
    if made.user_errors or made.collection is None:
        raise refusal(made.user_errors, f"the collection {shelf.title!r}")
    publish(client, made.collection.id, everywhere)
    return made.collection.id


def _changed(client: Client, shelf: Shelf, reference: str) -> str:
    # The address stays, as a product's does: links point there.
    asked = {"collection": {"id": reference, **_texts(shelf)}}
    errors = client.call(operations.COLLECTION_UPDATE, asked).collection_update.user_errors
    if errors:
        raise refusal(errors, f"the collection {shelf.title!r}")
    return reference


def _texts(shelf: Shelf) -> dict[str, Any]:
    stated: dict[str, Any] = {"title": shelf.title}
    if shelf.description is not None:
        stated["descriptionHtml"] = shelf.description
    seo = {"title": shelf.seo_title, "description": shelf.seo_description}
    if any(each is not None for each in seo.values()):
        stated["seo"] = {name: each for name, each in seo.items() if each is not None}
    if shelf.image_url:
        stated["image"] = {"src": shelf.image_url}
    return stated

"""Publications: which sales channels show a product or a collection."""

from __future__ import annotations

from typing import Any

from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.clocks import stamp
from mercat.sandbox.shopify.connections import Connection, connection
from mercat.sandbox.shopify.news import changed
from mercat.sandbox.shopify.records import Collection, Product, Publication, Publishable
from mercat.sandbox.shopify.refusals import Refused, bad_request
from mercat.sandbox.shopify.registry import field

_KINDS = "Product ProductVariant Collection".split()


def publish_everywhere(call: Call, node: Publishable) -> None:
    """What is new goes to the publications that take everything."""
    for publication in call.shop.publications:
        if publication.auto_publish:
            node.published[publication.id] = stamp()


def _publications(call: Call, args: dict[str, Any]) -> tuple[Publishable, list[tuple[Publication, str | None]]]:
    node = call.shop.node(args["id"])
    if not isinstance(node, Product | Collection):
        raise Refused(["id"], "Resource does not exist or cannot be published.")
    found = []
    for place, each in enumerate(args["input"]):
        if not each.get("publicationId"):
            raise Refused(["input", place, "publicationId"], "Publication can't be blank.")
        publication = call.shop.find(each["publicationId"], Publication)
        if publication is None:
            raise Refused(["input", place, "publicationId"], "Publication does not exist or is not publishable.")
        found.append((publication, each.get("publishDate")))
    return node, found


@field("Mutation.publishablePublish")
def publish(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    node, wanted = _publications(call, args)
    for publication, at in wanted:
        node.published.setdefault(publication.id, at or stamp())
    _settle(call, node)
    return {"publishable": node, "shop": call.shop, "userErrors": []}


@field("Mutation.publishableUnpublish")
def unpublish(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    node, wanted = _publications(call, args)
    for publication, _at in wanted:
        node.published.pop(publication.id, None)
    _settle(call, node)
    return {"publishable": node, "shop": call.shop, "userErrors": []}


def _settle(call: Call, node: Publishable) -> None:
    node.updated_at = stamp()
    if isinstance(node, Product):
        node.published_at = (node.published_at or stamp()) if node.published else None
    changed(call.shop, node)


def _is_out(node: Any, publication_id: str) -> bool:
    holder = getattr(node, "product", node)
    since = holder.published.get(publication_id)
    is_active = getattr(holder, "status", "ACTIVE") in {"ACTIVE", "UNLISTED"}
    return since is not None and since <= stamp() and is_active


@field(*(f"{kind}.publishedOnPublication" for kind in _KINDS))
def published_on(node: Any, call: Call, args: dict[str, Any]) -> bool:
    call.shop.find(args["publicationId"], Publication)
    return _is_out(node, args["publicationId"])


@field(*(f"{kind}.publishedOnCurrentPublication" for kind in _KINDS))
def published_on_current(_: Any, __: Call, ___: dict[str, Any]) -> bool:
    """The sandbox's app has no publication of its own."""
    return False


@field(*(f"{kind}.resourcePublications" for kind in _KINDS))
def resource_publications(node: Any, call: Call, args: dict[str, Any]) -> Connection:
    return connection(_shown(node, call, args), call, args)


@field(*(f"{kind}.resourcePublicationsV2" for kind in _KINDS))
def resource_publications_v2(node: Any, call: Call, args: dict[str, Any]) -> Connection:
    if args.get("catalogType"):
        raise bad_request("the sandbox knows app catalogs only", "SANDBOX_NOT_IMPLEMENTED")
    return connection(_shown(node, call, args), call, args)


@field(*(f"{kind}.resourcePublicationsCount" for kind in _KINDS))
def resource_publications_count(node: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    return {"count": len(_shown(node, call, args)), "precision": "EXACT"}


@field(*(f"{kind}.unpublishedPublications" for kind in _KINDS))
def unpublished(node: Any, call: Call, args: dict[str, Any]) -> Connection:
    published = getattr(node, "product", node).published
    return connection([each for each in call.shop.publications if each.id not in published], call, args)


def _shown(node: Any, call: Call, args: dict[str, Any]) -> list[dict[str, Any]]:
    holder = getattr(node, "product", node)
    rows = [
        {
            "publication": each,
            "publishDate": holder.published[each.id],
            "isPublished": _is_out(holder, each.id),
            "publishable": node,
        }
        for each in call.shop.publications
        if each.id in holder.published
    ]
    return [row for row in rows if row["isPublished"] or not args.get("onlyPublished", True)]


@field("QueryRoot.publications")
def publications(_: Any, call: Call, args: dict[str, Any]) -> Connection:
    return connection(call.shop.publications, call, args, root=True)


@field("QueryRoot.publication")
def publication(_: Any, call: Call, args: dict[str, Any]) -> Publication | None:
    return call.shop.find(args["id"], Publication)


@field("Publication.catalog")
def catalog(publication: Publication, _: Call, __: dict[str, Any]) -> dict[str, Any]:
    return {
        "__typename": "AppCatalog",
        "id": f"gid://shopify/AppCatalog/{publication.legacy_resource_id}",
        "title": publication.name,
        "status": "ACTIVE",
        "publication": publication,
        "operations": [],
        "priceList": None,
    }


@field("Publication.products", "Publication.includedProducts")
def products_of(publication: Publication, call: Call, args: dict[str, Any]) -> Connection:
    if args.get("query"):
        raise bad_request("the sandbox cannot search inside a publication", "SANDBOX_NOT_IMPLEMENTED")
    return connection([each for each in call.shop.products if publication.id in each.published], call, args)

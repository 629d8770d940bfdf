"""Browsing: pages of products for lists, and one product whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mercat.core.errors import Invalid
from mercat.core.page import Page, offset
from mercat.core.unit import ReadUnit
from mercat.domain.catalog import indexing
from mercat.domain.catalog.browse_repository import SORTS, BrowseRepository, ListedProduct, Narrowing
from mercat.domain.catalog.category_views import Reference, find_node, get_node
from mercat.domain.catalog.choosing import chosen_by
from mercat.domain.catalog.documents import document_of, to_json
from mercat.domain.catalog.loading import load, record_of
from mercat.domain.catalog.lock_repository import LockBulk
from mercat.domain.catalog.product_repository import ProductRepository
from mercat.domain.catalog.product_statuses import refuse_unknown

READ = "catalog.read"
# No category's path holds this.
_NOWHERE = "-"
# Of so many hits of a search those that fit the other filters are listed.
_MOST_NARROWED = 1_000


@dataclass(frozen=True)
class Listing(Page[ListedProduct]):
    """A page of products. A search's ``total`` may be an estimate, and its words may have been ``corrected``."""

    is_exact_total: bool = True
    corrected: str | None = None


@dataclass(frozen=True)
class FieldLocked:
    """A value that no feed overwrites. ``sku`` says of which variant, ``None``: of the product itself."""

    field: str
    sku: str | None
    locked_by: str
    reason: str | None


@dataclass(frozen=True)
class WholeProduct:
    """A product as it stands: the document of our JSON Lines, and what people said about it."""

    id: UUID
    revision: int
    document: dict[str, Any]
    locks: list[FieldLocked]


def list_products(
    unit: ReadUnit,
    *,
    q: str | None = None,
    brand: str | None = None,
    category: Reference | None = None,
    statuses: Sequence[str] = (),
    metafields: Sequence[str] = (),
    sort: str | None = None,
    page: int = 1,
    per_page: int = 50,
    **further: Any,
) -> Listing:
    """One page of products: by relevance to ``q``, else by ``sort``, else oldest first.

    ``brand`` is taken as it is spelled; ``category`` (id, path of names, or name) includes what is below it;
    ``metafields`` (``namespace.key``) are shown with each product; ``further`` are fields of ``Narrowing``, a
    ``category_id``, of which there may be no such category: then nothing fits, and a ``collection``, by id or handle. Raises
    ``Invalid``; ``NotFound`` for a category or collection that is not there, ``Conflict`` for several of the name.
    """
    unit.actor.require(READ)
    start = offset(page, per_page)
    narrowing = _narrowing(unit, brand, category, statuses, **further)
    repository = BrowseRepository(unit.bulk)
    if q is not None and q.strip():
        return _found(unit, q, narrowing, metafields, Page([], 0, page, per_page))
    if sort is not None and sort not in SORTS:
        message = f"sort: products can be sorted by {', '.join(SORTS)}, not by {sort!r}"
        raise Invalid(message, field="sort")
    total = repository.count(narrowing)
    rows = repository.page(narrowing, metafields, total=total, limit=per_page, offset=start, sort=sort)
    return Listing(rows, total, page, per_page)


def products_after(
    unit: ReadUnit,
    cursor: UUID | None,
    *,
    brand: str | None = None,
    category: Reference | None = None,
    statuses: Sequence[str] = (),
    metafields: Sequence[str] = (),
    per_page: int = 50,
    **further: Any,
) -> Listing:
    """As ``list_products``, of the products made after the one of this id: every page costs the same, however far."""
    unit.actor.require(READ)
    offset(1, per_page)
    narrowing = _narrowing(unit, brand, category, statuses, **further)
    repository = BrowseRepository(unit.bulk)
    ids = repository.after(narrowing, bytes(16) if cursor is None else cursor.bytes, limit=per_page)
    return Listing(repository.rows(ids, metafields), repository.count(narrowing), 1, per_page)


def listing_json(listing: Listing) -> bytes:
    """A page as JSON, straight from its rows."""
    facts = {"total": listing.total, "page": listing.page, "per_page": listing.per_page, "pages": listing.pages}
    searched = {"is_exact_total": listing.is_exact_total, "corrected": listing.corrected}
    return to_json({"data": listing.data, **facts, **searched})


def get_product(unit: ReadUnit, sku: str) -> WholeProduct:
    """The product with this SKU, handle or id, whole. Raises ``NotFound``."""
    unit.actor.require(READ)
    product_id, _ = ProductRepository(unit.session).place_of(sku)
    product = load(unit, [product_id])[product_id]
    skus = {each.id: each.sku for each in product.variants}
    locks = [
        FieldLocked(field, None if owner is None else skus[owner], by, reason)
        for owner, field, by, reason in LockBulk(unit.bulk).of_product(product_id)
    ]
    return WholeProduct(UUID(bytes=product_id), product.revision, document_of(record_of(product)), locks)


def _narrowing(
    unit: ReadUnit,
    brand: str | None,
    category: Reference | None,
    statuses: Sequence[str],
    *,
    category_id: str | None = None,
    collection: UUID | str | None = None,
    **further: Any,
) -> Narrowing:
    refuse_unknown(statuses)
    path = None if category is None else get_node(unit, category).path
    if category_id is not None:
        node = find_node(unit, category_id)
        path = _NOWHERE if node is None else node.path
    chosen = None if collection is None else chosen_by(unit, collection)
    return Narrowing(brand, path, tuple(statuses), chosen=chosen, **further)


def _found(
    unit: ReadUnit, q: str, narrowing: Narrowing, metafields: Sequence[str], place: Page[ListedProduct]
) -> Listing:
    repository = BrowseRepository(unit.bulk)
    start = offset(place.page, place.per_page)
    if not narrowing:
        hits = indexing.find(unit, q, limit=place.per_page, offset=start)
        ids, total, exact = hits.ids, hits.total, hits.is_exact_total
    else:
        hits = indexing.find(unit, q, limit=_MOST_NARROWED)
        fitting = repository.fitting(hits.ids, narrowing) if hits.ids else []
        ids, total, exact = fitting[start : start + place.per_page], len(fitting), hits.total <= len(hits.ids)
    rows = repository.rows(ids, metafields)
    return Listing(rows, total, place.page, place.per_page, is_exact_total=exact, corrected=hits.corrected)

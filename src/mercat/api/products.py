"""Products over HTTP: lists, one whole, edits by field, many at once, where values came from, and locks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Body, Path, Query
from pydantic import AfterValidator
from starlette.requests import Request
from starlette.responses import Response

from mercat.api.answers import CSV, JSONL, answer, download, nothing, raw, tag_of
from mercat.api.asking import keepable
from mercat.api.errors import stale
from mercat.api.lists import in_lines, page_links, wanted_format
from mercat.api.product_shapes import (
    FIELDS,
    LockReason,
    ProductDocuments,
    ProductEdit,
    ProductPage,
    ProductSearch,
    ProductWhole,
    Provenance,
    Stated,
    Unlocked,
)
from mercat.api.routes import Caller, House, Room, needs
from mercat.core.actor import Actor
from mercat.core.errors import Conflict, Invalid
from mercat.core.unit import Runtime
from mercat.domain.catalog import service as catalog
from mercat.domain.catalog.schemas import ProductFilters, ProductQuery
from mercat.domain.suppliers import service as suppliers
from mercat.sdk.lines import csv_lines, json_lines

router = Room("Products")
Reference = Annotated[str, Path(description="SKU, handle or id", max_length=255)]
FieldName = Annotated[str, Path(description="name, price, metafields.<namespace>.<key>, …", max_length=330)]
_CHUNK = 1_000


@router.get("/products", response_model=ProductPage, **needs("catalog.read", recalls=True))
def list_products(
    request: Request, runtime: House, caller: Caller, asked: Annotated[ProductQuery, Query()]
) -> Response:
    """A page of products: best hits first with ``q``, else oldest first or as ``sort`` says."""
    format = wanted_format(request)
    if format != "json":
        return _download(runtime, caller, asked, format)
    if asked.cursor is not None:
        return _by_cursor(request, runtime, caller, asked)
    with runtime.read(caller, singly=not asked.q) as unit:
        found = catalog.list_products(
            unit, q=asked.q, sort=asked.sort, page=asked.page, per_page=asked.per_page, **asked.narrowing()
        )
        suppliers.add_stock(unit, found.data)
    return _page(request, found, asked.shown())


def _by_cursor(request: Request, runtime: Runtime, caller: Actor, asked: ProductQuery) -> Response:
    if asked.q or asked.sort:
        message = "with a cursor, products come in the order of their making: use pages with q or sort"
        raise Invalid(message, field="cursor")
    with runtime.read(caller, singly=True) as unit:
        found = catalog.products_after(unit, asked.cursor or None, per_page=asked.per_page, **asked.narrowing())
        suppliers.add_stock(unit, found.data)
    following = None
    if len(found) == asked.per_page:
        following = str(request.url.include_query_params(cursor=found.data[-1].id).replace(scheme="", netloc=""))
    links = {"page": None, "per_page": asked.per_page, "next": following, "prev": None}
    facts = {"total": found.total, "is_exact_total": True, **links}
    return answer({"data": _chosen(found.data, asked.shown()), **facts})


def _page(request: Request, found: catalog.Listing, wanted: list[str]) -> Response:
    facts = {
        "total": found.total,
        "is_exact_total": found.is_exact_total,
        "corrected": found.corrected,
        "page": found.page,
        "per_page": found.per_page,
        **page_links(request, page=found.page, pages=found.pages),
    }
    return answer({"data": _chosen(found.data, wanted), **facts})


def _chosen(rows: list[catalog.ListedProduct], wanted: list[str]) -> Any:
    return [{name: getattr(row, name) for name in wanted} for row in rows] if wanted else rows


def _download(runtime: Runtime, caller: Actor, asked: ProductFilters, format: str) -> Response:
    caller.require("catalog.read")
    names = asked.shown() or list(FIELDS)
    chunks = ([{name: getattr(row, name) for name in names} for row in some] for some in _all(runtime, caller, asked))
    if format == "csv":
        return download(csv_lines(names, chunks), CSV, "products.csv")
    return download(json_lines(chunks), JSONL, "products.jsonl")


def _all(runtime: Runtime, caller: Actor, asked: ProductFilters) -> Iterator[list[catalog.ListedProduct]]:
    cursor: UUID | None = None
    while True:
        with runtime.read(caller) as unit:
            found = catalog.products_after(unit, cursor, per_page=_CHUNK, **asked.narrowing())
            suppliers.add_stock(unit, found.data)
        if found.data:
            yield found.data
        if len(found) < _CHUNK:
            return
        cursor = UUID(found.data[-1].id)


@router.get("/products.{format}", response_class=Response, **in_lines("catalog.read"))
def download_products(
    format: Literal["csv", "jsonl"], runtime: House, caller: Caller, asked: Annotated[ProductFilters, Query()]
) -> Response:
    """All products that fit, as CSV or JSON Lines, a line each. `/exports/products` gives them whole."""
    return _download(runtime, caller, asked, format)


@router.get("/products/search", response_model=ProductPage, **needs("catalog.read", recalls=True))
def search_products(
    request: Request, runtime: House, caller: Caller, asked: Annotated[ProductQuery, Query()]
) -> Response:
    """As the list of products: the older address of it."""
    return list_products(request, runtime, caller, asked)


@router.post("/products/search", response_model=ProductPage, **needs("catalog.read"))
def search_products_by_body(request: Request, runtime: House, caller: Caller, asked: ProductSearch) -> Response:
    """A search whose words stand in the body."""
    query = ProductQuery(**asked.model_dump())
    with runtime.read(caller) as unit:
        found = catalog.list_products(unit, q=query.q, page=query.page, per_page=query.per_page, **query.narrowing())
        suppliers.add_stock(unit, found.data)
    return _page(request, found, [])


@router.post("/products", status_code=201, response_model=ProductWhole, **needs("catalog.plan"))
def create_product(
    runtime: House,
    caller: Caller,
    document: Annotated[
        dict[str, Any],
        AfterValidator(keepable),
        Body(examples=[{"name": "Copy paper A4", "variants": [{"sku": "P-80", "price": "4.90", "currency": "EUR"}]}]),
    ],
) -> Response:
    """Make a product. 409 where one of its SKUs is taken, or a guard holds it: the change set then waits for a person."""
    asked = ProductDocuments(products=[document], supplier=suppliers.API_SUPPLIER, mode="create-only")
    _refuse_taken(runtime, caller, document)
    result, [outcome] = _state(runtime, caller, asked)
    if outcome.status == "rejected":
        raise Invalid(outcome.reason or "it was not taken", change_set=result.change_set)
    if outcome.product_id is None or outcome.status != "created":
        message = f"it was {outcome.status}: " + (
            f"the change set {result.change_set} waits for a person"
            if outcome.status == "held"
            else "it is there already"
        )
        raise Conflict(message)
    reference = str(outcome.product_id)
    response = _whole(runtime, caller, reference, status=201)
    response.headers["location"] = f"/api/v1/products/{reference}"
    return response


def _refuse_taken(runtime: Runtime, caller: Actor, document: dict[str, Any]) -> None:
    variants = document.get("variants") or []
    skus = [each.get("sku") for each in variants if isinstance(each, dict)] if isinstance(variants, list) else []
    skus = [sku for sku in skus if isinstance(sku, str)]
    if not skus:
        return
    with runtime.read(caller) as unit:
        taken = catalog.list_products(unit, skus=tuple(skus), per_page=1)
    if taken.data:
        message = f"the SKU {taken.data[0].sku or skus[0]} is taken: PATCH /products/{{sku}} changes a product"
        raise Conflict(message, sku=taken.data[0].sku)


@router.post("/products/bulk", response_model=Stated, **needs("catalog.plan"))
def state_products(runtime: House, caller: Caller, asked: ProductDocuments) -> Response:
    """Create and update up to 10,000 products as one change set; each item says what became of it."""
    result, outcomes = _state(runtime, caller, asked)
    names = ("status", "created", "updated", "unchanged", "rejected", "findings", "warnings")
    facts = {name: getattr(result, name) for name in names}
    status = 202 if result.status == "held" else 200
    return answer({"change_set": result.change_set, **facts, "items": [asdict(each) for each in outcomes]}, status)


def _state(runtime: Runtime, caller: Actor, asked: ProductDocuments) -> Any:
    draft = suppliers.UploadDraft(supplier=asked.supplier, mode=asked.mode, plan_only=asked.plan_only, yes=asked.yes)
    return suppliers.state_products(runtime, caller, asked.products, draft)


@router.get("/products/{reference}", response_model=ProductWhole, **needs("catalog.read", recalls=True))
def get_product(reference: Reference, runtime: House, caller: Caller) -> Response:
    """One product whole. Its entity tag begins with its revision: send it back as ``If-Match`` with an edit."""
    return _whole(runtime, caller, reference)


@router.patch("/products/{reference}", response_model=ProductWhole, **needs("catalog.edit", revised=True))
def edit_product(
    reference: Reference, request: Request, runtime: House, caller: Caller, asked: ProductEdit
) -> Response:
    """Set fields, as a change set that is applied at once and can be undone."""

    def edit(unit: Any) -> None:
        seen = catalog.get_product(unit, reference)
        _refuse_stale(request, seen)
        sku = asked.sku or _variant_meant(seen, reference)
        catalog.edit(unit, sku, asked.values, origin="api", expected=asked.expected)

    runtime.attempt(edit, caller)
    return _whole(runtime, caller, reference)


def _variant_meant(seen: catalog.WholeProduct, reference: str) -> str:
    skus = [str(each["sku"]) for each in seen.document["variants"]]
    return reference if reference in skus else skus[0]


def _refuse_stale(request: Request, seen: catalog.WholeProduct) -> None:
    wanted = request.headers.get("if-match")
    if wanted is None or wanted.strip() == "*":
        return
    known = {tag.strip().removeprefix("W/").strip('"').partition(".")[0] for tag in wanted.split(",")}
    if str(seen.revision) not in known:
        message = f"the product is at revision {seen.revision} now: read it again, then decide again"
        raise stale(message, {"revision": seen.revision})


def _whole(runtime: Runtime, caller: Actor, reference: str, *, status: int = 200) -> Response:
    with runtime.read(caller, singly=True) as unit:
        seen = catalog.get_product(unit, reference)
        offers = suppliers.offers_of_product(unit, seen.id)
    facts = {"id": seen.id, "revision": seen.revision, **seen.document, "locks": seen.locks, "offers": offers}
    body = catalog.to_json(facts)
    tag = f'"{seen.revision}.{tag_of(body).strip(chr(34))}"'
    return raw(body, status, headers={"ETag": tag})


@router.get("/products/{reference}/provenance", response_model=Provenance, **needs("catalog.read"))
def explain_product(
    reference: Reference,
    runtime: House,
    caller: Caller,
    field: Annotated[str | None, Query(max_length=330, description="one field; all of them without")] = None,
) -> Response:
    """Where each value came from, newest first, with the candidates that lost."""
    with runtime.read(caller) as unit:
        traces = catalog.why(unit, reference, field)
    return raw(catalog.to_json({"data": [asdict(each) for each in traces]}))


@router.put("/products/{reference}/locks/{field}", status_code=204, **needs("catalog.edit"))
def lock_field(
    reference: Reference,
    field: FieldName,
    runtime: House,
    caller: Caller,
    asked: Annotated[LockReason | None, Body()] = None,
) -> Response:
    """Keep a field as it is, whatever feeds say."""
    reason = None if asked is None else asked.reason
    runtime.attempt(lambda unit: catalog.lock(unit, reference, field, reason=reason), caller)
    return nothing()


@router.delete("/products/{reference}/locks/{field}", response_model=Unlocked, **needs("catalog.edit"))
def unlock_field(reference: Reference, field: FieldName, runtime: House, caller: Caller) -> Response:
    """Give a field back to the feeds; what the best of them says is applied at once, as the change set in the answer."""
    made = runtime.attempt(lambda unit: catalog.unlock(unit, reference, field), caller)
    return answer({"change_set": None if made is None else made.id})

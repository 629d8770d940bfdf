"""The products of the catalogue: the list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import msgspec
from fastapi import Form
from pydantic import BaseModel, Field
from starlette.responses import Response

from mercat.core.actor import Actor
from mercat.core.lists import Rows
from mercat.core.unit import Runtime
from mercat.domain.access import service as access
from mercat.domain.catalog import service as catalog
from mercat.domain.catalog.schemas import ProductFilters, ProductQuery
from mercat.domain.suppliers import service as suppliers
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.tables import Action, Column, Empty, Filter, Index, View, lines, read, table_of

router = Pages()
_CHUNK = 1_000
_LIST = "products"
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,40}")
_STATUSES = (("active", "Active"), ("draft", "Draft"), ("archived", "Archived"))
INDEX = Index(
    url="/products",
    title="Products",
    one="product",
    columns=(
        Column("name", "Product", "product", sort="name"),
        Column("status", "Status", "status", is_labelled=False),
        Column("brand", "Brand", drops=1),
        Column("category", "Category", "category", drops=2),
        Column("variants", "Variants", "number", is_number=True, drops=1),
        Column("price", "Price", "price", sort="price", is_number=True, is_labelled=False),
        Column("updated_at", "Changed", "time", sort="updated_at", is_number=True),
    ),
    filters=(
        Filter("status", "Status", _STATUSES),
        Filter("brand", "Brand"),
        Filter("category", "Category"),
        Filter("price", "Price", is_range=True),
        Filter("updated_at", "Changed", is_range=True, is_date=True),
    ),
    row_url="/products/{reference}",
    row_label="sku",
    actions=(
        Action("Change…", "/products/many", "catalog.edit", "pencil", is_page=True),
        Action("Activate", "/products/many/status", "catalog.edit", "check", name="status", value="active"),
        Action(
            "Archive", "/products/many/status", "catalog.edit", "x", is_dangerous=True, name="status", value="archived"
        ),
    ),
    own=("view",),
    swaps="#index,#keep",
    views=(View("All"), *(View(title, {"status": name}) for name, title in _STATUSES)),
    search="Find by name, brand, SKU or code",
    usual_order="Oldest first",
    sorts=(("-created_at", "Newest first"),),
    empty=Empty(
        "No products yet",
        "A supplier's price list fills the catalogue: nothing is applied before you say so.",
    ),
)
_FIELDS = tuple(catalog.ListedProduct.__struct_fields__)


@router.get("/products", **needs("catalog.read"))
def list_products(runtime: House, caller: Caller, page: Shown) -> Response:
    """Products, filtered and sorted as the address says."""
    with runtime.read(caller) as unit:
        kept = access.list_views(unit, _LIST) if caller.id is not None else []
    first = next((each for each in kept if each.is_default), None)
    if first is not None and not page.request.url.query:
        return page.go(f"/products?{first.query}")
    asked = read(page.request, ProductQuery, INDEX.own)
    query: ProductQuery = asked.of  # type: ignore[assignment]  # read makes what it is given
    with runtime.read(caller) as unit:
        found = catalog.list_products(
            unit, q=query.q, sort=query.sort, page=query.page, per_page=query.per_page, **query.narrowing()
        )
    # By its SKU, which is short, where that can stand in an address.
    rows = [
        {**msgspec.structs.asdict(each), "reference": each.sku if _PLAIN.fullmatch(each.sku or "") else each.handle}
        for each in found.data
    ]
    views = [View("All", {"view": "all"} if first else {}), *INDEX.views[1:]]
    index = replace(INDEX, views=[*views, *(View(each.name, dict(parse_qsl(each.query))) for each in kept)])
    table = table_of(
        index, page, asked, Rows(rows, found.total, found.page, found.per_page, found.is_exact_total, None)
    )
    now = urlencode([(name, value) for name, value in asked.given if name not in {"page", "view"}])
    view = next((each for each in kept if each.query == now), None)
    return page.show("products/list.html", table=table, corrected=found.corrected, query=now, view=view)


class Kept(BaseModel):
    """A view to be kept, or by its name alone to be forgotten."""

    name: str = Field("", max_length=100)
    query: str = Field("", max_length=2000)
    is_default: bool = False


@router.post("/products/views", **needs("access.own"))
def keep_view(runtime: House, caller: Caller, page: Shown, asked: Annotated[Kept, Form()]) -> Response:
    """Keep what is shown under a name of one's own."""
    view = access.SavedView(asked.name, asked.query, asked.is_default)
    made = runtime.attempt(lambda unit: access.save_view(unit, _LIST, view), caller)
    return page.go(f"/products?{made.query}", f"{made.name} is kept")


@router.post("/products/views/remove", **needs("access.own"))
def forget_view(runtime: House, caller: Caller, page: Shown, asked: Annotated[Kept, Form()]) -> Response:
    """Forget it; no product changes by that."""
    runtime.attempt(lambda unit: access.remove_view(unit, _LIST, asked.name), caller)
    return page.go("/products", f"{asked.name} is forgotten")


@router.get("/products.{ending}", **needs("catalog.read"))
def products_file(ending: Literal["csv", "jsonl"], runtime: House, caller: Caller, page: Shown) -> Response:
    """All products that fit, a line each."""
    asked: ProductFilters = read(page.request, ProductFilters).of  # type: ignore[assignment]  # read makes what it is given
    return lines("products", ending, _FIELDS, _all(runtime, caller, asked))


def _all(runtime: Runtime, caller: Actor, asked: ProductFilters) -> Iterator[list[dict[str, Any]]]:
    cursor: UUID | None = None
    while True:
        with runtime.read(caller) as unit:
            found = catalog.products_after(unit, cursor, per_page=_CHUNK, **asked.narrowing())
            suppliers.add_stock(unit, found.data)
        yield [msgspec.structs.asdict(each) for each in found.data]
        if len(found) < _CHUNK:
            return
        cursor = UUID(found.data[-1].id)

"""The products of the catalogue: the list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal
from uuid import UUID

import msgspec
from starlette.responses import Response

from mercat.core.actor import Actor
from mercat.core.lists import Rows
from mercat.core.unit import Runtime
from mercat.domain.catalog import service as catalog
from mercat.domain.catalog.schemas import ProductFilters, ProductQuery
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.tables import Column, Empty, Filter, Index, View, lines, read, table_of

router = Pages()
_CHUNK = 1_000
_STATUSES = (("active", "Active"), ("draft", "Draft"), ("archived", "Archived"))
INDEX = Index(
    url="/products",
    title="Products",
    one="product",
    columns=(
        Column("name", "Product", "product", sort="name"),
        Column("status", "Status", "status"),
        Column("brand", "Brand", drops=1),
        Column("category", "Category", "category", drops=2),
        Column("variants", "Variants", "number", is_number=True, drops=1),
        Column("price", "Price", "price", sort="price", is_number=True),
        Column("updated_at", "Changed", "time", sort="updated_at", is_number=True),
    ),
    filters=(
        Filter("status", "Status", _STATUSES),
        Filter("brand", "Brand"),
        Filter("category", "Category"),
        Filter("price", "Price", is_range=True),
        Filter("updated_at", "Changed", is_range=True, is_date=True),
    ),
    row_url="/products/{handle}",
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
    asked = read(page.request, ProductQuery)
    query: ProductQuery = asked.of  # type: ignore[assignment]  # read makes what it is given
    with runtime.read(caller) as unit:
        found = catalog.list_products(
            unit, q=query.q, sort=query.sort, page=query.page, per_page=query.per_page, **query.narrowing()
        )
    rows = [msgspec.structs.asdict(each) for each in found.data]
    table = table_of(
        INDEX, page, asked, Rows(rows, found.total, found.page, found.per_page, found.is_exact_total, None)
    )
    return page.show("products/list.html", table=table, corrected=found.corrected)


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
        yield [msgspec.structs.asdict(each) for each in found.data]
        if len(found) < _CHUNK:
            return
        cursor = UUID(found.data[-1].id)

"""Lists of best sellers: which are looked at, and one as it was last: who is in it, who moved, who left, and where we stand."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Form
from pydantic import BaseModel, Field
from starlette.responses import Response

from mercat.core.errors import Invalid, NotFound
from mercat.core.unit import ReadUnit
from mercat.domain.market import service as market
from mercat.web.forms import Selected, each_of, said_of
from mercat.web.market import PLACES
from mercat.web.pages import own_address
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.tables import Action, Column, Empty, Filter, Index, Listed, View

router = Pages()
_SHOWN = 100
_SHOWN_LEFT = 20
CATEGORIES = Listed(
    market.CATEGORIES,
    Index(
        url="/market/categories",
        title="Best sellers",
        one="list",
        columns=(
            Column("name", "Category", "category", sort="name"),
            Column("marketplace", "Marketplace"),
            Column("product_count", "Products", "number", sort="product_count", is_number=True, drops=1),
            Column("last_scraped_at", "Last list", "time", sort="last_scraped_at", is_number=True),
            Column("next_due_at", "Next", "time", sort="next_due_at", is_number=True, drops=1),
            Column("source", "State", "listed", is_labelled=False),
        ),
        also=("external_id", "failure_count", "last_error"),
        filters=(Filter("marketplace", "Marketplace"), Filter("source", "Asked of"), Filter("last_scraped_at", "Last list", is_range=True, is_date=True)),
        views=(View("All"), View("In trouble", {"failure_count_min": "1"})),
        actions=(Action("Look no more", "/market/categories/untrack", "market.track", "x"),),
        row_url="/market/categories/{id}",
        row_label="external_id",
        search="Find by name",
        empty=Empty(
            "No list is looked at yet",
            "Give the address of a category: its best sellers are kept from then on, with who came, who left, and where you stand.",
        ),
    ),
)  # fmt: skip


class CategoryForm(BaseModel):
    """A category whose list is to be looked at."""

    category: str = Field("", max_length=2000)
    marketplace: str = Field("", max_length=30)
    source: str = Field("", max_length=100)


@router.get("/market/categories", **needs("market.read"))
def list_categories(runtime: House, caller: Caller, page: Shown) -> Response:
    """Whose lists are known."""
    with runtime.read(caller) as unit:
        table, facts = CATEGORIES.table(unit, page), _choices(unit)
    return page.show("market/categories.html", table=table, given=CategoryForm.model_validate({}), error="", **facts)


@router.get("/market/categories.{ending}", **needs("market.read"))
def categories_file(ending: Literal["csv", "jsonl"], runtime: House, caller: Caller, page: Shown) -> Response:
    """All of them, a line each."""
    return CATEGORIES.file(page, runtime, caller, ending)


@router.post("/market/categories/track", **needs("market.track"))
def track_category(runtime: House, caller: Caller, page: Shown, asked: Annotated[CategoryForm, Form()]) -> Response:
    """Have a category's list looked at."""
    try:
        made = runtime.attempt(
            lambda unit: market.track_category(
                unit, asked.category.strip(), marketplace=asked.marketplace or None, source=asked.source or None
            ),
            caller,
        )
    except (Invalid, NotFound) as wrong:
        with runtime.read(caller) as unit:
            table, facts = CATEGORIES.table(unit, page), _choices(unit)
        error = wrong.message
        return page.show("market/categories.html", status=422, table=table, given=asked, error=error, **facts)
    return page.go(f"/market/categories/{made.id}", "Its list is looked at from now on")


@router.post("/market/categories/untrack", **needs("market.track"))
def untrack_categories(runtime: House, caller: Caller, page: Shown, asked: Annotated[Selected, Form()]) -> Response:
    """Look at these no more; what was seen stays."""
    done = runtime.attempt(
        lambda unit: each_of(asked.id, lambda each: market.untrack_category(unit, str(each))), caller
    )
    return page.go(own_address(asked.back, "/market/categories"), said_of(*done, "list", "looked at no more"))


@router.get("/market/categories/{category_id:uuid}", **needs("market.read"))
def show_category(category_id: UUID, runtime: House, caller: Caller, page: Shown) -> Response:
    """The last list of a category."""
    with runtime.read(caller) as unit:
        category, days = market.category_metrics(unit, str(category_id), days=30)
        try:
            found = market.bestsellers(unit, str(category_id), limit=_SHOWN)
        except NotFound:
            found = None
    moved = {} if found is None else _moved(found)
    facts: dict[str, Any] = {"category": category, "found": found, "moved": moved, "latest": days[-1] if days else None}
    return page.show("market/category.html", left=found.left[:_SHOWN_LEFT] if found else [], **facts)


def _moved(found: market.BestsellerList) -> dict[str, int]:
    """How many places came, went up and went down."""
    return {name: sum(each.movement == name for each in found.places) for name in ("entered", "up", "down")}


def _choices(unit: ReadUnit) -> dict[str, Any]:
    sources = [(each.name, each.name) for each in market.list_sources(unit)]
    return {"places": (("", "As the address says"), *PLACES), "sources": [("", "Nobody: files tell of it"), *sources]}

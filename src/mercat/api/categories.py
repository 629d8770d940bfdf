"""The tree of categories over HTTP. Each change of it is a change set, and can be undone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from mercat.api.answers import answer
from mercat.api.asking import Asked
from mercat.api.lists import Listed, add_list, page_links
from mercat.api.product_shapes import ProductPage
from mercat.api.products import list_products
from mercat.api.routes import Caller, House, Room, needs
from mercat.api.uploads import received, takes_file
from mercat.core.actor import Actor
from mercat.core.list_queries import Paging
from mercat.core.page import offset
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.catalog import service as catalog
from mercat.domain.catalog.schemas import ProductQuery
from mercat.domain.catalog.service import categories, category_report, import_categories, read_category_file

router = Room("Categories")

add_list(router, "/category-words", catalog.CATEGORY_WORDS, name="CategoryWord")


class CategoryItem(BaseModel):
    """A category. `path` is names joined by ` > `; `products_below` counts what is below it, with itself."""

    id: UUID
    parent_id: UUID | None
    name: str
    slug: str
    path: str
    depth: int
    product_count: int
    products_below: int
    is_active: bool
    children: list[CategoryItem] | None = Field(None, description="in a tree")


class CategoryPage(Listed):
    """Categories in the order of the tree; with `tree=true`, the roots with their children."""

    data: list[CategoryItem]


class CategoryQuery(Paging):
    """Which categories."""

    tree: bool = Field(default=False, description="nested, all at once")
    q: str | None = Field(None, max_length=200, description="a part of the name")
    parent_id: UUID | None = Field(None, description="the children of this one")


class CategoryDraft(Asked):
    """A new category."""

    name: str = Field(min_length=1, max_length=255)
    parent_id: UUID | None = None
    sort_order: int = Field(0, ge=-1_000_000, le=1_000_000)


class CategoryPatch(Asked):
    """What is to be another: the name, the parent (null is the top), or both."""

    name: str | None = Field(None, min_length=1, max_length=255)
    parent_id: UUID | None = None


class CategoryMerge(Asked):
    """Where everything goes."""

    into: UUID


class CategoryEdited(BaseModel):
    """The change set that can be undone (null: it was so already), and the category as it is."""

    change_set: UUID | None
    category: CategoryItem | None


class CategoryImportQuery(BaseModel):
    """How a file of categories is to be read."""

    model_config = ConfigDict(extra="forbid")

    filename: str = Field("upload", max_length=255, description="its ending helps to recognise the file")
    taxonomy: str | None = Field(
        None,
        min_length=1,
        max_length=50,
        description="what its ids belong to: found out for the known ones, else the file's name",
        examples=["google-product"],
    )


class CategoryReject(BaseModel):
    """A row that could not be understood."""

    line: int
    raw: str
    reason: str


class CategoriesImported(BaseModel):
    """What came of a file. `clashes` are ids of categories that had another one of the same taxonomy already."""

    change_set: UUID | None = Field(description="to undo it by; null: all was so already")
    rows: int
    created: int
    existing: int
    mapped: int
    taxonomy: str
    rejected: list[CategoryReject]
    clashes: list[str]


@router.get(
    "/categories", response_model=CategoryPage, **needs("catalog.read", recalls=True, refusals=(401, 403, 422, 429))
)
def list_categories(
    request: Request, runtime: House, caller: Caller, asked: Annotated[CategoryQuery, Query()]
) -> Response:
    """The categories in the order of the tree, or nested."""
    with runtime.read(caller) as unit:
        views = categories.tree(unit)
    if asked.parent_id is not None:
        views = [view for view in views if view.parent_id == asked.parent_id]
    if asked.q:
        views = [view for view in views if asked.q.lower() in view.name.lower()]
    if asked.tree:
        roots = _nested(views)
        facts = {"total": len(views), "is_exact_total": True, "page": 1, "per_page": max(1, len(views))}
        return answer({"data": roots, **facts, "next": None, "prev": None})
    start = offset(asked.page, asked.per_page)
    pages = max(1, -(-len(views) // asked.per_page))
    facts = {"total": len(views), "is_exact_total": True, "page": asked.page, "per_page": asked.per_page}
    links = page_links(request, page=asked.page, pages=pages)
    return answer({"data": views[start : start + asked.per_page], **facts, **links})


def _nested(views: list[categories.CategoryView]) -> list[dict[str, Any]]:
    nodes = {view.id: {**_plain(view), "children": []} for view in views}
    roots: list[dict[str, Any]] = []
    for view in views:
        above = nodes.get(view.parent_id) if view.parent_id else None
        (roots if above is None else above["children"]).append(nodes[view.id])
    return roots


def _plain(view: categories.CategoryView) -> dict[str, Any]:
    return {name: getattr(view, name) for name in view.__dataclass_fields__}


@router.post("/categories", status_code=201, response_model=CategoryEdited, **needs("catalog.edit"))
def create_category(runtime: House, caller: Caller, draft: CategoryDraft) -> Response:
    """A new category, at the top or in another one."""

    def create(unit: WriteUnit) -> categories.Edited:
        return categories.create(unit, draft.name, under=draft.parent_id, sort_order=draft.sort_order)

    return _edited(runtime, caller, create, status=201)


@router.post(
    "/categories/import",
    response_model=CategoriesImported,
    **needs("catalog.edit", **takes_file("A taxonomy: Shopify's, Google's, GS1's, or a table or JSON of one's own")),
)
async def import_category_file(
    request: Request, runtime: House, caller: Caller, asked: Annotated[CategoryImportQuery, Query()]
) -> Response:
    """Bring a taxonomy in: what is missing is created, and ids are noted. Safe to repeat."""
    async with received(request, runtime, asked.filename) as file:
        return await run_in_threadpool(_import, runtime, caller, file.path, asked.taxonomy)


def _import(runtime: Runtime, caller: Actor, path: Path, taxonomy: str | None) -> Response:
    file = read_category_file(path, taxonomy=taxonomy)
    title = f"import of categories from {path.name}"
    done = runtime.attempt(lambda unit: import_categories(unit, file.rows, title=title), caller)
    return answer(category_report(file, done))


class WordMeant(Asked):
    """A supplier's word, and the category that it means."""

    category: UUID
    into: UUID


class WordsMeant(Asked):
    """What words mean: all of them or none."""

    words: list[WordMeant] = Field(min_length=1, max_length=500)


class WordsAsked(Asked):
    """Categories that suppliers named."""

    categories: list[UUID] = Field(min_length=1, max_length=500)


class WordItem(BaseModel):
    """A supplier's word, and which category it seems to mean (null: none)."""

    category: CategoryItem
    proposed: CategoryItem | None
    confidence: float | None = Field(description="how sure that is, from 0 to 1")


@router.post("/category-words/look", response_model=list[WordItem], **needs("catalog.read"))
def look_at_words(runtime: House, caller: Caller, asked: WordsAsked) -> Response:
    """What these words seem to mean. Nothing is changed."""
    with runtime.read(caller) as unit:
        return answer(catalog.look_at_words(unit, asked.categories))


@router.post("/category-words/map", response_model=CategoryEdited, **needs("catalog.edit"))
def map_words(runtime: House, caller: Caller, asked: WordsMeant) -> Response:
    """Put what each word holds into the category that it means; the feed's word means that one from now on. One change set."""
    meant = {each.category: each.into for each in asked.words}
    return _edited(runtime, caller, lambda unit: catalog.map_words(unit, meant))


@router.post("/category-words/keep", response_model=CategoryEdited, **needs("catalog.edit"))
def keep_words(runtime: House, caller: Caller, asked: WordsAsked) -> Response:
    """Keep these as categories of our own, as they are."""
    return _edited(runtime, caller, lambda unit: catalog.keep_words(unit, asked.categories))


@router.get("/categories/{category_id:uuid}", response_model=CategoryItem, **needs("catalog.read", recalls=True))
def get_category(category_id: UUID, runtime: House, caller: Caller) -> Response:
    """One category."""
    with runtime.read(caller) as unit:
        return answer(categories.get(unit, category_id))


@router.patch("/categories/{category_id:uuid}", response_model=CategoryEdited, **needs("catalog.edit"))
def change_category(category_id: UUID, runtime: House, caller: Caller, patch: CategoryPatch) -> Response:
    """Rename it, or put it with all that is below it into another one."""

    def change(unit: WriteUnit) -> categories.Edited:
        edited = categories.Edited(None, categories.get(unit, category_id))
        if patch.name is not None:
            edited = categories.rename(unit, category_id, patch.name)
        if "parent_id" in patch.model_fields_set:
            moved = categories.move(unit, category_id, under=patch.parent_id)
            edited = moved if moved.change_set is not None or edited.change_set is None else edited
        return edited

    return _edited(runtime, caller, change)


@router.post("/categories/{category_id:uuid}/merge", response_model=CategoryEdited, **needs("catalog.edit"))
def merge_category(category_id: UUID, runtime: House, caller: Caller, asked: CategoryMerge) -> Response:
    """Put everything of it into another category, and remove it."""
    return _edited(runtime, caller, lambda unit: categories.merge(unit, category_id, asked.into))


@router.delete("/categories/{category_id:uuid}", response_model=CategoryEdited, **needs("catalog.edit"))
def delete_category(
    category_id: UUID,
    runtime: House,
    caller: Caller,
    children: Annotated[
        Literal["refuse", "lift"], Query(description="lift: its products and subcategories go to its parent")
    ] = "refuse",
) -> Response:
    """Remove an empty category, or one that is not empty with ``children=lift``."""
    return _edited(runtime, caller, lambda unit: categories.delete(unit, category_id, children=children))


@router.get(
    "/categories/{category_id:uuid}/products", response_model=ProductPage, **needs("catalog.read", recalls=True)
)
def list_products_of_category(
    category_id: UUID, request: Request, runtime: House, caller: Caller, asked: Annotated[ProductQuery, Query()]
) -> Response:
    """Its products, with those of the categories below it."""
    return list_products(request, runtime, caller, asked.model_copy(update={"category_id": category_id}))


def _edited(
    runtime: Runtime, caller: Actor, work: Callable[[WriteUnit], categories.Edited], *, status: int = 200
) -> Response:
    edited = runtime.attempt(work, caller)
    return answer({"change_set": edited.change_set, "category": edited.category}, status)

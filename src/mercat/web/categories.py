"""The category tree: level by level, with what can be done to a branch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import Form
from pydantic import BaseModel, Field
from starlette.responses import Response

from mercat.core.lists import ListQuery, list_rows
from mercat.core.unit import WriteUnit
from mercat.domain.catalog import service as catalog
from mercat.web.pages import Page
from mercat.web.routes import Caller, House, Pages, Shown, needs

router = Pages()
categories = catalog.categories
# Of one level; a tree that is wider is searched by the API's list.
_MOST = 300
_TO_MAP = ListQuery(equal={"state": ["new"]}, fields=["id"], per_page=1)


@router.get("/categories", **needs("catalog.read"))
def show_top(runtime: House, caller: Caller, page: Shown) -> Response:
    """The categories at the top."""
    return _level(runtime, caller, page, None)


@router.get("/categories/{category_id:uuid}", **needs("catalog.read"))
def show_category(category_id: UUID, runtime: House, caller: Caller, page: Shown) -> Response:
    """One category: what lies in it, and what can be done to it."""
    return _level(runtime, caller, page, category_id)


def _level(runtime: House, caller: Caller, page: Page, category_id: UUID | None) -> Response:
    with runtime.read(caller) as unit:
        here = None if category_id is None else categories.get(unit, category_id)
        tree = categories.tree(unit)
        to_map = None if here else list_rows(unit, catalog.CATEGORY_WORDS, _TO_MAP).total
    by_id = {each.id: each for each in tree}
    above: list[categories.CategoryView] = []
    each = here
    while each is not None and each.parent_id is not None:
        each = by_id[each.parent_id]
        above.insert(0, each)
    inside = [each for each in tree if each.parent_id == category_id]
    parents = {each.parent_id for each in tree}
    return page.show(
        "categories.html",
        here=here,
        above=above,
        inside=inside[:_MOST],
        more=len(inside) - _MOST,
        parents=parents,
        way=here.path if here else "",
        to_map=to_map,
    )


class Asked(BaseModel):
    """What is to be done: a name, or another category by its path of names."""

    name: str = Field("", max_length=255)
    path: str = Field("", max_length=2000)


@router.post("/categories/create", **needs("catalog.edit"))
def create_at_top(runtime: House, caller: Caller, page: Shown, asked: Annotated[Asked, Form()]) -> Response:
    """A new category at the top."""
    return _edit(runtime, caller, page, lambda unit: categories.create(unit, asked.name), "/categories", "Created")


@router.post("/categories/{category_id:uuid}/create", **needs("catalog.edit"))
def create(category_id: UUID, runtime: House, caller: Caller, page: Shown, asked: Annotated[Asked, Form()]) -> Response:
    """A new category in this one."""
    here = f"/categories/{category_id}"
    return _edit(
        runtime, caller, page, lambda unit: categories.create(unit, asked.name, under=category_id), here, "Created"
    )


@router.post("/categories/{category_id:uuid}/rename", **needs("catalog.edit"))
def rename(category_id: UUID, runtime: House, caller: Caller, page: Shown, asked: Annotated[Asked, Form()]) -> Response:
    """Another name."""
    here = f"/categories/{category_id}"
    return _edit(runtime, caller, page, lambda unit: categories.rename(unit, category_id, asked.name), here, "Renamed")


@router.post("/categories/{category_id:uuid}/move", **needs("catalog.edit"))
def move(category_id: UUID, runtime: House, caller: Caller, page: Shown, asked: Annotated[Asked, Form()]) -> Response:
    """Put it, with all that is below it, into another one; without a path to the top."""
    here, under = f"/categories/{category_id}", asked.path.strip() or None
    return _edit(runtime, caller, page, lambda unit: categories.move(unit, category_id, under=under), here, "Moved")


@router.post("/categories/{category_id:uuid}/merge", **needs("catalog.edit"))
def merge(category_id: UUID, runtime: House, caller: Caller, page: Shown, asked: Annotated[Asked, Form()]) -> Response:
    """Put everything of it into another category, and remove it."""
    return _edit(
        runtime, caller, page, lambda unit: categories.merge(unit, category_id, asked.path), "/categories", "Merged"
    )


@router.post("/categories/{category_id:uuid}/delete", **needs("catalog.edit"))
def delete(category_id: UUID, runtime: House, caller: Caller, page: Shown) -> Response:
    """Remove it; what was in it goes to its parent."""
    return _edit(
        runtime,
        caller,
        page,
        lambda unit: categories.delete(unit, category_id, children="lift"),
        "/categories",
        "Removed",
    )


def _edit(
    runtime: House,
    caller: Caller,
    page: Page,
    work: Callable[[WriteUnit], categories.Edited],
    url: str,
    *said: str,
) -> Response:
    made = runtime.attempt(work, caller).change_set
    undo = None if made is None or not page.may("catalog.undo") else f"/changes/{made}/undo"
    return page.go(url, *said, undo=undo)

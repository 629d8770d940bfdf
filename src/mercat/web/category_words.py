"""What suppliers call their categories: words, each mapped to a category of ours or kept as one, many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Form
from starlette.responses import Response

from mercat.core.errors import Conflict, Invalid, NotFound
from mercat.core.unit import ReadUnit
from mercat.domain.catalog import service as catalog
from mercat.web.formats import plural
from mercat.web.forms import Selected
from mercat.web.pages import Page, own_address
from mercat.web.product import Typed
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.tables import Action, Column, Empty, Filter, Index, Listed, View

router = Pages()
_HERE = "/categories/words"
_MOST_OFFERED = 300
WORDS = Listed(
    catalog.CATEGORY_WORDS,
    Index(
        url=_HERE,
        title="Suppliers' words",
        one="word",
        columns=(
            Column("name", "Their word", "word", sort="name"),
            Column("source", "From", "source", drops=1),
            Column("products", "Products", "number", sort="products", is_number=True),
            Column("category_id", "Seems to mean", "proposed"),
            Column("state", "State", "word_state", is_labelled=False),
        ),
        filters=(Filter("source", "From"), Filter("products", "Products", is_range=True)),
        views=(View("To map"), View("Kept", {"state": "kept"})),
        actions=(
            Action("Map…", f"{_HERE}/look", "catalog.edit", "swap", is_page=True),
            Action("Keep as our own", f"{_HERE}/keep", "catalog.edit"),
        ),
        row_id="category_id",
        row_url="/categories/{category_id}",
        search="Find a word",
        usual_order="Fullest first",
        usual_sort="-products",
        empty=Empty(
            "Nothing to map",
            "When a feed names a category that is not there yet, it is made, and its word waits here to be mapped to one of yours.",
            "See the categories",
            "/categories",
        ),
    ),
)


@router.get(_HERE, **needs("catalog.read"))
def list_words(runtime: House, caller: Caller, page: Shown) -> Response:
    """What feeds called their categories, the fullest first, with what each seems to mean."""
    with runtime.read(caller) as unit:
        table = WORDS.table(unit, page, **_usual(page))
        seen = _seen(unit, [row["category_id"] for row in table.rows])
    rows = [{**row, "view": seen.get(row["category_id"])} for row in table.rows]
    return page.show("categories/words.html", table=replace(table, rows=rows))


@router.get(_HERE + ".{ending}", **needs("catalog.read"))
def words_file(ending: Literal["csv", "jsonl"], runtime: House, caller: Caller, page: Shown) -> Response:
    """All that fit, a line each."""
    return WORDS.file(page, runtime, caller, ending, **_usual(page))


def _usual(page: Page) -> dict[str, str]:
    """What is to be mapped, unless the address asks for something else."""
    return {} if "state" in page.request.query_params else {"state": "new"}


@router.post(f"{_HERE}/look", **needs("catalog.edit"))
def look(runtime: House, caller: Caller, page: Shown, asked: Annotated[Selected, Form()]) -> Response:
    """What mapping the selected words would do; what each means can be said otherwise."""
    if not asked.id:
        return page.go(own_address(asked.back, _HERE), "Select a word first")
    return _look(runtime, caller, page, asked.id, {})


@router.post(f"{_HERE}/map", **needs("catalog.edit"))
def map_words(runtime: House, caller: Caller, page: Shown, typed: Typed) -> Response:
    """Map each word to the category that was typed for it; one without any stays as it is."""
    given = {UUID(name): path.strip() for name, path in typed if _is_id(name)}
    meant: dict[UUID, catalog.categories.Reference] = {own: path for own, path in given.items() if path}
    try:
        made = runtime.attempt(lambda unit: catalog.map_words(unit, meant).change_set, caller)
    except (Conflict, Invalid, NotFound) as wrong:
        return _look(runtime, caller, page, list(given), given, error=wrong.message)
    return _done(page, made, f"{plural(len(meant), 'word')} mapped")


@router.post(f"{_HERE}/keep", **needs("catalog.edit"))
def keep_words(runtime: House, caller: Caller, page: Shown, asked: Annotated[Selected, Form()]) -> Response:
    """The selected ones are categories of our own."""
    made = runtime.attempt(lambda unit: catalog.keep_words(unit, asked.id).change_set, caller)
    return _done(page, made, f"{plural(len(asked.id), 'word')} kept", own_address(asked.back, _HERE))


def _done(page: Page, made: UUID | None, said: str, back: str = _HERE) -> Response:
    if made is None:
        return page.go(back, "Nothing was changed")
    return page.go(back, said, undo=f"/changes/{made}/undo" if page.may("catalog.undo") else None)


def _look(
    runtime: House, caller: Caller, page: Page, ids: Sequence[UUID], typed: dict[UUID, str], *, error: str = ""
) -> Response:
    with runtime.read(caller) as unit:
        seen = _seen(unit, ids)
        offered = sorted((view for view in catalog.categories.tree(unit)), key=lambda view: -view.products_below)
    rows: list[dict[str, Any]] = [
        {"view": view.category, "into": typed.get(own, view.proposed.path if view.proposed else ""), "by": view}
        for own, view in seen.items()
    ]
    going = [row["view"] for row in rows if row["into"]]
    # What lies below one that goes, goes with it.
    tops = [each for each in going if not any(each.path.startswith(f"{other.path} > ") for other in going)]
    return page.show(
        "categories/look.html",
        status=422 if error else 200,
        rows=rows,
        products=sum(each.products_below for each in tops),
        offered=[view.path for view in offered if view.id not in seen][:_MOST_OFFERED],
        error=error,
        back=_HERE,
    )


def _seen(unit: ReadUnit, ids: Sequence[UUID]) -> dict[UUID, catalog.WordView]:
    return {view.category.id: view for view in catalog.look_at_words(unit, ids)}


def _is_id(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True

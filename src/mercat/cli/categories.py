"""``mercat category``: the tree of categories."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mercat.cli.display import number, out, plain, say, short, shown, table
from mercat.cli.session import JsonOption, PageOption, PerPageOption, me, open_runtime, print_json
from mercat.core.lists import ListQuery, list_rows
from mercat.core.unit import WriteUnit
from mercat.domain.catalog import service as catalog
from mercat.domain.catalog.service import categories, category_report, import_categories, read_category_file

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

WhatArgument = Annotated[str, typer.Argument(metavar="WHAT", help='A path ("Office > Paper"), a name or an id.')]
_MOST_COMPLAINTS = 20


@app.callback()
def category() -> None:
    """The tree of categories. Each change is a change set: `mercat changes undo` takes it back."""


@app.command()
def tree(
    below: Annotated[str | None, typer.Argument(metavar="[WHAT]", help="Only this category and what is below.")] = None,
    *,
    depth: Annotated[int | None, typer.Option("--depth", min=1, help="Only so many levels.")] = None,
    as_json: JsonOption = False,
) -> None:
    """The categories with their products: directly in each, and with all that is below."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        views = categories.tree(unit)
        root = categories.get(unit, below) if below else None
    if root is not None:
        start = next(index for index, view in enumerate(views) if view.id == root.id)
        end = next((i for i, view in enumerate(views) if i > start and view.depth <= root.depth), len(views))
        views = views[start:end]
    top = root.depth if root else 0
    views = [view for view in views if depth is None or view.depth - top < depth]
    if as_json:
        print_json({"categories": [_described(view) for view in views], "total": len(views)})
        return
    if not views:
        say("There are no categories yet: an import makes them, or `mercat category import FILE`.")
        return
    rows = [
        (
            "  " * (view.depth - top) + shown(view.name) + ("" if view.is_active else " (inactive)"),
            number(view.product_count),
            number(view.products_below),
        )
        for view in views
    ]
    out().print(table(("category", "products", "with below"), rows, right=("products", "with below")))


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new category's name.")],
    *,
    under: Annotated[str | None, typer.Option("--under", metavar="WHERE", help="In which category.")] = None,
    as_json: JsonOption = False,
) -> None:
    """A new category, at the top or in another one."""
    _report(_edit(lambda unit: categories.create(unit, name, under=_place(under))), "created", as_json=as_json)


@app.command()
def move(
    what: WhatArgument,
    *,
    under: Annotated[str, typer.Option("--under", metavar="WHERE", help='In which category; "/" is the top.')],
    as_json: JsonOption = False,
) -> None:
    """Put a category, with all that is below it, into another one."""
    _report(_edit(lambda unit: categories.move(unit, what, under=_place(under))), "moved", as_json=as_json)


@app.command()
def rename(
    what: WhatArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new name.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Another name in the same place. Addresses made of the old one stay."""
    _report(_edit(lambda unit: categories.rename(unit, what, name)), "renamed", as_json=as_json)


@app.command()
def merge(
    what: WhatArgument,
    into: Annotated[str, typer.Argument(metavar="INTO", help="The category that stays.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Put everything of one category into another, and remove it."""
    _report(_edit(lambda unit: categories.merge(unit, what, into)), "merged", as_json=as_json)


@app.command()
def delete(
    what: WhatArgument,
    *,
    lift: Annotated[bool, typer.Option("--lift", help="Its products and subcategories go to its parent.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove an empty category; one that is not empty with --lift."""
    edited = _edit(lambda unit: categories.delete(unit, what, children="lift" if lift else "refuse"))
    _report(edited, "deleted", as_json=as_json)


@app.command("import")
def import_(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A taxonomy: .txt, .csv, .json, … packed or not.")],
    *,
    taxonomy: Annotated[str | None, typer.Option("--taxonomy", help="What the file's ids belong to.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Bring a taxonomy in: Shopify's, Google's, GS1's, or a table with a path or with id, parent and name."""
    with open_runtime() as runtime:
        file = read_category_file(path, taxonomy=taxonomy)
        title = f"import of categories from {path.name}"
        done = runtime.attempt(lambda unit: import_categories(unit, file.rows, title=title), me())
    if as_json:
        print_json(category_report(file, done))
        return
    complaints = [f"line {bad.line} left out: {bad.reason}" for bad in file.bad]
    complaints += [f"id not kept: {clash}" for clash in done.clashes]
    for complaint in complaints[:_MOST_COMPLAINTS]:
        say(plain(complaint), style="yellow")
    if len(complaints) > _MOST_COMPLAINTS:
        say(f"… and {number(len(complaints) - _MOST_COMPLAINTS)} more: --json lists them all", style="yellow")
    out().print(
        f"{number(done.rows)} categories of {file.taxonomy}: {number(done.created)} created, "
        f"{number(done.existing)} there already, {number(done.mapped)} ids noted{_undo_hint(done.change_set)}"
    )


@app.command()
def words(*, page: PageOption = 1, per_page: PerPageOption = 50, as_json: JsonOption = False) -> None:
    """Categories that feeds named and nobody mapped yet, the fullest first, each with the one that it seems to mean."""
    query = ListQuery(equal={"state": ["new"]}, sort="-products", page=page, per_page=per_page)
    with open_runtime() as runtime, runtime.read(me()) as unit:
        rows = list_rows(unit, catalog.CATEGORY_WORDS, query)
        seen = {view.category.id: view for view in catalog.look_at_words(unit, [r["category_id"] for r in rows.data])}
    found = [(row, seen[row["category_id"]]) for row in rows.data if row["category_id"] in seen]
    if as_json:
        data = [{**row, "path": view.category.path, "proposed": view.proposed and view.proposed.path, "confidence": view.confidence} for row, view in found]  # fmt: skip
        print_json({"data": data, "total": rows.total, "is_exact_total": rows.is_exact_total})
        return
    if not found:
        say("Every category that a feed named is mapped or kept.")
        return
    lines = [
        (
            short(row["category_id"]),
            shown(view.category.path, most=60),
            shown(row["source"] or ""),
            number(row["products"]),
            f"{shown(view.proposed.path, most=60)} ({view.confidence or 0:.0%})" if view.proposed else "",
        )
        for row, view in found
    ]
    out().print(table(("id", "word", "from", "products", "seems to mean"), lines, right=("products",)))


@app.command("map")
def map_(
    what: Annotated[list[str], typer.Argument(metavar="WORD…", help="Categories that feeds named.")],
    *,
    into: Annotated[str, typer.Option("--into", metavar="CATEGORY", help="The category that they mean.")],
    as_json: JsonOption = False,
) -> None:
    """Put what words of suppliers hold into one category; whoever names them again means that one."""

    def work(unit: WriteUnit) -> categories.Edited:
        return catalog.map_words(unit, {categories.get(unit, each).id: into for each in what})

    _report(_edit(work), "mapped", as_json=as_json)


@app.command()
def keep(
    what: Annotated[list[str], typer.Argument(metavar="WORD…", help="Categories that feeds named.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Keep categories that feeds named as your own, as they are."""
    _report(
        _edit(lambda unit: catalog.keep_words(unit, [categories.get(unit, each).id for each in what])),
        "kept",
        as_json=as_json,
    )


def _place(where: str | None) -> str | None:
    return None if where is None or where.strip() in {"", "/"} else where


def _edit(work: Any) -> categories.Edited:
    def edit(unit: WriteUnit) -> categories.Edited:
        edited: categories.Edited = work(unit)
        return edited

    with open_runtime() as runtime:
        return runtime.attempt(edit, me())


def _report(edited: categories.Edited, verb: str, *, as_json: bool) -> None:
    if as_json:
        standing = _described(edited.category) if edited.category else None
        print_json({"change_set": edited.change_set, "category": standing})
        return
    if edited.change_set is None:
        out().print("It was so already.")
        return
    where = f": {plain(edited.category.path)}" if edited.category else ""
    out().print(f"{verb.capitalize()}{where}{_undo_hint(edited.change_set)}")


def _undo_hint(change_set: Any) -> str:
    return f" (`mercat changes undo {short(change_set)}` takes it back)" if change_set else ""


def _described(view: categories.CategoryView) -> dict[str, Any]:
    return {
        "id": view.id,
        "parent_id": view.parent_id,
        "path": view.path,
        "name": view.name,
        "slug": view.slug,
        "depth": view.depth,
        "products": view.product_count,
        "products_below": view.products_below,
        "is_active": view.is_active,
    }

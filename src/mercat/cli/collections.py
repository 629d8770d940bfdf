"""``mercat collection``: groups of products, by hand or by rules."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Annotated, Any

import typer

from mercat.cli.display import at, number, out, paged, plain, print_paging, say, shown, table
from mercat.cli.options import pair_of
from mercat.cli.session import JsonOption, PageOption, PerPageOption, me, open_runtime, print_json
from mercat.core.errors import Invalid
from mercat.core.lists import ListQuery, list_rows
from mercat.core.page import Page
from mercat.core.unit import ReadUnit
from mercat.domain.catalog import service as catalog
from mercat.domain.catalog.service import categories, collections
from mercat.domain.suppliers import service as suppliers

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

WhatArgument = Annotated[str, typer.Argument(metavar="COLLECTION", help="Its handle or id.")]
ProductsArgument = Annotated[list[str], typer.Argument(metavar="PRODUCT...", help="SKUs, handles or ids.")]
RuleOption = Annotated[
    list[str] | None,
    typer.Option(
        "--rule",
        metavar="RULE",
        help='"FIELD RELATION VALUE", e.g. "brand equals Acme", "price less_than 10", "tag is_set". Again for more.',
    ),
]
AnyOption = Annotated[bool | None, typer.Option("--any/--all", help="Products that fit any of the rules, or all.")]
_RULE = re.compile(rf"(\S.*?)\s+({'|'.join(collections.RELATIONS)})(?:\s+(.*))?", re.DOTALL)
_SWITCHES = {"true": True, "yes": True, "false": False, "no": False}


@app.callback()
def collection() -> None:
    """Groups of products that a shop shows together: put in by hand, or chosen by rules."""


@app.command("list")
def list_(
    *,
    q: Annotated[str | None, typer.Option("--q", help="A part of the name or handle.")] = None,
    page: PageOption = 1,
    per_page: PerPageOption = 50,
    as_json: JsonOption = False,
) -> None:
    """The collections, newest first."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        found = list_rows(unit, catalog.COLLECTIONS, ListQuery(q=q, page=page, per_page=per_page))
    rows = Page(found.data, found.total, found.page, found.per_page)
    if as_json:
        print_json(paged(rows, found.data))
        return
    if not found.data:
        say("There is no collection: `mercat collection create NAME` makes one.")
        return
    lines = [
        (each["handle"], shown(each["name"]), each["kind"], number(len(each["rules"])), _standing(each["is_active"]))
        for each in found.data
    ]
    out().print(table(("handle", "name", "kind", "rules", ""), lines, right=("rules",)))
    print_paging(rows, "collections")


@app.command()
def show(
    what: WhatArgument, *, page: PageOption = 1, per_page: PerPageOption = 50, as_json: JsonOption = False
) -> None:
    """One collection, with a page of its products."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        view = collections.get(unit, what)
        listing = catalog.list_products(unit, collection=view.id, page=page, per_page=per_page)
        suppliers.add_stock(unit, listing.data)
        rules = [_rule_text(unit, rule) for rule in view.rules]
    if as_json:
        print_json({**asdict(view), "page": paged(listing, listing.data)})
        return
    _print(view, rules)
    rows = [(each.sku or "", shown(each.name, most=50), each.price or "—", each.currency or "") for each in listing]
    out().print(table(("sku", "name", "price", ""), rows, right=("price",)))
    print_paging(listing, "products")


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What shoppers read.")],
    *,
    handle: Annotated[str | None, typer.Option("--handle", help="What its address ends with.")] = None,
    rule: RuleOption = None,
    any_: AnyOption = None,
    description: Annotated[str | None, typer.Option("--description", help="HTML.")] = None,
    as_json: JsonOption = False,
) -> None:
    """A new collection: by rules where there is a --rule, else by hand."""
    draft = collections.CollectionDraft(
        name,
        handle=handle,
        description=description,
        kind="rules" if rule else "manual",
        rules_match="any" if any_ else "all",
        rules=[_rule_of(each) for each in rule or ()],
    )
    with open_runtime() as runtime:
        view = runtime.attempt(lambda unit: collections.create(unit, draft), me())
    _report(view, "made", as_json=as_json)


@app.command("set")
def set_(
    what: WhatArgument,
    values: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE...", help=f"{', '.join(collections.PLAIN)}. An empty value empties."),
    ] = None,
    *,
    rule: RuleOption = None,
    any_: AnyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a collection. Rules that are given stand in place of those there are."""
    given: dict[str, Any] = {key: _value(key, text) for key, text in map(pair_of, values or ())}
    if rule:
        given["rules"] = [_rule_of(each) for each in rule]
    if any_ is not None:
        given["rules_match"] = "any" if any_ else "all"
    if not given:
        message = "nothing to set: give KEY=VALUE, --rule, --any or --all"
        raise Invalid(message)
    with open_runtime() as runtime:
        view = runtime.attempt(lambda unit: collections.change(unit, what, given), me())
    _report(view, "changed", as_json=as_json)


@app.command()
def remove(what: WhatArgument, *, as_json: JsonOption = False) -> None:
    """Remove the group; its products stay."""
    with open_runtime() as runtime, runtime.write(me()) as unit:
        collections.remove(unit, what)
    if as_json:
        print_json({"collection": what, "removed": True})
    else:
        say(f"The collection {plain(what)} is gone; its products stay.")


@app.command()
def add(
    what: WhatArgument,
    products: ProductsArgument,
    *,
    position: Annotated[int | None, typer.Option("--position", min=1, help="Their place; the end if left out.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Put products into a manual collection, or move them within it."""
    with open_runtime() as runtime:
        view = runtime.attempt(lambda unit: collections.put_in(unit, what, products, position=position), me())
    _report(view, "arranged", as_json=as_json)


@app.command("take-out")
def take_out(what: WhatArgument, products: ProductsArgument, *, as_json: JsonOption = False) -> None:
    """Take products out of a manual collection."""
    with open_runtime() as runtime:
        view = runtime.attempt(lambda unit: collections.take_out(unit, what, products), me())
    _report(view, "arranged", as_json=as_json)


def _rule_of(text: str) -> collections.Rule:
    found = _RULE.fullmatch(text.strip())
    if found is None:
        message = f'--rule {text!r}: write "FIELD RELATION VALUE"; relations are {", ".join(collections.RELATIONS)}'
        raise Invalid(message)
    return collections.Rule(found[1], found[2], found[3])


def _rule_text(unit: ReadUnit, rule: dict[str, str]) -> str:
    value = rule.get("value", "")
    if rule["field"] == "category" and value:
        category = categories.find(unit, value)
        value = "a category that is gone" if category is None else category.path
    return f"{rule['field']} {rule['relation']} {value}".strip()


def _value(key: str, text: str) -> Any:
    if key == "is_active":
        if text.lower() not in _SWITCHES:
            message = f"is_active={text}: write true or false"
            raise Invalid(message)
        return _SWITCHES[text.lower()]
    if key == "position":
        try:
            return int(text)
        except ValueError as wrong:
            message = f"position={text}: write a whole number"
            raise Invalid(message) from wrong
    return text


def _report(view: collections.CollectionView, done: str, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(view))
    else:
        say(f"{plain(view.handle)} {done}: {number(view.products)} products.")


def _print(view: collections.CollectionView, rules: list[str]) -> None:
    say(f"{plain(view.name)}  ({view.id})", style="bold")
    facts = {
        "handle": view.handle,
        "kind": view.kind,
        "seo_title": view.seo_title,
        "seo_description": view.seo_description,
        "description": view.description,
        "image_url": view.image_url,
        "position": str(view.position),
        "standing": _standing(view.is_active) or "shown",
        "changed": at(view.updated_at),
    }
    for name, value in facts.items():
        if value:
            say(f"  {name:<16} {shown(value, most=110)}")
    for rule in rules:
        say(f"  {view.rules_match + ' of':<16} {shown(rule, most=110)}")
    say(f"  {'products':<16} {number(view.products)}")


def _standing(is_active: bool) -> str:  # noqa: FBT001  # it is what is asked about
    return "" if is_active else "inactive"

"""``mercat product``: finding products, looking at one, and a person's word on its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer
from msgspec import Raw

from mercat.cli import product_pictures
from mercat.cli.display import at, number, out, plain, print_paging, say, short, shown, table
from mercat.cli.options import pair_of
from mercat.cli.session import JsonOption, PageOption, PerPageOption, me, open_runtime, print_json
from mercat.domain.catalog import service as catalog
from mercat.domain.suppliers import service as suppliers

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
app.add_typer(product_pictures.app, name="picture")

SkuArgument = Annotated[str, typer.Argument(metavar="SKU", help="The SKU of the product or of one of its variants.")]
FieldArgument = Annotated[
    str, typer.Argument(metavar="FIELD", help="name, price, tags, metafields.<namespace>.<key>, …")
]
_LISTS = ("metafields", "images", "variants")
_TERMS = ("quantity_available", "minimum_order_quantity", "pack_size", "lead_time_days")


class Status(StrEnum):
    """The statuses of a product."""

    DRAFT = "draft"
    ACTIVE = "active"
    ARCHIVED = "archived"


@app.callback()
def product() -> None:
    """Products: list, show, set, lock, unlock; their pictures."""


@app.command("list")
def list_(
    *,
    q: Annotated[str | None, typer.Option("--q", help="Words, beginnings of words, parts of codes.")] = None,
    brand: Annotated[str | None, typer.Option("--brand", help="A brand as it is spelled.")] = None,
    category: Annotated[
        str | None, typer.Option("--category", help="A category with all below it: name, path or id.")
    ] = None,
    status: Annotated[list[Status] | None, typer.Option("--status", help="May be given more than once.")] = None,
    metafield: Annotated[
        list[str] | None, typer.Option("--metafield", metavar="NAMESPACE.KEY", help="Show this one too.")
    ] = None,
    page: PageOption = 1,
    per_page: PerPageOption = 50,
    as_json: JsonOption = False,
) -> None:
    """The products: best hits first with --q, else oldest first."""
    wanted = metafield or []
    with open_runtime() as runtime, runtime.read(me()) as unit:
        listing = catalog.list_products(
            unit,
            q=q,
            brand=brand,
            category=category,
            statuses=[each.value for each in status or ()],
            metafields=wanted,
            page=page,
            per_page=per_page,
        )
        suppliers.add_stock(unit, listing.data)
    if as_json:
        print_json(Raw(catalog.listing_json(listing)))
        return
    if listing.corrected is not None:
        say(f"Nothing holds {shown(q)}; this is for {shown(listing.corrected)}.", style="yellow")
    if not len(listing):
        say("No product fits.")
        return
    headings = ("sku", "name", "brand", "category", "price", "", "stock", "status", *wanted)
    out().print(table(headings, [_row(each, wanted) for each in listing], right=("price", "stock")))
    print_paging(listing, "products" if listing.is_exact_total else "products or so")


def _row(each: catalog.ListedProduct, wanted: Sequence[str]) -> tuple[str, ...]:
    more = f" +{each.variants - 1}" if each.variants > 1 else ""
    return (
        f"{each.sku or ''}{more}",
        shown(each.name, most=50),
        shown(each.brand or "", most=20),
        shown(each.category or "", most=40),
        each.price or "—",
        each.currency or "",
        "—" if each.stock is None else f"{each.stock:,}",
        each.status,
        *(shown(each.metafields.get(name), most=30) for name in wanted),
    )


@app.command()
def show(sku: SkuArgument, *, as_json: JsonOption = False) -> None:
    """One product whole: its fields, variants, metafields, pictures, locks, and who offers it."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        whole = catalog.get_product(unit, sku)
        offers = suppliers.offers_of_product(unit, whole.id)
    if as_json:
        facts = {"id": whole.id, "revision": whole.revision, **whole.document}
        print_json(Raw(catalog.to_json({**facts, "locks": whole.locks, "offers": offers})))
        return
    say(f"{plain(whole.document['name'])}  ({whole.id})", style="bold")
    _print_fields({name: value for name, value in whole.document.items() if name not in _LISTS and value})
    _print_variants(whole.document["variants"])
    _print_rest(whole)
    _print_offers(offers)


def _print_fields(values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        say(f"  {name:<26} {shown(value, most=110)}")


def _print_variants(variants: Sequence[Mapping[str, Any]]) -> None:
    headings = ("sku", "options", "barcode", "price", "was", "cost", "", "weight")
    rows = [
        (
            each["sku"],
            ", ".join(f"{name}: {value}" for name, value in each["options"].items()),
            each["barcode"] or "",
            *(each[name] or "—" for name in ("price", "compare_at_price", "cost_price")),
            each["currency"] or "",
            f"{each['weight']} {each['weight_unit'] or ''}" if each["weight"] else "",
        )
        for each in variants
    ]
    out().print(table(headings, rows, right=("price", "was", "cost", "weight")))
    for each in variants:
        for scheme, codes in each["identifiers"].items():
            say(f"  {plain(each['sku'])} {plain(scheme)}: {shown(codes, most=90)}")


def _print_rest(whole: catalog.WholeProduct) -> None:
    _print_fields({f"metafields.{key}": value for key, value in whole.document["metafields"].items()})
    for image in whole.document["images"]:
        say(f"  {'image ' + str(image['position']):<26} {shown(image['url'], most=110)}")
    for lock in whole.locks:
        of = f" of {plain(lock.sku)}" if lock.sku else ""
        say(f"  locked: {plain(lock.field)}{of}, by {plain(lock.locked_by)}", style="yellow")


def _print_offers(offers: Sequence[suppliers.OfferView]) -> None:
    if not offers:
        say("Nobody offers it.", style="dim")
        return
    headings = ("supplier", "its code", "for", "cost", "", "available", "at least", "pack", "days", "last seen", "")
    rows = [
        (
            each.supplier,
            each.supplier_sku,
            each.sku,
            each.cost or "—",
            each.currency or "",
            *(number(getattr(each, name)) for name in _TERMS),
            at(each.last_seen_at),
            "" if each.discontinued_at is None else "no longer",
        )
        for each in offers
    ]
    out().print(table(headings, rows, right=("cost", "available", "at least", "pack", "days")))


@app.command("set")
def set_(
    sku: SkuArgument,
    values: Annotated[list[str], typer.Argument(metavar="FIELD=VALUE...", help="An empty value empties the field.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Set fields. It is a change set like any other, and the fields are locked against feeds."""
    given = dict(map(pair_of, values))
    with open_runtime() as runtime:
        change_set = runtime.attempt(lambda unit: catalog.edit(unit, sku, given), me())
    _report(sku, change_set, f"{', '.join(given)} set and locked", as_json=as_json)


@app.command()
def lock(
    sku: SkuArgument,
    field: FieldArgument,
    *,
    reason: Annotated[str | None, typer.Option("--reason", help="Why, for whoever wonders later.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Keep a field as it is, whatever feeds say."""
    with open_runtime() as runtime:
        runtime.attempt(lambda unit: catalog.lock(unit, sku, field, reason=reason), me())
    _report(sku, None, f"{field} locked", as_json=as_json)


@app.command()
def unlock(sku: SkuArgument, field: FieldArgument, *, as_json: JsonOption = False) -> None:
    """Give a field back to the feeds; what the best of them says is applied at once."""
    with open_runtime() as runtime:
        change_set = runtime.attempt(lambda unit: catalog.unlock(unit, sku, field), me())
    _report(sku, change_set, f"{field} unlocked", as_json=as_json)


def _report(sku: str, change_set: Any, done: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"sku": sku, "change_set": None if change_set is None else change_set.id})
        return
    say(f"{plain(sku)}: {plain(done)}.")
    if change_set is None:
        say("No value is another one than before.", style="dim")
    else:
        say(f"mercat changes undo {short(change_set.id)} takes it back.", style="dim")

"""``mercat listings``: what each store shows of ours, and what waits for a person."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from mercat.cli.display import at, out, paged, print_paging, say, shown, table
from mercat.cli.session import JsonOption, PageOption, PerPageOption, me, open_runtime, print_json
from mercat.domain.listings import service as listings

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

SkuArgument = Annotated[str, typer.Argument(metavar="SKU", help="The product's SKU.")]
StoreOption = Annotated[str | None, typer.Option("--store", help="Only at this store.")]


class State(StrEnum):
    """How a listing stands."""

    PENDING = "pending"
    IN_SYNC = "in_sync"
    DRIFTED = "drifted"
    BLOCKED = "blocked"
    ERROR = "error"


class Side(StrEnum):
    """Whose values win."""

    OURS = "ours"
    THEIRS = "theirs"


@app.callback()
def group() -> None:
    """Listings: pending (to be sent), in_sync, drifted (somebody decides), blocked (cannot be sent), error (refused)."""


@app.command("list")
def list_(
    *,
    store: StoreOption = None,
    state: Annotated[State | None, typer.Option("--state", help="Only listings that stand so.")] = None,
    page: PageOption = 1,
    per_page: PerPageOption = 50,
    as_json: JsonOption = False,
) -> None:
    """Listings, those that were touched last first."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        found = listings.list_listings(
            unit, store=store, state=None if state is None else state.value, page=page, per_page=per_page
        )
    if as_json:
        print_json(paged(found, [asdict(each) for each in found.data]))
        return
    if not found.data:
        say("No listing is so. `mercat publish STORE --plan-only` says what would be sent.")
        return
    rows = [
        (
            each.store,
            shown(each.sku, most=30),
            shown(each.name, most=40),
            each.state,
            each.status,
            at(each.published_at) or "never",
            shown(_why(each), most=80) if each.error or each.drift else "",
        )
        for each in found.data
    ]
    out().print(table(("store", "sku", "name", "state", "status", "published", "why"), rows))
    print_paging(found, "listings")


@app.command()
def show(sku: SkuArgument, *, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """One product's listings: what was sent, what the shop shows, where they differ."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        found = listings.show_listing(unit, sku, store=store)
    if as_json:
        print_json({"data": found, "total": len(found)})
        return
    for each in found:
        for key, value in each.items():
            if key not in {"sent", "shown", "variants", "drift"}:
                say(f"{key:<17}{shown(value if value is None else str(value), most=150)}")
        for variant in each["variants"]:
            say(f"  variant {shown(variant['sku'])}: {variant['reference']}, {variant['price']}")
        for field, drift in (each["drift"] or {}).items():
            told = f"ours {shown(drift['ours'])}, the shop's {shown(drift['theirs'])}"
            say(f"  {field}: {told} → {drift['action']}", style="yellow")


@app.command()
def retry(
    store: Annotated[str, typer.Argument(metavar="STORE", help="The store's name.")],
    skus: Annotated[list[str] | None, typer.Argument(metavar="[SKU…]", help="Only these.")] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Have what the shop refused sent again by the next `mercat publish`."""
    with open_runtime() as runtime, runtime.write(me()) as unit:
        count = listings.retry(unit, store, skus or ())
    if as_json:
        print_json({"store": store, "pending": count})
    else:
        say(f"{count:,} listings are pending again. Next: `mercat publish {store}`.")


@app.command()
def settle(
    sku: SkuArgument,
    *,
    store: Annotated[str, typer.Option("--store", help="At which store.")],
    take: Annotated[Side, typer.Option("--take", help="Whose values win.")],
    fields: Annotated[
        list[str] | None, typer.Option("--field", help="Only for this field; the others go the other way.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Decide about a listing that drifted: send ours again, or bring the shop's values into the catalogue."""
    with open_runtime() as runtime, runtime.write(me()) as unit:
        view = listings.settle(unit, sku, store=store, take=take.value, fields=fields or ())
    if as_json:
        print_json(asdict(view))
    else:
        say(f"{sku} is settled: {take.value} wins. Next: `mercat publish {store}`.")


def _why(view: listings.ListingView) -> str:
    if view.error:
        return view.error
    return ", ".join(f"{name} ({each['action']})" for name, each in (view.drift or {}).items())

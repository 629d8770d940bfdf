"""``mercat market``: listings at marketplaces, ours and others', and what was seen of them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer

from mercat.cli import market_history, market_lists, market_sources
from mercat.cli.display import at, number, out, print_paging, say, shown, table
from mercat.cli.market_options import ListingArgument, MarketplaceOption, print_recorded
from mercat.cli.options import files_at, seconds_of, settings_of
from mercat.cli.progress import progressing
from mercat.cli.session import JsonOption, PageOption, PerPageOption, me, open_runtime, print_json
from mercat.core.errors import Invalid
from mercat.core.jobs import Watch
from mercat.core.lists import ListQuery, list_rows
from mercat.core.page import Page
from mercat.domain.market import service as market

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

_MOST_REASONS = 10


@app.callback()
def group() -> None:
    """The market: which listings are watched, and what was seen of them."""


@app.command(epilog="Example: mercat market track https://www.amazon.de/dp/B0F7XPYCSJ --frequency hourly")
def track(
    listings: Annotated[
        list[str] | None, typer.Argument(metavar="[URL|ASIN…]", help="Pages, or ASINs with --marketplace.")
    ] = None,
    *,
    file: Annotated[
        Path | None, typer.Option("--file", help="A table with a column url or asin, and others as the guide says.")
    ] = None,
    marketplace: MarketplaceOption = None,
    frequency: Annotated[str | None, typer.Option("--frequency", help="hourly, daily or weekly.")] = None,
    every: Annotated[str | None, typer.Option("--every", metavar="TIME", help="An interval: 15m, 6h, 2d.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="Who is asked of it; nobody if left out.")] = None,
    product: Annotated[
        str | None, typer.Option("--product", help="Which product of ours it is: SKU or handle.")
    ] = None,
    competitor_of: Annotated[
        str | None, typer.Option("--competitor-of", help="Which product of ours it competes with: SKU or handle.")
    ] = None,
    role: Annotated[str, typer.Option("--role", help=f"As what: {', '.join(market.ROLES)}.")] = "direct",
    price_threshold: Annotated[
        str | None, typer.Option("--price-threshold", help="From which change of price on to tell, in percent.")
    ] = None,
    rank_threshold: Annotated[
        str | None, typer.Option("--rank-threshold", help="From which change of rank on to tell, in percent.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Watch listings. What is watched already is changed to what is said here."""
    usual = market.TrackDraft(
        "",
        marketplace,
        frequency,
        None if every is None else seconds_of(every),
        source,
        product,
        competitor_of=competitor_of,
        role=role,
        price_change_threshold=_percentage("--price-threshold", price_threshold),
        rank_change_threshold=_percentage("--rank-threshold", rank_threshold),
    )
    if not listings and file is None:
        message = "which listings? Give addresses, ASINs with --marketplace, or --file"
        raise Invalid(message)
    found: list[market.Tracked] = []
    with open_runtime() as runtime:
        if file is not None:
            for each in files_at(file):
                for some in market.track_file(runtime, me(), each, usual):
                    found += some
        if listings:
            drafts = [market.TrackDraft(**{**_fields(usual), "listing": each}) for each in listings]
            found += runtime.attempt(lambda unit: market.track_many(unit, drafts), me())
    _print_tracked(found, as_json=as_json)
    if any(each.status == "refused" for each in found):
        raise typer.Exit(1)


@app.command("list", epilog="Example: mercat market list --marketplace DE --sort -sales_rank")
def list_(
    *,
    marketplace: MarketplaceOption = None,
    q: Annotated[str | None, typer.Option("--q", help="Words in the title, the brand or the ASIN.")] = None,
    competitors: Annotated[bool, typer.Option("--competitors", help="Only competitors'.")] = False,
    failing: Annotated[bool, typer.Option("--failing", help="Only those that could not be looked at.")] = False,
    all_: Annotated[bool, typer.Option("--all", help="Also those that are watched no more.")] = False,
    sort: Annotated[str | None, typer.Option("--sort", help="A field's name; with - the other way round.")] = None,
    page: PageOption = 1,
    per_page: PerPageOption = 50,
    as_json: JsonOption = False,
) -> None:
    """Watched listings with what was seen last."""
    equal: dict[str, Any] = {} if all_ else {"is_active": [True]}
    equal |= {"marketplace": [place]} if (place := market.place_of(marketplace)) else {}
    equal |= {"is_competitor": [True]} if competitors else {}
    query = ListQuery(equal, {"failure_count": 1} if failing else {}, q=q, sort=sort, page=page, per_page=per_page)
    with open_runtime() as runtime, runtime.read(me()) as unit:
        found = list_rows(unit, market.LISTINGS, query)
    if as_json:
        print_json({"data": found.data, "total": found.total, "page": page, "per_page": per_page})
        return
    if not found.data:
        say("No listing is so. `mercat market track URL` watches one.")
        return
    rows = [
        (
            each["asin"],
            each["marketplace"],
            shown(each["title"], most=40),
            f"{each['price'] or '—'} {each['currency']}",
            number(each["sales_rank"]),
            {None: "", True: "yes", False: "no"}[each["in_stock"]],
            at(each["last_snapshot_at"]) or "never",
            shown(each["last_error"] or "", most=60),
        )
        for each in found.data
    ]
    headings = ("asin", "at", "title", "price", "rank", "in stock", "seen (UTC)", "error")
    out().print(table(headings, rows, right=("price", "rank")))
    print_paging(Page(found.data, found.total, page, per_page), "listings")


@app.command(epilog="Example: mercat market show B0F7XPYCSJ --marketplace US --json")
def show(listing: ListingArgument, *, marketplace: MarketplaceOption = None, as_json: JsonOption = False) -> None:
    """One listing whole: what it is, what was seen last, how it is watched, and what it is of ours."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        view = market.show(unit, listing, marketplace=marketplace)
    if as_json:
        print_json(view)
        return
    say(f"{view.asin} at {view.marketplace}", style="bold")
    for part in (view.facts, view.latest, view.tracking):
        for key, value in part.items():
            if value not in (None, [], ""):
                say(f"{key:<24}{at(value) if hasattr(value, 'strftime') else shown(value, most=150)}")
    if view.product is not None:
        say(f"{'ours':<24}{view.product['handle']}, by {view.product['method']} ({view.product['confidence']})")
    for each in view.competes_with:
        say(f"{'competes with':<24}{each['handle']} ({each['role']})")


@app.command(epilog="Example: mercat market untrack B0F7XPYCSJ --marketplace US")
def untrack(
    listing: ListingArgument,
    *,
    marketplace: MarketplaceOption = None,
    delete: Annotated[bool, typer.Option("--delete", help="Forget also what was seen of it.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Look at a listing no more. What was seen of it stays."""
    with open_runtime() as runtime, runtime.write(me()) as unit:
        row = market.untrack(unit, listing, marketplace=marketplace, delete=delete)
    if as_json:
        print_json({"id": row.id, "asin": row.asin, "marketplace": row.marketplace, "deleted": delete})
    else:
        say(f"{row.asin} at {row.marketplace} is watched no more." + (" It is forgotten." if delete else ""))


@app.command("import", epilog="Example: mercat market import seen.csv --setting marketplace=DE --track")
def import_(
    file: Annotated[Path, typer.Argument(help="A file, or a folder of files, of observations.")],
    *,
    connector: Annotated[str, typer.Option("--connector", help="Which connector reads it.")] = market.OBSERVATION_FILES,
    setting: Annotated[
        list[str] | None, typer.Option("--setting", metavar="KEY=VALUE", help="Of the connector: marketplace=DE.")
    ] = None,
    what: Annotated[
        str, typer.Option("--as", help="What it tells of: observations, bestsellers or reviews.")
    ] = "observations",
    watch: Annotated[bool, typer.Option("--track", help="Watch what is in it and not watched yet.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="It is the past: tell nobody of what it says.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring in what was seen of listings, lists of best sellers, or reviews. The same file again changes nothing."""
    asked = market.ObservationImport(
        files_at(file), connector, settings_of(setting or []), create=watch, is_quiet=quiet, what=what
    )
    with open_runtime() as runtime, progressing(what) as progress:
        result = market.import_observations(runtime, me(), asked, watch=Watch(progress))
    print_recorded(result, as_json=as_json)


@app.command(epilog="Example: mercat market marketplaces --json")
def marketplaces(*, as_json: JsonOption = False) -> None:
    """Every marketplace that is known, with its currency."""
    if as_json:
        print_json({"data": list(market.MARKETPLACES.values()), "total": len(market.MARKETPLACES)})
        return
    rows = [(each.code, each.name, each.domain, each.currency, each.id) for each in market.MARKETPLACES.values()]
    out().print(table(("code", "name", "domain", "currency", "id"), rows))


app.add_typer(market_sources.app, name="source")
app.command(epilog="Example: mercat market refresh B0F7XPYCSJ --marketplace US")(market_sources.refresh)
app.command("import-keepa", epilog="Example: mercat market import-keepa answer.json")(market_sources.import_keepa)
app.command(epilog="Example: mercat market history B0F7XPYCSJ --fields price,bsr --days 90")(market_history.history)
app.command(epilog="Example: mercat market metrics --json")(market_history.metrics)
app.command(epilog="Example: mercat market bestsellers 172282 --marketplace US")(market_lists.bestsellers)
app.command(epilog="Example: mercat market categories --marketplace US --json")(market_lists.categories)
app.command("track-category", epilog="Example: mercat market track-category 172282 -m US --source keepa")(
    market_lists.track_category
)
app.command("untrack-category", epilog="Example: mercat market untrack-category 172282 -m US")(
    market_lists.untrack_category
)
app.command("category-metrics", epilog="Example: mercat market category-metrics 172282 -m US --days 30")(
    market_lists.category_metrics
)
app.command(epilog="Example: mercat market reviews B0F7XPYCSJ -m US --below 2")(market_lists.reviews)


def _print_tracked(found: list[market.Tracked], *, as_json: bool) -> None:
    counts = {
        name: sum(each.status == name for each in found) for name in ("created", "updated", "unchanged", "refused")
    }
    if as_json:
        print_json({"data": found, "total": len(found), "counts": counts})
        return
    say(", ".join(f"{count:,} {name}" for name, count in counts.items() if count) + ".")
    for each in found if len(found) <= _MOST_REASONS else [each for each in found if each.error][:_MOST_REASONS]:
        place = f"line {each.line}: " if each.line else ""
        told = each.error or f"{each.asin} at {each.marketplace}: {each.status}; what it is of ours: {each.link}"
        say(f"  {place}{shown(told, most=200)}", style="yellow" if each.error else "")


def _percentage(option: str, text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        return Decimal(text.removesuffix("%"))
    except InvalidOperation as wrong:
        message = f"{option}: {text!r} is no percentage"
        raise Invalid(message) from wrong


def _fields(draft: market.TrackDraft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in draft.__dataclass_fields__}

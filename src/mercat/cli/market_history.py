"""``mercat market history``: what was seen of a listing in the past."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mercat.cli.display import at, out, say, shown, table
from mercat.cli.market_options import ListingArgument, MarketplaceOption
from mercat.cli.session import JsonOption, me, open_runtime, print_json
from mercat.domain.market import service as market

_MOST_LINES = 40


def history(
    listing: ListingArgument,
    *,
    fields: Annotated[
        str, typer.Option("--fields", help="Metrics with commas between them: price,bsr (see `mercat market metrics`).")
    ] = "price,bsr",
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="How far back.")] = 90,
    daily: Annotated[bool, typer.Option("--daily", help="Also each day in a line, however long ago.")] = False,
    marketplace: MarketplaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """What was seen of a listing: points, ends, and means over time of 30, 90, 180 and 365 days."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        found = market.history(unit, listing, marketplace=marketplace, fields=fields.split(","), days=days, daily=daily)
    if as_json:
        print_json(found)
        return
    say(
        f"{found.asin} at {found.marketplace}, {at(found.since)} to {at(found.until)} UTC, in {found.currency}",
        style="bold",
    )
    for each in found.metrics:
        means = ", ".join(f"{span} days {value or '—'}" for span, value in each.means.items())
        ends = "" if each.least is None else f", {each.least} to {each.most}"
        say(f"{each.title}: {len(each.points):,} points{ends}" + (f"; means: {means}" if means else ""))
        rows = [(at(point.at), _told(point.value)) for point in each.points[-_MOST_LINES:]]
        if rows:
            out().print(table(("seen (UTC)", each.name), rows, right=(each.name,)))
        if len(each.points) > len(rows):
            say(f"the last {len(rows)} of {len(each.points):,}; --json shows all", style="dim")
    if found.days:
        names = ("day", "price_open", "price_high", "price_low", "price_close", "rank_median", "in_stock_share")
        out().print(table(names, [[_told(each[name]) for name in names] for each in found.days], right=names[1:]))


def metrics(*, as_json: JsonOption = False) -> None:
    """Every metric that can be seen of a listing, with its unit."""
    if as_json:
        print_json({"data": list(market.METRICS.values()), "total": len(market.METRICS)})
        return
    rows = [(each.name, each.title, each.unit, each.category, each.better) for each in market.METRICS.values()]
    out().print(table(("name", "title", "unit", "category", "better"), rows))


def _told(value: Any) -> str:
    return "—" if value is None else shown(str(value), most=60)

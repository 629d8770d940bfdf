"""``mercat market bestsellers``, ``categories`` and ``reviews``: lists of best sellers, and what people write."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import typer

from mercat.cli.display import at, number, out, print_paging, say, shown, table
from mercat.cli.market_options import ListingArgument, MarketplaceOption
from mercat.cli.options import seconds_of
from mercat.cli.session import JsonOption, PageOption, PerPageOption, me, open_runtime, print_json
from mercat.core.lists import ListQuery, list_rows
from mercat.core.page import Page
from mercat.domain.market import service as market

CategoryArgument = Annotated[
    str, typer.Argument(metavar="CATEGORY", help="Its address, its number or word, or Mercat's id of it.")
]
_MOVED = {"entered": "new", "up": "↑", "down": "↓", "same": "", "unknown": ""}
_MOST_LEFT = 20


def bestsellers(
    category: CategoryArgument,
    *,
    marketplace: MarketplaceOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="So many places.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """A category's list of best sellers: who entered, who left, and where we stand."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        found = market.bestsellers(unit, category, marketplace=marketplace, limit=limit)
    if as_json:
        print_json(found)
        return
    name = found.category.name or found.category.external_id
    before = f", beside {at(found.previous_at)}" if found.previous_at else ""
    say(f"{shown(name)} at {found.category.marketplace}, {at(found.scraped_at)} UTC{before}", style="bold")
    rows = [
        (
            number(each.rank),
            f"{_MOVED[each.movement]} {each.previous_rank or ''}".strip(),
            each.asin,
            shown(each.title or "", most=50),
            f"{each.price} {each.currency}" if each.price else "—",
            "ours" if each.is_ours else "watched" if each.market_product_id else "",
        )
        for each in found.places
    ]
    out().print(table(("rank", "before", "asin", "title", "price", ""), rows, right=("rank", "price")))
    for each in found.left[:_MOST_LEFT]:
        say(f"left: {each.asin}, which was number {each.previous_rank}", style="dim")
    ours = ", ".join(f"{each.handle} at {each.rank}" for each in found.ours)
    say(f"Ours: {ours}." if ours else "None of it is ours.")


def categories(
    *,
    marketplace: MarketplaceOption = None,
    page: PageOption = 1,
    per_page: PerPageOption = 50,
    as_json: JsonOption = False,
) -> None:
    """Categories that are known, and whose lists are looked at."""
    place = market.place_of(marketplace)
    query = ListQuery({"marketplace": [place]} if place else {}, sort="name", page=page, per_page=per_page)
    with open_runtime() as runtime, runtime.read(me()) as unit:
        found = list_rows(unit, market.CATEGORIES, query)
    if as_json:
        print_json({"data": found.data, "total": found.total, "page": page, "per_page": per_page})
        return
    rows = [
        (
            each["external_id"],
            each["marketplace"],
            shown(each["name"] or "", most=40),
            number(each["product_count"]),
            at(each["last_scraped_at"]) or "never",
            each["source"] or "",
            shown(each["last_error"] or "", most=60),
        )
        for each in found.data
    ]
    headings = ("category", "at", "name", "products", "seen (UTC)", "source", "error")
    out().print(table(headings, rows, right=("products",)))
    print_paging(Page(found.data, found.total, page, per_page), "categories")


def track_category(
    category: CategoryArgument,
    *,
    marketplace: MarketplaceOption = None,
    source: Annotated[str | None, typer.Option("--source", help="Who is asked for its list.")] = None,
    every: Annotated[str | None, typer.Option("--every", metavar="TIME", help="An interval: 12h, 1d.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Have a category's list of best sellers looked at. The same again changes nothing."""
    how: dict[str, Any] = {"marketplace": marketplace, "source": source}
    how["every_s"] = None if every is None else seconds_of(every)
    with open_runtime() as runtime:
        view = runtime.attempt(lambda unit: market.track_category(unit, category, **how), me())
    if as_json:
        print_json(view)
    else:
        asked = (
            f"is asked of {view.source}" if view.source else "is told by files: `mercat market import --as bestsellers`"
        )
        say(f"The list of {view.name or view.external_id} at {view.marketplace} {asked}.")


def untrack_category(
    category: CategoryArgument,
    *,
    marketplace: MarketplaceOption = None,
    delete: Annotated[bool, typer.Option("--delete", help="Forget also what was seen.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Look at a category's list no more. What was seen stays."""
    with open_runtime() as runtime, runtime.write(me()) as unit:
        view = market.untrack_category(unit, category, marketplace=marketplace, delete=delete)
    if as_json:
        print_json({"id": view.id, "deleted": delete})
    else:
        say(f"{view.name or view.external_id} is looked at no more." + (" It is forgotten." if delete else ""))


def category_metrics(
    category: CategoryArgument,
    *,
    marketplace: MarketplaceOption = None,
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="How far back.")] = 90,
    as_json: JsonOption = False,
) -> None:
    """A category's days in figures: prices, ranks and ratings of the day's last list."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        view, found = market.category_metrics(unit, category, marketplace=marketplace, days=days)
    if as_json:
        print_json({"category": view, "data": found, "total": len(found)})
        return
    names = ("day", "sample_size", "price_median", "price_min", "price_max", "rank_median", "rating_mean")
    rows = [["—" if each[name] is None else str(each[name]) for name in names] for each in found]
    out().print(table(names, rows, right=names[1:]))


def reviews(
    listing: ListingArgument,
    *,
    marketplace: MarketplaceOption = None,
    below: Annotated[str | None, typer.Option("--below", metavar="STARS", help="Only up to so many stars.")] = None,
    page: PageOption = 1,
    per_page: PerPageOption = 20,
    as_json: JsonOption = False,
) -> None:
    """What people wrote of a listing, the newest first."""
    with open_runtime() as runtime, runtime.read(me()) as unit:
        row = market.find(unit, listing, marketplace=marketplace)
        most = {"rating": Decimal(below)} if below else {}
        query = ListQuery({"market_product_id": [row.id]}, {}, most, sort="-review_date", page=page, per_page=per_page)
        found = list_rows(unit, market.REVIEWS, query)
    if as_json:
        print_json({"data": found.data, "total": found.total, "page": page, "per_page": per_page})
        return
    rows = [
        (
            each["rating"],
            str(each["review_date"] or ""),
            shown(each["title"] or "", most=40),
            shown(each["text"] or "", most=100),
        )
        for each in found.data
    ]
    out().print(table(("stars", "day", "title", "text"), rows, right=("stars",)))
    print_paging(Page(found.data, found.total, page, per_page), "reviews")

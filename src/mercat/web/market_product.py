"""One watched listing: its figures, its past as a chart, offers, competitors, alerts, suggestions, and how it is watched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Form
from pydantic import BaseModel, Field
from starlette.responses import Response

from mercat.core.errors import Conflict, Invalid, NotFound
from mercat.core.lists import ListQuery, list_rows
from mercat.core.unit import ReadUnit
from mercat.domain.catalog import service as catalog
from mercat.domain.market import service as market
from mercat.domain.reports import service as reports
from mercat.web import market_reviews
from mercat.web.effects import with_drawn
from mercat.web.forms import Back
from mercat.web.market import FREQUENCIES
from mercat.web.market_charts import RANGES, USUAL, Chart, chart_of, past_of
from mercat.web.pages import Page
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.rule_forms import number
from mercat.web.subjects import headline
from mercat.web.tables import lines

router = Pages()
_PAST = ("price", "buybox_price", "own_price", "amazon_price", "sales_rank", "offer_count", "seller", "in_stock", "rating", "review_count")  # fmt: skip
_SHOWN_PAST = 14
_MONTH = 30


def range_of(page: Page) -> str:
    """How many days are shown, of those that are offered."""
    asked = page.request.query_params.get("range", USUAL).removesuffix("d")
    return asked if asked in dict(RANGES) else USUAL


@router.get("/market/{listing_id:uuid}", **needs("market.read"))
def show_listing(listing_id: UUID, runtime: House, caller: Caller, page: Shown) -> Response:
    """One watched listing."""
    with runtime.read(caller) as unit:
        return page.show("market/one.html", **_facts(unit, page, listing_id))


@router.get("/market/{listing_id:uuid}/history.{ending}", **needs("market.read"))
def history_file(
    listing_id: UUID, ending: Literal["csv", "jsonl"], runtime: House, caller: Caller, page: Shown
) -> Response:
    """All that was seen in the time that is shown, an observation a line."""
    with runtime.read(caller) as unit:
        past = market.history(unit, str(listing_id), fields=_PAST, days=int(range_of(page)), means=False)
    return lines(f"market-{listing_id}", ending, ("at", *_PAST), iter([observations(past)]))


class HowForm(BaseModel):
    """How it is watched; an empty threshold stays as it is."""

    frequency: Literal["", "hourly", "daily", "weekly"] = ""
    source: str = Field("", max_length=100)
    product: str = Field("", max_length=255)
    price_change_threshold: str = Field("", max_length=12)
    rank_change_threshold: str = Field("", max_length=12)


@router.post("/market/{listing_id:uuid}/how", **needs("market.track"))
def change_how(
    listing_id: UUID, runtime: House, caller: Caller, page: Shown, asked: Annotated[HowForm, Form()]
) -> Response:
    """How often, asked of whom, what it is of ours, and from which change on it is told."""
    try:
        with runtime.read(caller) as unit:
            known = market.view_of(unit, listing_id)
        ours = known.product or {}
        draft = market.TrackDraft(
            known.asin,
            known.marketplace,
            asked.frequency or None,
            source=asked.source,
            product=asked.product.strip() if asked.product.strip() not in {"", ours.get("handle")} else None,
            price_change_threshold=number("price_change_threshold", asked.price_change_threshold),
            rank_change_threshold=number("rank_change_threshold", asked.rank_change_threshold),
        )
        [done] = runtime.attempt(lambda unit: market.track_many(unit, [draft]), caller)
        error = done.error or ""
    except (Invalid, NotFound, Conflict) as wrong:
        error = wrong.message
    if error:
        with runtime.read(caller) as unit:
            return page.show("market/one.html", status=422, **_facts(unit, page, listing_id, error=error))
    return page.go(f"/market/{listing_id}", "Saved")


class WatchForm(BaseModel):
    """From when on whoever sends it wants to hear of it; empty is their own default."""

    price: str = Field("", max_length=12)
    rank: str = Field("", max_length=12)


@router.post("/market/{listing_id:uuid}/watch", **needs("market.read"))
def watch(
    listing_id: UUID, runtime: House, caller: Caller, page: Shown, asked: Annotated[WatchForm, Form()]
) -> Response:
    """Hear of it."""
    wanted = {
        "price_change_threshold": number("price", asked.price),
        "rank_change_threshold": number("rank", asked.rank),
        "is_active": True,
    }
    runtime.attempt(lambda unit: market.watch(unit, listing_id, wanted).id, caller)
    return page.go(f"/market/{listing_id}", "You hear of it")


@router.post("/market/{listing_id:uuid}/unwatch", **needs("market.read"))
def unwatch(listing_id: UUID, runtime: House, caller: Caller, page: Shown, _asked: Annotated[Back, Form()]) -> Response:
    """Hear of it as everybody."""
    runtime.attempt(lambda unit: market.unwatch(unit, listing_id), caller)
    return page.go(f"/market/{listing_id}", "You hear of it as everybody")


def _facts(unit: ReadUnit, page: Page, listing_id: UUID, *, error: str = "") -> dict[str, Any]:
    listing = market.view_of(unit, listing_id)
    days = range_of(page)
    near = reports.around(unit, "market_product", str(listing_id))
    past = past_of(unit, str(listing_id), days=int(days), also=_PAST)
    chart = chart_of(unit, past, zone=page.clock.zone, alerts=near.alerts)
    variant = near.variants[0] if near.variants and listing.product else None
    mine = list_rows(unit, market.WATCHES, ListQuery(equal={"market_product_id": [listing_id]}, per_page=1)).data
    suggestions = sorted(near.suggestions, key=lambda each: each["status"] != "pending")
    return {
        "listing": listing,
        "place": market.MARKETPLACES[listing.marketplace],
        "chart": chart,
        "range": days,
        "ranges": RANGES,
        "figures": figures(listing, variant, chart),
        "offers": list(offers(listing, chart)),
        "rivals": _rivals(unit, listing),
        "variant": variant,
        "alerts": [{**each, "said": headline(each)} for each in near.alerts[:8]],
        "numbers": {str(alert["id"]): (place, tone) for _, tone, place, alert in chart.pins},
        "suggestions": [with_drawn(each) for each in suggestions[:4]],
        "reviews": market_reviews.latest(unit, listing_id),
        "past": observations(past, most=_SHOWN_PAST),
        "sources": [("", "Nobody: files tell of it"), *((each.name, each.name) for each in market.list_sources(unit))],
        "frequencies": FREQUENCIES,
        "mine": mine[0] if mine else None,
        "error": error,
    }


def figures(listing: market.ListingView, variant: Mapping[str, Any] | None, chart: Chart) -> dict[str, Any]:
    """The strip at the head: each as far as it is known."""
    latest = listing.latest
    own = latest["own_price"] or (variant["price"] if variant and variant["currency"] == latest["currency"] else None)
    box = latest["buybox_price"]
    gap = None if own is None or box is None else Decimal(box) - Decimal(own)
    cost = variant["cost_price"] if variant and variant["currency"] == latest["currency"] else None
    return {
        "own": own,
        "box": box,
        "gap": gap,
        "is_ours": bool(chart.holders) and chart.holders[-1][0] == "ours",
        "margin": catalog.margin(own, cost),
        "margin_at_box": catalog.margin(box, cost) if gap else None,
        "cost": cost,
    }


def offers(listing: market.ListingView, chart: Chart) -> Iterator[dict[str, Any]]:
    """Who sells it, as far as that was seen: name, how it ships, price, the share of the Buy Box in the time shown."""
    latest, share = listing.latest, chart.share
    who = chart.holders[-1][0] if chart.holders else ""
    if latest["buybox_price"] is not None:
        ships = {True: "by Amazon", False: "by the merchant"}.get(latest["is_fba"], "")
        names = {"ours": "You", "amz": "Amazon"}
        name = latest["seller"] or names.get(who, "The featured offer")
        yield {
            "name": name,
            "is_box": True,
            "is_you": who == "ours",
            "ships": ships,
            "price": latest["buybox_price"],
            "share": share.get(who or "oth"),
        }
    if latest["own_price"] is not None and who != "ours":
        yield {
            "name": "You",
            "is_box": False,
            "is_you": True,
            "ships": "",
            "price": latest["own_price"],
            "share": share.get("ours"),
        }
    if latest["amazon_price"] is not None and who != "amz":
        yield {
            "name": "Amazon",
            "is_box": False,
            "is_you": False,
            "ships": "by Amazon",
            "price": latest["amazon_price"],
            "share": share.get("amz"),
        }
    for field, ships in (("lowest_fba_price", "by Amazon"), ("lowest_fbm_price", "by the merchant")):
        if latest[field] is not None:
            yield {
                "name": "Lowest other",
                "is_box": False,
                "is_you": False,
                "ships": ships,
                "price": latest[field],
                "share": None,
            }


def _rivals(unit: ReadUnit, listing: market.ListingView) -> list[dict[str, Any]]:
    """What competes with our product; of a competitor, nothing: it names whom it competes with."""
    if listing.product is None:
        return []
    query = ListQuery(equal={"product_id": [listing.product["product_id"]]}, sort="price", per_page=20)
    return list_rows(unit, market.COMPETITORS, query).data


def observations(past: market.History, *, most: int | None = None) -> list[dict[str, Any]]:
    """What was seen, an observation a row, the newest first; a value that an observation did not state is left out."""
    rows: dict[dt.datetime, dict[str, Any]] = {}
    for metric in past.metrics:
        if metric.name not in _PAST:
            continue
        for point in metric.points if most is None else metric.points[-most:]:
            rows.setdefault(point.at, {"at": point.at, **dict.fromkeys(_PAST)})[metric.name] = point.value
    found = [rows[at] for at in sorted(rows, reverse=True)]
    return found if most is None else found[:most]


def product_market(unit: ReadUnit, page: Page, product_id: UUID) -> dict[str, Any]:
    """What the product's own page shows of the market: its listings, each with its chart, and what competes."""
    near = reports.around(unit, "product", str(product_id))
    days = range_of(page)
    shown = [
        (row, chart_of(unit, past_of(unit, str(row["id"]), days=int(days)), zone=page.clock.zone, alerts=[each for each in near.alerts if each["subject_id"] == str(row["id"])]))
        for row in near.listings[:3]
    ]  # fmt: skip
    query = ListQuery(equal={"product_id": [product_id]}, sort="price", per_page=20)
    return {
        "shown": shown,
        "further": near.listings[3:],
        "range": days,
        "ranges": RANGES,
        "rivals": list_rows(unit, market.COMPETITORS, query).data,
    }


__all__ = ["product_market", "router"]

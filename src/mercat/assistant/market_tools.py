"""What assistants may see of the market."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import Field

from mercat.assistant.tools import Arguments, tool
from mercat.core.actor import Actor
from mercat.core.errors import Conflict
from mercat.core.lists import ListQuery, list_rows
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.market import service as market

_LISTING = Field(description="the id of a watched listing, or its ASIN", min_length=1, max_length=100)
_MOST_RIVALS = 10


class ListingAsked(Arguments):
    """Which listing."""

    product_id: str = _LISTING
    marketplace: str | None = Field(None, description="where several have the ASIN, e.g. US", max_length=10)


class PastAsked(ListingAsked):
    """Which listing, and how far back."""

    days: int = Field(30, ge=1, le=365)


class SearchAsked(Arguments):
    """What to look for."""

    query: str = Field("", description="words of title, brand or ASIN", max_length=200)
    marketplace: str | None = Field(None, max_length=10)
    is_competitor: bool | None = None
    limit: int = Field(10, ge=1, le=100)


class LimitAsked(Arguments):
    """How many."""

    limit: int = Field(20, ge=1, le=100)


@tool("market.read", ListingAsked, is_read=True)
def get_product_details(runtime: Runtime, actor: Actor, asked: ListingAsked) -> Any:
    """One watched listing: what it is, what was seen last (price, buy box, ranks, rating, stock), how it is watched."""
    with runtime.read(actor) as unit:
        return market.show(unit, asked.product_id, marketplace=asked.marketplace)


@tool("market.read", SearchAsked, is_read=True)
def search_products(runtime: Runtime, actor: Actor, asked: SearchAsked) -> Any:
    """Watched listings by words, marketplace, and whether they are a competitor's."""
    equal = {"marketplace": [asked.marketplace] if asked.marketplace else []}
    if asked.is_competitor is not None:
        equal["is_competitor"] = [asked.is_competitor]  # type: ignore[list-item]  # a switch among texts
    given = {name: values for name, values in equal.items() if values}
    query = ListQuery(equal=given, q=asked.query or None, per_page=asked.limit)
    with runtime.read(actor) as unit:
        rows = list_rows(unit, market.LISTINGS, query)
    return {"products": rows.data, "total": rows.total}


@tool("market.read", PastAsked, is_read=True)
def get_price_history(runtime: Runtime, actor: Actor, asked: PastAsked) -> Any:
    """Prices of a watched listing in the last days: lowest new, buy box and our own, with least, most and means over time."""
    return _past(runtime, actor, asked, ("price", "buybox_price", "own_price", "in_stock"))


@tool("market.read", PastAsked, is_read=True)
def get_bsr_history(runtime: Runtime, actor: Actor, asked: PastAsked) -> Any:
    """Sales ranks of a watched listing in the last days (a smaller one is better), with best, worst and means over time."""
    return _past(runtime, actor, asked, ("sales_rank", "sub_rank"))


@tool("market.record", ListingAsked, is_read=False)
def trigger_product_refresh(runtime: Runtime, actor: Actor, asked: ListingAsked) -> Any:
    """Have the source of a watched listing asked about what is due, within its budget; a job does it. Nothing else changes."""

    def work(unit: WriteUnit) -> Any:
        row = market.find(unit, asked.product_id, marketplace=asked.marketplace)
        if row.source is None:
            message = f"nobody is asked about {row.asin}: files tell of it. `mercat market track {row.asin} --source NAME` changes that"
            raise Conflict(message)
        return {"job_id": market.enqueue_refresh(unit, row.source), "source": row.source}

    return runtime.attempt(work, actor)


@tool("market.read", ListingAsked, is_read=True)
def get_competitor_analysis(runtime: Runtime, actor: Actor, asked: ListingAsked) -> Any:
    """Our listing beside the ten cheapest that compete with it, with the gap of each price to ours in percent."""
    with runtime.read(actor) as unit:
        view = market.show(unit, asked.product_id, marketplace=asked.marketplace)
        product_id = None if view.product is None else view.product.get("product_id")
        rivals: list[dict[str, Any]] = []
        if product_id is not None:
            query = ListQuery(equal={"product_id": [UUID(str(product_id))]}, sort="price", per_page=_MOST_RIVALS)
            rivals = list_rows(unit, market.COMPETITORS, query).data
    ours = view.latest.get("own_price") or view.latest.get("price")
    return {
        "product": {"id": view.id, "asin": view.asin, "price": ours, "buybox_price": view.latest.get("buybox_price")},
        "competitors": [{**each, "gap_pct": _gap(each["price"], ours, each["currency"], view)} for each in rivals],
    }


@tool("market.read", LimitAsked, is_read=True)
def get_user_products(runtime: Runtime, actor: Actor, asked: LimitAsked) -> Any:
    """The listings that you watch, with your own thresholds and notes."""
    with runtime.read(actor) as unit:
        rows = list_rows(unit, market.WATCHES, ListQuery(per_page=asked.limit))
    return {"products": rows.data, "total": rows.total}


def _past(runtime: Runtime, actor: Actor, asked: PastAsked, fields: Sequence[str]) -> Any:
    with runtime.read(actor) as unit:
        return market.history(unit, asked.product_id, marketplace=asked.marketplace, fields=fields, days=asked.days)


def _gap(theirs: str | None, ours: str | None, currency: str, view: market.ListingView) -> str | None:
    if theirs is None or not ours or currency != view.latest.get("currency"):
        return None
    before = Decimal(ours)
    return f"{(Decimal(theirs) - before) * 100 / before:.2f}" if before else None

"""What each store shows of ours: state, last push, errors in plain words, and settling where a shop was changed."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Form
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from mercat.core.actor import Actor
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.listings import service as listings
from mercat.web.forms import Selected, said_of
from mercat.web.pages import Page, own_address
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.tables import Action, Column, Empty, Filter, Index, Listed, View

router = Pages()
# A field of the form for each field that differs, under this and its name.
_FIELD = "field:"
_NOT_FIELDS = {"variants", "images", "offer", "stated_metafields"}
_STATES = (("in_sync", "In sync"), ("pending", "To be sent"), ("drifted", "Changed there"), ("blocked", "Blocked"), ("error", "Refused"))  # fmt: skip
_STATUSES = (("active", "Live"), ("draft", "Draft"), ("sold_out", "Sold out"), ("delisted", "Ended"))
LISTINGS = Listed(
    listings.LISTINGS,
    Index(
        url="/listings",
        title="Listings",
        one="listing",
        columns=(
            Column("name", "Product", "listing"),
            Column("store", "Store", drops=1),
            Column("status", "There", "shown"),
            Column("state", "State", "state"),
            Column("error", "What is wrong", "wrong"),
            Column("published_at", "Sent", "time", sort="published_at", is_number=True),
        ),
        also=("handle", "reference", "drift"),
        filters=(
            Filter("store", "Store"),
            Filter("state", "State", _STATES),
            Filter("status", "There", _STATUSES),
            Filter("published_at", "Sent", is_range=True, is_date=True),
        ),
        views=(
            View("All"),
            View("Refused", {"state": "error"}),
            View("Changed there", {"state": "drifted"}),
            View("To be sent", {"state": "pending"}),
        ),
        actions=(Action("Send again", "/listings/retry", "listings.publish", "refresh"),),
        row_url="/listings/{id}",
        search="Find by product",
        empty=Empty(
            "Nothing is listed yet",
            "Connect a store, and publish: what it shows of yours is kept here, with what went wrong.",
            "Connect a store",
            "/stores/new",
            "listings.connect",
        ),
    ),
)


@router.get("/listings", **needs("listings.read"))
def list_listings(runtime: House, caller: Caller, page: Shown) -> Response:
    """One row a product and store."""
    with runtime.read(caller) as unit:
        table = LISTINGS.table(unit, page)
    return page.show("listings/list.html", table=table)


@router.get("/listings.{ending}", **needs("listings.read"))
def listings_file(ending: Literal["csv", "jsonl"], runtime: House, caller: Caller, page: Shown) -> Response:
    """All that fit, a line each."""
    return LISTINGS.file(page, runtime, caller, ending)


@router.post("/listings/retry", **needs("listings.publish"))
def retry_listings(runtime: House, caller: Caller, page: Shown, asked: Annotated[Selected, Form()]) -> Response:
    """What a shop refused is sent again by the next run."""

    def work(unit: WriteUnit) -> int:
        found = [listings.get_listing(unit, each) for each in asked.id]
        return sum(listings.retry(unit, each["store"], [each["sku"]]) for each in found if each["sku"])

    done = runtime.attempt(work, caller)
    refused = [] if done or not asked.id else ["only what a shop refused can be sent again"]
    return page.go(own_address(asked.back, "/listings"), said_of(done, refused, "listing", "will be sent again"))


@router.get("/listings/{listing_id:uuid}", **needs("listings.read"))
def show_listing(listing_id: UUID, runtime: House, caller: Caller, page: Shown) -> Response:
    """One listing: what we have, what was sent, what the shop shows."""
    with runtime.read(caller) as unit:
        listing = listings.get_listing(unit, listing_id)
    return page.show("listings/one.html", listing=listing, fields=_fields(listing))


@router.post("/listings/{listing_id:uuid}/settle", **needs("listings.publish"))
async def settle_listing(listing_id: UUID, request: Request, runtime: House, caller: Caller, page: Shown) -> Response:
    """Decide, field by field, who is right."""
    async with request.form(max_fields=2_000) as form:
        given = {name: str(value) for name, value in form.multi_items()}
    return await run_in_threadpool(_settle, listing_id, runtime, caller, page, given)


def _settle(listing_id: UUID, runtime: Runtime, caller: Actor, page: Page, given: dict[str, str]) -> Response:
    theirs = [name.removeprefix(_FIELD) for name, who in given.items() if name.startswith(_FIELD) and who == "theirs"]

    def work(unit: WriteUnit) -> None:
        known = listings.get_listing(unit, listing_id)
        take: Literal["ours", "theirs"] = "theirs" if theirs else "ours"
        listings.settle(unit, str(known["sku"]), store=known["store"], take=take, fields=theirs)

    runtime.attempt(work, caller)
    return page.go(f"/listings/{listing_id}", "Settled. The next run sends what is left to be sent")


def _fields(listing: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """Field by field: what was sent and what the shop shows, where either says something."""
    sent, shown = listing["sent"] or {}, listing["shown"] or {}
    names = [name for name in {**sent, **shown} if name not in _NOT_FIELDS]
    return [(name, sent.get(name), shown.get(name)) for name in names if sent.get(name) or shown.get(name)]

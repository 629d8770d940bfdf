"""The market: which listings are watched, how they stand, and watching more of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Form, UploadFile
from pydantic import BaseModel, Field
from starlette.responses import Response

from mercat.core.errors import Invalid
from mercat.core.unit import Runtime, WriteUnit
from mercat.domain.market import service as market
from mercat.sdk.errors import Unreadable
from mercat.sdk.roles import FeedFile
from mercat.web.formats import plural
from mercat.web.forms import Selected, said_of
from mercat.web.pages import Page, own_address
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.tables import Action, Column, Empty, Filter, Index, Listed, View
from mercat.web.uploads import kept_upload

router = Pages()
_MOST_LISTED = 500
_MOST_REFUSALS = 50
PLACES = tuple((code, f"{place.name} ({place.domain})") for code, place in market.MARKETPLACES.items())
FREQUENCIES = (("hourly", "every hour"), ("daily", "every day"), ("weekly", "every week"))
_YES_NO = (("true", "Yes"), ("false", "No"))
LISTINGS = Listed(
    market.LISTINGS,
    Index(
        url="/market",
        title="Tracked products",
        one="tracked product",
        columns=(
            Column("title", "Product", "listing", sort="title"),
            Column("price", "Price", "priced", sort="price", is_number=True),
            Column("buybox_price", "Buy Box", "box", sort="buybox_price", is_number=True),
            Column("sales_rank", "Rank", "rank", sort="sales_rank", is_number=True),
            Column("offer_count", "Offers", "number", sort="offer_count", is_number=True, drops=2),
            Column("last_snapshot_at", "Seen", "seen", sort="last_snapshot_at", is_number=True, drops=1),
            Column("is_active", "State", "standing", is_labelled=False),
        ),
        also=(
            "own_price",
            "next_due_at",
            "asin", "marketplace", "brand", "image_url", "currency", "original_price", "discount_pct", "in_stock", "seller", "rating",
            "review_count", "rank_category", "handle", "is_competitor", "is_unlisted", "source", "track_frequency",
            "failure_count", "last_error", "product_id",
        ),
        filters=(
            Filter("marketplace", "Marketplace"),
            Filter("is_competitor", "Competitor", _YES_NO),
            Filter("in_stock", "In stock", _YES_NO),
            Filter("brand", "Brand"),
            Filter("source", "Asked of"),
            Filter("last_snapshot_at", "Seen", is_range=True, is_date=True),
        ),
        views=(
            View("All"),
            View("Ours", {"is_competitor": "false"}),
            View("Competitors", {"is_competitor": "true"}),
            View("In trouble", {"failure_count_min": "1"}),
            View("Gone", {"is_unlisted": "true"}),
            View("Paused", {"is_active": "false"}),
        ),
        actions=(
            Action("Look now", "/market/refresh", "market.record", "refresh"),
            Action("Pause", "/market/pause", "market.track", "hold"),
            Action("Resume", "/market/resume", "market.track", "play"),
        ),
        row_url="/market/{id}",
        row_label="asin",
        sorts=(("next_due_at", "Next to be looked at"),),
        search="Find by title, brand or ASIN",
        expands=True,
        empty=Empty(
            "Nothing is watched yet",
            "Give the addresses of product pages, yours and those of competitors: prices, ranks and the Buy Box are kept from then on.",
            "Track products",
            "/market/new",
            "market.track",
        ),
    ),
)  # fmt: skip


class TrackForm(BaseModel):
    """Listings to be watched, an address or an ASIN a line, and what holds for all of them."""

    listings: str = Field("", max_length=100_000)
    marketplace: str = Field("", max_length=30)
    frequency: Literal["", "hourly", "daily", "weekly"] = ""
    source: str = Field("", max_length=100)
    product: str = Field("", max_length=255)
    competitor_of: str = Field("", max_length=255)
    role: str = Field("direct", max_length=20)

    @property
    def usual(self) -> market.TrackDraft:
        """What holds for all of them."""
        return market.TrackDraft(
            "",
            self.marketplace or None,
            self.frequency or None,
            source=self.source or None,
            product=self.product.strip() or None,
            competitor_of=self.competitor_of.strip() or None,
            role=self.role,
        )

    @property
    def drafts(self) -> list[market.TrackDraft]:
        """One a line. Raises ``Invalid`` for none, or too many."""
        words = [line.strip() for line in self.listings.splitlines() if line.strip()]
        if not words:
            message = "give an address or an ASIN in each line"
            raise Invalid(message, field="listings")
        if len(words) > _MOST_LISTED:
            message = f"that are {len(words):,} lines: more than {_MOST_LISTED} come as a file"
            raise Invalid(message, field="listings")
        return [replace(self.usual, listing=each) for each in words]


class Sent(TrackForm):
    """The same for all that a file lists."""

    file: UploadFile


@router.get("/market", **needs("market.read"))
def list_listings(runtime: House, caller: Caller, page: Shown) -> Response:
    """What is watched, and how it stands."""
    with runtime.read(caller) as unit:
        table = LISTINGS.table(unit, page)
    return page.show("market/list.html", table=table)


@router.get("/market.{ending}", **needs("market.read"))
def listings_file(ending: Literal["csv", "jsonl"], runtime: House, caller: Caller, page: Shown) -> Response:
    """All that fit, a line each."""
    return LISTINGS.file(page, runtime, caller, ending)


@router.get("/market/new", **needs("market.track"))
def new_listings(runtime: House, caller: Caller, page: Shown) -> Response:
    """The form to watch more."""
    given = TrackForm.model_validate({"competitor_of": page.request.query_params.get("competitor_of", "")[:255]})
    return _form(runtime, caller, page, given)


@router.post("/market/new", **needs("market.track"))
def track_listings(runtime: House, caller: Caller, page: Shown, asked: Annotated[TrackForm, Form()]) -> Response:
    """Watch these. A wrong line stops no other."""
    try:
        drafts = asked.drafts
        done = runtime.attempt(lambda unit: market.track_many(unit, drafts), caller)
    except Invalid as wrong:
        return _form(runtime, caller, page, asked, error=wrong.message)
    return _came_of(runtime, caller, page, asked, done)


@router.post("/market/upload", **needs("market.track"))
def track_upload(
    runtime: House, caller: Caller, page: Shown, asked: Annotated[Sent, Form(media_type="multipart/form-data")]
) -> Response:
    """Watch what a file lists."""
    try:
        kept, name = kept_upload(runtime, asked.file)
        feed = FeedFile(name, runtime.files.path_of(kept.sha256))
        done = [each for some in market.track_file(runtime, caller, feed, asked.usual) for each in some]
    except (Invalid, Unreadable) as wrong:
        return _form(runtime, caller, page, asked, error=wrong.message)
    return _came_of(runtime, caller, page, asked, done)


@router.post("/market/refresh", **needs("market.record"))
def refresh(runtime: House, caller: Caller, page: Shown, asked: Annotated[Selected, Form()]) -> Response:
    """Have them looked at now."""
    reason = "no source is asked about them, or they are paused"
    return _tended(
        runtime, caller, page, asked, (market.refresh_soon, "looked at as soon as a worker comes to it", reason)
    )


@router.post("/market/pause", **needs("market.track"))
def pause(runtime: House, caller: Caller, page: Shown, asked: Annotated[Selected, Form()]) -> Response:
    """Look at them no more for a while."""
    return _tended(runtime, caller, page, asked, (market.pause, "paused", "they rest already"))


@router.post("/market/resume", **needs("market.track"))
def resume(runtime: House, caller: Caller, page: Shown, asked: Annotated[Selected, Form()]) -> Response:
    """Look at them again."""
    return _tended(runtime, caller, page, asked, (market.resume, "watched again", "they are watched already"))


_Tending = tuple[Callable[[WriteUnit, Sequence[UUID]], int], str, str]


def _tended(runtime: Runtime, caller: Caller, page: Page, asked: Selected, how: _Tending) -> Response:
    work, verb, otherwise = how
    done = runtime.attempt(lambda unit: work(unit, asked.id), caller)
    refused = [] if done == len(asked.id) else [f"{plural(len(asked.id) - done, 'one')} not: {otherwise}"]
    return page.go(own_address(asked.back, "/market"), said_of(done, refused, "product", verb))


def _came_of(runtime: Runtime, caller: Caller, page: Page, asked: TrackForm, done: list[market.Tracked]) -> Response:
    """On to the list where all went well; else the form again, with the lines that did not."""
    refused = [each for each in done if each.status == "refused"]
    counts = {name: sum(each.status == name for each in done) for name in ("created", "updated", "unchanged")}
    words = {"created": "newly watched", "updated": "changed", "unchanged": "watched already"}
    said = ", ".join(f"{count:,} {words[name]}" for name, count in counts.items() if count) or "none was taken"
    if not refused:
        one = done[0] if len(done) == 1 else None
        return page.go(f"/market/{one.id}" if one and one.id else "/market", said.capitalize())
    left = asked.model_copy(update={"listings": "\n".join(each.listing for each in refused[:_MOST_LISTED])})
    return _form(runtime, caller, page, left, refused=refused, said=said)


def _form(
    runtime: Runtime, caller: Caller, page: Page, given: TrackForm, *, error: str = "", refused: Sequence[market.Tracked] = (), said: str = ""
) -> Response:  # fmt: skip
    with runtime.read(caller) as unit:
        sources = [each.name for each in market.list_sources(unit)]
    facts: dict[str, Any] = {
        "given": given,
        "error": error,
        "refused": refused[:_MOST_REFUSALS],
        "more": max(len(refused) - _MOST_REFUSALS, 0),
        "said": said,
        "places": (("", "As the address says"), *PLACES),
        "frequencies": (("", "every day"), *FREQUENCIES),
        "sources": [("", "Nobody: files tell of it"), *((each, each) for each in sources)],
        "roles": [(each, each.capitalize()) for each in market.ROLES],
    }
    return page.show("market/new.html", status=422 if error or refused else 200, **facts)

"""What buyers say of watched listings: as a list of its own, and the latest of one listing."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from starlette.responses import Response

from mercat.core.lists import ListQuery, Rows, list_rows
from mercat.core.unit import ReadUnit
from mercat.domain.market import service as market
from mercat.web.routes import Caller, House, Pages, Shown, needs
from mercat.web.tables import Column, Empty, Filter, Index, Listed, View

router = Pages()
_LATEST = 4
REVIEWS = Listed(
    market.REVIEWS,
    Index(
        url="/market/reviews",
        title="Reviews",
        one="review",
        columns=(
            Column("title", "What was said", "review"),
            Column("rating", "Stars", "stars", sort="rating", is_number=True),
            Column("asin", "Listing", "reviewed", drops=1),
            Column("helpful_count", "Helpful to", "number", sort="helpful_count", is_number=True, drops=1),
            Column("review_date", "When", "day", sort="review_date", is_number=True, is_labelled=False),
        ),
        also=("text", "reviewer", "verified", "variation", "market_product_id", "marketplace"),
        filters=(
            Filter("rating", "Stars", is_range=True),
            Filter("marketplace", "Marketplace", tuple((each, each) for each in market.MARKETPLACES)),
            Filter("asin", "ASIN"),
        ),
        views=(View("All"), View("Three stars or less", {"rating_max": "3"})),
        search="Find in titles and texts",
        own=(),
        empty=Empty(
            "No reviews yet",
            "They come with files of them: on the command line `mercat market import` takes what a provider exports.",
            "See what is watched",
            "/market",
        ),
    ),
)


@router.get("/market/reviews", **needs("market.read"))
def list_reviews(runtime: House, caller: Caller, page: Shown) -> Response:
    """What buyers say, the latest that came first."""
    with runtime.read(caller) as unit:
        return page.show("market/reviews.html", table=REVIEWS.table(unit, page))


@router.get("/market/reviews.{ending}", **needs("market.read"))
def reviews_file(ending: Literal["csv", "jsonl"], runtime: House, caller: Caller, page: Shown) -> Response:
    """All that fit, a line each."""
    return REVIEWS.file(page, runtime, caller, ending)


def latest(unit: ReadUnit, listing_id: UUID) -> Rows:
    """The latest of one listing, and how many there are."""
    query = ListQuery(equal={"market_product_id": [listing_id]}, sort="-review_date", per_page=_LATEST)
    return list_rows(unit, market.REVIEWS, query)

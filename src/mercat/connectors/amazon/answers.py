"""The competitive summary (product pricing 2022-05-01) as it is asked for and answered, and as what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from mercat.connectors.amazon.wire import Fault, StatusLine
from mercat.core.money import exact, plain
from mercat.sdk.market import Observation
from mercat.sdk.marketplaces import Marketplace

PATH = "/batches/products/pricing/2022-05-01/items/competitiveSummary"
OPERATION = "getCompetitiveSummary"
_ONE = "/products/pricing/2022-05-01/items/competitiveSummary"
_INCLUDED = ("featuredBuyingOptions", "referencePrices", "lowestPricedOffers")
# What Amazon calls them → ours.
_REFERENCES = {
    "CompetitivePrice": "competitive_price",
    "CompetitivePriceThreshold": "competitive_price_threshold",
    "WasPrice": "was_price",
}


class Amount(msgspec.Struct, rename="camel"):
    currency_code: str | None = None
    amount: Decimal | None = None


class ReferencePrice(msgspec.Struct):
    name: str
    price: Amount


class Shipping(msgspec.Struct):
    price: Amount


class Offer(msgspec.Struct, rename="camel"):
    seller_id: str
    fulfillment_type: str
    listing_price: Amount
    condition: str = "New"
    shipping_options: list[Shipping] = []


class FeaturedOption(msgspec.Struct, rename="camel"):
    buying_option_type: str
    segmented_featured_offers: list[Offer] = []


class LowestPriced(msgspec.Struct, rename="camel"):
    offers: list[Offer] = []


class Summary(msgspec.Struct, rename="camel"):
    asin: str
    featured_buying_options: list[FeaturedOption] = []
    lowest_priced_offers: list[LowestPriced] = []
    reference_prices: list[ReferencePrice] = []
    errors: list[Fault] = []


class Answer(msgspec.Struct):
    status: StatusLine
    body: Summary


class Batch(msgspec.Struct):
    responses: list[Answer] = []


def body_of(asins: Sequence[str], place: Marketplace) -> dict[str, Any]:
    """The request for up to twenty listings."""
    inputs = [{"itemCondition": "New", "offerType": "Consumer"}]
    return {
        "requests": [
            {
                "asin": asin,
                "marketplaceId": place.id,
                "includedData": list(_INCLUDED),
                "lowestPricedOffersInputs": inputs,
                "method": "GET",
                "uri": _ONE,
            }
            for asin in asins
        ]
    }


def summaries(batch: Batch) -> dict[str, Summary]:
    """By ASIN, of those that were told."""
    return {each.body.asin: each.body for each in batch.responses if each.status.status_code == 200}


def enriched(seen: Observation, summary: Summary | None, place: Marketplace) -> Observation:
    """With Amazon's reference prices; and with the featured and the lowest offer, where nothing else told of offers."""
    if summary is None:
        return seen
    extra: dict[str, str | int | None] = {}
    for each in summary.reference_prices:
        name, price = _REFERENCES.get(each.name), _plain(each.price, place)
        if name is not None and price is not None:
            extra[name] = price
    said: dict[str, Any] = {} if seen.price is not msgspec.UNSET else _offers(summary, place)
    return msgspec.structs.replace(seen, **({"extra": extra} if extra else {}), **said)


def _offers(summary: Summary, place: Marketplace) -> dict[str, Any]:
    featured = [
        offer
        for option in summary.featured_buying_options
        if option.buying_option_type == "New"
        for offer in option.segmented_featured_offers
    ]
    lowest = [offer for some in summary.lowest_priced_offers for offer in some.offers if offer.condition == "New"]
    prices = [Decimal(price) for offer in (*lowest, *featured) if (price := _plain(offer.listing_price, place))]
    said: dict[str, Any] = {"price": plain(min(prices)) if prices else None, "in_stock": bool(prices)}
    if not featured:
        return {**said, "buybox_price": None, "seller_id": None}
    # The segments differ in whom they are shown to; the first is that of most views.
    first = featured[0]
    shipping = first.shipping_options[0].price if first.shipping_options else None
    return {
        **said,
        "buybox_price": _plain(first.listing_price, place),
        "buybox_shipping": None if shipping is None else _plain(shipping, place),
        "seller_id": first.seller_id,
        "is_fba": first.fulfillment_type == "AFN",
    }


def _plain(amount: Amount, place: Marketplace) -> str | None:
    """An amount of the marketplace's own currency; another one would be taken for it."""
    if amount.amount is None or amount.currency_code not in {None, place.currency}:
        return None
    return plain(exact(amount.amount))

"""What the Selling Partner API answers, as it comes, and as what was seen.

Shapes after Amazon's published models (github.com/amzn/selling-partner-api-models, August 2026): catalog items 2022-04-01
and product pricing v0.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec

from mercat.core.money import exact, plain
from mercat.sdk.market import Facts, Observation, Rank
from mercat.sdk.marketplaces import Marketplace


class Fault(msgspec.Struct):
    code: str = ""
    message: str = ""
    details: str | None = None


class Faults(msgspec.Struct):
    errors: list[Fault] = []


class Grant(msgspec.Struct):
    access_token: str
    expires_in: int = 3600


class DisplayGroupRank(msgspec.Struct, rename="camel"):
    website_display_group: str
    title: str
    rank: int


class ClassificationRank(msgspec.Struct, rename="camel"):
    classification_id: str
    title: str
    rank: int


class SalesRanks(msgspec.Struct, rename="camel"):
    marketplace_id: str
    display_group_ranks: list[DisplayGroupRank] = []
    classification_ranks: list[ClassificationRank] = []


class Summary(msgspec.Struct, rename="camel"):
    marketplace_id: str
    item_name: str | None = None
    brand: str | None = None
    manufacturer: str | None = None
    model_number: str | None = None
    part_number: str | None = None


class Identifier(msgspec.Struct, rename="camel"):
    identifier_type: str
    identifier: str


class Identifiers(msgspec.Struct, rename="camel"):
    marketplace_id: str
    identifiers: list[Identifier] = []


class Image(msgspec.Struct, rename="camel"):
    variant: str
    link: str


class Images(msgspec.Struct, rename="camel"):
    marketplace_id: str
    images: list[Image] = []


class ProductType(msgspec.Struct, rename="camel"):
    product_type: str
    marketplace_id: str | None = None


class Item(msgspec.Struct, rename="camel"):
    asin: str
    summaries: list[Summary] = []
    sales_ranks: list[SalesRanks] = []
    identifiers: list[Identifiers] = []
    images: list[Images] = []
    product_types: list[ProductType] = []


class Found(msgspec.Struct, rename="camel"):
    items: list[Item] = []


class Money(msgspec.Struct, rename="pascal"):
    currency_code: str | None = None
    amount: Decimal | None = None


class Price(msgspec.Struct):
    condition: str = ""
    channel: str | None = msgspec.field(name="fulfillmentChannel", default=None)
    landed: Money | None = msgspec.field(name="LandedPrice", default=None)
    listing: Money | None = msgspec.field(name="ListingPrice", default=None)
    shipping: Money | None = msgspec.field(name="Shipping", default=None)


class OfferCount(msgspec.Struct):
    condition: str = ""
    channel: str | None = msgspec.field(name="fulfillmentChannel", default=None)
    count: int = msgspec.field(name="OfferCount", default=0)


class OfferSummary(msgspec.Struct, rename="pascal"):
    total_offer_count: int = 0
    number_of_offers: list[OfferCount] = []
    lowest_prices: list[Price] = []
    buy_box_prices: list[Price] = []
    list_price: Money | None = None


class Prime(msgspec.Struct, rename="pascal"):
    is_prime: bool = False


class Offer(msgspec.Struct, rename="pascal"):
    listing_price: Money
    seller_id: str | None = None
    my_offer: bool | None = None
    is_buy_box_winner: bool | None = None
    is_fulfilled_by_amazon: bool = False
    prime_information: Prime | None = None


class OfferPayload(msgspec.Struct, rename="pascal"):
    asin: str | None = msgspec.field(name="ASIN", default=None)
    status: str = msgspec.field(name="status", default="")
    summary: OfferSummary | None = None
    offers: list[Offer] = []


class OfferBody(msgspec.Struct):
    payload: OfferPayload | None = None
    errors: list[Fault] = []


class StatusLine(msgspec.Struct, rename="camel"):
    status_code: int = 0


class OfferResponse(msgspec.Struct):
    status: StatusLine
    body: OfferBody
    request: dict[str, Any] = {}


class OfferBatch(msgspec.Struct):
    responses: list[OfferResponse] = []


def observed(item: Item, offers: OfferPayload | None, place: Marketplace, at: dt.datetime) -> Observation:
    """What the catalogue and, where they were told, the offers say of a listing."""
    return Observation(
        asin=item.asin,
        marketplace=place.code,
        observed_at=at,
        currency=place.currency,
        facts=facts_of(item, place),
        **_ranks(item, place),
        **({} if offers is None else _offers(offers)),
    )


def facts_of(item: Item, place: Marketplace) -> Facts:
    """What the catalogue says that it is."""
    summary = next((each for each in item.summaries if each.marketplace_id == place.id), Summary(place.id))
    codes = [
        code.identifier
        for each in item.identifiers
        if each.marketplace_id == place.id
        for code in each.identifiers
        if code.identifier_type in {"EAN", "UPC", "GTIN", "JAN", "ISBN"}
    ]
    pictures = [image for each in item.images if each.marketplace_id == place.id for image in each.images]
    main = next((each.link for each in pictures if each.variant == "MAIN"), None)
    types = [each.product_type for each in item.product_types if each.marketplace_id in {None, place.id}]
    return Facts(
        title=summary.item_name,
        brand=summary.brand,
        manufacturer=summary.manufacturer,
        part_number=summary.part_number,
        model_number=summary.model_number,
        image_url=main,
        product_type=next(iter(types), None),
        gtins=tuple(dict.fromkeys(codes)),
    )


def _ranks(item: Item, place: Marketplace) -> dict[str, Any]:
    """All ranks. The first display group is the ``sales_rank``, the best classification the ``sub_rank``."""
    told = [each for each in item.sales_ranks if each.marketplace_id == place.id]
    groups = [each for ranks in told for each in ranks.display_group_ranks]
    nodes = [each for ranks in told for each in ranks.classification_ranks]
    best = min(nodes, key=lambda each: each.rank, default=None)
    ranks = [Rank("display_group", each.title, each.rank, each.website_display_group) for each in groups]
    ranks += [Rank("classification", each.title, each.rank, each.classification_id) for each in nodes]
    return {
        "ranks": ranks,
        "sales_rank": groups[0].rank if groups else None,
        "rank_category": groups[0].title if groups else None,
        "sub_rank": best.rank if best else None,
        "sub_rank_category": best.title if best else None,
    }


def _offers(offers: OfferPayload) -> dict[str, Any]:
    summary = offers.summary or OfferSummary()
    new = [each for each in summary.lowest_prices if each.condition.lower() == "new"]
    featured = next((each for each in summary.buy_box_prices if each.condition.lower() == "new"), None)
    winner = next((each for each in offers.offers if each.is_buy_box_winner), None)
    ours = next((each for each in offers.offers if each.my_offer), None)
    return {
        "price": _least(each.listing for each in new),
        "lowest_fba_price": _least(each.listing for each in new if each.channel == "Amazon"),
        # What a buyer pays a merchant is the price with shipping.
        "lowest_fbm_price": _least(each.landed or each.listing for each in new if each.channel == "Merchant"),
        "used_price": _least(each.listing for each in summary.lowest_prices if each.condition.lower() == "used"),
        "original_price": _amount(summary.list_price),
        "buybox_price": _amount(featured.listing) if featured else None,
        "buybox_shipping": _amount(featured.shipping) if featured else None,
        "own_price": _amount(ours.listing_price) if ours else None,
        "offer_count": sum(each.count for each in summary.number_of_offers if each.condition.lower() == "new"),
        "used_offer_count": sum(each.count for each in summary.number_of_offers if each.condition.lower() == "used"),
        "in_stock": summary.total_offer_count > 0,
        "seller_id": winner.seller_id if winner else None,
        "is_fba": winner.is_fulfilled_by_amazon if winner else None,
        "is_prime": winner.prime_information.is_prime if winner and winner.prime_information else None,
    }


def _least(amounts: Iterable[Money | None]) -> str | None:
    known = [each.amount for each in amounts if each is not None and each.amount is not None]
    return plain(exact(min(known))) if known else None


def _amount(money: Money | None) -> str | None:
    return None if money is None or money.amount is None else plain(exact(money.amount))

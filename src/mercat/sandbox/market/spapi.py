"""Amazon's Selling Partner API on loopback: tokens, catalog items 2022-04-01 and batches of item offers (pricing v0)."""

from __future__ import annotations

import re
import secrets
from decimal import Decimal
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mercat.sandbox.market.world import BY_MARKETPLACE, PLACES, Listing, World

_CATALOG = frozenset("identifiers identifiersType marketplaceIds includedData pageSize locale".split())
_INCLUDED = frozenset(
    "attributes classifications dimensions identifiers images productTypes relationships salesRanks summaries vendorDetails".split()
)
_OFFERS = re.compile(r"/products/pricing/v0/items/([A-Z0-9]{10})/offers")
_MOST = 20
_SUMMARIES = "/batches/products/pricing/2022-05-01/items/competitiveSummary"
_SUMMARY = frozenset("asin marketplaceId includedData lowestPricedOffersInputs method uri".split())


class SellingPartner:
    """An app with one account."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.credentials = {
            "client_id": f"amzn1.application-oa2-client.{secrets.token_hex(8)}",
            "client_secret": secrets.token_urlsafe(24),
            "refresh_token": f"Atzr|{secrets.token_urlsafe(24)}",
        }
        self._tokens: set[str] = set()

    def routes(self) -> list[Route]:
        """Where it answers."""
        return [
            Route("/auth/o2/token", self.token, methods=["POST"]),
            Route("/catalog/2022-04-01/items", self.items),
            Route("/batches/products/pricing/v0/itemOffers", self.offers, methods=["POST"]),
            Route(_SUMMARIES, self.summaries, methods=["POST"]),
        ]

    async def token(self, request: Request) -> Response:
        """Login with Amazon: a token for an hour."""
        form = await request.form()
        wanted = {**self.credentials, "grant_type": "refresh_token"}
        if any(form.get(name) != value for name, value in wanted.items()):
            return JSONResponse({"error": "invalid_grant", "error_description": "wrong client or refresh token"}, 400)
        token = f"Atza|{secrets.token_urlsafe(16)}"
        self._tokens.add(token)
        return JSONResponse({"access_token": token, "token_type": "bearer", "expires_in": 3600})

    async def items(self, request: Request) -> Response:
        """Catalogue items by ASIN."""
        refused = self._refused(request)
        if refused is not None:
            return refused
        asked = request.query_params
        unknown = sorted(set(asked) - _CATALOG)
        asins = [each for each in asked.get("identifiers", "").split(",") if each]
        domain = BY_MARKETPLACE.get(asked.get("marketplaceIds", ""))
        included = set(asked.get("includedData", "summaries").split(","))
        if unknown or not 1 <= len(asins) <= _MOST or asked.get("identifiersType") != "ASIN" or included - _INCLUDED:
            return _error(400, "InvalidInput", f"Request has missing or invalid parameters {unknown}")
        if domain is None:
            return _error(400, "InvalidInput", "marketplaceIds is no marketplace")
        found = [each for asin in asins if (each := self.world.listing(domain, asin)) is not None]
        items = [_item(each, included) for each in found]
        return _answer({"numberOfResults": len(items), "items": items}, "2.0")

    async def offers(self, request: Request) -> Response:
        """The offers of up to twenty items."""
        refused = self._refused(request)
        if refused is not None:
            return refused
        try:
            asked = msgspec.json.decode(await request.body(), type=dict[str, list[dict[str, Any]]])["requests"]
        except (msgspec.MsgspecError, KeyError):
            return _error(400, "InvalidInput", "the body holds no requests")
        if not 1 <= len(asked) <= _MOST:
            return _error(400, "InvalidInput", f"between 1 and {_MOST} requests")
        return _answer({"responses": [self._offers_of(each) for each in asked]}, "0.1")

    async def summaries(self, request: Request) -> Response:
        """The competitive summaries of up to twenty items."""
        refused = self._refused(request)
        if refused is not None:
            return refused
        try:
            asked = msgspec.json.decode(await request.body(), type=dict[str, list[dict[str, Any]]])["requests"]
        except (msgspec.MsgspecError, KeyError):
            return _error(400, "InvalidInput", "the body holds no requests")
        if not 1 <= len(asked) <= _MOST or any(set(each) - _SUMMARY for each in asked):
            return _error(400, "InvalidInput", f"between 1 and {_MOST} requests of known fields")
        return _answer({"responses": [self._summary_of(each) for each in asked]}, "0.033")

    def _summary_of(self, asked: dict[str, Any]) -> dict[str, Any]:
        asin, place = str(asked.get("asin")), str(asked.get("marketplaceId"))
        body: dict[str, Any] = {"asin": asin, "marketplaceId": place}
        domain = BY_MARKETPLACE.get(place)
        listing = self.world.listing(domain, asin) if domain else None
        if listing is None or asked.get("method") != "GET" or not asked.get("includedData"):
            body["errors"] = [{"code": "InvalidInput", "message": "no such item, or a part of the request is missing"}]
            return {"status": {"statusCode": 400}, "body": body}
        return {"status": {"statusCode": 200, "reasonPhrase": "OK"}, "body": {**body, **_summary(listing)}}

    def _offers_of(self, asked: dict[str, Any]) -> dict[str, Any]:
        path = _OFFERS.fullmatch(str(asked.get("uri", "")))
        domain = BY_MARKETPLACE.get(str(asked.get("MarketplaceId", "")))
        is_whole = asked.get("method") == "GET" and asked.get("ItemCondition") in {"New", "Used"}
        listing = self.world.listing(domain, path[1]) if path and domain else None
        if listing is None or not is_whole:
            fault = {"code": "InvalidInput", "message": "no such item, or a part of the request is missing"}
            return {"status": {"statusCode": 400}, "headers": {}, "body": {"errors": [fault]}, "request": asked}
        return {"status": {"statusCode": 200}, "headers": {}, "body": {"payload": _offers(listing)}, "request": asked}

    def _refused(self, request: Request) -> Response | None:
        self.world.calls[request.url.path] += 1
        token = request.headers.get("x-amz-access-token")
        if token not in self._tokens:
            return _error(403, "Unauthorized", "Access to requested resource is denied.")
        match self.world.fault():
            case "429":
                return _error(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")
            case "500":
                return _error(500, "InternalFailure", "We encountered an internal error.")
            case "503":
                return _error(503, "ServiceUnavailable", "The service is temporarily unavailable.")
            case "expired":
                self._tokens.clear()
                return _error(403, "Unauthorized", "The access token you provided has expired.")
            case "garbage":
                return Response("<html>", media_type="text/html")
        return None


def _item(listing: Listing, included: set[str]) -> dict[str, Any]:
    place = PLACES[listing.domain][0]
    parts: dict[str, Any] = {
        "summaries": [{"marketplaceId": place, "itemName": listing.title, "brand": "Sandbox"}],
        "salesRanks": [
            {
                "marketplaceId": place,
                "displayGroupRanks": [{"websiteDisplayGroup": "sandbox", "title": "Sandbox", "rank": listing.rank}],
                "classificationRanks": [{"classificationId": "2", "title": "Boxes", "rank": listing.rank // 10 + 1}],
            }
        ],
        "identifiers": [
            {"marketplaceId": place, "identifiers": [{"identifierType": "EAN", "identifier": "4006381333931"}]}
        ],
        "productTypes": [{"marketplaceId": place, "productType": "BOX"}],
        "images": [{"marketplaceId": place, "images": []}],
    }
    return {"asin": listing.asin, **{name: value for name, value in parts.items() if name in included}}


def _offers(listing: Listing) -> dict[str, Any]:
    place, currency, digits = PLACES[listing.domain]
    money = {"CurrencyCode": currency, "Amount": float(Decimal(listing.price).scaleb(-digits))}
    nothing = {"CurrencyCode": currency, "Amount": 0.0}
    price = {"LandedPrice": money, "ListingPrice": money, "Shipping": nothing}
    channel = {"condition": "new", "fulfillmentChannel": "Amazon"}
    summary: dict[str, Any] = {"TotalOfferCount": int(listing.in_stock)}
    offers = []
    if listing.in_stock:
        summary |= {
            "NumberOfOffers": [{**channel, "OfferCount": 1}],
            "LowestPrices": [{**channel, **price}],
            "BuyBoxPrices": [{"condition": "new", **price}],
        }
        offers.append(
            {
                "SubCondition": "new",
                "SellerId": listing.seller,
                "ListingPrice": money,
                "Shipping": nothing,
                "ShippingTime": {"minimumHours": 0, "maximumHours": 24, "availabilityType": "NOW"},
                "IsBuyBoxWinner": True,
                "IsFulfilledByAmazon": True,
                "PrimeInformation": {"IsPrime": True, "IsNationalPrime": True},
            }
        )
    return {
        "ASIN": listing.asin,
        "marketplaceId": place,
        "status": "Success" if listing.in_stock else "NoBuyableOffers",
        "ItemCondition": "New",
        "Identifier": {"MarketplaceId": place, "ASIN": listing.asin, "ItemCondition": "New"},
        "Summary": summary,
        "Offers": offers,
    }


def _summary(listing: Listing) -> dict[str, Any]:
    _, currency, digits = PLACES[listing.domain]
    money = {"currencyCode": currency, "amount": float(Decimal(listing.price).scaleb(-digits))}
    offer = {"sellerId": listing.seller, "condition": "New", "fulfillmentType": "AFN", "listingPrice": money}
    segments = [{"customerMembership": "DEFAULT", "segmentDetails": {"glanceViewWeightPercentage": 100}}]
    featured = [{**offer, "featuredOfferSegments": segments}]
    wanted = {"itemCondition": "New", "offerType": "Consumer"}
    there = listing.in_stock
    return {
        "featuredBuyingOptions": [{"buyingOptionType": "New", "segmentedFeaturedOffers": featured}] if there else [],
        "lowestPricedOffers": [{"lowestPricedOffersInput": wanted, "offers": [offer] if there else []}],
        "referencePrices": [{"name": "CompetitivePriceThreshold", "price": money}],
    }


def _answer(body: dict[str, Any], rate: str) -> Response:
    return JSONResponse(body, headers={"x-amzn-RateLimit-Limit": rate})


def _error(status: int, code: str, message: str) -> Response:
    return JSONResponse({"errors": [{"code": code, "message": message}]}, status)

"""Plays MarketSource with the catalogue and the offers of the Selling Partner API."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, TypeVar

import msgspec

from mercat.connectors.amazon import answers
from mercat.connectors.amazon.client import Client
from mercat.connectors.amazon.settings import AmazonSecrets, AmazonSettings
from mercat.connectors.amazon.wire import Found, OfferBatch, OfferPayload, observed
from mercat.sdk.channels import Surroundings
from mercat.sdk.errors import Rejected, Unavailable
from mercat.sdk.market import Look, NotListed, Wanted
from mercat.sdk.marketplaces import MARKETPLACES, Marketplace

AT_ONCE = 20
_INCLUDED = "identifiers,images,productTypes,salesRanks,summaries"
A = TypeVar("A")


class AmazonSource:
    """Listings of the marketplaces of one region."""

    def __init__(self, settings: AmazonSettings, secrets: AmazonSecrets, surroundings: Surroundings) -> None:
        self.region = settings.region
        self._around = surroundings
        self._with_summary = settings.competitive_summary
        self._client = Client(settings, secrets, surroundings)

    def allowance(self) -> None:
        """Rates are of seconds and waited for: there is no number. The token is looked after."""
        with self._client.session():
            self._client.token()

    def observe(self, wanted: Sequence[Wanted]) -> Iterator[Look]:
        """Twenty at a time of each marketplace: one call for the catalogue, one for the offers."""
        with self._client.session():
            for code, group in groupby(
                sorted(wanted, key=lambda each: each.marketplace), key=lambda each: each.marketplace
            ):
                place, listings = MARKETPLACES[code], list(group)
                if place.region != self.region:
                    yield from (Look(each.asin, code, error=_elsewhere(place)) for each in listings)
                    continue
                for start in range(0, len(listings), AT_ONCE):
                    yield from self._look([each.asin for each in listings[start : start + AT_ONCE]], place)

    def _look(self, asins: Sequence[str], place: Marketplace) -> Iterator[Look]:
        items = {each.asin: each for each in self._items(asins, place).items}
        known = [each for each in asins if each in items]
        offers, summaries = self._offers(known, place), self._summaries(known, place)
        for asin in asins:
            if asin not in items:
                error = NotListed(f"Amazon knows no {asin} at {place.code}", asin=asin)
                yield Look(asin, place.code, error=error)
            else:
                seen = observed(items[asin], offers.get(asin), place, self._around.now())
                yield Look(asin, place.code, answers.enriched(seen, summaries.get(asin), place))

    def _items(self, asins: Sequence[str], place: Marketplace) -> Found:
        query = {
            "identifiers": ",".join(asins),
            "identifiersType": "ASIN",
            "marketplaceIds": place.id,
            "includedData": _INCLUDED,
            "pageSize": str(AT_ONCE),
        }
        path = "/catalog/2022-04-01/items"
        return _as(Found, "searchCatalogItems", self._client.call("searchCatalogItems", "GET", path, query=query))

    def _summaries(self, asins: Sequence[str], place: Marketplace) -> dict[str, answers.Summary]:
        """Amazon's reference prices by ASIN, where they are wanted."""
        if not asins or not self._with_summary:
            return {}
        answer = self._client.call(answers.OPERATION, "POST", answers.PATH, body=answers.body_of(asins, place))
        return answers.summaries(_as(answers.Batch, answers.OPERATION, answer))

    def _offers(self, asins: Sequence[str], place: Marketplace) -> dict[str, OfferPayload]:
        """By ASIN; of one whose offers are not told, the catalogue alone speaks."""
        if not asins:
            return {}
        requests = [
            {
                "uri": f"/products/pricing/v0/items/{asin}/offers",
                "method": "GET",
                "MarketplaceId": place.id,
                "ItemCondition": "New",
            }
            for asin in asins
        ]
        path = "/batches/products/pricing/v0/itemOffers"
        answer = self._client.call("getItemOffersBatch", "POST", path, body={"requests": requests})
        told = _as(OfferBatch, "getItemOffersBatch", answer).responses
        return {
            each.body.payload.asin: each.body.payload
            for each in told
            if each.status.status_code == 200 and each.body.payload is not None and each.body.payload.asin
        }


def _elsewhere(place: Marketplace) -> Rejected:
    return Rejected(f"{place.code} belongs to the region {place.region}: connect a source of that region for it")


def _as(shape: type[A], operation: str, answer: Any) -> A:
    try:
        return msgspec.convert(answer, shape, strict=False)
    except msgspec.ValidationError as wrong:
        raise Unavailable(f"Amazon answered {operation} in a shape that is not known: {wrong}") from wrong

"""Plays MarketSource and Remembering for Keepa."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from mercat.connectors.keepa.client import Client
from mercat.connectors.keepa.settings import KeepaSecrets, KeepaSettings
from mercat.connectors.keepa.wire import Product, is_known, now_of, past_of
from mercat.sdk.channels import Surroundings
from mercat.sdk.errors import Unavailable
from mercat.sdk.market import Look, NotListed, Observation, Wanted
from mercat.sdk.marketplaces import MARKETPLACES, marketplace_of_keepa

AT_ONCE = 100
_STATS_DAYS = 1


class KeepaSource:
    """Listings of the marketplaces that Keepa covers."""

    def __init__(self, settings: KeepaSettings, secrets: KeepaSecrets, surroundings: Surroundings) -> None:
        self.settings = settings
        self._around = surroundings
        self._client = Client(settings, secrets, surroundings)

    @property
    def _each(self) -> int:
        """What a product costs at most."""
        return 1 + self.settings.rating + 2 * self.settings.buybox

    def allowance(self) -> int:
        """By the tokens that are left."""
        with self._client.session():
            return max(0, self._client.call("token", {}, cost=0).tokens_left) // self._each

    def observe(self, wanted: Sequence[Wanted]) -> Iterator[Look]:
        """A hundred at a time of each marketplace."""
        asked = {"stats": str(_STATS_DAYS), "history": "0"}
        with self._client.session():
            for some, products in self._products(wanted, asked):
                by_asin = {each.asin: each for each in products}
                for each in some:
                    product = by_asin.get(each.asin)
                    if product is None or not is_known(product):
                        error = NotListed(f"Keepa knows no {each.asin} at {each.marketplace}", asin=each.asin)
                        yield Look(each.asin, each.marketplace, error=error)
                    else:
                        yield Look(each.asin, each.marketplace, now_of(product, self._around.now()))

    def past(self, wanted: Sequence[Wanted]) -> Iterator[list[Observation]]:
        """All of Keepa's series, a listing at a time."""
        with self._client.session():
            for _, products in self._products(wanted, {"history": "1"}):
                for product in products:
                    if is_known(product):
                        yield list(past_of(product))

    def _products(
        self, wanted: Iterable[Wanted], asked: dict[str, str]
    ) -> Iterator[tuple[list[Wanted], list[Product]]]:
        extras = {"rating": str(int(self.settings.rating)), "buybox": str(int(self.settings.buybox))}
        for place, group in groupby(
            sorted(wanted, key=lambda each: each.marketplace), key=lambda each: each.marketplace
        ):
            listings = list(group)
            for start in range(0, len(listings), AT_ONCE):
                some = listings[start : start + AT_ONCE]
                asins = ",".join(each.asin for each in some)
                query = {"domain": str(_domain(place)), "asin": asins, **asked, **extras}
                answer = self._client.call("product", query, cost=len(some) * self._each)
                for product in answer.products or ():
                    if product.domain_id != _domain(place):
                        raise Unavailable(
                            f"Keepa answered for {marketplace_of_keepa(product.domain_id).code}, not {place}"
                        )
                yield some, answer.products or []


def _domain(code: str) -> int:
    found = MARKETPLACES[code].keepa
    if found is None:
        raise NotListed(f"Keepa does not cover {code}")
    return found

"""Plays MarketSource, Remembering and Ranking for Keepa."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from mercat.connectors.keepa.client import Client
from mercat.connectors.keepa.settings import KeepaSecrets, KeepaSettings
from mercat.connectors.keepa.wire import Product, category_of, instant, is_known, now_of, past_of
from mercat.sdk.channels import Surroundings
from mercat.sdk.errors import Rejected, Unavailable
from mercat.sdk.market import BestSellers, Category, Look, NotListed, Observation, Wanted
from mercat.sdk.marketplaces import MARKETPLACES, marketplace_of_keepa

AT_ONCE = 100
_STATS_DAYS = 1
_LIST_COST = 50
# Brazil, says the documentation of the request (November 2026).
_WITHOUT_LISTS = frozenset({12})


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

    def best_sellers(self, category: str, marketplace: str) -> BestSellers:
        """Keepa's list by the current rank, with what it says of the node: 50 tokens, and one more for a node."""
        domain = _domain(marketplace)
        if domain in _WITHOUT_LISTS:
            raise Rejected(f"Keepa has no lists of best sellers for {marketplace}")
        with self._client.session():
            query = {"domain": str(domain), "category": category, "range": "0"}
            found = self._client.call("bestsellers", query, cost=_LIST_COST).best_sellers_list
            asins = tuple(dict.fromkeys(each for each in (found.asin_list if found else None) or () if each))
            if found is None or not asins:
                raise NotListed(f"Keepa knows no list of {category} at {marketplace}", category=category)
            about = self._about(category, domain) if category.isdigit() else None
        seen_at = instant(found.last_update) if found.last_update else self._around.now()
        return BestSellers(category=category, marketplace=marketplace, observed_at=seen_at, asins=asins, about=about)

    def _about(self, category: str, domain: int) -> Category | None:
        try:
            answer = self._client.call(
                "category", {"domain": str(domain), "category": category, "parents": "1"}, cost=1
            )
        except Rejected:
            return None  # the list is there all the same
        return category_of(answer, category)

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

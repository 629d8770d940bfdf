"""A new shop with what every shop has."""

from __future__ import annotations

from mercat.sandbox.shopify.options import Options
from mercat.sandbox.shopify.orders import seed_orders
from mercat.sandbox.shopify.records import Location, Publication
from mercat.sandbox.shopify.state import Shop
from mercat.sandbox.shopify.taxonomy import plant

_CITIES = ("Hamburg", "Munich", "Vienna", "Zurich", "Cologne")
_CHANNELS = (("Online Store", True), ("Point of Sale", False), ("Shop", False))


def open_shop(options: Options) -> Shop:
    """Locations, publications, categories and a few orders; no products."""
    shop = Shop(options)
    for place in range(options.locations):
        city = _CITIES[place % len(_CITIES)]
        shop.make(
            Location,
            name=f"{city} warehouse" if place else "Shop location",
            address={"city": city, "countryCode": "DE", "country": "Germany", "formatted": [city, "Germany"]}
            | dict.fromkeys("address1 address2 province provinceCode zip phone latitude longitude".split()),
            is_primary=place == 0,
        )
    for name, auto_publish in _CHANNELS:
        shop.make(Publication, name=name, auto_publish=auto_publish, supports_future_publishing=auto_publish)
    plant(shop)
    seed_orders(shop)
    return shop

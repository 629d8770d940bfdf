"""The Shopify connector keeps the promises of every sales channel, against the loopback Shopify."""

from __future__ import annotations

from contextlib import AbstractContextManager

from mercat.connectors.shopify import LIMITS, normalised
from mercat.connectors.shopify.channel import ShopifyChannel
from mercat.sdk.channels import Surroundings
from mercat.sdk.records import ProductRecord
from mercat.sdk.testing import ChannelContract
from tests.connectors.shopify.loopback import Loopback, channel, loopback


class TestShopify(ChannelContract):
    limits = LIMITS

    def shop(self) -> AbstractContextManager[Loopback]:
        return loopback()

    def make(self, shop: Loopback, surroundings: Surroundings) -> ShopifyChannel:
        return channel(shop, surroundings)

    def normalised(self, record: ProductRecord) -> ProductRecord:
        return normalised(record)

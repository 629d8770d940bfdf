"""Shopify, as a sales channel, by its Admin GraphQL API."""

from mercat.connectors.shopify.channel import LIMITS, ShopifyChannel
from mercat.connectors.shopify.normal import normalised
from mercat.connectors.shopify.settings import ShopifySecrets, ShopifySettings
from mercat.sdk.connector import Channel, Connector

connector = Connector(
    title="Shopify",
    channel=Channel(
        settings=ShopifySettings,
        secrets=ShopifySecrets,
        limits=LIMITS,
        make=ShopifyChannel,
        normalised=normalised,
    ),
)

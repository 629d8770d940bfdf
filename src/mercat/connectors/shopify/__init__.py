"""Shopify, as a sales channel, by its Admin GraphQL API."""

from mercat.connectors.shopify.limits import LIMITS
from mercat.connectors.shopify.normal import normalised
from mercat.connectors.shopify.settings import ShopifySecrets, ShopifySettings
from mercat.sdk.channels import SalesChannel, Surroundings
from mercat.sdk.connector import Channel, Connector, Consent


def _channel(settings: ShopifySettings, secrets: ShopifySecrets, surroundings: Surroundings) -> SalesChannel:
    from mercat.connectors.shopify.channel import ShopifyChannel  # noqa: PLC0415  # every import of a file comes by here

    return ShopifyChannel(settings, secrets, surroundings)


def _consent(settings: ShopifySettings, secrets: ShopifySecrets, surroundings: Surroundings) -> Consent:
    from mercat.connectors.shopify.consent import ShopifyConsent  # noqa: PLC0415  # as above

    return ShopifyConsent(settings, secrets, surroundings)


connector = Connector(
    title="Shopify",
    channel=Channel(
        settings=ShopifySettings,
        secrets=ShopifySecrets,
        limits=LIMITS,
        make=_channel,
        consent=_consent,
        normalised=normalised,
    ),
)

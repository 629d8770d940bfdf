"""Amazon, by its Selling Partner API: catalogue, ranks and offers of one's own region."""

from mercat.connectors.amazon.settings import AmazonSecrets, AmazonSettings
from mercat.sdk.channels import Surroundings
from mercat.sdk.connector import Connector, Market
from mercat.sdk.market import MarketSource
from mercat.sdk.marketplaces import MARKETPLACES


def _source(settings: AmazonSettings, secrets: AmazonSecrets, surroundings: Surroundings) -> MarketSource:
    from mercat.connectors.amazon.source import AmazonSource  # noqa: PLC0415  # every import of a file comes by here

    return AmazonSource(settings, secrets, surroundings)


connector = Connector(
    title="Amazon",
    market=Market(
        settings=AmazonSettings,
        secrets=AmazonSecrets,
        at_once=20,
        marketplaces=frozenset(MARKETPLACES),
        make=_source,
        sandbox="spapi",
    ),
)

"""Keepa: prices, ranks and offers at eleven marketplaces, now and in the past."""

from mercat.connectors.keepa.settings import KeepaFileSettings, KeepaSecrets, KeepaSettings
from mercat.sdk.channels import Surroundings
from mercat.sdk.connector import Connector, Market
from mercat.sdk.market import MarketSource, ObservationFiles
from mercat.sdk.marketplaces import MARKETPLACES


def _source(settings: KeepaSettings, secrets: KeepaSecrets, surroundings: Surroundings) -> MarketSource:
    from mercat.connectors.keepa.source import KeepaSource  # noqa: PLC0415  # every import of a file comes by here

    return KeepaSource(settings, secrets, surroundings)


def _files(settings: KeepaFileSettings) -> ObservationFiles:
    from mercat.connectors.keepa.files import KeepaFiles  # noqa: PLC0415  # as above

    return KeepaFiles(settings)


connector = Connector(
    title="Keepa",
    settings=KeepaFileSettings,
    market=Market(
        settings=KeepaSettings,
        secrets=KeepaSecrets,
        at_once=100,
        marketplaces=frozenset(code for code, each in MARKETPLACES.items() if each.keepa is not None),
        make=_source,
    ),
    observations=_files,
)

"""Etilize (Spex): product content for office supplies and technology, without prices and without stock."""

from mercat.connectors.etilize.settings import EtilizeSettings
from mercat.connectors.etilize.supplier import EtilizeFeed
from mercat.sdk.connector import Connector

connector = Connector(title="Etilize", settings=EtilizeSettings, supplier=EtilizeFeed, takes_sets=True)

"""Icecat's product data: product XML, and JSON Lines of its catalogue."""

from mercat.connectors.icecat.settings import IcecatSettings
from mercat.connectors.icecat.supplier import IcecatFeed
from mercat.sdk.connector import Connector

connector = Connector(title="Icecat", settings=IcecatSettings, supplier=IcecatFeed)

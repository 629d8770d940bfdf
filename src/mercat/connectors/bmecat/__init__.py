"""BMEcat 1.2 and 2005: the catalogue exchange of German-speaking trade."""

from mercat.connectors.bmecat.settings import BmecatSettings
from mercat.connectors.bmecat.supplier import BmecatFeed
from mercat.sdk.connector import Connector

connector = Connector(title="BMEcat", settings=BmecatSettings, supplier=BmecatFeed)
